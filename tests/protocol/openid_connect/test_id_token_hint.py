"""An ID token that comes back as a hint is believed only if it is one of ours, and of the person who is there."""

from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from pytest_django import Settings

from apps.directory.models import User
from apps.oauth.models import Client
from apps.signin.models import Session
from tests.factories.clients import TestClient, authorization_parameters, make_pkce, obtain_tokens
from tests.factories.forged_tokens import forgeries
from tests.factories.people import PASSWORD, make_user, sign_in
from tests.protocol.answers import (
    assert_asks_for_sign_in,
    assert_code_redirect,
    assert_error_page,
    assert_error_redirect,
)

FITS_INTO_AN_ADDRESS = 6_000
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1"),
]


def test_hint_at_the_person_who_is_there_is_followed(visitor: Browser, app: TestClient) -> None:
    hint = obtain_tokens(visitor, app)["id_token"]
    parameters = authorization_parameters(app, make_pkce(), id_token_hint=hint, prompt="none")
    assert_code_redirect(visitor.get("/oauth/authorize", parameters))


def test_silent_request_for_somebody_else_is_refused(visitor: Browser, app: TestClient) -> None:
    hint = obtain_tokens(visitor, app)["id_token"]
    other = Browser()
    sign_in(other, make_user())
    parameters = authorization_parameters(app, make_pkce(), id_token_hint=hint, prompt="none")
    assert_error_redirect(other.get("/oauth/authorize", parameters), "login_required")


def test_somebody_else_may_give_way_to_the_person_hinted_at(
    visitor: Browser, app: TestClient, person: User
) -> None:
    hint = obtain_tokens(visitor, app)["id_token"]
    other = Browser()
    sign_in(other, make_user())
    parameters = authorization_parameters(app, make_pkce(), id_token_hint=hint)
    assert_asks_for_sign_in(other.get("/oauth/authorize", parameters))
    sign_in(other, person)
    assert_code_redirect(other.get("/oauth/authorize", parameters))


def test_somebody_else_who_signs_in_again_is_refused_and_not_asked_for_ever(
    visitor: Browser, app: TestClient
) -> None:
    hint = obtain_tokens(visitor, app)["id_token"]
    other, stranger = Browser(), make_user()
    parameters = authorization_parameters(app, make_pkce(), id_token_hint=hint)
    assert_asks_for_sign_in(other.get("/oauth/authorize", parameters))
    sign_in(other, stranger)
    assert_error_redirect(other.get("/oauth/authorize", parameters), "login_required")


def test_forged_hint_is_refused(visitor: Browser, app: TestClient) -> None:
    """One test for all forgeries: the same person and the same keys serve for each."""
    token = obtain_tokens(visitor, app)["id_token"]
    for name, forgery in forgeries(token).items():
        for prompt in ("none", "consent"):
            parameters = authorization_parameters(app, make_pkce(), id_token_hint=forgery, prompt=prompt)
            answer = visitor.get("/oauth/authorize", parameters)
            if len(urlencode(parameters)) > FITS_INTO_AN_ADDRESS:
                assert_error_page(answer)
                continue
            assert answer.status_code == 303, f"{name}: {answer.status_code}"
            assert_error_redirect(answer, "invalid_request")


@pytest.mark.spec("OpenID Connect RP-Initiated Logout 1.0", "4")
def test_forged_hint_signs_nobody_out_and_leads_nowhere(visitor: Browser, app: TestClient) -> None:
    token = obtain_tokens(visitor, app)["id_token"]
    for name, forgery in forgeries(token).items():
        parameters = {"id_token_hint": forgery, "post_logout_redirect_uri": "https://app.example.org/"}
        answer = visitor.get("/oauth/logout", parameters)
        assert answer.status_code == 400, name
        assert_error_page(answer)
    assert Session.objects.get().ended_at is None


def test_hint_of_another_issuer_is_refused(visitor: Browser, app: TestClient, settings: Settings) -> None:
    hint = obtain_tokens(visitor, app)["id_token"]
    settings.BASE_URL = "https://moved.example.org"
    parameters = authorization_parameters(app, make_pkce(), id_token_hint=hint, prompt="none")
    answer = visitor.get("/oauth/authorize", parameters)
    assert "error=invalid_request" in answer["Location"]


def test_hint_signed_with_es256_is_read_too(visitor: Browser, app: TestClient) -> None:
    Client.objects.filter(pk=app.row.pk).update(algorithm="ES256")
    hint = obtain_tokens(visitor, app)["id_token"]
    parameters = authorization_parameters(app, make_pkce(), id_token_hint=hint, prompt="none")
    assert_code_redirect(visitor.get("/oauth/authorize", parameters))


def test_access_token_is_no_hint(visitor: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    for kind in ("access_token", "refresh_token"):
        parameters = authorization_parameters(app, make_pkce(), id_token_hint=tokens[kind])
        assert_error_redirect(visitor.get("/oauth/authorize", parameters), "invalid_request")


def test_password_is_asked_for_once_on_the_way(machine: Browser, app: TestClient, person: User) -> None:
    """Signing in answers prompt=login: it is not asked for a second time right after."""
    parameters = authorization_parameters(app, make_pkce(), prompt="login")
    assert_asks_for_sign_in(machine.get("/oauth/authorize", parameters))
    machine.post("/login/", {"identifier": person.username, "password": PASSWORD})
    assert machine.get("/oauth/authorize", parameters).status_code == 200
