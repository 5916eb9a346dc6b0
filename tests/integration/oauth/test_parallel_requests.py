"""What may happen once happens once, however many ask at the same moment, on either database."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client as Browser

from apps.audit.models import AuditEvent
from apps.oauth.models import AccessToken, Authorization, Consent, RefreshToken
from tests.factories.clients import (
    TestClient,
    authorization_parameters,
    call,
    introspect,
    make_pkce,
    obtain_code,
    obtain_tokens,
    redeem,
    refresh,
)
from tests.services.soak import times

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]
CALLERS = 20
ROUNDS = times(1, soak=20)


def at_once(ask: Callable[[Browser], Any]) -> list[Any]:
    """The answers of as many callers, each with a connection of its own, all let go at the same moment."""
    start = Barrier(CALLERS)

    def caller(_number: int) -> Any:
        machine = Browser(raise_request_exception=False)
        try:
            start.wait(timeout=30)
            return ask(machine)
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as callers:
        return list(callers.map(caller, range(CALLERS)))


def outcomes(answers: list[Any]) -> Counter[str]:
    return Counter(str(a.json().get("error", "issued")) if a.content else str(a.status_code) for a in answers)


def refusals() -> Counter[str]:
    return Counter(event.details["reason"] for event in AuditEvent.objects.filter(action="token.refused"))


@pytest.mark.spec("RFC 6749", "10.5")
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_one_of_twenty_redemptions_of_a_code_succeeds(
    visitor: Browser, machine: Browser, app: TestClient, _round: int
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    answers = at_once(lambda caller: redeem(caller, app, code, pkce))
    assert outcomes(answers) == {"issued": 1, "invalid_grant": CALLERS - 1}
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: CALLERS - 1}
    assert refusals() == {"code_replayed": CALLERS - 1}
    assert AuditEvent.objects.filter(action="token.issued").count() == 1
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 1
    assert_ended_once("code_replayed")
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert introspect(machine, app, winner["access_token"]) == {"active": False}


@pytest.mark.spec("RFC 9700", "4.14.2")
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_one_of_twenty_refreshes_succeeds(
    visitor: Browser, machine: Browser, app: TestClient, _round: int
) -> None:
    token = obtain_tokens(visitor, app)["refresh_token"]
    answers = at_once(lambda caller: refresh(caller, app, token))
    assert outcomes(answers) == {"issued": 1, "invalid_grant": CALLERS - 1}
    assert refusals() == {"refresh_replayed": CALLERS - 1}
    assert AuditEvent.objects.filter(action="token.issued").count() == 2
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 2
    assert_ended_once("refresh_replayed")
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert refresh(machine, app, winner["refresh_token"]).status_code == 400


@pytest.mark.spec("RFC 7009", "2.1")
def test_twenty_revocations_end_a_family_once(visitor: Browser, app: TestClient) -> None:
    token = obtain_tokens(visitor, app)["refresh_token"]
    answers = at_once(lambda caller: call(caller, "/oauth/revoke", app, {"token": token}))
    assert {answer.status_code for answer in answers} == {200}
    assert_ended_once("client")


def test_revocation_and_refreshes_at_once_leave_nothing_alive(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    """Whichever comes first: a token that was refreshed while its family ended is worth nothing."""
    token = obtain_tokens(visitor, app)["refresh_token"]
    start_with_revoking = iter([True] + [False] * (CALLERS - 1))

    def ask(caller: Browser) -> Any:
        if next(start_with_revoking):
            return call(caller, "/oauth/revoke", app, {"token": token})
        return refresh(caller, app, token)

    for answer in at_once(ask):
        assert answer.status_code in {200, 400}
        if answer.content and answer.status_code == 200:
            assert introspect(machine, app, answer.json()["access_token"]) == {"active": False}
    assert Authorization.objects.get().revoked_at is not None


@pytest.mark.spec("RFC 9126", "7.3")
def test_one_of_twenty_answers_to_a_pushed_request_is_given(visitor: Browser, app: TestClient) -> None:
    answer = call(Browser(), "/oauth/par", app, authorization_parameters(app, make_pkce()))
    named = {"client_id": app.client_id, "request_uri": answer.json()["request_uri"]}

    def ask(caller: Browser) -> Any:
        caller.cookies = visitor.cookies
        return caller.post(f"/oauth/authorize?{urlencode(named)}", {"action": "allow"})

    assert Counter(answer.status_code for answer in at_once(ask)) == {303: 1, 400: CALLERS - 1}
    assert Authorization.objects.count() == 1
    assert AuditEvent.objects.filter(action="authorization.granted").count() == 1


def test_twenty_consents_at_once_are_one(visitor: Browser, app: TestClient) -> None:
    parameters = authorization_parameters(app, make_pkce())
    page = visitor.get("/oauth/authorize", parameters)
    path = f"/oauth/authorize?{page.wsgi_request.META['QUERY_STRING']}"

    def ask(caller: Browser) -> Any:
        caller.cookies = visitor.cookies
        return caller.post(path, {"action": "allow"})

    assert {answer.status_code for answer in at_once(ask)} == {303}
    assert Consent.objects.get().scope == "openid profile email offline_access"
    assert Authorization.objects.count() == CALLERS


def assert_ended_once(reason: str) -> None:
    event = AuditEvent.objects.get(action="authorization.revoked")
    assert event.details["reason"] == reason
    authorization = Authorization.objects.get()
    assert authorization.revoke_reason == reason
    assert event.target_id == str(authorization.pk)
