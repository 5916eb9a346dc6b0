"""Five wrong passwords close an account for half an hour, to strangers; its owner's own browser still gets in."""

from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import User
from apps.directory.services.people import unlock_person
from apps.signin.models import AddressThrottle, RecognisedBrowser
from apps.signin.services.password_sign_in import Refusal
from apps.signin.services.recognised_browsers import recognise_browser
from tests.factories.people import make_user
from tests.integration.admin.desk import at_desk, listing, make_superuser
from tests.integration.signin.attempts import NOW, attempt, fail

pytestmark = pytest.mark.django_db

HALF_AN_HOUR = timedelta(minutes=30)
SECOND = timedelta(seconds=1)


def test_five_failures_lock_the_account_for_half_an_hour() -> None:
    user = make_user()
    fail(user, 4)
    assert attempt(user).refusal is None
    fail(user, 5)
    user.refresh_from_db()
    assert user.locked_until == NOW + HALF_AN_HOUR
    assert attempt(user).refusal is Refusal.LOCKED


def test_lock_ends_by_itself_and_counting_starts_anew() -> None:
    user = make_user()
    fail(user, 5)
    assert attempt(user, now=NOW + HALF_AN_HOUR - SECOND).refusal is Refusal.LOCKED
    later = NOW + HALF_AN_HOUR
    assert attempt(user, "wrong", now=later).refusal is Refusal.WRONG_PASSWORD
    assert attempt(user, now=later).refusal is None


def test_guessing_on_does_not_lengthen_the_lock() -> None:
    user = make_user()
    fail(user, 5)
    fail(user, 5, now=NOW + timedelta(minutes=20))
    user.refresh_from_db()
    assert user.locked_until == NOW + HALF_AN_HOUR
    assert attempt(user, now=NOW + HALF_AN_HOUR).refusal is None


def test_failures_long_past_do_not_count() -> None:
    user = make_user()
    fail(user, 4)
    fail(user, 1, now=NOW + HALF_AN_HOUR)
    assert attempt(user, now=NOW + HALF_AN_HOUR).refusal is None


def test_success_forgets_the_failures_before_it() -> None:
    user = make_user()
    fail(user, 4)
    assert attempt(user).refusal is None
    user.refresh_from_db()
    assert (user.failed_sign_ins, user.first_failed_at) == (0, None)
    fail(user, 4)
    assert attempt(user).refusal is None


def test_the_guess_that_locks_is_marked_in_the_log() -> None:
    user = make_user()
    for second in range(6):
        attempt(user, "wrong", now=NOW + second * SECOND)
    events = AuditEvent.objects.filter(action="user.sign_in_refused").order_by("id")
    assert [(event.details["reason"], event.details["locked_now"]) for event in events] == [
        *[("wrong_password", False)] * 4,
        ("wrong_password", True),
        ("locked", False),
    ]


def test_user_name_and_e_mail_are_one_account_to_guess() -> None:
    user = make_user()
    fail(user, 3)
    fail(user.email.upper(), 2)
    assert attempt(user).refusal is Refusal.LOCKED


