"""Pages speak in the time of whoever is signed in, and the thread forgets it with the request."""

from datetime import UTC, datetime

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Assignment
from apps.directory.models import User
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    assign,
    at_desk,
    events,
    listing,
    make_role,
    make_superuser,
    page_of,
    save,
    text_of,
)

pytestmark = pytest.mark.django_db

GIVE = adding("access.assignment")


def give(browser: Browser, **fields: str) -> Assignment:
    sent = {"role": str(make_role().pk), "user": str(make_user().pk), "valid_from_0": "2026-01-02"}
    save(browser, GIVE, **(sent | {"valid_from_1": "09:00"} | fields))
    return Assignment.objects.latest("created_at")


@pytest.mark.parametrize(
    ("day", "stored"),
    [
        ("2026-01-15", datetime(2026, 1, 15, 17, tzinfo=UTC)),
        ("2026-07-15", datetime(2026, 7, 15, 16, tzinfo=UTC)),
    ],
)
def test_what_is_typed_is_in_the_time_of_who_typed_it(day: str, stored: datetime) -> None:
    browser = at_desk(make_superuser(time_zone="Europe/Berlin"))
    given = give(browser, valid_until_0=day, valid_until_1="18:00")
    assert given.valid_until == stored
    assert given.valid_from == datetime(2026, 1, 2, 8, tzinfo=UTC)
    page = text_of(browser.get(page_of(given)))
    assert "In the time zone Europe/Berlin." in page
    assert 'value="18:00"' in page


def test_thread_is_left_in_its_own_zone() -> None:
    browser = at_desk(make_superuser(time_zone="Asia/Tokyo"))
    browser.get("/admin/")
    assert timezone.get_current_timezone_name() == "UTC"
    at_desk(make_user()).get("/admin/")
    assert timezone.get_current_timezone_name() == "UTC"


def test_thread_is_left_in_its_own_zone_by_a_page_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = at_desk(make_superuser(time_zone="Asia/Tokyo"))

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("apps.audit.admin.log_status", fail)
    with pytest.raises(RuntimeError, match="broken"):
        browser.get(listing("audit.auditevent"))
    assert timezone.get_current_timezone_name() == "UTC"


def test_zone_that_no_longer_exists_is_utc() -> None:
    person = make_superuser()
    User.objects.filter(pk=person.pk).update(time_zone="Europe/Atlantis")
    given = give(at_desk(person), valid_until_0="2026-01-15", valid_until_1="18:00")
    assert given.valid_until == datetime(2026, 1, 15, 18, tzinfo=UTC)


def test_times_that_are_read_name_their_zone() -> None:
    browser = at_desk(make_superuser(time_zone="Europe/Berlin"))
    person = make_user(password_changed_at=datetime(2026, 1, 15, 17, tzinfo=UTC))
    assert "15 Jan 2026, 18:00 CET" in text_of(browser.get(page_of(person)))


def test_seconds_that_the_form_does_not_show_are_not_lost() -> None:
    held = assign(make_role(), make_user())
    save(at_desk(make_superuser()), page_of(held), reason="Because")
    event = events("assignment.changed")[0]
    assert event.personal["after"] == {"reason": "Because"}
    before = held.valid_from
    held.refresh_from_db()
    assert held.valid_from == before
