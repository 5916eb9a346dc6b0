"""The Acme Payroll API lets in whom the issuer vouches for, and refuses in the words of RFC 6750."""

import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from examples.resource_server.app import create_app
from examples.resource_server.bearer import Grant
from examples.resource_server.conf import Settings
from examples.resource_server.introspection import REMEMBER_SECONDS, IntrospectionValidator
from tests.examples.serving_in_thread import unused_address
from tests.examples.untrustworthy_issuer import SUBJECT, Issuer

METADATA = "http://api.example/.well-known/oauth-protected-resource"


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def settings_for(issuer_url: str) -> Settings:
    return Settings(
        issuer=issuer_url,
        client_id="payroll-api",
        client_secret="the-secret-of-the-api",
        public_url="http://api.example",
        bind="127.0.0.1",
        port=1,
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(issuer: Issuer, clock: Clock) -> FlaskClient:
    settings = settings_for(issuer.url)
    return create_app(settings, validators=[IntrospectionValidator(settings, clock=clock)]).test_client()


def ask(client: FlaskClient, authorization: str | None) -> Any:
    return client.get("/payslips", headers={"Authorization": authorization} if authorization else {})


def issue(issuer: Issuer, *, lifetime: float = 600) -> str:
    token = f"token-{len(issuer.access_tokens)}"
    issuer.access_tokens[token] = time.time() + lifetime
    return token


def test_first_address_says_what_this_is(client: FlaskClient) -> None:
    body: Any = client.get("/").json
    assert "GET /payslips" in body["description"]
    assert body["metadata"] == METADATA


def test_payslips_are_those_of_the_subject_and_add_up(client: FlaskClient, issuer: Issuer) -> None:
    body = ask(client, f"Bearer {issue(issuer)}").json
    assert body["employee"] == {"sub": SUBJECT, "username": "ada"}
    assert len(body["payslips"]) == 6
    for slip in body["payslips"]:
        cents = [round(float(amount) * 100) for amount in (slip["gross"], slip["net"])]
        assert cents[0] - cents[1] == sum(round(float(part) * 100) for part in slip["deductions"].values())


@pytest.mark.spec("RFC 6750", "3")
@pytest.mark.spec("RFC 9728", "5.1")
def test_request_without_a_token_learns_where_to_get_one(client: FlaskClient) -> None:
    answer = ask(client, None)
    assert answer.status_code == 401
    assert f'resource_metadata="{METADATA}"' in answer.headers["WWW-Authenticate"]
    assert "error" not in answer.headers["WWW-Authenticate"]
    assert answer.mimetype == "application/problem+json"


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("Bearer unknown", 401, "invalid_token"),
        ("Bearer", 400, "invalid_request"),
        ("Bearer two words", 400, "invalid_request"),
        ("Bearer tok\ten", 400, "invalid_request"),
        ("Basic dXNlcjpwYXNz", 400, "invalid_request"),
        ("Bearer " + "a" * 5000, 400, "invalid_request"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_bad_token_is_refused(client: FlaskClient, authorization: str, status: int, code: str) -> None:
    answer = ask(client, authorization)
    assert answer.status_code == status
    assert f'error="{code}"' in answer.headers["WWW-Authenticate"]


def test_token_without_the_scope_is_refused(client: FlaskClient, issuer: Issuer) -> None:
    issuer.lies.scope = "openid payroll:readonly"
    answer = ask(client, f"Bearer {issue(issuer)}")
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert 'scope="payroll:read"' in answer.headers["WWW-Authenticate"]


@pytest.mark.spec("RFC 7662", "4")
def test_revocation_is_noticed_within_seconds(client: FlaskClient, issuer: Issuer, clock: Clock) -> None:
    authorization = f"Bearer {issue(issuer)}"
    assert ask(client, authorization).status_code == 200
    issuer.forget_access_tokens()
    assert ask(client, authorization).status_code == 200, "within the seconds it is remembered"
    clock.now += REMEMBER_SECONDS
    assert ask(client, authorization).status_code == 401


def test_remembered_answer_does_not_outlive_the_token(
    client: FlaskClient, issuer: Issuer, clock: Clock
) -> None:
    token = issue(issuer, lifetime=REMEMBER_SECONDS / 2)
    assert ask(client, f"Bearer {token}").status_code == 200
    clock.now += REMEMBER_SECONDS * 0.6
    issuer.forget_access_tokens()
    assert ask(client, f"Bearer {token}").status_code == 401


def test_nobody_is_let_in_while_the_issuer_is_away() -> None:
    answer = ask(create_app(settings_for(unused_address())).test_client(), "Bearer some-token")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_metadata_names_the_issuer_and_the_scope(client: FlaskClient, issuer: Issuer) -> None:
    body = client.get("/.well-known/oauth-protected-resource").get_json()
    assert body["resource"] == "http://api.example"
    assert body["authorization_servers"] == [issuer.url]
    assert body["scopes_supported"] == ["payroll:read"]


def test_first_validator_that_recognises_a_token_judges_it(issuer: Issuer) -> None:
    class SignedTokens:
        def recognises(self, token: str) -> bool:
            return token.count(".") == 2

        def validate(self, token: str) -> Grant | None:
            return Grant("another", "bob", "payroll", frozenset({"payroll:read"}), 9e9)

    settings = settings_for(issuer.url)
    client = create_app(settings, validators=[SignedTokens(), IntrospectionValidator(settings)]).test_client()
    assert ask(client, "Bearer a.b.c").json["employee"]["username"] == "bob"
    assert ask(client, f"Bearer {issue(issuer)}").json["employee"]["username"] == "ada"
