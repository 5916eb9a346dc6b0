"""A list of thirty costs as many queries as a list of three."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.access.models import Application
from apps.directory.models import Attribute, Group, Membership, OneTimeLink, Unit
from apps.directory.services.one_time_links import make_link
from apps.oauth.models import Scope
from apps.signin.models import AddressThrottle, RecognisedBrowser
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.factories.terms import accept, make_version
from tests.integration.admin.desk import assign, at_desk, listing, make_role, make_superuser
from tests.integration.admin.test_actions_say_what_they_do import authorize, start_sessions
from tests.integration.audit.log_setup import record
from tests.integration.directory.test_attributes import give, make_attribute
from tests.integration.directory.test_units import make_unit

pytestmark = pytest.mark.django_db

RESET = OneTimeLink.Purpose.RESET


def _person() -> None:
    make_user(department="Sales", manager=make_user(), locked_until=timezone.now() + timedelta(hours=1))


def _group() -> None:
    group = Group.objects.create(name=f"Group {Group.objects.count()}")
    Membership.objects.create(group=group, user=make_user())


def _unit() -> None:
    unit = make_unit(f"Unit {Unit.objects.count()}", head=make_user())
    make_user(unit=make_unit("Below", unit))


def _attribute() -> None:
    attribute = make_attribute(f"attribute_{Attribute.objects.count()}")
    give(make_user(), **{attribute.slug: ["value"]})


def _application() -> Application:
    number = Application.objects.count()
    return Application.objects.create(name=f"Application A{number}", slug=f"a-{number}", owner=make_user())


def _role() -> None:
    assign(make_role("directory.view_user", application=_application()), make_user())


def _group_assignment() -> None:
    group = Group.objects.create(name=f"Group {Group.objects.count()}")
    assign(make_role("directory.view_user"), group)
    assign(make_role(), make_user())


def _client() -> None:
    make_client()


def _scope() -> None:
    Scope.objects.create(name=f"s:{Scope.objects.count()}", title="Scope")


def _authorization() -> None:
    authorize(make_client().row, make_user())


def _session() -> None:
    start_sessions(make_user(), 1)


def _browser() -> None:
    now = timezone.now()
    RecognisedBrowser.objects.create(user=make_user(), token_digest="d", created_at=now, last_used_at=now)


def _address() -> None:
    AddressThrottle.objects.create(address=f"192.0.2.{AddressThrottle.objects.count()}", failed_sign_ins=2)


def _terms() -> None:
    accept(make_user(), make_version(state="superseded"))


def _link() -> None:
    now = timezone.now()
    make_link(user=make_user(), purpose=RESET, address="a@example.org", lifetime=timedelta(hours=1), now=now)


def _event() -> None:
    record(now=timezone.now())


LISTS: dict[str, Callable[[], object]] = {
    "directory.user": _person,
    "directory.group": _group,
    "directory.unit": _unit,
    "directory.attribute": _attribute,
    "access.application": _application,
    "access.role": _role,
    "access.assignment": _group_assignment,
    "oauth.client": _client,
    "oauth.scope": _scope,
    "oauth.authorization": _authorization,
    "signin.session": _session,
    "signin.recognisedbrowser": _browser,
    "signin.addressthrottle": _address,
    "terms.termsversion": _terms,
    "terms.acceptance": _terms,
    "directory.onetimelink": _link,
    "audit.auditevent": _event,
}


@pytest.mark.parametrize("model", LISTS)
def test_number_of_queries_does_not_grow(model: str) -> None:
    browser = at_desk(make_superuser())

    def cost(rows: int) -> int:
        for _ in range(rows):
            LISTS[model]()
        browser.get(listing(model))
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(listing(model))
        assert answer.status_code == 200
        assert len(answer.context["cl"].result_list) >= rows
        return len(queries)

    assert cost(3) == cost(27)
