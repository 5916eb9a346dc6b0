"""prompt and max_age: when a person who is signed in has to prove again who they are."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone
from freezegun import freeze_time

from apps.directory.models import User
from apps.oauth.models import Authorization
from apps.signin.models import Session
from tests.factories.clients import TestClient, authorization_parameters, make_pkce
from tests.factories.people import PASSWORD, make_user, sign_in
from tests.protocol.answers import (
    assert_asks_for_sign_in,
    assert_code_redirect,
    assert_error_redirect,
    assert_shows_consent,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Core 1.0", "3.1.2.1")]


def let_time_pass(**span: float) -> None:
    Session.objects.update(authenticated_at=timezone.now() - timedelta(**span))


def consent(visitor: Browser, app: TestClient) -> None:
    answer = visitor.post(f"/oauth/authorize?{_query(app)}", {"action": "allow"})
    assert_code_redirect(answer)


def _query(app: TestClient, **more: str) -> str:
    answer = Browser().get("/oauth/authorize", authorization_parameters(app, make_pkce(), **more))
    query: str = answer.wsgi_request.META["QUERY_STRING"]
    return query


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent", "login unheard_of"])
def test_person_signs_in_again_once_and_then_goes_on(
    visitor: Browser, app: TestClient, person: User, prompt: str
) -> None:
    parameters = authorization_parameters(app, make_pkce(), prompt=prompt)
    assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))
    sign_in(visitor, person)
    answer = visitor.get("/oauth/authorize", parameters)
    assert_shows_consent(answer)
    done = visitor.post(f"/oauth/authorize?{answer.wsgi_request.META['QUERY_STRING']}", {"action": "allow"})
    assert_code_redirect(done)
    assert Authorization.objects.get().auth_time == Session.objects.get().authenticated_at


def test_answered_demand_is_good_for_one_answer(visitor: Browser, app: TestClient, person: User) -> None:
    consent(visitor, app)
    parameters = authorization_parameters(app, make_pkce(), prompt="login")
    visitor.get("/oauth/authorize", parameters)
    sign_in(visitor, person)
    assert_code_redirect(visitor.get("/oauth/authorize", parameters))
    assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))


def test_demand_is_not_met_by_coming_back_without_signing_in(visitor: Browser, app: TestClient) -> None:
    consent(visitor, app)
    parameters = authorization_parameters(app, make_pkce(), prompt="login")
    assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))
    assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))


def test_answer_to_one_request_does_not_answer_another(
    visitor: Browser, app: TestClient, person: User
) -> None:
    consent(visitor, app)
    visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce(), prompt="login"))
    sign_in(visitor, person)
    other = authorization_parameters(app, make_pkce(), prompt="login", state="state-2")
    assert_asks_for_sign_in(visitor.get("/oauth/authorize", other))


def test_answer_is_bound_to_the_browser(visitor: Browser, app: TestClient, person: User) -> None:
    consent(visitor, app)
    parameters = authorization_parameters(app, make_pkce(), prompt="login")
    visitor.get("/oauth/authorize", parameters)
    elsewhere = Browser()
    sign_in(elsewhere, person)
    assert_asks_for_sign_in(elsewhere.get("/oauth/authorize", parameters))


def test_demand_that_the_browser_made_up_is_not_believed(visitor: Browser, app: TestClient) -> None:
    consent(visitor, app)
    parameters = authorization_parameters(app, make_pkce(), prompt="login")
    visitor.get("/oauth/authorize", parameters)
    for forged in ("", "0:x", "x", visitor.cookies["gatehouse-demand"].value.replace(":", ":0", 1)):
        visitor.cookies["gatehouse-demand"] = forged
        assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))


def test_demand_is_forgotten_after_an_hour(visitor: Browser, app: TestClient, person: User) -> None:
    consent(visitor, app)
    parameters = authorization_parameters(app, make_pkce(), prompt="login")
    visitor.get("/oauth/authorize", parameters)
    with freeze_time(timezone.now() + timedelta(minutes=61)):
        sign_in(visitor, person)
        assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))


def test_another_person_may_take_over_with_one_sign_in(visitor: Browser, app: TestClient) -> None:
    parameters = authorization_parameters(app, make_pkce(), prompt="select_account")
    assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))
    sign_in(visitor, make_user())
    assert_shows_consent(visitor.get("/oauth/authorize", parameters))


@pytest.mark.parametrize("more", [{"prompt": "login"}, {"max_age": "60"}])
def test_consent_form_is_no_way_around_signing_in_again(
    visitor: Browser, app: TestClient, more: dict[str, str]
) -> None:
    let_time_pass(hours=1)
    first = visitor.post(f"/oauth/authorize?{_query(app, **more)}", {"action": "allow"})
    assert_asks_for_sign_in(visitor.get(first["Location"]))
    assert not Authorization.objects.exists()


def test_recent_enough_sign_in_satisfies_max_age(visitor: Browser, app: TestClient) -> None:
    consent(visitor, app)
    let_time_pass(seconds=100)
    assert_code_redirect(
        visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce(), max_age="1000"))
    )


@pytest.mark.parametrize("max_age", ["0", "1", "99"])
def test_older_sign_in_is_renewed_once(visitor: Browser, app: TestClient, person: User, max_age: str) -> None:
    consent(visitor, app)
    let_time_pass(seconds=100)
    parameters = authorization_parameters(app, make_pkce(), max_age=max_age)
    assert_asks_for_sign_in(visitor.get("/oauth/authorize", parameters))
    sign_in(visitor, person)
    assert_code_redirect(visitor.get("/oauth/authorize", parameters))


def test_silent_request_never_asks(visitor: Browser, machine: Browser, app: TestClient) -> None:
    def silently(browser: Browser, **more: str) -> object:
        parameters = authorization_parameters(app, make_pkce(), prompt="none", **more)
        return browser.get("/oauth/authorize", parameters)

    assert_error_redirect(silently(machine), "login_required")
    assert_error_redirect(silently(visitor), "consent_required")
    consent(visitor, app)
    assert_code_redirect(silently(visitor))
    let_time_pass(seconds=100)
    assert_error_redirect(silently(visitor, max_age="60"), "login_required")


def test_consent_can_be_asked_for_again(visitor: Browser, app: TestClient) -> None:
    consent(visitor, app)
    parameters = authorization_parameters(app, make_pkce(), prompt="consent")
    assert_shows_consent(visitor.get("/oauth/authorize", parameters))


def test_sign_in_page_is_told_whom_the_client_expects(machine: Browser, app: TestClient) -> None:
    parameters = authorization_parameters(app, make_pkce(), login_hint="kim@example.org")
    location = machine.get("/oauth/authorize", parameters)["Location"]
    assert b'value="kim@example.org"' in machine.get(location).content


def test_password_is_not_part_of_any_address(visitor: Browser, app: TestClient, person: User) -> None:
    parameters = authorization_parameters(app, make_pkce(), prompt="login")
    location = visitor.get("/oauth/authorize", parameters)["Location"]
    answer = visitor.post(
        location, {"identifier": person.username, "password": PASSWORD, "next": "/oauth/authorize"}
    )
    assert PASSWORD not in answer["Location"]
