"""Flask sessions that stay on the server: the cookie is a signed random name for an entry in the vault."""

import hashlib
import secrets
import time
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from itsdangerous import BadSignature, Signer

from examples.relying_party.vault import Vault

COOKIE = "acme_payroll"
LIFETIME_SECONDS = 8 * 3600
KIND = "session"


class VaultSession(SecureCookieSession):
    """A dictionary that knows its name in the vault."""

    def __init__(self, content: dict[str, Any] | None = None, *, name: str = "") -> None:
        super().__init__(content)
        self.name = name or secrets.token_urlsafe(32)
        self.former_name = ""

    def start_afresh(self) -> None:
        """A new name and no content, so that a name known before signing in or out is worth nothing after."""
        self.former_name = self.name
        self.name = secrets.token_urlsafe(32)
        self.clear()
        self.modified = True


class VaultSessionInterface(SessionInterface):
    def __init__(self, *, vault: Vault, key: bytes, is_secure: bool) -> None:
        self._vault = vault
        self._signer = Signer(key, salt=COOKIE, digest_method=hashlib.sha256)
        self._is_secure = is_secure

    def open_session(self, app: Flask, request: Request) -> VaultSession:
        try:
            name = self._signer.unsign(request.cookies.get(COOKIE, "")).decode()
        except (BadSignature, UnicodeDecodeError):
            return VaultSession()
        content = self._vault.read(KIND, name, now=time.time())
        return VaultSession() if content is None else VaultSession(content, name=name)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        response.vary.add("Cookie")
        if not isinstance(session, VaultSession) or not session.modified:
            return
        if session.former_name:
            self._vault.remove(KIND, session.former_name)
        now = time.time()
        self._vault.write(KIND, session.name, dict(session), expires_at=now + LIFETIME_SECONDS, now=now)
        response.set_cookie(
            COOKIE,
            self._signer.sign(session.name).decode(),
            max_age=LIFETIME_SECONDS,
            secure=self._is_secure,
            httponly=True,
            samesite="Lax",
            path="/",
        )
