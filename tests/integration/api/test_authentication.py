"""Who may call the API at all, and with what."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.directory.models import User
from apps.oauth.models import AccessToken, Authorization, Client
from tests.factories.api import Caller, client_calling, make_administrator, make_superuser, person_calling
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db
READ = "gatehouse:users.read"


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert (said["status"], said["code"]) == (status, code)
    return said


@pytest.mark.spec("RFC 6750", "3")
def test_without_a_token_nothing_is_said_but_how_to_come_back() -> None:
    answer = Browser().get("/api/v1/users")
    refused(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="gatehouse"'


@pytest.mark.spec("RFC 9700", "4.3.2")
def test_token_in_the_address_is_no_token() -> None:
    caller = person_calling(make_superuser())
    refused(Browser().get("/api/v1/users", {"access_token": caller.token}), 401, "not_authenticated")
    answer = caller.get(f"users?access_token={caller.token}")
    assert refused(answer, 400, "invalid_query")["errors"][0]["parameter"] == "access_token"


def test_token_in_the_body_is_no_token() -> None:
    caller = person_calling(make_superuser())
    refused(Browser().post("/api/v1/users", {"access_token": caller.token}), 401, "not_authenticated")


def test_session_of_a_browser_opens_nothing() -> None:
    browser, administrator = Browser(), make_superuser()
    sign_in(browser, administrator)
    refused(browser.get("/api/v1/users"), 401, "not_authenticated")
    refused(browser.post("/api/v1/users", {}), 401, "not_authenticated")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b", "Bearer {}", "bearer\ttoken"])
def test_malformed_header_is_refused(header: str) -> None:
    answer = Browser().get("/api/v1/users", headers={"Authorization": header})
    assert answer.status_code in {400, 401}
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_token_that_is_none_is_refused() -> None:
    answer = Caller("gat_nothing", Client()).get("users")
    refused(answer, 401, "invalid_token")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@pytest.mark.spec("RFC 6750", "3.1")
def test_scope_that_is_missing_is_named() -> None:
    answer = person_calling(make_superuser(), "openid gatehouse:users.write").get("users")
    refused(answer, 403, "insufficient_scope")
    assert 'error="insufficient_scope"' in answer["WWW-Authenticate"]
    assert f'scope="{READ}"' in answer["WWW-Authenticate"]


def test_token_for_another_api_opens_nothing() -> None:
    """The scope is the audience: no other resource's scope is one of ours."""
    refused(person_calling(make_superuser(), "openid payroll:read").get("users"), 403, "insufficient_scope")
    refused(client_calling("payroll:read").get("users"), 403, "insufficient_scope")


def test_scope_gives_a_person_no_right() -> None:
    refused(person_calling(make_user()).get("users"), 403, "right_missing")


def test_right_counts_only_for_those_who_may_enter_the_administration() -> None:
    administrator = make_administrator("directory.view_user")
    caller = person_calling(administrator)
    assert caller.get("users").status_code == 200
    User.objects.filter(pk=administrator.pk).update(is_staff=False)
    refused(caller.get("users"), 403, "right_missing")


def test_scope_gives_a_client_its_right_and_no_other() -> None:
    caller = client_calling(READ)
    assert caller.get("users").status_code == 200
    refused(caller.post("users", {"username": "new"}), 403, "insufficient_scope")


def _suspend(caller: Caller) -> None:
    assert caller.user is not None
    User.objects.filter(pk=caller.user.pk).update(status="suspended")


def _end_session(caller: Caller) -> None:
    assert caller.user is not None
    caller.user.sso_sessions.update(ended_at=timezone.now())


def _revoke(caller: Caller) -> None:
    Authorization.objects.update(revoked_at=timezone.now())


def _disable(caller: Caller) -> None:
    Client.objects.filter(pk=caller.client.pk).update(is_enabled=False)


def _expire(caller: Caller) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("end", [_suspend, _end_session, _revoke, _disable, _expire])
def test_validity_is_judged_at_each_use(end: Any) -> None:
    caller = person_calling(make_superuser())
    assert caller.get("users").status_code == 200
    end(caller)
    refused(caller.get("users"), 401, "invalid_token")


def test_scope_that_was_taken_from_the_client_counts_no_more() -> None:
    caller = client_calling(READ)
    Client.objects.filter(pk=caller.client.pk).update(scopes="")
    refused(caller.get("users"), 403, "insufficient_scope")


def test_event_names_who_acted_and_through_which_client() -> None:
    administrator, person = make_superuser(), make_user()
    caller = person_calling(administrator)
    assert caller.post(f"users/{person.pk}/suspend").status_code == 200
    event = AuditEvent.objects.get(action="user.changed")
    assert (event.actor_kind, event.actor_id) == ("user", str(administrator.pk))
    assert event.client_id == str(caller.client.pk)
    assert event.session_id == str(administrator.sso_sessions.get().pk)
    service = client_calling("gatehouse:users.write")
    assert service.post(f"users/{person.pk}/reactivate").status_code == 200
    event = AuditEvent.objects.filter(action="user.changed").latest("id")
    assert (event.actor_kind, event.actor_id) == ("client", str(service.client.pk))


@pytest.mark.spec("RFC 6585", "4")
def test_sixty_calls_a_minute_for_each_caller_whatever_the_token(settings: Settings) -> None:
    settings.RATE_LIMIT_PERCENT = 5
    administrator = make_superuser()
    first, second, other = person_calling(administrator), person_calling(administrator), client_calling(READ)
    answers = [caller.get("users") for caller in (first, second, first)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0]["RateLimit-Policy"] == '"api";q=3;w=60'
    assert answers[2]["RateLimit"].startswith('"api";r=0;t=')
    answer = second.get("users")
    refused(answer, 429, "too_many_requests")
    assert int(answer["Retry-After"]) == 60
    assert other.get("users").status_code == 200
