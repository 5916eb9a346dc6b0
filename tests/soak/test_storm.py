"""Many holders of one code or refresh token at once, over HTTP, at a server of several processes."""

import json
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.factories.clients import make_pkce
from tests.factories.people import new_password
from tests.protocol.person import Person
from tests.services.gatehouse import Gatehouse, start_gatehouse
from tests.services.soak import times

REDIRECT_URI = "https://rp.example/callback"
ROUNDS = times(2, soak=40)
AT_ONCE = times(5, soak=16)
ISSUED, INVALID_GRANT = (200, None), (400, "invalid_grant")
COUNT_REFUSALS = """
from apps.audit.models import AuditEvent
refused = AuditEvent.objects.filter(action="token.refused", outcome="refused")
print(refused.filter(details__error="invalid_grant").count())
"""


@dataclass(frozen=True)
class RelyingParty:
    issuer: str
    client_id: str
    client_secret: str
    person: Person

    def token_request(self) -> dict[str, str]:
        """For a code that was given a moment ago."""
        pkce = make_pkce()
        request = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid offline_access",
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
        }
        answer = self.person.reach(REDIRECT_URI, f"{self.issuer}/oauth/authorize?{urlencode(request)}")
        return {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(answer).query)["code"][0],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": pkce.verifier,
        }

    def send(self, form: dict[str, str]) -> requests.Response:
        return requests.post(
            f"{self.issuer}/oauth/token", data=form, auth=(self.client_id, self.client_secret), timeout=60
        )

    def send_at_once(self, form: dict[str, str]) -> list[requests.Response]:
        together = Barrier(AT_ONCE)

        def wait_and_send(_: int) -> requests.Response:
            together.wait(timeout=60)
            return self.send(form)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(wait_and_send, range(AT_ONCE)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    server = start_gatehouse(
        tmp_path_factory.mktemp("storm"),
        server_url=os.environ.get("DATABASE_URL"),
        extra_env={"WEB_WORKERS": "3"},
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def relying_party(server: Gatehouse) -> RelyingParty:
    username, password = f"person-{secrets.token_hex(4)}", new_password()
    client = json.loads(
        server.manage(
            *("clients", "create", "--name", "Storm", "--redirect-uri", REDIRECT_URI, "--first-party"),
            *("--scope", "openid offline_access", "--json"),
        ).stdout
    )
    server.manage("users", "create", "--username", username, "--password-stdin", input=password)
    return RelyingParty(
        issuer=server.base_url,
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        person=Person(username=username, password=password),
    )


@pytest.mark.soak
@pytest.mark.e2e
def test_what_works_once_works_once_however_many_hold_it(
    server: Gatehouse, relying_party: RelyingParty
) -> None:
    seen: Counter[tuple[int, str | None]] = Counter()
    for _ in range(ROUNDS):
        code = relying_party.token_request()
        stolen = _only_winner(relying_party.send_at_once(code), seen)
        _expect_end_of_family(relying_party, stolen, seen)

        first = relying_party.send(relying_party.token_request()).json()
        stolen = _only_winner(relying_party.send_at_once(_refresh(first)), seen)
        _expect_end_of_family(relying_party, stolen, seen)
    assert set(seen) == {ISSUED, INVALID_GRANT}
    assert int(server.manage("shell", "--no-imports", "-c", COUNT_REFUSALS).stdout) == seen[INVALID_GRANT]
    report = json.loads(server.manage("verify_audit_log", "--json").stdout)
    assert report["intact"]


def _only_winner(answers: list[requests.Response], seen: Counter[tuple[int, str | None]]) -> dict[str, Any]:
    """The tokens of the one who got some."""
    seen.update(map(_kind, answers))
    winners = [answer for answer in answers if answer.status_code == 200]
    assert len(winners) == 1, [(answer.status_code, answer.text) for answer in answers]
    tokens: dict[str, Any] = winners[0].json()
    return tokens


def _expect_end_of_family(
    relying_party: RelyingParty, tokens: dict[str, Any], seen: Counter[tuple[int, str | None]]
) -> None:
    """Whether the winner or a loser was the thief nobody knows: what the winner got is worth nothing."""
    answer = relying_party.send(_refresh(tokens))
    seen[_kind(answer)] += 1
    assert _kind(answer) == INVALID_GRANT
    about = requests.get(
        f"{relying_party.issuer}/oauth/userinfo",
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
        timeout=60,
    )
    assert about.status_code == 401


def _refresh(tokens: dict[str, Any]) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}


def _kind(answer: requests.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("error")
