"""Two changes at the same moment, of which one must not be: whoever comes second is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from apps.access.models import Application, Role
from apps.audit.models import AuditEvent
from apps.directory.models import Group, User
from tests.factories.api import Caller, make_administrator, make_superuser, person_calling
from tests.factories.people import make_user
from tests.integration.admin.desk import at_desk, page_of, submission
from tests.integration.signin.together import at_once
from tests.services.soak import times

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
AT_ONCE = 4


def _all_at_once(callers: list[Caller], method: str, path: str, etag: str) -> list[int]:
    barrier = Barrier(len(callers))

    def ask(number: int) -> int:
        try:
            barrier.wait()
            body = {"department": f"Department {number}"} if method == "PATCH" else None
            answer = callers[number].send(method, path, body, **({"If-Match": etag} if etag else {}))
            status: int = answer.status_code
            return status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(callers)) as pool:
        return sorted(pool.map(ask, range(len(callers))))


@pytest.mark.parametrize("_round", range(times(1, soak=30)))
def test_of_those_with_the_same_etag_one_changes(_round: int) -> None:
    callers = [person_calling(make_superuser()) for _number in range(AT_ONCE)]
    person = make_user()
    etag = callers[0].get(f"users/{person.pk}")["ETag"]
    answers = _all_at_once(callers, "PATCH", f"users/{person.pk}", etag)
    assert answers == [200] + [412] * (AT_ONCE - 1)
    assert AuditEvent.objects.filter(action="user.changed").count() == 1


@pytest.mark.parametrize("_round", range(times(1, soak=30)))
def test_of_those_who_suspend_one_does(_round: int) -> None:
    callers = [person_calling(make_superuser()) for _number in range(AT_ONCE)]
    person = make_user()
    answers = _all_at_once(callers, "POST", f"users/{person.pk}/suspend", "")
    assert answers == [200] + [409] * (AT_ONCE - 1)
    assert User.objects.get(pk=person.pk).status == "suspended"
    assert AuditEvent.objects.filter(action="user.changed").count() == 1


def what_is_refused(*tries: Callable[[], Any]) -> list[bool]:
    """In the order of the tries, whose forms answer with a redirect when they are accepted."""
    return [answer.status_code not in {201, 204, 302} for answer in at_once(tries)]


@pytest.mark.parametrize("_round", range(times(3, soak=50)))
def test_nobody_joins_a_group_while_they_give_it_a_role(_round: int) -> None:
    """Neither would be their own gain without the other."""
    user = make_administrator("directory.add_membership", "access.add_assignment")
    caller, group = person_calling(user), Group.objects.create(name="Newcomers")
    role = Role.objects.create(name="Payroll clerk", slug="payroll-clerk", application=make_application())
    refused = what_is_refused(
        lambda: caller.post(f"groups/{group.pk}/members", {"user": str(user.pk)}),
        lambda: caller.post("assignments", {"role": str(role.pk), "group": str(group.pk)}),
    )
    assert sorted(refused) == [False, True]


@pytest.mark.parametrize("_round", range(times(3, soak=50)))
def test_nobody_points_a_role_at_an_application_while_they_give_it_to_a_puppet(_round: int) -> None:
    rights = ("access.view_role", "access.change_role", "access.add_assignment", "directory.set_password")
    user, puppet, application = make_administrator(*rights), make_user(), make_application()
    caller, role = person_calling(user), Role.objects.create(name="Nothing yet", slug="nothing-yet")
    browser, page = at_desk(user), page_of(role)
    filled = submission(browser.get(page), application=str(application.pk))
    refused = what_is_refused(
        lambda: browser.post(page, filled),
        lambda: caller.post("assignments", {"role": str(role.pk), "user": str(puppet.pk)}),
    )
    assert sorted(refused) == [False, True]


def make_application() -> Application:
    return Application.objects.create(name="Payroll", slug="payroll")
