"""Relying parties on two independent libraries get what OpenID Connect promises, from first to last."""

import json
import secrets
import time
from collections.abc import Callable
from functools import cache
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories.id_tokens import decode
from tests.factories.people import new_password
from tests.protocol.visits import VISITS, Orders, Visit
from tests.services.gatehouse import Gatehouse

REDIRECT_URI = "https://rp.example/callback"
SIGNED_OUT_URI = "https://rp.example/signed-out"
SCOPE = "openid profile email offline_access"
ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"]

pytestmark = pytest.mark.e2e


def make_orders(gatehouse: Gatehouse, library: str, algorithm: str = "RS256") -> Orders:
    """With a client and a person of their own."""
    suffix = secrets.token_hex(4)
    username, password = f"person-{library}-{suffix}", new_password()
    created = gatehouse.manage(
        *("clients", "create", "--name", f"Relying party {library} {suffix}", "--kind", "web"),
        *("--redirect-uri", REDIRECT_URI, "--post-logout-redirect-uri", SIGNED_OUT_URI),
        *("--scope", SCOPE, "--algorithm", algorithm, "--json"),
    )
    client = json.loads(created.stdout)
    gatehouse.manage(
        *("users", "create", "--username", username, "--email", f"{username}@example.org"),
        *("--password-stdin", "--json"),
        input=password,
    )
    return Orders(
        issuer=gatehouse.base_url,
        client_id=client["client_id"],
        client_secret=client["client_secret"],
        redirect_uri=REDIRECT_URI,
        post_logout_redirect_uri=SIGNED_OUT_URI,
        scope=SCOPE,
        username=username,
        password=password,
        algorithm=algorithm,
    )


@pytest.fixture(scope="module")
def visit_made_by(gatehouse: Gatehouse) -> Callable[[str], tuple[Orders, Visit]]:
    @cache
    def visit_once(library: str) -> tuple[Orders, Visit]:
        orders = make_orders(gatehouse, library)
        return orders, VISITS[library](orders)

    return visit_once


@pytest.fixture(params=VISITS)
def library(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def orders(library: str, visit_made_by: Callable[[str], tuple[Orders, Visit]]) -> Orders:
    return visit_made_by(library)[0]


@pytest.fixture
def visit(library: str, visit_made_by: Callable[[str], tuple[Orders, Visit]]) -> Visit:
    return visit_made_by(library)[1]


@pytest.mark.spec("OpenID Connect Discovery 1.0", "4.2")
@pytest.mark.spec("RFC 9207", "3")
def test_discovery_names_each_endpoint_and_only_what_is_offered(orders: Orders, visit: Visit) -> None:
    said = visit.metadata
    assert said["issuer"] == orders.issuer
    for endpoint, path in {
        "authorization_endpoint": "/oauth/authorize",
        "token_endpoint": "/oauth/token",
        "userinfo_endpoint": "/oauth/userinfo",
        "introspection_endpoint": "/oauth/introspect",
        "revocation_endpoint": "/oauth/revoke",
        "end_session_endpoint": "/oauth/logout",
        "jwks_uri": "/.well-known/jwks.json",
    }.items():
        assert urlsplit(said[endpoint]).path.rstrip("/") == path
        assert said[endpoint].startswith(orders.issuer)
    assert said["response_types_supported"] == ["code"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["id_token_signing_alg_values_supported"] == ALGORITHMS
    assert set(SCOPE.split()) <= set(said["scopes_supported"])


@pytest.mark.spec("RFC 6749", "4.1.2")
@pytest.mark.spec("RFC 9207", "2")
def test_answer_carries_a_code_and_the_issuer(orders: Orders, visit: Visit) -> None:
    answer = parse_qs(urlsplit(visit.answer).query)
    assert visit.answer.partition("?")[0] == REDIRECT_URI
    assert len(answer["code"]) == 1
    assert answer["iss"] == [orders.issuer]


@pytest.mark.spec("OpenID Connect Core 1.0", "2")
def test_id_token_is_for_this_client_this_request_and_this_moment(orders: Orders, visit: Visit) -> None:
    claims, now = visit.claims, time.time()
    assert claims["iss"] == orders.issuer
    assert claims["aud"] in (orders.client_id, [orders.client_id])
    assert claims["nonce"] == visit.nonce
    assert now - 300 < claims["auth_time"] <= claims["iat"] <= now < claims["exp"]
    assert claims["at_hash"]


@pytest.mark.spec("OpenID Connect Core 1.0", "5.3.2")
def test_userinfo_is_about_the_person_of_the_id_token(orders: Orders, visit: Visit) -> None:
    assert visit.userinfo["sub"] == visit.claims["sub"]
    assert visit.userinfo["preferred_username"] == orders.username
    assert visit.userinfo["email"] == f"{orders.username}@example.org"
    assert "email_verified" in visit.userinfo


@pytest.mark.spec("RFC 6749", "6")
@pytest.mark.spec("RFC 9700", "4.14.2")
def test_refresh_gives_a_new_access_token_and_a_new_refresh_token(visit: Visit) -> None:
    for kind in ("access_token", "refresh_token"):
        assert visit.renewed[kind] != visit.first[kind]
    assert visit.renewed["token_type"].lower() == "bearer"
    assert visit.renewed["expires_in"] > 0


@pytest.mark.spec("RFC 7662", "2.2")
def test_introspection_tells_whose_token_it_is_while_it_lives(orders: Orders, visit: Visit) -> None:
    said = visit.introspected_while_active
    assert said["active"] is True
    assert said["sub"] == visit.claims["sub"]
    assert said["client_id"] == orders.client_id
    assert said["username"] == orders.username
    assert set(said["scope"].split()) == set(SCOPE.split())
    assert said["exp"] > time.time()


@pytest.mark.spec("RFC 7009", "2.1")
def test_revoking_the_refresh_token_ends_the_access_token_too(visit: Visit) -> None:
    assert visit.introspected_after_revocation == {
        "access_token": {"active": False},
        "refresh_token": {"active": False},
    }


@pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0", "3")
def test_sign_out_returns_to_the_client_with_its_state_and_ends_the_session(visit: Visit) -> None:
    location = urlsplit(visit.signed_out_at)
    assert visit.signed_out_at.partition("?")[0] == SIGNED_OUT_URI
    assert parse_qs(location.query) == {"state": [visit.logout_state]}
    assert visit.is_asked_for_password_afterwards


@pytest.mark.spec("RFC 9864", "2")
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("library", "algorithm"),
    [
        *(("openid-client", algorithm) for algorithm in ALGORITHMS[1:]),
        # Authlib's at_hash knows Ed25519 by its older name only: such clients are why that can be chosen.
        *(("authlib", algorithm) for algorithm in ("PS256", "ES256", "EdDSA")),
    ],
)
def test_id_token_of_each_algorithm_is_accepted(gatehouse: Gatehouse, library: str, algorithm: str) -> None:
    visit = VISITS[library](make_orders(gatehouse, library, algorithm))
    assert decode(visit.first["id_token"].split(".")[0])["alg"] == algorithm
