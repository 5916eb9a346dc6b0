"""What stands in a one-time link cannot be guessed, and not be had from what is stored of it."""

import re

from apps.directory.link_tokens import TOKEN_LENGTH, digest_of, new_token


def test_tokens_are_unguessable_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    # 256 bits.
    assert all(re.fullmatch(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}", token) for token in tokens)
    assert len({token[:8] for token in tokens}) == 1_000


def test_what_is_stored_is_no_token() -> None:
    token = new_token()
    assert token not in digest_of(token)
    assert digest_of(digest_of(token)) != digest_of(token)
