"""A client leaves an authorization request, and sends a person with nothing but its name."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone
from freezegun import freeze_time

from apps.access.models import Application
from apps.audit.models import AuditEvent
from apps.core.rate_limits import rate_limit
from apps.oauth.events import OAuthAction
from apps.oauth.models import AuthorizationCode, Client, PushedRequest
from apps.oauth.services.housekeeping import remove_expired_tokens
from tests.factories.clients import (
    REDIRECT_URI,
    Pkce,
    TestClient,
    authorization_parameters,
    call,
    make_client,
    make_pkce,
    post_form,
    redeem,
    returned,
)
from tests.protocol.answers import (
    assert_asks_for_sign_in,
    assert_code_redirect,
    assert_error_page,
    assert_error_redirect,
    assert_json_error,
    assert_shows_consent,
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 9126", "2.1")]


NAMED = "urn:ietf:params:oauth:request_uri:" + "a" * 43


def push(machine: Browser, app: TestClient, pkce: Pkce | None = None, **more: str) -> Any:
    parameters = authorization_parameters(app, pkce or make_pkce(), **more)
    if not app.is_public:
        del parameters["client_id"]
    return call(machine, "/oauth/par", app, parameters)


def pushed_path(machine: Browser, app: TestClient, pkce: Pkce | None = None, **more: str) -> str:
    answer = push(machine, app, pkce, **more)
    assert answer.status_code == 201, answer.content
    return path_of(app, answer.json()["request_uri"])


def path_of(app: TestClient, request_uri: str, **more: str) -> str:
    return f"/oauth/authorize?{urlencode({'client_id': app.client_id, 'request_uri': request_uri, **more})}"


@pytest.mark.spec("RFC 9126", "2.2")
@pytest.mark.parametrize("kind", ["web", "spa"])
def test_person_is_sent_with_the_name_alone(
    visitor: Browser, machine: Browser, signing_keys: None, kind: str
) -> None:
    app, pkce = make_client(kind=kind), make_pkce()
    answer = push(machine, app, pkce)
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    body = answer.json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert body["expires_in"] == 90
    path = path_of(app, body["request_uri"])
    assert_shows_consent(visitor.get(path))
    code = assert_code_redirect(visitor.post(path, {"action": "allow"}))
    assert redeem(machine, app, code, pkce).status_code == 200


@pytest.mark.spec("RFC 9126", "7.3")
def test_each_is_worth_one_answer(visitor: Browser, machine: Browser, app: TestClient) -> None:
    path = pushed_path(machine, app)
    assert_code_redirect(visitor.post(path, {"action": "allow"}))
    for again in (visitor.get(path), visitor.post(path, {"action": "allow"})):
        assert_error_page(again)
        assert b"invalid_request_uri" in again.content
    assert AuthorizationCode.objects.count() == 1


def test_reloading_the_page_uses_nothing_up(visitor: Browser, machine: Browser, app: TestClient) -> None:
    path = pushed_path(machine, app)
    for _ in range(3):
        assert_shows_consent(visitor.get(path))


def test_denial_uses_it_up(visitor: Browser, machine: Browser, app: TestClient) -> None:
    path = pushed_path(machine, app)
    assert_error_redirect(visitor.post(path, {"action": "deny"}), "access_denied")
    assert_error_page(visitor.post(path, {"action": "allow"}))


@pytest.mark.spec("RFC 9126", "2.2")
def test_it_is_good_for_as_long_as_was_said(visitor: Browser, machine: Browser, app: TestClient) -> None:
    now = timezone.now()
    with freeze_time(now):
        early, late = pushed_path(machine, app), pushed_path(machine, app)
    with freeze_time(now + timedelta(seconds=89)):
        assert_shows_consent(visitor.get(early))
    with freeze_time(now + timedelta(seconds=90)):
        assert_error_page(visitor.get(late))
        # Whoever has come in time may take theirs to sign in.
        assert_shows_consent(visitor.get(early))
    with freeze_time(now + timedelta(seconds=89, hours=1)):
        assert_error_page(visitor.get(early))


def test_signing_in_comes_back_to_it(machine: Browser, app: TestClient) -> None:
    """And knows whom it is for, which stands in no address."""
    stranger = Browser()
    path = pushed_path(machine, app, login_hint="kim@example.org")
    answer = stranger.get(path)
    assert_asks_for_sign_in(answer)
    assert "kim" not in answer["Location"]
    page = stranger.get(answer["Location"])
    assert app.row.application.name in page.content.decode()
    assert page.context["form"].initial["identifier"] == "kim@example.org"


@pytest.mark.spec("RFC 9101", "5")
def test_nothing_beside_it_counts(visitor: Browser, machine: Browser, app: TestClient) -> None:
    request_uri = push(machine, app, scope="openid").json()["request_uri"]
    path = path_of(
        app,
        request_uri,
        scope="openid email",
        state="other",
        redirect_uri="https://evil.example/",
        prompt="none",
    )
    assert_shows_consent(visitor.get(path))
    code = assert_code_redirect(visitor.post(path, {"action": "allow"}))
    assert code
    assert AuthorizationCode.objects.get().scope == "openid"


@pytest.mark.spec("RFC 9126", "7.1")
def test_it_is_of_its_client_alone(
    visitor: Browser, machine: Browser, app: TestClient, other_app: TestClient
) -> None:
    request_uri = push(machine, app).json()["request_uri"]
    assert_error_page(visitor.get(path_of(other_app, request_uri)))
    assert_error_page(visitor.get(f"/oauth/authorize?{urlencode({'request_uri': request_uri})}"))
    assert_shows_consent(visitor.get(path_of(app, request_uri)))


@pytest.mark.parametrize("client_id", ["\x00", "nobody", "x" * 5_000])
def test_name_with_any_client_opens_nothing(visitor: Browser, client_id: str) -> None:
    path = f"/oauth/authorize?{urlencode({'client_id': client_id, 'request_uri': NAMED})}"
    assert_error_page(visitor.get(path))
    assert Browser(raise_request_exception=False).get("/login/", {"next": path}).status_code == 200


@pytest.mark.parametrize("handle", ["", "x", "a" * 43, "a" * 5_000, "ü", "../..", "' OR 1=1 --"])
def test_made_up_name_opens_nothing(visitor: Browser, app: TestClient, handle: str) -> None:
    assert_error_page(visitor.get(path_of(app, f"urn:ietf:params:oauth:request_uri:{handle}")))


def test_client_that_was_switched_off_meanwhile_gets_nothing(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    path = pushed_path(machine, app)
    Client.objects.update(is_enabled=False)
    assert_error_page(visitor.get(path))


@pytest.mark.spec("RFC 9126", "2.3")
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"scope": "openid payroll:read"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request_uri": ""}, "invalid_request"),
        ({"id_token_hint": "garbage"}, "invalid_request"),
    ],
)
def test_what_authorize_would_refuse_is_refused_at_once(
    machine: Browser, app: TestClient, more: dict[str, str], error: str
) -> None:
    assert_json_error(push(machine, app, None, **more), error)
    assert not PushedRequest.objects.exists()


def test_public_client_must_send_a_challenge(machine: Browser, spa: TestClient) -> None:
    parameters = authorization_parameters(spa, None)
    assert_json_error(call(machine, "/oauth/par", spa, parameters), "invalid_request")


@pytest.mark.spec("RFC 9126", "2.3")
def test_request_that_is_too_long_is_not_kept(machine: Browser, app: TestClient) -> None:
    assert_json_error(push(machine, app, login_hint="x" * 16_000), "invalid_request", status=413)
    assert push(machine, app, login_hint="x" * 14_000).status_code == 201


@pytest.mark.spec("RFC 6749", "3.1")
def test_parameter_that_means_nothing_is_not_kept(machine: Browser, app: TestClient) -> None:
    assert push(machine, app, more="x" * 33_000).status_code == 201
    assert "more" not in PushedRequest.objects.get().query


def test_field_too_many_gets_an_answer_for_machines(machine: Browser, app: TestClient) -> None:
    fields = authorization_parameters(app, make_pkce()) | {f"x{number}": "" for number in range(2_000)}
    assert_json_error(post_form(machine, "/oauth/par", fields, **app.basic), "invalid_request")


@pytest.mark.spec("RFC 9126", "2")
def test_client_must_prove_to_be_it(machine: Browser, app: TestClient, other_app: TestClient) -> None:
    parameters = authorization_parameters(app, make_pkce())
    assert_json_error(post_form(machine, "/oauth/par", parameters), "invalid_client", status=401)
    assert_json_error(
        post_form(machine, "/oauth/par", {**parameters, "client_secret": "wrong"}),
        "invalid_client",
        status=401,
    )
    # Nobody pushes in another one's name.
    assert_json_error(
        post_form(machine, "/oauth/par", parameters, **other_app.basic), "invalid_client", status=401
    )
    assert not PushedRequest.objects.exists()
    refused = AuditEvent.objects.filter(action=OAuthAction.CLIENT_REFUSED)
    assert {event.details["endpoint"] for event in refused} == {"/oauth/par"}


def test_secret_is_not_kept(machine: Browser, app: TestClient) -> None:
    parameters = {**authorization_parameters(app, make_pkce()), "client_secret": app.secret}
    assert post_form(machine, "/oauth/par", parameters).status_code == 201
    assert app.secret not in PushedRequest.objects.get().query


def test_neither_handle_nor_request_lie_open(machine: Browser, app: TestClient) -> None:
    request_uri = push(machine, app, login_hint="kim@example.org").json()["request_uri"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT handle_digest, query FROM oauth_pushedrequest")
        [(handle_digest, query)] = cursor.fetchall()
    assert request_uri.rpartition(":")[2] not in handle_digest
    assert "kim" not in query


def test_client_without_people_pushes_nothing(machine: Browser, service: TestClient) -> None:
    parameters = authorization_parameters(service, make_pkce())
    assert call(machine, "/oauth/par", service, parameters).status_code == 400
    assert not PushedRequest.objects.exists()


def test_person_without_access_may_come_again(visitor: Browser, machine: Browser) -> None:
    app = make_client(audience=Application.Audience.ASSIGNED)
    path = pushed_path(machine, app)
    assert visitor.get(path).status_code == 403
    Application.objects.update(audience=Application.Audience.EVERYONE)
    assert_shows_consent(visitor.get(path))


def test_fragment_and_form_work_from_it_too(visitor: Browser, machine: Browser, app: TestClient) -> None:
    path = pushed_path(machine, app, response_mode="fragment")
    assert visitor.post(path, {"action": "allow"})["Location"].startswith(f"{REDIRECT_URI}#")


def test_each_is_one_event(machine: Browser, app: TestClient) -> None:
    push(machine, app)
    event = AuditEvent.objects.get(action=OAuthAction.AUTHORIZATION_PUSHED)
    assert (event.client_id, event.outcome) == (str(app.row.pk), "success")


@pytest.mark.spec("RFC 9126", "2.3")
def test_pushing_has_a_limit(machine: Browser, app: TestClient, spa: TestClient, settings: Any) -> None:
    """For those of whom an id is all that anybody needs; a client that proves to be it answers for itself."""
    settings.RATE_LIMIT_PERCENT = 1
    quota = -(-rate_limit("pushed-requests").quota // 100)
    answers = [push(machine, spa) for _ in range(quota + 1)]
    assert [answer.status_code for answer in answers] == [201] * quota + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert answers[-1].json()["error"] == "too_many_requests"
    assert {push(machine, app).status_code for _ in range(quota + 1)} == {201}


def test_housekeeping_takes_what_is_over(machine: Browser, app: TestClient) -> None:
    push(machine, app)
    remove_expired_tokens(now=timezone.now() + timedelta(seconds=60))
    assert PushedRequest.objects.count() == 1
    remove_expired_tokens(now=timezone.now() + timedelta(seconds=91))
    assert not PushedRequest.objects.exists()


def test_silent_request_is_answered_to_the_client(machine: Browser, app: TestClient) -> None:
    path = pushed_path(machine, app, prompt="none")
    answer = Browser().get(path)
    assert_error_redirect(answer, "login_required")
    assert returned(answer)["iss"] == settings.BASE_URL
    # That was its one answer.
    assert_error_page(Browser().get(path))


@pytest.mark.parametrize("prompt", ["none", "login"])
def test_page_with_an_answer_holds_nothing_that_was_pushed(
    visitor: Browser, machine: Browser, app: TestClient, prompt: str
) -> None:
    """And its form may go where it goes, also when what the client may ask for changed meanwhile."""
    path = pushed_path(machine, app, response_mode="form_post", login_hint="kim@example.org", prompt=prompt)
    if prompt == "login":
        Client.objects.update(scopes="openid")
    answer = Browser().get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert f'action="{REDIRECT_URI}"' in page
    assert "https://app.example.org" in answer["Content-Security-Policy"]
    assert "kim" not in page
    assert "code_challenge" not in page
    assert "gatehouse-csrf" in answer.cookies


def test_denial_that_comes_second_is_none(visitor: Browser, machine: Browser, app: TestClient) -> None:
    path = pushed_path(machine, app)
    assert_code_redirect(visitor.post(path, {"action": "allow"}))
    assert_error_page(visitor.post(path, {"action": "deny"}))
    assert not AuditEvent.objects.filter(action=OAuthAction.AUTHORIZATION_REFUSED).exists()


def test_a_push_asks_nothing_about_people(
    visitor: Browser, app: TestClient, django_assert_num_queries: Any
) -> None:
    """The client, which oauthlib reads anew, a row and an event in a transaction."""
    parameters = authorization_parameters(app, make_pkce())
    with django_assert_num_queries(6):
        assert post_form(visitor, "/oauth/par", parameters, **app.basic).status_code == 201


@pytest.mark.spec("RFC 9126", "6")
@pytest.mark.parametrize("more", [{}, {"prompt": "none"}, {"request_uri": "urn:example:other"}])
def test_client_that_must_push_cannot_do_without(
    visitor: Browser, machine: Browser, more: dict[str, str]
) -> None:
    app = make_client(is_par_required=True)
    answer = visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce(), **more))
    expected = "request_uri_not_supported" if "request_uri" in more else "invalid_request"
    assert_error_redirect(answer, expected)
    assert_shows_consent(visitor.get(pushed_path(machine, app)))


@pytest.mark.spec("RFC 9126", "6")
def test_form_cannot_do_without_either(visitor: Browser) -> None:
    app = make_client(is_par_required=True)
    path = f"/oauth/authorize?{urlencode(authorization_parameters(app, make_pkce()))}"
    assert_error_redirect(visitor.post(path, {"action": "allow"}), "invalid_request")
