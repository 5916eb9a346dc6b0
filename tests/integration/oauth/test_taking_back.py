"""An authorization that is taken back takes the consent along: the application has to ask again."""

from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import User
from apps.oauth.models import Authorization, Consent
from apps.oauth.services.authorizations import revoke_authorization
from tests.factories.clients import (
    TestClient,
    authorization_parameters,
    call,
    make_client,
    make_pkce,
    obtain_code,
    obtain_tokens,
)
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db
Reason = Authorization.RevokeReason
by_somebody_who_decides = pytest.mark.parametrize("reason", [Reason.PERSON, Reason.ADMINISTRATOR])


def revoke(authorization: Authorization, reason: Authorization.RevokeReason) -> bool:
    return revoke_authorization(
        authorization=authorization, reason=reason, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
    )


def is_asked(browser: Browser, app: TestClient) -> bool:
    answer = browser.get("/oauth/authorize", authorization_parameters(app, make_pkce()))
    assert answer.status_code in {200, 303}
    return bool(answer.status_code == 200 and b'name="action"' in answer.content)


def revocation_details() -> dict[str, Any]:
    details: dict[str, Any] = AuditEvent.objects.get(action="authorization.revoked").details
    return details


@by_somebody_who_decides
def test_application_has_to_ask_again_after_revocation(
    visitor: Browser, app: TestClient, reason: Authorization.RevokeReason
) -> None:
    obtain_tokens(visitor, app)
    assert not is_asked(visitor, app)
    assert revoke(Authorization.objects.earliest("id"), reason)
    assert is_asked(visitor, app)
    assert revocation_details() == {
        "reason": reason.value,
        "consent_withdrawn": True,
        "user": str(Authorization.objects.earliest("id").user_id),
    }


@by_somebody_who_decides
def test_prompt_none_gets_nothing_after_revocation(
    visitor: Browser, app: TestClient, reason: Authorization.RevokeReason
) -> None:
    obtain_tokens(visitor, app)
    revoke(Authorization.objects.get(), reason)
    answer = visitor.get("/oauth/authorize", authorization_parameters(app, make_pkce(), prompt="none"))
    assert "error=consent_required" in answer["Location"]


def test_only_the_consent_of_this_person_for_this_client_is_withdrawn(
    visitor: Browser, person: User, app: TestClient
) -> None:
    other_app, other_browser = make_client(), Browser()
    sign_in(other_browser, make_user())
    obtain_code(visitor, app, make_pkce())
    obtain_code(visitor, other_app, make_pkce())
    obtain_code(other_browser, app, make_pkce())
    revoke(Authorization.objects.get(user=person, client=app.row), Reason.ADMINISTRATOR)
    assert is_asked(visitor, app)
    assert not is_asked(visitor, other_app)
    assert not is_asked(other_browser, app)


def test_revocation_by_the_client_leaves_the_consent(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    token = obtain_tokens(visitor, app)["access_token"]
    call(machine, "/oauth/revoke", app, {"token": token})
    assert not is_asked(visitor, app)
    assert revocation_details() == {"reason": "client"}


def test_event_says_so_where_there_was_no_consent_to_withdraw(visitor: Browser) -> None:
    obtain_code(visitor, make_client(skip_authorization=True), make_pkce())
    revoke(Authorization.objects.get(), Reason.ADMINISTRATOR)
    details = revocation_details()
    assert (details["reason"], details["consent_withdrawn"]) == ("administrator", False)


def test_consent_stays_if_the_revocation_cannot_be_logged(
    monkeypatch: pytest.MonkeyPatch, visitor: Browser, app: TestClient
) -> None:
    obtain_code(visitor, app, make_pkce())

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the log is full")

    monkeypatch.setattr(AuditEvent, "save", fails)
    with pytest.raises(RuntimeError):
        revoke(Authorization.objects.get(), Reason.PERSON)
    monkeypatch.undo()
    assert Consent.objects.exists()
    assert Authorization.objects.get().revoked_at is None
