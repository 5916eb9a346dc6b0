"""Two superusers who take each other's power at the same moment: one of them keeps it."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.directory.models import User
from tests.factories.api import person_calling
from tests.factories.people import make_user
from tests.integration.admin.desk import action_page, at_desk, make_superuser, page_of, submission
from tests.integration.signin.together import at_once
from tests.services.soak import times

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
Prepared = Callable[[], Any]


def by_api(by: User, other: User) -> Prepared:
    caller = person_calling(by)
    return lambda: caller.post(f"users/{other.pk}/suspend")


def by_end_date(by: User, other: User) -> Prepared:
    caller, path = person_calling(by), f"users/{other.pk}"
    etag = caller.get(path)["ETag"]
    return lambda: caller.patch(path, {"ends_on": "2199-01-01"}, etag=etag)


def by_action(by: User, other: User) -> Prepared:
    browser = at_desk(by)
    return lambda: browser.post(action_page(other, "deprovision"), {"confirmed": "1"})


def by_form(by: User, other: User) -> Prepared:
    browser, page = at_desk(by), page_of(other)
    filled = submission(browser.get(page), is_superuser=None)
    return lambda: browser.post(page, filled)


WAYS = (by_api, by_end_date, by_action, by_form)


@pytest.mark.parametrize("_round", range(times(1, soak=20)))
@pytest.mark.parametrize("other_way", WAYS)
@pytest.mark.parametrize("way", [by_api, by_form])
def test_one_of_two_remains(way: Any, other_way: Any, _round: int) -> None:
    first, second = make_superuser(), make_superuser()
    at_once([way(first, second), other_way(second, first)])
    lasting = User.objects.filter(status=User.Status.ACTIVE, is_superuser=True, ends_on=None)
    assert lasting.count() == 1


def test_others_are_not_held_up() -> None:
    """Whoever is no superuser can be suspended by several at once."""
    people = [make_user() for _number in range(3)]
    answers = at_once([by_api(make_superuser(), person) for person in people])
    assert [answer.status_code for answer in answers] == [200] * 3
