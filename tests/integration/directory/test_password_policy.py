"""The policy in force counts wherever a password is set; former passwords are not taken again."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.audit.ports import Subject
from apps.core.origin import Origin
from apps.directory.errors import PersonRefused
from apps.directory.models import FormerPassword, PasswordPolicy, User
from apps.directory.password_hashing import OwaspArgon2Hasher
from apps.directory.selectors import password_policy
from apps.directory.services.password_policy import adopt_password_policy
from apps.directory.services.people import (
    ForeignHash,
    NewPerson,
    change_own_password,
    create_person,
    set_password,
)
from tests.factories.foreign_hashes import FOREIGN_HASHES, Maker
from tests.factories.people import PASSWORD, make_user

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADMINISTRATOR = Subject(kind="user", id="administrator", label="ada")
DEED: dict[str, Any] = {
    "actor": ADMINISTRATOR,
    "origin": Origin(ip="192.0.2.3", user_agent="", request_id=""),
}


def _person(**fields: Any) -> User:
    return make_user(password=make_password(PASSWORD), **fields)


def _set(user: User, password: str, now: datetime = NOW) -> str:
    """What was held against it, or nothing."""
    try:
        set_password(user=user, password=password, now=now, **DEED)
    except PersonRefused as refusal:
        return refusal.detail
    return ""


def _numbered(number: int) -> str:
    return f"Wooden-Door-Opens-{number}!"


def _adopt(**fields: Any) -> PasswordPolicy:
    return adopt_password_policy(policy=PasswordPolicy(**fields), now=NOW, **DEED)


# History ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_last_twelve_passwords_are_refused_and_the_one_before_them_is_not() -> None:
    user = _person()
    for number in range(100, 112):
        assert _set(user, _numbered(number)) == ""
    assert FormerPassword.objects.filter(user=user).count() == 12
    for number in range(100, 112):
        assert _set(user, _numbered(number)).startswith("It is one of the last 12 passwords.")
    assert check_password(_numbered(111), User.objects.get(pk=user.pk).password)
    assert _set(user, PASSWORD) == ""


@pytest.mark.django_db
def test_present_password_is_no_new_one() -> None:
    assert _set(_person(), PASSWORD).startswith("It is one of the last 12")


@pytest.mark.django_db
def test_nothing_is_kept_beyond_what_a_policy_may_ask_for() -> None:
    user = _person()
    for number in range(100, 130):
        assert _set(user, _numbered(number), NOW + timedelta(minutes=number)) == ""
    assert FormerPassword.objects.filter(user=user).count() == 24
    oldest = FormerPassword.objects.filter(user=user).earliest("replaced_at")
    assert check_password(_numbered(105), oldest.password)


@pytest.mark.django_db
def test_history_is_its_owners_only() -> None:
    first, second = _person(), _person()
    assert _set(first, _numbered(1)) == ""
    assert _set(second, _numbered(1)) == ""


@pytest.mark.django_db
def test_history_can_be_switched_off() -> None:
    _adopt(history=0)
    user = _person()
    assert _set(user, PASSWORD) == ""
    _adopt(history=1)
    assert _set(user, PASSWORD) == "This is the present password. Choose another one."
    assert _set(user, _numbered(1)) == ""
    assert _set(user, PASSWORD) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("make", FOREIGN_HASHES.values(), ids=FOREIGN_HASHES)
def test_password_that_came_along_is_remembered_by_its_own_formula(make: Maker) -> None:
    user = create_person(
        details=NewPerson(username="mover"), password=ForeignHash(make("Moved-Along-1")), now=NOW, **DEED
    )
    assert _set(user, "Moved-Along-1").startswith("It is one of the last 12")
    assert _set(user, _numbered(1)) == ""
    assert _set(user, "Moved-Along-1").startswith("It is one of the last 12")


@pytest.mark.django_db
def test_work_against_former_passwords_is_bounded_and_only_for_what_is_good_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = _person()
    for number in range(100, 130):
        _set(user, _numbered(number))
    tried: list[str] = []
    verify = OwaspArgon2Hasher.verify

    def counted(hasher: OwaspArgon2Hasher, password: str, encoded: str) -> bool:
        tried.append(encoded)
        return verify(hasher, password, encoded)

    monkeypatch.setattr(OwaspArgon2Hasher, "verify", counted)
    assert _set(user, "short")
    assert tried == []
    assert _set(user, _numbered(7)) == ""
    assert len(tried) == 12


@pytest.mark.django_db
def test_former_passwords_are_nowhere_but_in_their_table() -> None:
    user = _person()
    _set(user, _numbered(1))
    assert "argon2" not in str(AuditEvent.objects.values())


@pytest.mark.django_db(transaction=True)
def test_of_two_own_changes_at_once_one_wins_and_the_history_has_what_was_before() -> None:
    user = _person()
    barrier = Barrier(8)

    def change(number: int) -> bool:
        try:
            mine = User.objects.get(pk=user.pk)
            barrier.wait(timeout=60)
            return change_own_password(user=mine, password=_numbered(number), origin=DEED["origin"], now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(change, range(8)))
    assert sum(won) == 1
    user.refresh_from_db()
    assert check_password(_numbered(won.index(True)), user.password)
    [former] = FormerPassword.objects.filter(user=user)
    assert check_password(PASSWORD, former.password)
    assert AuditEvent.objects.filter(action="user.password_changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_passwords_that_administrators_set_at_once_are_all_in_the_history() -> None:
    user = _person()
    barrier = Barrier(6)

    def change(number: int) -> None:
        try:
            barrier.wait(timeout=60)
            set_password(user=User.objects.get(pk=user.pk), password=_numbered(number), now=NOW, **DEED)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(change, range(6)))
    user.refresh_from_db()
    assert FormerPassword.objects.filter(user=user).count() == 6
    for password in (PASSWORD, *map(_numbered, range(6))):
        assert _set(user, password).startswith("It is one of the last 12")


@pytest.mark.django_db(transaction=True)
def test_one_password_given_twice_at_once_is_taken_once() -> None:
    user = _person()
    barrier = Barrier(4)

    def change(_number: int) -> bool:
        try:
            mine = User.objects.get(pk=user.pk)
            barrier.wait(timeout=60)
            with suppress(PersonRefused):
                set_password(user=mine, password=_numbered(1), now=NOW, **DEED)
                return True
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(change, range(4))) == 1


# Versions ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_newest_version_is_in_force_and_what_is_built_in_before_there_is_one() -> None:
    assert password_policy()._state.adding
    assert password_policy().minimum_length == 12
    _adopt(minimum_length=20)
    second = _adopt(style=PasswordPolicy.Style.NIST, minimum_length=15, history=0, max_age_days=None)
    assert password_policy() == second
    user = _person()
    assert _set(user, "correct horse battery staple") == ""
    assert _set(user, "correct horse") == "It is too short. Add 2 more characters, so that it has 15 or more."
    assert AuditEvent.objects.filter(action="password_policy.changed").count() == 2
    event = AuditEvent.objects.get(action="password_policy.changed", target_id=str(second.pk))
    assert event.personal is not None
    assert event.personal["before"]["minimum_length"] == 20
    assert event.personal["after"]["max_age_days"] is None


@pytest.mark.django_db
def test_expiry_follows_the_policy_at_once() -> None:
    user, never_dated = _person(), _person()
    _set(user, _numbered(1))
    assert _expiry(user) == NOW + timedelta(days=90)
    _adopt(max_age_days=10)
    assert _expiry(user) == NOW + timedelta(days=10)
    _adopt(max_age_days=None)
    assert _expiry(user) is None
    _set(user, _numbered(2))
    assert _expiry(user) is None
    _adopt(max_age_days=30)
    assert _expiry(user) == NOW + timedelta(days=30)
    assert _expiry(never_dated) is None


def _expiry(user: User) -> datetime | None:
    return User.objects.values_list("password_expires_at", flat=True).get(pk=user.pk)


@pytest.mark.django_db
def test_new_version_costs_the_same_however_many_people_there_are() -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            _adopt(max_age_days=len(User.objects.all()) + 1)
        return len(captured)

    _person()
    few = statements()
    for _ in range(5):
        _person(password_changed_at=NOW)
    assert statements() == few


@pytest.mark.django_db
def test_everything_held_against_a_password_is_said_at_once() -> None:
    said = _set(_person(username="featherstone"), "featherstone")
    assert said == (
        "Add an upper-case letter.; Add a digit.; Add a special character, such as - or a space.; "
        "Leave out “featherstone”: it is what others guess first."
    )
