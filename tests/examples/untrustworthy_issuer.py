"""An OpenID provider that lies on demand: what a careful relying party must notice, no good one sends."""

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey
from werkzeug.wrappers import Response as BaseResponse

SUBJECT = "0190a000-0000-7000-8000-000000000001"
SCOPE = "openid profile email offline_access payroll:read"


@dataclass
class Lies:
    """What differs from the truth in the next answers. None in `claims` leaves the claim out."""

    answer: dict[str, str | None] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    renewed_claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    is_signed_with_shared_secret: bool = False
    scope: str = SCOPE
    expires_in: int = 3600
    refresh_error: str = ""


class Issuer:
    def __init__(self, url: str) -> None:
        self.url = url
        self.lies = Lies()
        self.key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
        self.codes: dict[str, dict[str, str]] = {}
        self.access_tokens: dict[str, float] = {}
        self.refresh_tokens: set[str] = set()
        self.refreshes = 0
        self.revoked: list[str] = []
        self._lock = threading.Lock()

    def app(self) -> Flask:
        app = Flask("untrustworthy_issuer")
        for path, view in (
            ("/.well-known/openid-configuration", self._metadata),
            ("/.well-known/oauth-authorization-server", self._metadata),
            ("/jwks", self._jwks),
            ("/authorize", self._authorize),
            ("/userinfo", self._userinfo),
        ):
            app.add_url_rule(path, path, view)
        app.add_url_rule("/token", "/token", self._token, methods=["POST"])
        app.add_url_rule("/introspect", "/introspect", self._introspect, methods=["POST"])
        app.add_url_rule("/revoke", "/revoke", self._revoke, methods=["POST"])
        return app

    def forget_access_tokens(self) -> None:
        self.access_tokens.clear()

    def _metadata(self) -> Response:
        endpoints = {
            "authorization_endpoint": "/authorize",
            "token_endpoint": "/token",
            "userinfo_endpoint": "/userinfo",
            "introspection_endpoint": "/introspect",
            "revocation_endpoint": "/revoke",
            "end_session_endpoint": "/logout",
            "jwks_uri": "/jwks",
        }
        return jsonify(
            {
                "issuer": self.url,
                "authorization_response_iss_parameter_supported": True,
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256"],
                **{name: f"{self.url}{path}" for name, path in endpoints.items()},
                **self.lies.metadata,
            }
        )

    def _jwks(self) -> Response:
        return jsonify(KeySet([self.key]).as_dict(private=False))

    def _authorize(self) -> BaseResponse:
        code = secrets.token_urlsafe(16)
        self.codes[code] = request.args.to_dict()
        answer: dict[str, str | None] = {"code": code, "state": request.args["state"], "iss": self.url}
        answer |= self.lies.answer
        return redirect(f"{request.args['redirect_uri']}?{urlencode({k: v for k, v in answer.items() if v})}")

    def _token(self) -> tuple[Response, int]:
        form = request.form
        with self._lock:
            if form["grant_type"] == "refresh_token":
                self.refreshes += 1
                if self.lies.refresh_error:
                    return jsonify(error=self.lies.refresh_error), 400
                if form["refresh_token"] not in self.refresh_tokens:
                    return jsonify(error="invalid_grant"), 400
                self.refresh_tokens.remove(form["refresh_token"])
                return self._issue(self._claims({}) | self.lies.renewed_claims), 200
            asked = self.codes.pop(form["code"])
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            assert asked["code_challenge_method"] == "S256"
            assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
            return self._issue(self._claims({"nonce": asked["nonce"]}) | self.lies.claims), 200

    def _claims(self, more: dict[str, Any]) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.url, "sub": SUBJECT, "aud": "payroll", "iat": now, "exp": now + 300, **more}

    def _issue(self, claims: dict[str, Any]) -> Response:
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.access_tokens[access] = time.time() + self.lies.expires_in
        self.refresh_tokens.add(refresh)
        half = hashlib.sha256(access.encode()).digest()[:16]
        honest = {"at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(), **claims}
        said = {name: value for name, value in honest.items() if value is not None}
        return jsonify(
            access_token=access,
            refresh_token=refresh,
            token_type="Bearer",
            expires_in=self.lies.expires_in,
            scope=self.lies.scope,
            id_token=self._sign(said),
        )

    def _sign(self, claims: dict[str, Any]) -> str:
        if self.lies.is_signed_with_shared_secret:
            key = OctKey.import_key("the-client-secret-that-payroll-has")
            return jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, self.key, algorithms=["ES256"])

    def _userinfo(self) -> Response:
        said = {"sub": SUBJECT, "name": "Ada Example", "email": "ada@example.org", "email_verified": True}
        return jsonify(said | self.lies.userinfo)

    def _introspect(self) -> Response:
        expires_at = self.access_tokens.get(request.form["token"], 0)
        if expires_at <= time.time():
            return jsonify(active=False)
        return jsonify(
            active=True,
            sub=SUBJECT,
            username="ada",
            client_id="payroll",
            scope=self.lies.scope,
            exp=expires_at,
        )

    def _revoke(self) -> tuple[str, int]:
        self.revoked.append(request.form["token"])
        return "", 200
