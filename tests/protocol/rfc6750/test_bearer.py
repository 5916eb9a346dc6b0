"""Userinfo takes an access token in one place, as it was issued, and nothing else."""

from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client as Browser

from apps.directory.models import User
from apps.oauth.models import AccessToken
from tests.factories.clients import FORM, TestClient, obtain_tokens, post_form, userinfo
from tests.protocol.answers import assert_json_error

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("RFC 6750", "2"),
]
PATH = "/oauth/userinfo"


def assert_challenged(answer: Any, error: str, *, status: int = HTTPStatus.UNAUTHORIZED) -> None:
    """Spec: RFC 6750 §3."""
    assert_json_error(answer, error, status=status)
    header = answer["WWW-Authenticate"]
    assert header.startswith('Bearer realm="gatehouse"')
    assert f'error="{error}"' in header


def assert_asked_for_a_token(answer: Any) -> None:
    """Spec: RFC 6750 §3.1: who sent no token is told no error."""
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer["WWW-Authenticate"] == 'Bearer realm="gatehouse"'


@pytest.fixture
def tokens(visitor: Browser, app: TestClient) -> dict[str, Any]:
    return obtain_tokens(visitor, app)


@pytest.mark.spec("RFC 6750", "2.1")
def test_token_in_the_header_is_accepted(machine: Browser, tokens: dict[str, Any]) -> None:
    answer = userinfo(machine, tokens["access_token"])
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer ", "Bearer    "])
def test_scheme_may_be_in_any_case_and_spaced(machine: Browser, tokens: dict[str, Any], scheme: str) -> None:
    header = f"{scheme} {tokens['access_token']}"
    assert machine.get(PATH, HTTP_AUTHORIZATION=header).status_code == 200


@pytest.mark.spec("RFC 6750", "2.2")
def test_token_in_a_form_is_accepted(machine: Browser, tokens: dict[str, Any]) -> None:
    assert post_form(machine, PATH, {"access_token": tokens["access_token"]}).status_code == 200


@pytest.mark.spec("RFC 6750", "2.2")
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"]
)
def test_token_in_another_body_is_not_looked_for(
    machine: Browser, tokens: dict[str, Any], content_type: str
) -> None:
    token = tokens["access_token"]
    body = {
        "application/json": f'{{"access_token": "{token}"}}',
        "text/plain": f"access_token={token}",
        "multipart/form-data; boundary=x": (
            f'--x\r\nContent-Disposition: form-data; name="access_token"\r\n\r\n{token}\r\n--x--\r\n'
        ),
    }[content_type]
    assert_asked_for_a_token(machine.generic("POST", PATH, body, content_type=content_type))


@pytest.mark.spec("RFC 9700", "4.3.2")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_token_in_the_address_is_not_looked_for(
    machine: Browser, tokens: dict[str, Any], method: str
) -> None:
    answer = machine.generic(method, f"{PATH}?access_token={tokens['access_token']}", content_type=FORM)
    assert_asked_for_a_token(answer)


