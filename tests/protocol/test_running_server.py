"""The server as operators run it: real connections, real processes, its real log."""

import json
import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.factories.clients import make_pkce
from tests.factories.people import new_password
from tests.protocol.person import Person
from tests.services.gatehouse import Gatehouse

pytestmark = pytest.mark.e2e
REDIRECT_URI = "https://rp.example/callback"
CALLERS = 20


class Application:
    def __init__(self, gatehouse: Gatehouse) -> None:
        self.base = gatehouse.base_url
        self.password = new_password()
        name = f"parallel-{secrets.token_hex(4)}"
        created = gatehouse.manage(
            *("clients", "create", "--name", name, "--redirect-uri", REDIRECT_URI),
            *("--scope", "openid offline_access", "--json"),
        )
        self.client: dict[str, str] = json.loads(created.stdout)
        gatehouse.manage(
            *("users", "create", "--username", name, "--email", f"{name}@example.org"),
            *("--password-stdin", "--json"),
            input=self.password,
        )
        self.person = Person(username=name, password=self.password)

    def obtain_code(self) -> dict[str, str]:
        """The form that redeems it."""
        pkce = make_pkce()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.client["client_id"],
                "redirect_uri": REDIRECT_URI,
                "scope": "openid offline_access",
                "code_challenge": pkce.challenge,
                "code_challenge_method": "S256",
            }
        )
        landed = self.person.reach(REDIRECT_URI, f"{self.base}/oauth/authorize?{query}")
        return {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(landed).query)["code"][0],
            "redirect_uri": REDIRECT_URI,
            "code_verifier": pkce.verifier,
        }

    def post(self, path: str, form: dict[str, str]) -> requests.Response:
        credentials = (self.client["client_id"], self.client["client_secret"])
        return requests.post(f"{self.base}{path}", data=form, auth=credentials, timeout=60)

    def at_once(self, form: dict[str, str]) -> list[requests.Response]:
        start = Barrier(CALLERS)

        def caller(_number: int) -> requests.Response:
            start.wait(timeout=30)
            return self.post("/oauth/token", form)

        with ThreadPoolExecutor(CALLERS) as callers:
            return list(callers.map(caller, range(CALLERS)))


@pytest.fixture(scope="module")
def application(gatehouse: Gatehouse) -> Application:
    return Application(gatehouse)


def test_embedded_server_keeps_a_witness_of_its_log_by_itself(
    gatehouse: Gatehouse, application: Application
) -> None:
    """It is started with no word about a witness, as `make run` starts it."""
    assert "AUDIT_WITNESS_FILE" not in gatehouse.env
    gatehouse.service.wait_until((Path(gatehouse.env["DATA_DIR"]) / "audit_witness").exists)
    verdict = gatehouse.manage("verify_audit_log").stdout
    assert verdict.startswith("Intact: ")
    assert "Witnessed outside the database" in verdict


def outcomes(answers: list[requests.Response]) -> Counter[tuple[int, str]]:
    return Counter((answer.status_code, answer.json().get("error", "")) for answer in answers)


@pytest.mark.spec("RFC 6749", "10.5")
def test_one_of_twenty_redemptions_succeeds(application: Application) -> None:
    answers = application.at_once(application.obtain_code())
    assert outcomes(answers) == {(200, ""): 1, (400, "invalid_grant"): CALLERS - 1}


@pytest.mark.spec("RFC 9700", "4.14.2")
def test_one_of_twenty_refreshes_succeeds(application: Application) -> None:
    tokens = application.post("/oauth/token", application.obtain_code()).json()
    answers = application.at_once({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    assert outcomes(answers) == {(200, ""): 1, (400, "invalid_grant"): CALLERS - 1}


def test_server_writes_no_secret_to_its_log(application: Application, gatehouse: Gatehouse) -> None:
    form = application.obtain_code()
    tokens = application.post("/oauth/token", form).json()
    assert application.post("/oauth/token", form).status_code == 400
    used = tokens["access_token"]
    assert (
        requests.get(f"{gatehouse.base_url}/oauth/userinfo?access_token={used}", timeout=60).status_code
        == 401
    )
    log = gatehouse.service.log.read_text(encoding="utf-8")
    assert "Bad Request: /oauth/token" in log
    known = {
        "password": application.password,
        "client secret": application.client["client_secret"],
        "code": form["code"],
        "verifier": form["code_verifier"],
        **{name: str(tokens[name]) for name in ("access_token", "refresh_token", "id_token")},
    }
    assert not {name for name, secret in known.items() if secret in log}


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/logout", "/oauth/userinfo"])
def test_address_that_is_too_long_is_a_client_error(gatehouse: Gatehouse, path: str) -> None:
    answer = requests.get(f"{gatehouse.base_url}{path}?state={'x' * 20_000}", timeout=60)
    assert 400 <= answer.status_code < 500


def test_request_sent_as_a_form_fits_into_the_address_it_becomes(
    gatehouse: Gatehouse,
) -> None:
    """The longest that is passed on is one that the server in front reads."""
    for length, expected in ((6_500, 400), (7_700, 400), (20_000, 400)):
        form = {"client_id": "nobody", "login_hint": "x" * length}
        answer = requests.post(f"{gatehouse.base_url}/oauth/authorize", data=form, timeout=60)
        assert answer.status_code == expected
        assert "request_id" not in answer.text
        assert "This sign-in link does not work" in answer.text


def test_body_without_a_length_is_no_way_around_the_limit(application: Application) -> None:
    def chunks() -> list[bytes]:
        return [b"grant_type=refresh_token&x=", *([b"x" * 10_000] * 60)]

    answer = requests.post(
        f"{application.base}/oauth/token",
        data=iter(chunks()),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        timeout=60,
    )
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]
