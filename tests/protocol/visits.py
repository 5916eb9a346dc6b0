"""One whole visit of a relying party, made by two libraries that know nothing of each other."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, cast

import requests
from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet, KeySetSerialization
from joserfc.jws import JWSRegistry

from tests.protocol.person import Person
from tests.services.environment import PROJECT_DIR


@dataclass(frozen=True)
class Orders:
    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    post_logout_redirect_uri: str
    scope: str
    username: str
    password: str
    algorithm: str


@dataclass(frozen=True)
class Visit:
    """What the relying party saw. Introspection after revocation is by token kind."""

    metadata: dict[str, Any]
    answer: str
    nonce: str
    claims: dict[str, Any]
    userinfo: dict[str, Any]
    first: dict[str, Any]
    renewed: dict[str, Any]
    introspected_while_active: dict[str, Any]
    introspected_after_revocation: dict[str, dict[str, Any]]
    logout_state: str
    signed_out_at: str
    is_asked_for_password_afterwards: bool


def visit_with_openid_client(orders: Orders, *, pushes: bool = False) -> Visit:
    node = shutil.which("node")
    assert node is not None, "node is not installed"
    done = subprocess.run(
        [node, "relying_party.mjs"],
        cwd=PROJECT_DIR / "tests" / "js",
        input=json.dumps(asdict(orders) | {"pushes": pushes}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return Visit(**json.loads(done.stdout))


def visit_with_authlib(orders: Orders) -> Visit:
    metadata = _get_json(f"{orders.issuer}/.well-known/openid-configuration")
    person = Person(username=orders.username, password=orders.password)
    with OAuth2Session(
        orders.client_id,
        orders.client_secret,
        scope=orders.scope,
        redirect_uri=orders.redirect_uri,
        code_challenge_method="S256",
        **metadata,
    ) as http:
        nonce, verifier = generate_token(20), generate_token(48)
        url, state = http.create_authorization_url(
            metadata["authorization_endpoint"], nonce=nonce, code_verifier=verifier
        )
        answer = person.reach(orders.redirect_uri, url)
        first = dict(http.fetch_token(authorization_response=answer, state=state, code_verifier=verifier))
        claims = _checked_claims(
            first, metadata=metadata, client_id=orders.client_id, nonce=nonce, algorithm=orders.algorithm
        )
        userinfo = http.get(metadata["userinfo_endpoint"]).json()
        renewed = dict(http.refresh_token(refresh_token=first["refresh_token"]))
        while_active = _introspect(http, metadata, renewed["access_token"])
        http.revoke_token(
            metadata["revocation_endpoint"], token=renewed["refresh_token"], token_type_hint="refresh_token"
        ).raise_for_status()
        after_revocation = {
            kind: _introspect(http, metadata, renewed[kind]) for kind in ("access_token", "refresh_token")
        }
        logout_state = generate_token(20)
        hint: str = renewed.get("id_token") or first["id_token"]
        signed_out_at = person.reach(
            orders.post_logout_redirect_uri, _logout_url(metadata, orders, hint, logout_state)
        )
        again, _state = http.create_authorization_url(
            metadata["authorization_endpoint"], nonce=generate_token(20), code_verifier=generate_token(48)
        )
    return Visit(
        metadata=metadata,
        answer=answer,
        nonce=nonce,
        claims=claims,
        userinfo=userinfo,
        first=first,
        renewed=renewed,
        introspected_while_active=while_active,
        introspected_after_revocation=after_revocation,
        logout_state=logout_state,
        signed_out_at=signed_out_at,
        is_asked_for_password_afterwards=person.is_asked_for_password(again, destination=orders.redirect_uri),
    )


VISITS: dict[str, Callable[[Orders], Visit]] = {
    "authlib": visit_with_authlib,
    "openid-client": visit_with_openid_client,
    "openid-client-pushing": partial(visit_with_openid_client, pushes=True),
}


def _checked_claims(
    token: dict[str, Any], *, metadata: dict[str, Any], client_id: str, nonce: str, algorithm: str
) -> dict[str, Any]:
    keys = KeySet.import_key_set(cast("KeySetSerialization", _get_json(metadata["jwks_uri"])))
    assert algorithm in metadata["id_token_signing_alg_values_supported"]
    registry = JWSRegistry(algorithms=[algorithm])
    decoded = jwt.decode(token["id_token"], keys, registry=registry)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": client_id},
        },
        {"nonce": nonce, "client_id": client_id, "access_token": token["access_token"]},
    )
    claims.validate()
    return dict(claims)


def _introspect(http: OAuth2Session, metadata: dict[str, Any], token: str) -> dict[str, Any]:
    answer = http.introspect_token(metadata["introspection_endpoint"], token=token)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body


def _logout_url(metadata: dict[str, Any], orders: Orders, id_token: str, state: str) -> str:
    asked = {
        "id_token_hint": id_token,
        "post_logout_redirect_uri": orders.post_logout_redirect_uri,
        "state": state,
    }
    url: str = add_params_to_uri(metadata["end_session_endpoint"], asked)
    return url


def _get_json(url: str) -> dict[str, Any]:
    answer = requests.get(url, timeout=30)
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body
