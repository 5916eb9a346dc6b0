"""What no longer has a use goes, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session as BrowserSession

from apps.core.batches import delete_in_batches
from apps.signin.models import AddressThrottle, RecognisedBrowser, Session
from apps.signin.services.housekeeping import remove_expired_state
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def test_expired_state_goes_and_what_counts_stays() -> None:
    user = make_user()
    for name, expires in (("gone", NOW), ("stays", NOW + MINUTE)):
        BrowserSession.objects.create(session_key=name, session_data="", expire_date=expires)
    for address, failed_at, locked_until in (
        ("198.51.100.1", NOW - 31 * MINUTE, None),
        ("198.51.100.2", NOW - 31 * MINUTE, NOW - MINUTE),
        ("198.51.100.3", None, None),
        ("192.0.2.1", NOW - 29 * MINUTE, None),
        ("192.0.2.2", NOW - 31 * MINUTE, NOW + MINUTE),
    ):
        AddressThrottle.objects.create(address=address, first_failed_at=failed_at, locked_until=locked_until)
    for token, used_at in (("gone", NOW - 181 * DAY), ("stays", NOW - 179 * DAY)):
        RecognisedBrowser.objects.create(
            user=user, token_digest=token, created_at=used_at, last_used_at=used_at
        )
    for expires in (NOW - 91 * DAY, NOW - 89 * DAY, NOW + MINUTE):
        Session.objects.create(
            user=user, started_at=NOW, authenticated_at=NOW, last_seen_at=NOW, expires_at=expires
        )
    assert remove_expired_state(now=NOW) == 6
    assert [row.session_key for row in BrowserSession.objects.all()] == ["stays"]
    assert {row.address for row in AddressThrottle.objects.all()} == {"192.0.2.1", "192.0.2.2"}
    assert [row.token_digest for row in RecognisedBrowser.objects.all()] == ["stays"]
    assert Session.objects.count() == 2
    assert remove_expired_state(now=NOW) == 0


def test_many_rows_go_in_batches() -> None:
    AddressThrottle.objects.bulk_create(AddressThrottle(address=f"address {number}") for number in range(7))
    assert delete_in_batches(AddressThrottle.objects.exclude(address="address 3"), batch=2) == 6
    assert AddressThrottle.objects.get().address == "address 3"
