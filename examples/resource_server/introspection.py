"""Asks the issuer about a token, and remembers the answer for a few seconds. Spec: RFC 7662."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import requests
from authlib.integrations.requests_client import OAuth2Session

from examples.resource_server.bearer import Grant, IssuerUnavailable
from examples.resource_server.conf import Settings

TIMEOUT_SECONDS = 5
# A revoked token is honoured for at most this long. Shorter asks more often, longer forgives more.
REMEMBER_SECONDS = 3.0
REMEMBER_AT_MOST = 10_000


class IntrospectionValidator:
    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._endpoint = ""
        self._answers: OrderedDict[str, tuple[float, Grant | None]] = OrderedDict()
        self._lock = threading.Lock()

    def recognises(self, token: str) -> bool:
        """Any token: the issuer knows its own, whatever they look like."""
        return True

    def validate(self, token: str) -> Grant | None:
        now = self._clock()
        name = hashlib.sha256(token.encode()).hexdigest()
        with self._lock:
            until, remembered = self._answers.get(name, (0.0, None))
        if now < until:
            return remembered
        grant = self._grant(self._ask(token), now=now)
        until = now + REMEMBER_SECONDS if grant is None else min(now + REMEMBER_SECONDS, grant.expires_at)
        with self._lock:
            self._answers[name] = (until, grant)
            self._answers.move_to_end(name)
            while len(self._answers) > REMEMBER_AT_MOST:
                self._answers.popitem(last=False)
        return grant

    def _ask(self, token: str) -> dict[str, Any]:
        try:
            with OAuth2Session(self._settings.client_id, self._settings.client_secret) as http:
                answer = http.introspect_token(self._discover(), token=token, timeout=TIMEOUT_SECONDS)
            answer.raise_for_status()
            body = answer.json()
        except requests.RequestException as error:
            raise IssuerUnavailable(f"introspection failed: {type(error).__name__}: {error}") from error
        if not isinstance(body, dict):
            raise IssuerUnavailable("introspection answered with something else than an object")
        return body

    def _discover(self) -> str:
        """The introspection endpoint, from the authorization server's metadata (RFC 8414)."""
        if not self._endpoint:
            answer = requests.get(
                f"{self._settings.issuer}/.well-known/oauth-authorization-server", timeout=TIMEOUT_SECONDS
            )
            answer.raise_for_status()
            metadata = answer.json()
            if metadata.get("issuer") != self._settings.issuer or "introspection_endpoint" not in metadata:
                raise IssuerUnavailable("the metadata names another issuer or no introspection endpoint")
            self._endpoint = str(metadata["introspection_endpoint"])
        return self._endpoint

    def _grant(self, answer: dict[str, Any], *, now: float) -> Grant | None:
        expires_at = answer.get("exp")
        is_ours = (
            answer.get("active") is True
            and answer.get("iss", self._settings.issuer) == self._settings.issuer
            and isinstance(answer.get("sub"), str)
            and isinstance(expires_at, int | float)
        )
        # A token that comes from client credentials speaks for a program; payslips belong to people.
        if not is_ours or not answer.get("username") or float(expires_at or 0) <= now:
            return None
        return Grant(
            subject=answer["sub"],
            username=str(answer["username"]),
            client_id=str(answer.get("client_id", "")),
            scopes=frozenset(str(answer.get("scope", "")).split()),
            expires_at=float(expires_at or 0),
        )