def test_token_in_two_places_is_refused(machine: Browser, tokens: dict[str, Any]) -> None:
    token = tokens["access_token"]
    answer = post_form(machine, PATH, {"access_token": token}, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert_challenged(answer, "invalid_request", status=HTTPStatus.BAD_REQUEST)


def test_token_twice_in_a_form_is_refused(machine: Browser, tokens: dict[str, Any]) -> None:
    body = f"access_token={tokens['access_token']}&access_token={tokens['access_token']}"
    answer = machine.post(PATH, body, content_type=FORM)
    assert_challenged(answer, "invalid_request", status=HTTPStatus.BAD_REQUEST)


def test_no_token_gets_a_challenge_without_an_error(machine: Browser) -> None:
    assert_asked_for_a_token(machine.get(PATH))
    assert_asked_for_a_token(machine.post(PATH, "", content_type=FORM))


@pytest.mark.parametrize("header", ["Basic abc", "DPoP abc", "Bearer\tabc", "Bearerabc", "Token abc", "é"])
def test_other_schemes_are_as_good_as_no_token(machine: Browser, header: str) -> None:
    assert_asked_for_a_token(machine.get(PATH, HTTP_AUTHORIZATION=header))


@pytest.mark.spec("RFC 6750", "2.1")
@pytest.mark.parametrize(
    "change",
    [
        "Bearer",
        "Bearer ",
        "Bearer {0} {0}",
        "Bearer {0},Bearer {0}",
        "Bearer {0}, realm=x",
        "Bearer {0} ",
        "Bearer {0}\t",
        "Bearer {0}\n",
        "Bearer {0};x",
        'Bearer "{0}"',
        "Bearer ={0}",
        "Bearer {0}é",
        "Bearer {0}\x00",
        "Bearer token={0}",
        "Bearer %67{0}",
    ],
)
def test_lax_writing_of_the_token_is_malformed(machine: Browser, tokens: dict[str, Any], change: str) -> None:
    answer = machine.get(PATH, HTTP_AUTHORIZATION=change.format(tokens["access_token"]))
    assert_challenged(answer, "invalid_request", status=HTTPStatus.BAD_REQUEST)


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize(
    "change",
    ["cut", "cut in front", "padded", "doubled", "case", "prefix", "refresh", "id", "stored", "long"],
)
def test_anything_but_the_issued_token_is_invalid(
    machine: Browser, tokens: dict[str, Any], change: str
) -> None:
    token = tokens["access_token"]
    changed = {
        "cut": token[:-1],
        "cut in front": token[1:],
        "padded": token + "=",
        "doubled": token * 2,
        "case": token.swapcase(),
        "prefix": token.removeprefix("gat_"),
        "refresh": tokens["refresh_token"],
        "id": tokens["id_token"],
        "stored": AccessToken.objects.get().token_checksum,
        "long": "a" * 5_000,
    }[change]
    assert_challenged(userinfo(machine, changed), "invalid_token")


@pytest.mark.spec("RFC 6750", "3.1")
def test_scope_openid_is_needed(visitor: Browser, machine: Browser, app: TestClient) -> None:
    token = obtain_tokens(visitor, app, scope="profile email")["access_token"]
    answer = userinfo(machine, token)
    assert_challenged(answer, "insufficient_scope", status=HTTPStatus.FORBIDDEN)
    assert 'scope="openid"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(machine: Browser, tokens: dict[str, Any], method: str) -> None:
    answer = machine.generic(method, PATH, HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")
    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert answer["Allow"] == "GET, POST"


@pytest.mark.parametrize("body", ["%", "&&", "access_token=%00", "access_token=%ff", "=x", "a" * 300_000])
def test_garbled_form_is_a_client_error(machine: Browser, body: str) -> None:
    answer = machine.post(PATH, body, content_type=FORM)
    assert answer.status_code in {400, 401, 413}
    assert "error" in answer.json()


def test_too_many_parameters_are_a_client_error(machine: Browser) -> None:
    answer = machine.post(PATH, "&".join(f"p{n}=" for n in range(5_000)), content_type=FORM)
    assert_json_error(answer, "invalid_request")


# What it says ------------------------------------------------------------------------------------------------


@pytest.mark.spec("OpenID Connect Core 1.0", "5.4")
def test_claims_follow_the_scopes(person: User, visitor: Browser, machine: Browser, app: TestClient) -> None:
    User.objects.filter(pk=person.pk).update(locale="de")

    def claims(scope: str) -> set[str]:
        return set(userinfo(machine, obtain_tokens(visitor, app, scope=scope)["access_token"]).json())

    assert claims("openid") == {"sub"}
    assert claims("openid email") == {"sub", "email", "email_verified"}
    assert claims("openid profile") == {
        "sub",
        "name",
        "given_name",
        "family_name",
        "preferred_username",
        "zoneinfo",
        "locale",
        "updated_at",
    }
