import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.core.encryption import CiphertextRefused, EncryptionError, Keyring, UnknownEncryptionKey, keyring


def key(kid: str, fill: bytes, length: int = 32) -> str:
    return f"{kid}:{base64.urlsafe_b64encode(fill * length).decode()}"


OLD, NEW = key("2025", b"o"), key("2026", b"n")
RING = Keyring([NEW, OLD])


@given(plaintext=st.binary(max_size=200), purpose=st.text(max_size=20))
def test_what_was_encrypted_decrypts(plaintext: bytes, purpose: str) -> None:
    assert RING.decrypt(RING.encrypt(plaintext, purpose=purpose), purpose=purpose) == plaintext


def test_equal_values_give_different_tokens() -> None:
    assert RING.encrypt(b"x", purpose="p") != RING.encrypt(b"x", purpose="p")


def test_first_key_encrypts_and_any_key_decrypts() -> None:
    token = Keyring([OLD]).encrypt(b"secret", purpose="p")
    assert RING.decrypt(token, purpose="p") == b"secret"
    assert not RING.is_current(token)
    assert RING.is_current(RING.encrypt(b"secret", purpose="p"))


def test_removed_key_is_named() -> None:
    token = Keyring([OLD]).encrypt(b"secret", purpose="p")
    with pytest.raises(UnknownEncryptionKey) as refused:
        Keyring([NEW]).decrypt(token, purpose="p")
    assert "2025" in refused.value.detail


def test_value_moved_to_another_purpose_is_refused() -> None:
    token = RING.encrypt(b"secret", purpose="keys.SigningKey.private")
    with pytest.raises(CiphertextRefused):
        RING.decrypt(token, purpose="oauth.Client.secret")


def test_token_relabelled_with_another_key_id_is_refused() -> None:
    same_key_twice = Keyring([key("a", b"k"), key("b", b"k")])
    token = same_key_twice.encrypt(b"secret", purpose="p")
    with pytest.raises(CiphertextRefused):
        same_key_twice.decrypt(token.replace("v1.a.", "v1.b."), purpose="p")


@given(data=st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    token = RING.encrypt(b"secret", purpose="p")
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != token[place]))
    with pytest.raises(EncryptionError):
        RING.decrypt(token[:place] + other + token[place + 1 :], purpose="p")


@pytest.mark.parametrize(
    "token", ["", "secret", "v1", "v1.2026", "v1.2026.", "v2.2026.AAAA", "v1.20 26.AAAA", "v1.2026.é"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(CiphertextRefused):
        RING.decrypt(token, purpose="p")


@given(token=st.text())
def test_any_text_is_refused_and_never_a_crash(token: str) -> None:
    with pytest.raises(EncryptionError):
        RING.decrypt(token, purpose="p")


@pytest.mark.parametrize(
    "keys",
    [
        [],
        ["nocolon"],
        [":" + OLD.partition(":")[2]],
        ["bad id:" + OLD.partition(":")[2]],
        [key("short", b"k", 16)],
        [key("long", b"k", 33)],
        ["a:not/base64url!"],
        [OLD, OLD],
    ],
)
def test_bad_keys_are_refused_without_being_repeated(keys: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        Keyring(keys)
    assert not any(
        entry.partition(":")[2] and entry.partition(":")[2] in str(refused.value) for entry in keys
    )


def test_keyring_follows_the_settings(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OLD]
    token = keyring().encrypt(b"secret", purpose="p")
    settings.FIELD_ENCRYPTION_KEYS = [NEW, OLD]
    assert keyring().decrypt(token, purpose="p") == b"secret"
    assert keyring().primary_key_id == "2026"
