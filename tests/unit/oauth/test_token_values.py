import pytest

from apps.oauth.token_values import (
    ClientIdGenerator,
    ClientSecretGenerator,
    digest,
    matches,
    new_access_token,
    new_refresh_token,
)


@pytest.mark.spec("RFC 6749", "10.10")
@pytest.mark.parametrize(
    ("make", "prefix"),
    [
        (new_access_token, "gat_"),
        (new_refresh_token, "grt_"),
        (ClientSecretGenerator().hash, "gcs_"),
        (ClientIdGenerator().hash, ""),
    ],
)
def test_values_are_unguessable_and_never_the_same(make: object, prefix: str) -> None:
    values = [make() for _ in range(50)]  # type: ignore[operator]  # functions of different signatures
    assert len(set(values)) == len(values)
    assert all(value.startswith(prefix) for value in values)
    bits = 256 if prefix else 128
    assert all((len(value) - len(prefix)) * 6 >= bits for value in values)


def test_digest_matches_its_value_only() -> None:
    stored = digest("secret")
    assert matches("secret", stored)
    for wrong in ("", "Secret", "secret ", stored):
        assert not matches(wrong, stored)


def test_client_without_a_secret_matches_nothing() -> None:
    assert not matches("", "")
    assert not matches("x", "")
