"""The keys that must exist exist once, and their private halves are readable only with the field key."""

import base64
import secrets
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.core.encryption import EncryptionError, keyring
from apps.keys.errors import NoSigningKey
from apps.keys.models import SigningKey
from apps.keys.selectors import NEEDED, active_key, private_key, token_jwks
from apps.keys.services.signing_keys import ensure_signing_keys
from apps.keys.services.tokens import sign_jwt
from tests.factories.keys import make_signing_keys

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.mark.django_db
def test_each_needed_key_is_made_once_and_recorded_without_its_private_half() -> None:
    assert ensure_signing_keys(now=timezone.now()) == len(NEEDED)
    assert ensure_signing_keys(now=timezone.now()) == 0
    assert set(SigningKey.objects.values_list("purpose", "algorithm")) == set(NEEDED)
    events = AuditEvent.objects.filter(action="signing_key.created")
    assert {event.details["kid"] for event in events} == set(SigningKey.objects.values_list("kid", flat=True))
    for key in SigningKey.objects.all():
        assert not any(key.private_jwk in repr(vars(event)) for event in events)


@pytest.mark.django_db
def test_only_what_is_missing_is_made() -> None:
    ensure_signing_keys(now=timezone.now())
    SigningKey.objects.filter(algorithm="ES256").update(state=SigningKey.State.RETIRING)
    assert ensure_signing_keys(now=timezone.now()) == 1
    assert SigningKey.objects.filter(algorithm="ES256").count() == 2


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_make_each_key_once() -> None:
    callers = 6
    start = Barrier(callers)

    def caller(_number: int) -> int:
        try:
            start.wait(timeout=30)
            return ensure_signing_keys(now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as pool:
        made = list(pool.map(caller, range(callers)))
    assert sum(made) == len(NEEDED)
    assert SigningKey.objects.count() == len(NEEDED)
    assert AuditEvent.objects.filter(action="signing_key.created").count() == len(NEEDED)


@pytest.mark.django_db
def test_there_is_one_active_key_of_a_kind() -> None:
    make_signing_keys()
    key = SigningKey.objects.get(algorithm="ES256")
    with pytest.raises(IntegrityError):
        SigningKey.objects.create(
            kid="another",
            purpose=key.purpose,
            algorithm=key.algorithm,
            public_jwk={},
            private_jwk="{}",
            created_at=timezone.now(),
        )


@pytest.mark.django_db
def test_private_halves_are_encrypted_in_the_table() -> None:
    make_signing_keys()
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_jwk FROM keys_signingkey")
        stored = [row[0] for row in cursor.fetchall()]
    assert len(stored) == len(NEEDED)
    assert all(value.startswith("v1.test.") for value in stored)
    clear = [private_key(key.kid).export_private() for key in SigningKey.objects.all()]
    assert not any('"d"' in value or text in value for value in stored for text in clear)


@pytest.mark.django_db
def test_private_halves_are_unreadable_under_another_field_key(settings: Settings) -> None:
    make_signing_keys()
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    kid = SigningKey.objects.values_list("kid", flat=True).first()
    for name in ("test", "other"):
        settings.FIELD_ENCRYPTION_KEYS = [f"{name}:{key}"]
        with pytest.raises(EncryptionError):
            SigningKey.objects.get(kid=kid)


@pytest.mark.django_db
def test_private_half_of_one_key_cannot_be_put_into_another_column() -> None:
    make_signing_keys()
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_jwk FROM keys_signingkey")
        stored = cursor.fetchone()[0]
    with pytest.raises(EncryptionError):
        keyring().decrypt(stored, purpose="oauth.Client.client_secret")


@pytest.mark.django_db
def test_public_keys_are_published_even_where_private_ones_cannot_be_read(
    settings: Settings, client: Browser
) -> None:
    make_signing_keys()
    settings.FIELD_ENCRYPTION_KEYS = [f"other:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"]
    assert client.get("/.well-known/jwks.json").status_code == 200


@pytest.mark.django_db
@pytest.mark.spec("RFC 7517", "5")
def test_published_set_holds_public_halves_of_what_may_have_signed_a_token() -> None:
    make_signing_keys()
    old = SigningKey.objects.get(algorithm="ES256")
    old.state = SigningKey.State.RETIRING
    old.save()
    ensure_signing_keys(now=timezone.now())
    published = token_jwks()["keys"]
    assert len({key["kid"] for key in published}) == len(published) == 5
    audit_kid = active_key(purpose="audit", algorithm="Ed25519").kid
    assert audit_kid not in {key["kid"] for key in published}, "the audit log's key signs no tokens"
    assert not any(PRIVATE_MEMBERS & set(key) for key in published)
    assert active_key(purpose="tokens", algorithm="ES256").kid != old.kid
    old.state = SigningKey.State.RETIRED
    old.save()
    assert old.kid not in {key["kid"] for key in token_jwks()["keys"]}


@pytest.mark.django_db
def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(NoSigningKey):
        sign_jwt(claims={}, algorithm="RS256", typ="JWT")


@pytest.mark.django_db
def test_signing_with_a_key_that_does_not_exist_here_is_refused() -> None:
    make_signing_keys()
    for algorithm in ("HS256", "none", "Ed448", ""):
        with pytest.raises(NoSigningKey):
            sign_jwt(claims={}, algorithm=algorithm, typ="JWT")


@pytest.mark.django_db
def test_private_key_is_the_pair_of_the_published_one() -> None:
    make_signing_keys()
    for key in SigningKey.objects.all():
        assert private_key(key.kid).thumbprint() == key.kid
