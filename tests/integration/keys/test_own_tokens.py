"""A token is ours if our key signed exactly these bytes as this kind of token, and not otherwise."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwcrypto.jws import JWS

from apps.keys.key_material import KEY_BEHIND
from apps.keys.models import SigningKey
from apps.keys.selectors import active_key, private_key
from apps.keys.services.tokens import read_own_jwt, sign_jwt
from tests.factories.forged_tokens import forgeries
from tests.factories.id_tokens import decode, encode
from tests.factories.keys import make_signing_keys
from tests.services.soak import times

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 8725", "3")]
CLAIMS: dict[str, Any] = {"sub": "somebody", "iss": "http://localhost:8000", "n": [1, {"ü": None}]}
TEXTS = st.text(alphabet=st.characters(), max_size=200) | st.from_regex(
    r"[A-Za-z0-9_.-]{0,200}", fullmatch=True
)


@pytest.fixture(autouse=True)
def _signing_keys(db: None) -> None:
    make_signing_keys()


@pytest.mark.parametrize("algorithm", KEY_BEHIND)
def test_what_was_signed_is_read(algorithm: str) -> None:
    token = sign_jwt(claims=CLAIMS, algorithm=algorithm, typ="JWT")
    assert read_own_jwt(token, typ="JWT") == CLAIMS
    header = decode(token.split(".")[0])
    assert header == {
        "alg": algorithm,
        "typ": "JWT",
        "kid": SigningKey.objects.get(purpose="tokens", algorithm=KEY_BEHIND[algorithm]).kid,
    }


@pytest.mark.spec("RFC 8725", "3.11")
def test_token_of_one_kind_is_none_of_another() -> None:
    token = sign_jwt(claims=CLAIMS, algorithm="RS256", typ="JWT")
    for typ in ("at+jwt", "jwt", "", "logout+jwt"):
        assert read_own_jwt(token, typ=typ) is None


def test_forgeries_are_refused() -> None:
    token = sign_jwt(claims=CLAIMS, algorithm="RS256", typ="JWT")
    for name, forgery in forgeries(token).items():
        assert read_own_jwt(forgery, typ="JWT") is None, name


def test_claims_that_are_no_object_are_refused() -> None:
    key = active_key(purpose="tokens", algorithm="RS256")
    token = JWS(b'["not", "an", "object"]')
    token.add_signature(
        private_key(key.kid), protected=json.dumps({"alg": "RS256", "kid": key.kid, "typ": "JWT"})
    )
    assert read_own_jwt(token.serialize(compact=True), typ="JWT") is None


def test_token_of_the_audit_key_is_no_token() -> None:
    token = sign_jwt(claims=CLAIMS, algorithm="ES256", typ="JWT")
    SigningKey.objects.filter(algorithm="ES256").update(purpose=SigningKey.Purpose.AUDIT)
    assert read_own_jwt(token, typ="JWT") is None


def test_token_is_still_read_after_its_key_stopped_signing() -> None:
    token = sign_jwt(claims=CLAIMS, algorithm="RS256", typ="JWT")
    SigningKey.objects.update(state=SigningKey.State.RETIRED)
    assert read_own_jwt(token, typ="JWT") == CLAIMS


def test_token_is_refused_once_its_key_is_gone() -> None:
    token = sign_jwt(claims=CLAIMS, algorithm="RS256", typ="JWT")
    SigningKey.objects.all().delete()
    assert read_own_jwt(token, typ="JWT") is None


def test_every_changed_character_is_noticed() -> None:
    token = sign_jwt(claims={"sub": "x"}, algorithm="ES256", typ="JWT")
    last = len(token) - 1
    for index, character in enumerate(token[:last]):
        changed = token[:index] + ("A" if character != "A" else "B") + token[index + 1 :]
        assert read_own_jwt(changed, typ="JWT") is None, index


@settings(max_examples=times(100, soak=5_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS)
def test_nothing_else_is_read_and_nothing_breaks(text: str) -> None:
    assert read_own_jwt(text, typ="JWT") is None


@settings(max_examples=times(100, soak=5_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jwk", "crit", "x"]), inner, max_size=4)
        ),
        max_leaves=10,
    )
)
def test_no_header_breaks_the_reader(header: Any) -> None:
    assert read_own_jwt(f"{encode(header)}.{encode(CLAIMS)}.{encode(bytes(64))}", typ="JWT") is None
