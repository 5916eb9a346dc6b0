"""What searches find in lists whose rows refer to people."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Assignment
from apps.directory.models import User
from apps.signin.models import Session
from tests.factories.people import make_user
from tests.integration.admin.desk import assign, at_desk, listing, make_role, make_superuser

pytestmark = pytest.mark.django_db

SESSIONS, ASSIGNMENTS = "signin.session", "access.assignment"


@pytest.fixture
def browser() -> Browser:
    return at_desk(make_superuser(username="searcher", display_name="Searcher"))


def found(browser: Browser, model: str, term: str) -> set[str]:
    """The people of the rows."""
    page = browser.get(listing(model), {"q": term})
    assert page.status_code == 200
    return {row.user.username for row in page.context["cl"].result_list}


def session_of(user: User, ip: str) -> Session:
    now = timezone.now()
    return Session.objects.create(
        user=user,
        ip=ip,
        started_at=now,
        authenticated_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=8),
    )


@pytest.mark.parametrize(
    ("term", "who"),
    [
        ("ARSE", {"kim", "lena"}),
        ("larsen kim", {"kim"}),
        ('"larsen kim"', set()),
        ('"kim larsen"', {"kim"}),
        ("198.51.100.7", {"lena"}),
        (" 2001:DB8:0::1 ", {"kim"}),
        ("198.51.100", set()),
        ("fe80::1%eth0", set()),
        ('"', {"kim", "lena", "searcher"}),
        ("%", set()),
    ],
)
def test_sessions_are_found_by_person_or_whole_address(browser: Browser, term: str, who: set[str]) -> None:
    session_of(make_user(username="kim", display_name="Kim Larsen"), "2001:db8::1")
    session_of(make_user(username="lena", display_name="Lena Larsen"), "198.51.100.7")
    assert found(browser, SESSIONS, term) == who


@pytest.mark.parametrize(
    ("term", "who"),
    [("payroll", {"kim"}), ("larsen", {"kim", "lena"}), ("stands in", {"lena"}), ("lena audit", {"lena"})],
)
def test_assignments_are_found_by_each_of_their_names(browser: Browser, term: str, who: set[str]) -> None:
    kim, lena = (make_user(username=name, display_name=f"{name.title()} Larsen") for name in ("kim", "lena"))
    assign(make_role(name="Payroll clerk"), kim)
    held = assign(make_role(name="Auditor"), lena)
    Assignment.objects.filter(pk=held.pk).update(reason="Stands in for Sam")
    assert found(browser, ASSIGNMENTS, term) == who
