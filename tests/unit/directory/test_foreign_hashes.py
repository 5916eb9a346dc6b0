"""Hashes of other systems are right for their password only, and can ask for no more work than is allowed."""

import base64
import json

import pytest
from django.contrib.auth.hashers import check_password
from hypothesis import given
from hypothesis import strategies as st

from apps.directory.errors import PasswordHashRefused
from apps.directory.foreign_hashes import accept_foreign_hash
from tests.factories.foreign_hashes import FOREIGN_HASHES, Maker, bcrypt_hash, keycloak_credential, salted_sha
from tests.factories.people import PASSWORD

# Made by others: libxcrypt, Openwall's test vectors, OpenLDAP's documentation.
MADE_ELSEWHERE = {
    "$2y$05$abcdefghijklmnopqrstuuhBy4nj2ISnDrdjKk.Q71AILygcYsZZe": "correct-Horse-battery-1",
    "$2b$04$ZbcdefghijklmnopqrstuucGNbsyi/eKzPD1zK.1kzld6wkdw5MTK": "pässword-Horse-battery-1",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW": "U*U",
    "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3": "secret",
}


@pytest.mark.parametrize(("text", "password"), MADE_ELSEWHERE.items())
def test_hash_made_elsewhere_is_right_for_its_password_only(text: str, password: str) -> None:
    stored = accept_foreign_hash(f"{text}\n")
    assert check_password(password, stored)
    assert not check_password(password.swapcase(), stored)
    assert not check_password("", stored)


@pytest.mark.spec("RFC 8018", "5.2")
@pytest.mark.parametrize("algorithm", ["pbkdf2", "pbkdf2-sha256", "pbkdf2-sha512"])
@pytest.mark.parametrize("length", [16, 20, 32, 64])
def test_each_pbkdf2_of_keycloak_is_verified(algorithm: str, length: int) -> None:
    stored = accept_foreign_hash(keycloak_credential("Größer-1", algorithm=algorithm, length=length))
    assert check_password("Größer-1", stored)
    assert not check_password("Größer-2", stored)


@pytest.mark.spec("RFC 6070", "2")
def test_known_answer_of_pbkdf2() -> None:
    value = bytes.fromhex("4b007901b765489abead49d926f721d065a429c1")
    text = keycloak_credential(
        algorithm="pbkdf2",
        iterations=4096,
        value=base64.b64encode(value).decode(),
        salt=base64.b64encode(b"salt").decode(),
    )
    assert check_password("password", accept_foreign_hash(text))


@pytest.mark.parametrize("scheme", ["SSHA", "SSHA256", "SSHA384", "SSHA512"])
@pytest.mark.parametrize("salt", [b"s", b"8 bytes!", b"\x00$\xff" * 21])
def test_each_salted_sha_of_ldap_is_verified(scheme: str, salt: bytes) -> None:
    stored = accept_foreign_hash(salted_sha(scheme=scheme, salt=salt))
    assert check_password(PASSWORD, stored)
    assert not check_password(PASSWORD + "x", stored)


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_each_prefix_of_bcrypt_is_verified(prefix: str) -> None:
    stored = accept_foreign_hash(bcrypt_hash(prefix=prefix))
    assert check_password(PASSWORD, stored)
    assert not check_password(PASSWORD + "x", stored)


def test_bcrypt_reads_72_bytes_as_it_did_elsewhere() -> None:
    stored = accept_foreign_hash(bcrypt_hash("ä" * 36))
    assert check_password("ä" * 36 + "and more", stored)
    assert not check_password("ä" * 35, stored)


def test_bits_that_mean_nothing_do_not_keep_anybody_out() -> None:
    """Some makers of bcrypt hashes leave them as they fall; the library refuses such a salt."""
    text = "$2y$05$abcdefghijklmnopqrstuuhBy4nj2ISnDrdjKk.Q71AILygcYsZZe"
    odd = text[:28] + "v" + text[29:-1] + "f"
    assert check_password("correct-Horse-battery-1", accept_foreign_hash(odd))


@pytest.mark.usefixtures("full_strength_hashes")
@pytest.mark.parametrize("make", FOREIGN_HASHES.values(), ids=FOREIGN_HASHES)
def test_what_is_stored_is_argon2id_and_holds_no_digest_of_the_other_system(make: Maker) -> None:
    text = make()
    stored = accept_foreign_hash(text)
    assert "$argon2$argon2id$v=19$m=19456,t=2,p=1$" in stored
    assert len(stored) <= 256
    assert text[-20:].strip('"}') not in stored


@pytest.mark.parametrize("make", FOREIGN_HASHES.values(), ids=FOREIGN_HASHES)
def test_the_same_hash_twice_is_stored_in_two_ways(make: Maker) -> None:
    text = make()
    assert accept_foreign_hash(text) != accept_foreign_hash(text)


