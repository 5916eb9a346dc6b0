"""A hash made with yesterday's parameters is replaced after the next right password, and only then."""

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password

from apps.directory.models import User
from apps.directory.password_hashing import OwaspArgon2Hasher
from tests.factories.people import PASSWORD, make_user
from tests.integration.signin.attempts import attempt

pytestmark = pytest.mark.django_db


@pytest.fixture
def weakly_hashed(full_strength_hashes: None, monkeypatch: pytest.MonkeyPatch) -> User:
    with monkeypatch.context() as yesterday:
        yesterday.setattr(OwaspArgon2Hasher, "memory_cost", 8192)
        yesterday.setattr(OwaspArgon2Hasher, "time_cost", 1)
        weak = make_password(PASSWORD)
    assert "m=8192,t=1" in weak
    return make_user(password=weak)


def test_right_password_brings_the_hash_up_to_date(weakly_hashed: User) -> None:
    check = attempt(weakly_hashed)
    weakly_hashed.refresh_from_db()
    assert "m=19456,t=2" in weakly_hashed.password
    assert not identify_hasher(weakly_hashed.password).must_update(weakly_hashed.password)
    assert attempt(weakly_hashed).refusal is None
    # What the browser is bound to is the new hash: else the person would be out at once.
    assert check.user is not None
    assert check.user.password == weakly_hashed.password


def test_wrong_password_changes_nothing(weakly_hashed: User) -> None:
    before = weakly_hashed.password
    attempt(weakly_hashed, "wrong")
    weakly_hashed.refresh_from_db()
    assert weakly_hashed.password == before


def test_hash_of_today_is_left_alone() -> None:
    user = make_user()
    before = user.password
    attempt(user)
    user.refresh_from_db()
    assert user.password == before
