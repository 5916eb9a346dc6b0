"""What is asked of the server, in an order in which each scenario leaves behind what later ones need."""

import base64
import hashlib
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.load import Answer, Call, Steps

SCOPE = "openid profile email offline_access"
REDIRECT_URI = "https://app.example.org/callback"
VERIFIER = "benchmark-verifier-" + "0123456789" * 4
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
PEOPLE_PER_WORKER = 16
"""Workers sign in different people, as the world does."""


@dataclass(frozen=True)
class Registered:
    client_id: str
    secret: str

    @property
    def basic(self) -> dict[str, str]:
        pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return {**FORM, "Authorization": f"Basic {pair}"}


@dataclass
class World:
    """Who there is, and what they have got so far."""

    people: list[str]
    password: str
    web: Registered
    service: Registered
    sessions: list[str] = field(default_factory=list)
    codes: deque[str] = field(default_factory=deque)
    refresh_tokens: deque[str] = field(default_factory=deque)
    access_tokens: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, population: dict[str, Any]) -> "World":
        return cls(
            people=population["people"],
            password=population["password"],
            web=Registered(**population["web"]),
            service=Registered(**population["service"]),
        )


class Unexpected(Exception):
    """The server answered something else: what is measured would not be the scenario."""


def expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise Unexpected(f"{answer.status} instead of {status}: {answer.body[:500]}")
    return answer


def sign_in(world: World, worker: int) -> Steps:
    page = yield Call("GET", "/login/", is_preparation=True)
    field_value = CSRF_FIELD.search(expect(page, 200).body)
    if field_value is None:
        raise Unexpected(f"no sign-in form: {page.body[:500]}")
    cookies = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    own = world.people[worker * PEOPLE_PER_WORKER :][:PEOPLE_PER_WORKER]
    for number, person in cycle(enumerate(own)):
        headers = {**FORM, "Cookie": cookies, "X-Forwarded-For": f"198.51.{worker}.{number}"}
        form = {"identifier": person, "password": world.password, "csrfmiddlewaretoken": field_value[1]}
        answer = yield Call("POST", "/login/", headers, urlencode(form))
        world.sessions.append(expect(answer, 302).cookies["gatehouse"])


def authorize(world: World, worker: int) -> Steps:
    request = {
        "response_type": "code",
        "client_id": world.web.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPE,
        "state": "state",
        "nonce": "nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    session = world.sessions[worker % len(world.sessions)]
    while True:
        answer = yield Call(
            "GET", f"/oauth/authorize?{urlencode(request)}", {"Cookie": f"gatehouse={session}"}
        )
        world.codes.append(parse_qs(urlsplit(expect(answer, 303).location).query)["code"][0])


def redeem_code(world: World, worker: int) -> Steps:
    """As long as there are codes: each works once, and for a minute."""
    while world.codes:
        # The newest first: the oldest may be too old.
        form = {
            "grant_type": "authorization_code",
            "code": world.codes.pop(),
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
        }
        answer = yield Call("POST", "/oauth/token", world.web.basic, urlencode(form))
        tokens = json.loads(expect(answer, 200).body)
        world.refresh_tokens.append(tokens["refresh_token"])
        world.access_tokens.append(tokens["access_token"])


def refresh(world: World, worker: int) -> Steps:
    token = world.refresh_tokens.popleft()
    while True:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        answer = yield Call("POST", "/oauth/token", world.web.basic, urlencode(form))
        token = json.loads(expect(answer, 200).body)["refresh_token"]


def client_credentials(world: World, worker: int) -> Steps:
    while True:
        form = {"grant_type": "client_credentials", "scope": "reports"}
        answer = yield Call("POST", "/oauth/token", world.service.basic, urlencode(form))
        expect(answer, 200)


def introspect(world: World, worker: int) -> Steps:
    token = world.access_tokens[worker % len(world.access_tokens)]
    while True:
        answer = yield Call("POST", "/oauth/introspect", world.web.basic, urlencode({"token": token}))
        if not json.loads(expect(answer, 200).body)["active"]:
            raise Unexpected(answer.body)


def userinfo(world: World, worker: int) -> Steps:
    token = world.access_tokens[worker % len(world.access_tokens)]
    while True:
        answer = yield Call("GET", "/oauth/userinfo", {"Authorization": f"Bearer {token}"})
        expect(answer, 200)


def discovery(world: World, worker: int) -> Steps:
    while True:
        expect((yield Call("GET", "/.well-known/openid-configuration")), 200)


def jwks(world: World, worker: int) -> Steps:
    while True:
        expect((yield Call("GET", "/.well-known/jwks.json")), 200)


SCENARIOS: dict[str, Callable[[World, int], Steps]] = {
    "password sign-in": sign_in,
    "authorization, signed in": authorize,
    "code for tokens": redeem_code,
    "refresh": refresh,
    "client credentials": client_credentials,
    "introspection": introspect,
    "userinfo": userinfo,
    "discovery": discovery,
    "JWKS": jwks,
}
