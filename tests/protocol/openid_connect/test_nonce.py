"""The nonce ties an ID token to the request that it answers."""

import pytest
from django.test import Client as Browser

from tests.factories.clients import TestClient, make_pkce, obtain_code, obtain_tokens, redeem, refresh
from tests.factories.id_tokens import read_id_token

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("OpenID Connect Core 1.0", "3.1.3.6"),
]


def nonce_in(machine: Browser, id_token: str) -> object:
    _, claims = read_id_token(machine, id_token)
    return claims.get("nonce")


@pytest.mark.parametrize("nonce", ["n-0S6_WzA2Mj", "another", "with space & sign=1", "n" * 1_024])
def test_id_token_carries_the_nonce_of_its_request_word_for_word(
    visitor: Browser, machine: Browser, app: TestClient, nonce: str
) -> None:
    tokens = obtain_tokens(visitor, app, nonce=nonce)
    assert nonce_in(machine, tokens["id_token"]) == nonce


def test_codes_redeemed_in_another_order_keep_their_nonces(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    first, second = make_pkce(), make_pkce()
    first_code = obtain_code(visitor, app, first, nonce="first")
    second_code = obtain_code(visitor, app, second, nonce="second")
    answers = [redeem(machine, app, second_code, second), redeem(machine, app, first_code, first)]
    assert [nonce_in(machine, answer.json()["id_token"]) for answer in answers] == ["second", "first"]


@pytest.mark.spec("OpenID Connect Core 1.0", "12.2")
def test_refreshed_id_token_carries_no_nonce(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app, nonce="once")
    renewed = refresh(machine, app, tokens["refresh_token"], nonce="slipped-in").json()
    assert nonce_in(machine, renewed["id_token"]) is None