SALT = "abcdefghijklmnopqrstuu"
DIGEST = "hBy4nj2ISnDrdjKk.Q71AILygcYsZZe"
HOSTILE = {
    "nothing": "",
    "a password": "Wooden-Gate-Opens-7!",
    "one of ours": "argon2$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$c2FsdA",
    "one of ours that is wrapped": f"bcrypt_in_argon2$04${SALT}$argon2$argon2id$v=19$m=9999999,t=99,p=1$YQ$YQ",
    "bcrypt that takes minutes": f"$2b$20${SALT}{DIGEST}",
    "bcrypt that takes ages": f"$2b$31${SALT}{DIGEST}",
    "bcrypt just too slow": f"$2b$14${SALT}{DIGEST}",
    "bcrypt without work": f"$2b$00${SALT}{DIGEST}",
    "bcrypt with a negative cost": f"$2b$-1${SALT}{DIGEST}",
    "bcrypt with more behind it": f"$2b$05${SALT}{DIGEST}$argon2$",
    "bcrypt with a line behind it": f"$2b$05${SALT}{DIGEST}\n$2b$05$",
    "bcrypt cut short": f"$2b$05${SALT}{DIGEST[:-1]}",
    "bcrypt with letters it has not": f"$2b$05${SALT[:-1]}!{DIGEST}",
    "bcrypt with digits of another script": f"$2b$\u0660\u0665${SALT}{DIGEST}",
    "broken bcrypt": f"$2x$05${SALT}{DIGEST}",
    "SSHA without salt": salted_sha(salt=b""),
    "SSHA with a long salt": salted_sha(salt=b"s" * 65),
    "SSHA cut short": "{SSHA}" + base64.b64encode(b"short").decode(),
    "SSHA that is not base64": "{SSHA}%%%%",
    "SSHA with wrong padding": "{SSHA}" + base64.b64encode(b"d" * 28).decode().rstrip("="),
    "SSHA of an unknown size": "{SSHA1024}" + base64.b64encode(b"d" * 90).decode(),
    "unsalted SHA": "{SHA}" + base64.b64encode(b"d" * 20).decode(),
    "plain": "{CLEARTEXT}secret",
    "longer than any hash": "{SSHA}" + "A" * 5000,
    "JSON that is no object": "[" * 500 + "]" * 500,
    "deep JSON": '{"a":' * 800 + "1" + "}" * 800,
    "empty object": "{}",
    "Keycloak without secret": json.dumps({"credentialData": "{}"}),
    "Keycloak with a list": json.dumps({"credentialData": "[]", "secretData": "[]"}),
    "Keycloak's Argon2": keycloak_credential(algorithm="argon2", value="", salt=""),
    "Keycloak with another digest": keycloak_credential(algorithm="pbkdf2-md5", value="", salt=""),
    "Keycloak with the name of a digest twice": keycloak_credential(
        algorithm="pbkdf2-pbkdf2-sha256", value="", salt=""
    ),
    "Keycloak with too many iterations": keycloak_credential(iterations=1_000_001, value="YQ==", salt="YQ=="),
    "Keycloak with no iterations": keycloak_credential(iterations=0, value="YQ==", salt="YQ=="),
    "Keycloak with negative iterations": keycloak_credential(iterations=-1, value="YQ==", salt="YQ=="),
    "Keycloak with iterations as text": keycloak_credential(iterations="10", value="YQ==", salt="YQ=="),
    "Keycloak with half an iteration": keycloak_credential(iterations=1.5, value="YQ==", salt="YQ=="),
    "Keycloak with a truth for a number": keycloak_credential(iterations=True, value="YQ==", salt="YQ=="),
    "Keycloak with a digest of one byte": keycloak_credential(value="YQ==", salt="YQ=="),
    "Keycloak with no digest": keycloak_credential(value="", salt="YQ=="),
    "Keycloak without salt": keycloak_credential(value=base64.b64encode(b"d" * 32).decode(), salt=""),
    "Keycloak with a number for a salt": keycloak_credential(
        value=base64.b64encode(b"d" * 32).decode(), salt=7
    ),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(PasswordHashRefused) as refusal:
        accept_foreign_hash(text)
    assert refusal.value.detail.endswith(".")
    assert "\n" not in refusal.value.detail


@given(st.one_of(st.text(), st.text().map("{SSHA}".__add__), st.text().map("$2b$".__add__)))
def test_arbitrary_text_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(PasswordHashRefused):
        accept_foreign_hash(text)


@pytest.mark.parametrize("make", FOREIGN_HASHES.values(), ids=FOREIGN_HASHES)
def test_refusal_repeats_nothing_of_the_hash(make: Maker) -> None:
    text = make()[:-9]
    with pytest.raises(PasswordHashRefused) as refusal:
        accept_foreign_hash(text)
    assert text[-12:] not in refusal.value.detail
