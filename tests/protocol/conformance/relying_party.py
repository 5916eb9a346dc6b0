"""A relying party as the certification suite plays it: strict about everything that every flow has in common."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.test import Client as Browser

from apps.directory.models import User
from tests.factories.clients import (
    REDIRECT_URI,
    Pkce,
    TestClient,
    authorization_parameters,
    make_pkce,
    redeem,
    userinfo,
)
from tests.factories.id_tokens import read_id_token
from tests.factories.people import PASSWORD
from tests.protocol.answers import assert_code_redirect

YEAR, FIVE_MINUTES = 365 * 86_400, 300


@dataclass
class RelyingParty:
    """`browser` belongs to the person, `machine` to the application's server."""

    app: TestClient
    person: User
    browser: Browser
    machine: Browser
    pkce: Pkce = field(default_factory=make_pkce)

    def send(self, **more: str | None) -> Any:
        """An authorization request; a parameter that is None is left out."""
        asked: dict[str, str | None] = {
            **authorization_parameters(self.app, self.pkce),
            "state": secrets.token_urlsafe(8),
            "nonce": secrets.token_urlsafe(8),
            **more,
        }
        self.sent = {name: value for name, value in asked.items() if value is not None}
        return self.browser.get("/oauth/authorize", self.sent)

    def walk(self, answer: Any) -> tuple[Any, int]:
        """Through sign-in and consent, as the person would; how often the password was asked for."""
        passwords = 0
        for _step in range(8):
            if answer.status_code == 302:
                answer = self.browser.get(answer["Location"])
            elif answer.status_code == 200 and b'name="password"' in answer.content:
                passwords += 1
                form = {
                    "identifier": self.person.username,
                    "password": PASSWORD,
                    "next": answer.context["form"].initial["next"],
                }
                answer = self.browser.post("/login/", form)
            elif answer.status_code == 200 and b'name="action"' in answer.content:
                answer = self.browser.post(
                    f"/oauth/authorize?{answer.wsgi_request.META['QUERY_STRING']}", {"action": "allow"}
                )
            else:
                return answer, passwords
        raise AssertionError("the person goes round in circles")

    def code(self, **more: str | None) -> str:
        answer, _ = self.walk(self.send(**more))
        return assert_code_redirect(answer, state=self.sent.get("state"))

    def flow(self, **more: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Token response and checked claims of a whole sign-in."""
        code = self.code(**more)
        return self.tokens(code)

    def tokens(self, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
        answer = redeem(self.machine, self.app, code, self.pkce)
        assert answer.status_code == 200, answer.content
        tokens: dict[str, Any] = answer.json()
        assert re.fullmatch(r"[\x20-\x7e]{16,}", tokens["access_token"])
        assert tokens["token_type"] == "Bearer"
        assert isinstance(tokens["expires_in"], int)
        return tokens, self.checked(tokens["id_token"], nonce=self.sent.get("nonce"))

    def checked(self, id_token: str, *, nonce: str | None) -> dict[str, Any]:
        header, claims = read_id_token(self.machine, id_token)
        now = time.time()
        assert header["kid"]
        assert claims["iss"] == settings.BASE_URL
        assert claims["aud"] == self.app.client_id
        assert now < claims["exp"] < now + 50 * YEAR
        assert now - FIVE_MINUTES < claims["iat"] <= now + 1
        assert now - YEAR < claims["auth_time"] <= now + 1
        assert claims["acr"]
        assert claims.get("nonce") == nonce
        assert re.fullmatch(r"[\x21-\x7e]{1,255}", claims["sub"])
        assert isinstance(claims.get("updated_at", 0), int)
        return claims

    def userinfo(self, access_token: str) -> dict[str, Any]:
        answer = userinfo(self.machine, access_token)
        assert answer.status_code == 200
        claims: dict[str, Any] = answer.json()
        return claims

    def returns_to_the_client(self, answer: Any) -> bool:
        return bool(answer.status_code == 303 and answer["Location"].startswith(REDIRECT_URI + "?"))
