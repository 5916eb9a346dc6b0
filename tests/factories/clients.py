"""OAuth clients for tests, and the way from an authorization request to tokens."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.oauth.models import Client
from apps.oauth.services.clients import NewClient, create_client

REDIRECT_URI = "https://app.example.org/callback"
SCOPE = "openid profile email offline_access"
FORM = "application/x-www-form-urlencoded"
_numbers = count(1)


@dataclass(frozen=True)
class TestClient:
    """A registered client with its secret in clear, as the relying party knows it."""

    __test__ = False

    row: Client
    secret: str

    @property
    def client_id(self) -> str:
        return str(self.row.client_id)

    @property
    def basic(self) -> dict[str, Any]:
        """Headers of client_secret_basic, as keyword arguments of Django's test client."""
        pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return {"HTTP_AUTHORIZATION": f"Basic {pair}"}

    @property
    def is_public(self) -> bool:
        return self.row.is_public


@dataclass(frozen=True)
class Pkce:
    verifier: str
    challenge: str


def make_pkce() -> Pkce:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return Pkce(verifier, base64.urlsafe_b64encode(digest).decode().rstrip("="))


def make_client(**details: Any) -> TestClient:
    defaults: dict[str, Any] = {
        "name": f"Application {next(_numbers)}",
        "redirect_uris": [REDIRECT_URI],
        "post_logout_redirect_uris": ["https://app.example.org/"],
        "scopes": SCOPE,
        "audience": Application.Audience.EVERYONE,
    }
    registered = create_client(
        details=NewClient(**(defaults | details)), actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
    )
    return TestClient(registered.client, registered.secret)


def authorization_parameters(client: TestClient, pkce: Pkce | None, **more: str) -> dict[str, str]:
    challenge = {} if pkce is None else {"code_challenge": pkce.challenge, "code_challenge_method": "S256"}
    return {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPE,
        "state": "state-1",
        "nonce": "nonce-1",
        **challenge,
        **more,
    }


def obtain_code(browser: Browser, client: TestClient, pkce: Pkce | None, **more: str) -> str:
    """A code for whoever is signed in in the browser, who consents if asked."""
    parameters = authorization_parameters(client, pkce, **more)
    answer = browser.get("/oauth/authorize", parameters)
    if answer.status_code == 200:
        answer = browser.post(
            f"/oauth/authorize?{answer.wsgi_request.META['QUERY_STRING']}", {"action": "allow"}
        )
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return returned(answer)["code"]


def returned(answer: Any) -> dict[str, str]:
    """The parameters that the browser is sent back to the client with."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def redeem(machine: Browser, client: TestClient, code: str, pkce: Pkce, **more: str) -> Any:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    return call(machine, "/oauth/token", client, {**form, "code_verifier": pkce.verifier, **more})


def obtain_tokens(browser: Browser, client: TestClient, **more: str) -> dict[str, Any]:
    """The token response for whoever is signed in in the browser."""
    pkce = make_pkce()
    redirect_uri = {"redirect_uri": more["redirect_uri"]} if "redirect_uri" in more else {}
    answer = redeem(Browser(), client, obtain_code(browser, client, pkce, **more), pkce, **redirect_uri)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    tokens: dict[str, Any] = answer.json()
    return tokens


def refresh(machine: Browser, client: TestClient, refresh_token: str, **more: str) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **more}
    return call(machine, "/oauth/token", client, form)


def introspect(machine: Browser, client: TestClient, token: str) -> dict[str, Any]:
    answer = call(machine, "/oauth/introspect", client, {"token": token})
    assert answer.status_code == 200, answer.content.decode()[:2000]
    said: dict[str, Any] = answer.json()
    return said


def userinfo(machine: Browser, access_token: str) -> Any:
    return machine.get("/oauth/userinfo", HTTP_AUTHORIZATION=f"Bearer {access_token}")


def call(machine: Browser, path: str, client: TestClient, parameters: dict[str, str]) -> Any:
    """A form from the client: with its secret in the header, or with its id alone if it has none."""
    if client.is_public:
        return post_form(machine, path, {"client_id": client.client_id, **parameters})
    return post_form(machine, path, parameters, **client.basic)


def post_form(machine: Browser, path: str, parameters: dict[str, str], **headers: Any) -> Any:
    """A form as OAuth clients send it: urlencoded, where Django's test client would send multipart."""
    return machine.post(path, urlencode(parameters), content_type=FORM, **headers)
