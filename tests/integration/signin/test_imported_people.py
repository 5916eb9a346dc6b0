"""People whose passwords another system has hashed sign in with them, and from then on have a hash of ours."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.foreign_hashes import BcryptInArgon2, Pbkdf2InArgon2, SaltedShaInArgon2
from apps.directory.models import User
from apps.directory.password_hashing import OwaspArgon2Hasher
from apps.directory.services.people import ForeignHash, NewPerson, create_person, set_password
from apps.directory.services.sign_in_record import replace_hash
from apps.signin.services.password_sign_in import Refusal
from tests.factories.foreign_hashes import FOREIGN_HASHES, Maker
from tests.factories.people import PASSWORD, make_user, sign_in
from tests.integration.signin.attempts import NOW, attempt, fail
from tests.integration.signin.together import at_once
from tests.services.soak import times

KINDS = pytest.mark.parametrize("make", FOREIGN_HASHES.values(), ids=FOREIGN_HASHES)
PEOPLE_OF_EACH = times(20, soak=334)
PARALLEL = 20


def _import(name: str, text: str) -> User:
    return create_person(
        details=NewPerson(username=name),
        password=ForeignHash(text),
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=NOW,
    )


def _is_ours(user: User) -> bool:
    user.refresh_from_db()
    return user.password.startswith("argon2$argon2id$v=19$")


@KINDS
@pytest.mark.soak
@pytest.mark.django_db
def test_many_people_of_three_systems_sign_in_and_are_upgraded(make: Maker) -> None:
    people = [_import(f"mover{number}", make(f"Own-Password-{number}")) for number in range(PEOPLE_OF_EACH)]
    assert not any(_is_ours(user) for user in people)
    for number, user in enumerate(people):
        assert attempt(user, f"Own-Password-{number}").refusal is None
    assert all(_is_ours(user) for user in people)
    assert attempt(people[-1], f"Own-Password-{PEOPLE_OF_EACH - 1}").refusal is None


@KINDS
@pytest.mark.django_db
def test_person_signs_in_on_the_page_and_stays_signed_in(make: Maker) -> None:
    user, browser = _import("kim", make()), Client()
    sign_in(browser, user)
    assert _is_ours(user)
    assert browser.get("/").status_code == 200
    sign_in(Client(), user)


@KINDS
@pytest.mark.django_db
def test_wrong_password_counts_and_upgrades_nothing(make: Maker) -> None:
    user = _import("kim", make())
    fail(user, 5)
    assert not _is_ours(user)
    assert attempt(user).refusal is Refusal.LOCKED
    assert not _is_ours(user)
    assert attempt(user, now=NOW + timedelta(minutes=30)).refusal is None
    assert _is_ours(user)


@KINDS
@pytest.mark.django_db(transaction=True)
def test_parallel_sign_ins_upgrade_once_and_all_of_them_count(make: Maker) -> None:
    user = _import("kim", make())
    checks = at_once([lambda: attempt(user, address="198.51.100.7")] * PARALLEL)
    # Charged before the password is looked at: more than five at once are not tried.
    right = [check.user for check in checks if check.user is not None]
    assert Counter(check.refusal for check in checks).keys() <= {None, Refusal.LOCKED}
    assert right
    assert _is_ours(user)
    # All were given the one hash that is stored, which their sessions are bound to.
    assert {one.password for one in right} == {user.password}


@pytest.mark.django_db
def test_upgrade_never_brings_a_password_back_that_was_changed_meanwhile() -> None:
    user = _import("kim", FOREIGN_HASHES["bcrypt"]())
    signing_in = User.objects.get(pk=user.pk)
    set_password(
        user=user,
        password="Another-Gate-Opens-8!",
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=NOW + timedelta(seconds=1),
    )
    replace_hash(user=signing_in, encoded=make_password(PASSWORD))
    assert attempt(user).refusal is Refusal.WRONG_PASSWORD
    assert attempt(user, "Another-Gate-Opens-8!").refusal is None
    # Nor is the one who signed in with the old one bound to the new one.
    assert signing_in.password != User.objects.get(pk=user.pk).password


@KINDS
@pytest.mark.django_db
def test_import_is_recorded_without_the_hash(make: Maker) -> None:
    text = make()
    user = _import("kim", text)
    event = AuditEvent.objects.get()
    assert (event.action, event.target_id) == ("user.created", str(user.pk))
    assert text[-12:] not in str(AuditEvent.objects.values())
    assert "argon2" not in str(AuditEvent.objects.values())
    assert user.password_expires_at == NOW + timedelta(days=90)


# What signing in tells ------------------------------------------------------------------------------------------


@pytest.fixture
def inner(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes of other systems that are computed."""
    computed: list[str] = []
    for hasher in (BcryptInArgon2, Pbkdf2InArgon2, SaltedShaInArgon2):
        monkeypatch.setattr(hasher, "digest", _counted(hasher.digest, hasher.algorithm, computed))
    return computed


def _counted(digest: Any, algorithm: str, computed: list[str]) -> Any:
    def counted(hasher: Any, password: str, parameters: str) -> Any:
        computed.append(algorithm)
        return digest(hasher, password, parameters)

    return counted


@pytest.mark.django_db
def test_names_of_nobody_cost_what_people_cost_and_always_the_same(inner: list[str]) -> None:
    def work(name: str) -> tuple[str, ...]:
        inner.clear()
        attempt(name, "wrong", address=f"nobody at {name}")
        return tuple(inner)

    for number in range(30):
        _import(f"mover{number}", FOREIGN_HASHES["bcrypt"]())
        make_user(password=make_password(PASSWORD))
    names = [f"nobody{number}" for number in range(40)]
    first = {name: work(name) for name in names}
    assert set(first.values()) == {("bcrypt_in_argon2",), ()}
    assert first == {name: work(name.upper()) for name in names}
    for user in User.objects.filter(username__startswith="mover"):
        attempt(user, address=f"address of {user.username}")
    assert {work(name) for name in names} == {()}


@pytest.mark.django_db
def test_password_of_the_person_whose_hash_is_tried_for_nobody_lets_nobody_in() -> None:
    _import("kim", FOREIGN_HASHES["LDAP SSHA"]())
    check = attempt("nobody")
    assert (check.user, check.refusal) == (None, Refusal.UNKNOWN_IDENTIFIER)
    assert not _is_ours(User.objects.get())


@pytest.mark.django_db
def test_right_password_of_a_locked_account_costs_no_more_than_a_wrong_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The new hash is made after everything else has been found right, or its time would say so."""
    user = _import("kim", FOREIGN_HASHES["LDAP SSHA"]())
    User.objects.update(locked_until=timezone.now() + timedelta(days=9999), failed_sign_ins=5)
    made: list[str] = []
    attempt(user, "wrong")
    monkeypatch.setattr(OwaspArgon2Hasher, "encode", lambda *given: made.append("hash"))
    assert attempt(user).refusal is Refusal.LOCKED
    assert made == []
