import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.oauth.pkce import is_challenge, is_verifier

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


@pytest.mark.spec("RFC 7636", "4.1")
@given(verifier=st.text(alphabet=UNRESERVED, min_size=1, max_size=140))
def test_verifier_has_43_to_128_unreserved_characters(verifier: str) -> None:
    assert is_verifier(verifier) is (43 <= len(verifier) <= 128)


@pytest.mark.spec("RFC 7636", "4.1")
@given(wrong=st.characters(exclude_characters=UNRESERVED))
def test_verifier_has_no_other_characters(wrong: str) -> None:
    assert not is_verifier("a" * 50 + wrong)
    assert not is_verifier(wrong + "a" * 50)


@pytest.mark.spec("RFC 7636", "4.2")
@given(verifier=st.text(alphabet=UNRESERVED, min_size=43, max_size=128))
def test_challenge_is_what_a_verifier_hashes_to(verifier: str) -> None:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
    assert is_challenge(challenge.rstrip("="))
    assert not is_challenge(challenge)
    assert not is_challenge(challenge.rstrip("=") + "\n")