def test_lifting_the_lock_lets_the_person_in() -> None:
    user = make_user()
    fail(user, 5)
    assert unlock_person(user=user, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    assert attempt(user).refusal is None


def test_recognised_browser_gets_in_while_strangers_hold_the_account_locked() -> None:
    user = make_user()
    recognise_browser(user=user, browser_token="my browser", now=NOW)
    fail(user, 5)
    assert attempt(user).refusal is Refusal.LOCKED
    assert attempt(user, browser="my browser").refusal is None
    # Strangers are no better off for it.
    assert attempt(user).refusal is Refusal.LOCKED


def test_recognised_browser_has_a_limit_of_its_own() -> None:
    user = make_user()
    recognise_browser(user=user, browser_token="stolen laptop", now=NOW)
    fail(user, 5, browser="stolen laptop")
    assert attempt(user, browser="stolen laptop").refusal is Refusal.LOCKED
    assert attempt(user, browser="another browser").refusal is None


def test_browser_is_recognised_for_its_own_person_only() -> None:
    user, other = make_user(), make_user()
    recognise_browser(user=other, browser_token="browser of another", now=NOW)
    fail(user, 5)
    assert attempt(user, browser="browser of another").refusal is Refusal.LOCKED


def test_browser_token_is_stored_as_a_digest_only() -> None:
    recognise_browser(user=make_user(), browser_token="token in the cookie", now=NOW)
    row = RecognisedBrowser.objects.get()
    assert "token in the cookie" not in row.token_digest
    assert len(row.token_digest) == 64


def test_too_many_failures_from_one_address_lock_the_address() -> None:
    for number in range(50):
        attempt(f"guess{number}", "wrong")
    user = make_user()
    assert attempt(user).refusal is Refusal.ADDRESS_LOCKED
    assert attempt(user, address="192.0.2.77").refusal is None
    assert attempt(user, now=NOW + HALF_AN_HOUR).refusal is None


def test_locked_address_cannot_lock_accounts() -> None:
    AddressThrottle.objects.create(
        address="192.0.2.66", failed_sign_ins=50, locked_until=NOW + HALF_AN_HOUR, first_failed_at=NOW
    )
    user = make_user()
    fail(user, 6, address="192.0.2.66")
    assert User.objects.get(pk=user.pk).failed_sign_ins == 0
    assert attempt(user).refusal is None


def test_recognised_browser_gets_in_from_a_locked_address() -> None:
    """Whoever guesses from the office, or from behind the same proxy, keeps nobody there from working."""
    AddressThrottle.objects.create(
        address="192.0.2.66", failed_sign_ins=50, locked_until=NOW + HALF_AN_HOUR, first_failed_at=NOW
    )
    user = make_user()
    recognise_browser(user=user, browser_token="my browser", now=NOW)
    assert attempt(user, address="192.0.2.66").refusal is Refusal.ADDRESS_LOCKED
    assert attempt(user, address="192.0.2.66", browser="my browser").refusal is None
    fail(user, 5, address="192.0.2.66", browser="my browser")
    assert attempt(user, address="192.0.2.66", browser="my browser").refusal is Refusal.LOCKED


def test_success_does_not_forgive_the_address_its_other_failures() -> None:
    """Else an attacker with one account of his own could guess for ever."""
    own = make_user()
    for number in range(49):
        attempt(f"guess{number}", "wrong")
        if number % 10 == 0:
            assert attempt(own).refusal is None
    attempt("one more", "wrong")
    assert attempt(own).refusal is Refusal.ADDRESS_LOCKED


def test_right_passwords_do_not_use_up_the_address() -> None:
    """A whole company behind one address signs in every morning."""
    user = make_user()
    for _ in range(55):
        assert attempt(user).refusal is None


def test_addresses_of_one_ipv6_network_are_counted_together() -> None:
    """Any subscriber has 2^64 of them."""
    for number in range(50):
        attempt(f"guess{number}", "wrong", address=f"2001:db8:1:2::{number + 1:x}")
    user = make_user()
    assert attempt(user, address="2001:db8:1:2:ffff::1").refusal is Refusal.ADDRESS_LOCKED
    assert attempt(user, address="2001:db8:1:3::1").refusal is None


def test_person_without_password_cannot_sign_in_with_the_dummy_password() -> None:
    user = make_user()
    user.set_unusable_password()
    user.save()
    assert attempt(user, "nobody has this password").refusal is Refusal.WRONG_PASSWORD
    assert attempt("nobody at all", "nobody has this password").user is None


def test_right_sign_in_leaves_no_failure_behind_at_its_address() -> None:
    attempt(make_user())
    address = AddressThrottle.objects.get()
    assert (address.failed_sign_ins, address.first_failed_at) == (0, None)
    browser = at_desk(make_superuser())
    assert not browser.get(listing("signin.addressthrottle")).context["cl"].result_list
    fail("nobody.here", 1)
    attempt(make_user(), now=NOW + SECOND)
    (watched,) = browser.get(listing("signin.addressthrottle")).context["cl"].result_list
    assert (watched.failed_sign_ins, watched.first_failed_at) == (1, NOW)
