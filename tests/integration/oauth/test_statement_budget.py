"""How many statements an answer may cost. A number that grows is a decision, and is changed here with its reason."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import DjangoAssertNumQueries

from apps.access.models import Application, Assignment, Role
from apps.directory.models import User
from tests.factories.clients import (
    TestClient,
    authorization_parameters,
    call,
    introspect,
    make_client,
    make_pkce,
    obtain_code,
    obtain_tokens,
    redeem,
    refresh,
    userinfo,
)
from tests.factories.terms import accept, make_version

pytestmark = pytest.mark.django_db
# A request's own transaction shows as a savepoint and its release here, where each test is one transaction.
TRANSACTION = 2


@pytest.fixture
def budget(
    django_assert_num_queries: DjangoAssertNumQueries, visitor: Browser, app: TestClient
) -> Callable[[int], Any]:
    """Counts once the process has parsed the signing key, which it does only once."""
    obtain_tokens(visitor, app)

    def count(statements: int) -> Any:
        return django_assert_num_queries(statements)

    return count


def test_redeeming_a_code(budget: Any, visitor: Browser, machine: Browser, app: TestClient) -> None:
    """Code with all it hangs on, client, its consumption, signing key, two tokens, event."""
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    with budget(TRANSACTION + 7):
        assert redeem(machine, app, code, pkce).status_code == 200


def test_redeeming_a_code_without_an_id_token(
    budget: Any, visitor: Browser, machine: Browser, app: TestClient
) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce, scope="profile")
    with budget(TRANSACTION + 6):
        assert redeem(machine, app, code, pkce).status_code == 200


def test_refreshing(budget: Any, visitor: Browser, machine: Browser, app: TestClient) -> None:
    """Client, refresh token with all it hangs on, its consumption, signing key, two tokens, event."""
    token = obtain_tokens(visitor, app)["refresh_token"]
    with budget(TRANSACTION + 7):
        assert refresh(machine, app, token).status_code == 200


@pytest.fixture
def closed(person: User) -> TestClient:
    """An application that a role is needed for, which the person holds."""
    client = make_client(audience=Application.Audience.ASSIGNED)
    role = Role.objects.create(name="Reader", slug="reader", application=client.row.application)
    Assignment.objects.create(role=role, user=person)
    return client


def test_refreshing_where_a_role_is_needed(
    budget: Any, visitor: Browser, machine: Browser, closed: TestClient
) -> None:
    """And the roles held."""
    token = obtain_tokens(visitor, closed)["refresh_token"]
    with budget(TRANSACTION + 8):
        assert refresh(machine, closed, token).status_code == 200


def test_client_credentials(budget: Any, machine: Browser) -> None:
    """Client, token, event."""
    service = make_client(kind="service", redirect_uris=[], scopes="files:read")
    form = {"grant_type": "client_credentials", "scope": "files:read"}
    with budget(TRANSACTION + 3):
        assert call(machine, "/oauth/token", service, form).status_code == 200


def test_refused_code(budget: Any, machine: Browser, app: TestClient) -> None:
    """Code, client, event."""
    with budget(TRANSACTION + 3):
        assert redeem(machine, app, "unknown", make_pkce()).status_code == 400


def test_introspecting_an_access_token(
    budget: Any, visitor: Browser, machine: Browser, app: TestClient
) -> None:
    """Client, and the token with all it hangs on."""
    token = obtain_tokens(visitor, app)["access_token"]
    with budget(2):
        assert introspect(machine, app, token)["active"] is True


def test_introspecting_a_refresh_token(
    budget: Any, visitor: Browser, machine: Browser, app: TestClient
) -> None:
    """Client, looked for among access tokens, found among refresh tokens."""
    token = obtain_tokens(visitor, app)["refresh_token"]
    with budget(3):
        assert introspect(machine, app, token)["active"] is True


def test_userinfo(budget: Any, visitor: Browser, machine: Browser, app: TestClient) -> None:
    """The token with all it hangs on."""
    token = obtain_tokens(visitor, app)["access_token"]
    with budget(1):
        assert userinfo(machine, token).status_code == 200


def test_introspecting_where_a_role_is_needed(
    budget: Any, visitor: Browser, machine: Browser, closed: TestClient
) -> None:
    """And the roles held."""
    tokens = obtain_tokens(visitor, closed)
    with budget(3):
        assert introspect(machine, closed, tokens["access_token"])["active"] is True
    with budget(4):
        assert introspect(machine, closed, tokens["refresh_token"])["active"] is True


def test_userinfo_where_a_role_is_needed(
    budget: Any, visitor: Browser, machine: Browser, closed: TestClient
) -> None:
    """And the roles held."""
    token = obtain_tokens(visitor, closed)["access_token"]
    with budget(2):
        assert userinfo(machine, token).status_code == 200


def test_preflight(budget: Any, machine: Browser) -> None:
    """The applications in the browser that might have the origin."""
    make_client(kind="spa")
    headers = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "GET"}
    with budget(1):
        assert machine.options("/oauth/userinfo", headers=headers).status_code == 204


def test_revoking(budget: Any, visitor: Browser, machine: Browser, app: TestClient) -> None:
    """Client, token, authorization, event; the inner transaction is one with the outer."""
    token = obtain_tokens(visitor, app)["access_token"]
    with budget(2 * TRANSACTION + 4):
        assert call(machine, "/oauth/revoke", app, {"token": token}).status_code == 200


def test_keys(budget: Any, machine: Browser) -> None:
    with budget(1):
        assert machine.get("/.well-known/jwks.json").status_code == 200


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]
)
def test_discovery(budget: Any, machine: Browser, path: str) -> None:
    with budget(0):
        assert machine.get(path).status_code == 200


def test_silent_authorization_where_terms_are_accepted(
    budget: Any, person: User, visitor: Browser, app: TestClient
) -> None:
    """No more: whether there are any to accept is read with the single sign-on session."""
    accept(person, make_version())
    parameters = authorization_parameters(app, make_pkce(), prompt="none")
    with budget(TRANSACTION + 8):
        assert visitor.get("/oauth/authorize", parameters).status_code == 303


def test_silent_authorization(budget: Any, visitor: Browser, app: TestClient) -> None:
    """Browser session, its person, single sign-on session; client, consent; authorization, code, event."""
    parameters = authorization_parameters(app, make_pkce(), prompt="none")
    with budget(TRANSACTION + 8):
        assert visitor.get("/oauth/authorize", parameters).status_code == 303
