"""Creating people, setting their passwords and lifting their locks, each with an event that holds no secret."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, connections, transaction

from apps.audit.models import AuditEvent
from apps.audit.ports import Subject
from apps.core.origin import Origin
from apps.directory.errors import PersonRefused
from apps.directory.models import Group, User
from apps.directory.services.people import NewPerson, create_person, set_password, unlock_person
from tests.factories.people import PASSWORD, make_user

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADMINISTRATOR = Subject(kind="user", id="administrator", label="ada")
DEED: dict[str, Any] = {
    "actor": ADMINISTRATOR,
    "origin": Origin(ip="192.0.2.3", user_agent="", request_id=""),
    "now": NOW,
}


def _create(username: str = "kim", password: str | None = PASSWORD, **details: Any) -> User:
    return create_person(details=NewPerson(username=username, **details), password=password, **DEED)


def _event() -> AuditEvent:
    return AuditEvent.objects.get()


@pytest.mark.django_db
@pytest.mark.usefixtures("full_strength_hashes")
def test_new_person_can_be_found_and_has_a_hashed_password_that_expires() -> None:
    user = _create(email="kim@example.org", given_name="Kim", family_name="Larsen")
    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(PASSWORD, user.password)
    assert (user.password_changed_at, user.password_expires_at) == (NOW, NOW + timedelta(days=90))
    assert user.display_name == "Kim Larsen"
    assert not user.is_email_verified


@pytest.mark.django_db
def test_creation_leaves_an_event_with_the_details_and_without_the_password() -> None:
    user = _create(email="kim@example.org", department="Sales")
    event = _event()
    assert (event.action, event.actor_id, event.target_id) == ("user.created", "administrator", str(user.pk))
    assert event.personal is not None
    assert event.personal["after"]["department"] == "Sales"
    assert event.personal["ip"] == "192.0.2.3"
    written = str(AuditEvent.objects.values())
    assert "password" not in written.lower()
    assert PASSWORD not in written
    assert user.password not in written


@pytest.mark.django_db
def test_person_without_password_has_none_that_works() -> None:
    assert not _create(password=None).has_usable_password()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "kim larsen"}, "username"),
        ({"username": "k\u0456m"}, "username"),
        ({"username": "ROBIN"}, "username"),
        ({"email": "no address"}, "email"),
        ({"email": "Robin@Example.org"}, "email"),
        ({"username": "Robin@Example.org"}, "username"),
        ({"email": "Lee@Example.com"}, "email"),
        ({"given_name": "x" * 151}, "given_name"),
        ({"password": ""}, "password"),
        ({"password": "short"}, "password"),
        ({"password": "q1w2e3r4t5y6"}, "password"),
        ({"username": "wilhelmina.vandenberg", "password": "wilhelmina.vandenberg"}, "password"),
    ],
)
def test_details_that_are_not_acceptable_create_nobody(details: dict[str, Any], field: str) -> None:
    make_user(username="robin", email="robin@example.org")
    make_user(username="lee@example.com", email="", is_email_verified=False)
    with pytest.raises(PersonRefused) as refusal:
        _create(**details)
    assert refusal.value.field == field
    assert refusal.value.detail
    assert "\n" not in refusal.value.detail
    assert User.objects.count() == 2
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("twin", [{"username": "KIM"}, {"username": "other", "email": "KIM@example.ORG"}])
def test_database_itself_knows_names_and_addresses_without_their_case(twin: dict[str, str]) -> None:
    make_user(username="kim", email="kim@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(**twin)


@pytest.mark.django_db
def test_a_person_may_have_one_address_as_both_their_user_name_and_their_e_mail() -> None:
    user = _create(username="kim@example.org", email="Kim@example.org")
    assert (user.username, user.email) == ("kim@example.org", "Kim@example.org")


@pytest.mark.django_db
def test_people_without_e_mail_do_not_collide() -> None:
    make_user(email="")
    make_user(email="")
    make_user(employee_number="")
    make_user(employee_number="")


@pytest.mark.django_db
def test_group_names_are_unique_without_their_case() -> None:
    Group.objects.create(name="Sales")
    with pytest.raises(IntegrityError), transaction.atomic():
        Group.objects.create(name="sales")


@pytest.mark.django_db
def test_end_before_start_is_not_stored() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(starts_on=NOW.date(), ends_on=NOW.date() - timedelta(days=1))


@pytest.mark.django_db(transaction=True)
def test_name_wanted_twice_at_once_is_given_once_and_refused_in_words() -> None:
    barrier = Barrier(6)

    def create(number: int) -> str:
        try:
            barrier.wait(timeout=60)
            _create(username="kim", email=f"kim{number}@example.org", password=None)
        except PersonRefused:
            return "refused"
        finally:
            connections.close_all()
        return "created"

    with ThreadPoolExecutor(6) as pool:
        outcomes = sorted(pool.map(create, range(6)))
    assert outcomes == ["created", *["refused"] * 5]
    assert AuditEvent.objects.count() == 1


# Passwords -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_new_password_replaces_the_old_one_and_is_noted_without_itself() -> None:
    user = make_user()
    set_password(user=user, password="Another-Gate-Opens-8!", **DEED)
    user.refresh_from_db()
    assert check_password("Another-Gate-Opens-8!", user.password)
    assert (user.password_changed_at, user.password_expires_at) == (NOW, NOW + timedelta(days=90))
    event = _event()
    assert (event.action, event.target_id) == ("user.password_set", str(user.pk))
    assert "argon2" not in str(AuditEvent.objects.values())
    assert "Another-Gate" not in str(AuditEvent.objects.values())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "password",
    ["", "short", "wooden.gardener.7", "1qaz2wsx3edc", "Wooden.Gardener.7@example.org", "Featherstone-1"],
)
def test_password_that_breaks_the_policy_is_not_set(password: str) -> None:
    user = make_user(
        username="wooden.gardener.7", email="wooden.gardener.7@example.org", family_name="Featherstone"
    )
    with pytest.raises(PersonRefused) as refusal:
        set_password(user=user, password=password, **DEED)
    assert refusal.value.field == "password"
    user.refresh_from_db()
    assert check_password(PASSWORD, user.password)
    assert not AuditEvent.objects.exists()


# Locks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_lifted_lock_leaves_nothing_behind_but_its_event() -> None:
    user = make_user(failed_sign_ins=5, first_failed_at=NOW, locked_until=NOW + timedelta(minutes=30))
    assert user.is_locked(now=NOW)
    assert unlock_person(user=user, **DEED)
    user.refresh_from_db()
    assert (user.failed_sign_ins, user.first_failed_at, user.locked_until) == (0, None, None)
    assert (_event().action, _event().target_id) == ("user.unlocked", str(user.pk))


@pytest.mark.django_db
@pytest.mark.parametrize("locked_until", [None, NOW, NOW - timedelta(seconds=1)])
def test_nothing_is_noted_where_there_was_no_lock(locked_until: datetime | None) -> None:
    assert not unlock_person(user=make_user(locked_until=locked_until), **DEED)
    assert not AuditEvent.objects.exists()


# Standing ------------------------------------------------------------------------------------------------------------

TODAY = NOW.date()
DAY = timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ({}, True),
        ({"status": User.Status.SUSPENDED}, False),
        ({"status": User.Status.DEPROVISIONED}, False),
        ({"starts_on": TODAY}, True),
        ({"starts_on": TODAY + DAY}, False),
        ({"ends_on": TODAY}, True),
        ({"ends_on": TODAY - DAY}, False),
        ({"starts_on": TODAY - DAY, "ends_on": TODAY + DAY}, True),
        ({"starts_on": TODAY, "status": User.Status.SUSPENDED}, False),
    ],
)
def test_person_and_set_agree_on_who_may_sign_in(fields: dict[str, Any], may: bool) -> None:
    user = make_user(**fields)
    able: Callable[..., Any] = User.objects.get_queryset().able_to_sign_in
    assert user.may_sign_in(now=NOW) is may
    assert able(now=NOW).filter(pk=user.pk).exists() is may
