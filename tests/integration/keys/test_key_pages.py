"""Signing keys in the administration: replaced and given up by those who may, after a question."""

from collections.abc import Iterator

import pytest

from apps.audit.models import AuditEvent
from apps.keys.models import SigningKey
from apps.keys.selectors import private_key
from tests.factories.keys import make_signing_keys
from tests.integration.admin.desk import action_page, at_desk, make_staff, page_of

pytestmark = pytest.mark.django_db
LOOK, CHANGE = "keys.view_signingkey", "keys.change_signingkey"


@pytest.fixture(autouse=True)
def keys(db: None) -> Iterator[None]:
    private_key.cache_clear()
    make_signing_keys()
    yield
    private_key.cache_clear()


@pytest.mark.parametrize(
    ("action", "state", "event"),
    [("rotate", "retiring", "signing_key.superseded"), ("compromised", "retired", "signing_key.compromised")],
)
def test_key_is_replaced_by_whoever_may_change_keys(action: str, state: str, event: str) -> None:
    key = SigningKey.objects.get(algorithm="ES256")
    address = action_page(key, action)
    assert at_desk(make_staff(LOOK)).post(address, {"confirmed": "1"}).status_code == 403
    keeper = make_staff(LOOK, CHANGE)
    browser = at_desk(keeper)
    assert "nother key signs" in browser.get(address).content.decode()
    key.refresh_from_db()
    assert key.state == "active"
    assert browser.post(address, {"confirmed": "1"}, follow=True).status_code == 200
    key.refresh_from_db()
    assert key.state == state
    assert SigningKey.objects.filter(algorithm="ES256", state="active").exclude(pk=key.pk).count() == 1
    found = AuditEvent.objects.get(action=event)
    assert (found.target_id, found.actor_id) == (str(key.pk), str(keeper.pk))


def test_keys_are_neither_made_nor_edited_by_hand() -> None:
    key = SigningKey.objects.get(algorithm="ES256")
    browser = at_desk(make_staff(LOOK, CHANGE, "keys.add_signingkey", "keys.delete_signingkey"))
    assert browser.get("/admin/keys/signingkey/add/").status_code == 403
    browser.post(page_of(key), {"state": "retired"})
    assert browser.post(page_of(key, "delete"), {"confirmed": "1"}).status_code == 403
    key.refresh_from_db()
    assert key.state == "active"


def test_compromise_is_said_on_the_page() -> None:
    key = SigningKey.objects.get(algorithm="ES256")
    browser = at_desk(make_staff(LOOK, CHANGE))
    browser.post(action_page(key, "compromised"), {"confirmed": "1"})
    assert "Compromised" in browser.get(page_of(key)).content.decode()
