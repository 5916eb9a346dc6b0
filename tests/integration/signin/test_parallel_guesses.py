"""However many guesses arrive at once, no more than the limit are ever tried."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from pytest_django import Settings

from apps.directory.models import User
from apps.signin.models import AddressThrottle
from apps.signin.services.password_sign_in import Refusal
from tests.factories.people import PASSWORD, make_user
from tests.integration.signin.attempts import NOW, attempt, fail, refusal_reasons
from tests.integration.signin.together import at_once
from tests.services.soak import times

pytestmark = pytest.mark.django_db(transaction=True)

GUESSES = 20


@pytest.mark.soak
def test_parallel_wrong_guesses_are_tried_five_times_and_lock() -> None:
    for round_number in range(times(1, soak=50)):
        user = make_user()
        address = f"198.51.100.{round_number + 1}"
        checks = at_once([partial(attempt, user, "wrong", address=address)] * GUESSES)
        assert Counter(check.refusal for check in checks) == {
            Refusal.WRONG_PASSWORD: 5,
            Refusal.LOCKED: GUESSES - 5,
        }
        user.refresh_from_db()
        assert user.is_locked(now=NOW)


@pytest.mark.soak
def test_right_password_hidden_among_parallel_guesses_gets_no_extra_tries() -> None:
    for round_number in range(times(2, soak=50)):
        user = make_user()
        address = f"203.0.113.{round_number + 1}"
        passwords = ["wrong"] * GUESSES
        passwords[13] = PASSWORD
        checks = at_once([partial(attempt, user, typed, address=address) for typed in passwords])
        tried = Counter(check.refusal for check in checks)
        if tried[None]:
            # It came among the first five, and cleared the count for five more: but then nothing is left to guess.
            assert tried[Refusal.WRONG_PASSWORD] <= 9
        else:
            assert tried == {Refusal.WRONG_PASSWORD: 5, Refusal.LOCKED: GUESSES - 5}


def test_right_password_is_refused_everywhere_at_once_while_locked() -> None:
    user = make_user()
    fail(user, 5)
    checks = at_once([partial(attempt, user)] * GUESSES)
    assert {check.refusal for check in checks} == {Refusal.LOCKED}


@pytest.mark.soak
def test_parallel_guesses_from_one_address_at_many_accounts_stop_at_its_limit(
    settings: Settings,
) -> None:
    settings.LOCKOUT = settings.LOCKOUT | {"address_failures": 6}
    for round_number in range(times(1, soak=30)):
        people = [make_user() for _ in range(GUESSES)]
        address = f"192.0.2.{round_number + 1}"
        checks = at_once([partial(attempt, user, "wrong", address=address) for user in people])
        assert Counter(check.refusal for check in checks) == {
            Refusal.WRONG_PASSWORD: 6,
            Refusal.ADDRESS_LOCKED: GUESSES - 6,
        }
        charged = User.objects.filter(pk__in=[user.pk for user in people], failed_sign_ins=1)
        assert charged.count() == 6
        throttle = AddressThrottle.objects.get(address=address)
        assert throttle.locked_until == NOW + timedelta(minutes=30)


def test_every_parallel_guess_leaves_its_event() -> None:
    user = make_user()
    at_once([partial(attempt, user, "wrong")] * GUESSES)
    assert len(refusal_reasons()) == GUESSES
