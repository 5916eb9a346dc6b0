"""No date that somebody types brings a page down later, in whatever time zone it is read."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.access.models import Application, Assignment
from apps.audit.admin_audit import moment
from apps.directory.models import User
from tests.factories.people import make_user
from tests.integration.admin.desk import adding, at_desk, make_role, make_superuser, page_of, submission

pytestmark = pytest.mark.django_db

TOO_FAR = ("0001-01-01", "1899-12-30", "2200-01-02", "9999-12-31")
WORDS = "Give a date between 1900 and 2199."


def errors_at(answer: Any, field: str) -> list[str]:
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    assert set(form.errors) == {field}
    return [str(error) for error in form.errors[field]]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("name", ["valid_from", "valid_until"])
@pytest.mark.parametrize("day", TOO_FAR)
def test_role_is_not_given_at_a_date_that_no_calendar_shows(zone: str, name: str, day: str) -> None:
    role, person = make_role(), make_user()
    desk = at_desk(make_superuser(time_zone=zone))
    # As early or as late as can be, that nothing is wrong but the date.
    other = {
        "valid_from": {"valid_until_0": "", "valid_until_1": ""},
        "valid_until": {"valid_from_0": "1900-01-02", "valid_from_1": "00:00:00"},
    }
    answer = desk.post(
        adding("access.assignment"),
        {
            "role": str(role.pk),
            "user": str(person.pk),
            **other[name],
            f"{name}_0": day,
            f"{name}_1": "23:59:00",
        },
    )
    [words] = errors_at(answer, name)
    assert words == WORDS or "interpreted in time zone" in words
    assert not Assignment.objects.filter(user=person).exists()


@pytest.mark.parametrize("name", ["starts_on", "ends_on"])
@pytest.mark.parametrize("day", TOO_FAR)
def test_person_does_not_start_or_leave_at_a_date_that_no_calendar_shows(name: str, day: str) -> None:
    person, desk = make_user(), at_desk(make_superuser())
    page = page_of(person)
    answer = desk.post(page, submission(desk.get(page), **{name: day}))
    assert errors_at(answer, name) == [WORDS]


def test_the_last_moment_there_is_shows_in_every_zone() -> None:
    last = datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)
    application = Application.objects.create(name="Wiki", slug="wiki")
    role = make_role(application=application)
    for zone in ("Pacific/Kiritimati", "Pacific/Midway"):
        person = make_superuser(time_zone=zone)
        held = Assignment.objects.create(
            role=role, user=person, valid_from=datetime(1900, 1, 1, tzinfo=UTC), valid_until=last
        )
        desk = at_desk(person)
        for address in ("/", page_of(held), page_of(person), page_of(role)):
            assert desk.get(address).status_code == 200, address


@pytest.mark.parametrize("year", [1, 1899, 2200, 9999])
def test_database_refuses_dates_that_no_calendar_shows(year: int) -> None:
    role, person = make_role(), make_user()
    far = datetime(year, 6, 1, tzinfo=UTC)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(role=role, user=person, valid_from=far)
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.create(
            role=role, user=person, valid_from=datetime(1900, 1, 1, tzinfo=UTC), valid_until=far
        )
    for name in ("starts_on", "ends_on"):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=person.pk).update(**{name: date(year, 6, 1)})


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_moment_out_of_the_calendar_is_shown_as_it_is(at: datetime, zone: str) -> None:
    with timezone.override(zone):
        assert f'datetime="{at.year:04}-' in moment(at)


@pytest.mark.parametrize("typed", ["9999-12-31", "0001-01-01", "nonsense", "2030-01-01"])
def test_address_that_fills_in_a_date_gets_a_page(typed: str) -> None:
    desk = at_desk(make_superuser(time_zone="Europe/Berlin"))
    assert (
        desk.get(f"{adding('access.assignment')}?valid_from={typed}&valid_until={typed}").status_code == 200
    )
