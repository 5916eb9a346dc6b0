"""Whatever ends a person, a session, a client or an application ends its tokens at their next use."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, Membership, User
from apps.directory.services.group_nesting import nest_group, unnest_group
from apps.directory.services.people import change_status, set_password
from apps.oauth.models import AccessToken, Authorization, Client
from apps.signin.models import Session
from tests.factories.clients import TestClient, introspect, make_client, obtain_tokens, refresh, userinfo
from tests.factories.people import sign_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("signing_keys"),
    pytest.mark.spec("RFC 9700", "2.2"),
]


def suspend_person() -> None:
    User.objects.update(status=User.Status.SUSPENDED)


def deprovision_person() -> None:
    User.objects.update(status=User.Status.DEPROVISIONED)


def let_employment_end() -> None:
    User.objects.update(ends_on=timezone.now().date() - timedelta(days=1))


def let_employment_begin_later() -> None:
    User.objects.update(starts_on=timezone.now().date() + timedelta(days=1))


def change_password() -> None:
    set_password(
        user=User.objects.get(),
        password="Another-Gate-Opens-8!",
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=timezone.now(),
    )


def revoke_authorization() -> None:
    Authorization.objects.update(revoked_at=timezone.now())


def disable_client() -> None:
    Client.objects.exclude(kind=Client.Kind.SERVICE).update(is_enabled=False)


def disable_application() -> None:
    Application.objects.exclude(oauth_clients__kind=Client.Kind.SERVICE).update(is_enabled=False)


def end_session() -> None:
    Session.objects.update(ended_at=timezone.now())


def let_session_expire() -> None:
    Session.objects.update(expires_at=timezone.now())


def remove_session() -> None:
    Session.objects.all().delete()


ENDINGS = (
    suspend_person,
    deprovision_person,
    let_employment_end,
    let_employment_begin_later,
    change_password,
    revoke_authorization,
    disable_client,
    disable_application,
)
ENDINGS_OF_THE_SESSION = (end_session, let_session_expire, remove_session)
Ending = Callable[[], None]


def where_it_still_works(machine: Browser, app: TestClient, tokens: dict[str, Any]) -> set[str]:
    resource_server = make_client(
        kind="service", redirect_uris=[], scopes="openid profile", is_resource_server=True
    )
    works = {
        "userinfo": userinfo(machine, tokens["access_token"]).status_code == 200,
        "introspection": introspect(machine, resource_server, tokens["access_token"])["active"],
        "refresh": refresh(machine, app, tokens["refresh_token"]).status_code == 200,
    }
    return {name for name, does in works.items() if does}


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
def test_tokens_work_everywhere_while_nothing_has_ended(
    visitor: Browser, machine: Browser, app: TestClient, scope: str
) -> None:
    tokens = obtain_tokens(visitor, app, scope=scope)
    assert where_it_still_works(machine, app, tokens) == {"userinfo", "introspection", "refresh"}


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
@pytest.mark.parametrize("end", ENDINGS)
def test_tokens_are_worth_nothing_as_soon_as_it_ended(
    visitor: Browser, machine: Browser, app: TestClient, end: Ending, scope: str
) -> None:
    tokens = obtain_tokens(visitor, app, scope=scope)
    end()
    assert where_it_still_works(machine, app, tokens) == set()


@pytest.mark.spec("OpenID Connect Core 1.0", "11")
@pytest.mark.parametrize("end", ENDINGS_OF_THE_SESSION)
def test_tokens_of_a_session_end_with_it(
    visitor: Browser, machine: Browser, app: TestClient, end: Ending
) -> None:
    tokens = obtain_tokens(visitor, app, scope="openid profile")
    end()
    assert where_it_still_works(machine, app, tokens) == set()


@pytest.mark.spec("OpenID Connect Core 1.0", "11")
@pytest.mark.parametrize("end", ENDINGS_OF_THE_SESSION)
def test_tokens_for_offline_access_outlive_the_session(
    visitor: Browser, machine: Browser, app: TestClient, end: Ending
) -> None:
    tokens = obtain_tokens(visitor, app, scope="openid offline_access")
    end()
    assert where_it_still_works(machine, app, tokens) == {"userinfo", "introspection", "refresh"}


def test_revoked_access_token_is_dead_although_the_authorization_stands(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    AccessToken.objects.update(revoked_at=timezone.now())
    assert where_it_still_works(machine, app, tokens) == {"refresh"}


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
def test_lifted_suspension_brings_no_token_back(
    visitor: Browser, machine: Browser, app: TestClient, person: User, scope: str
) -> None:
    tokens = obtain_tokens(visitor, app, scope=scope)
    for status in (User.Status.SUSPENDED, User.Status.ACTIVE):
        person.refresh_from_db()
        assert change_status(
            user=person, status=status, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
        )
        assert where_it_still_works(machine, app, tokens) == set()
    again = Browser()
    sign_in(again, person)
    tokens = obtain_tokens(again, app, scope=scope)
    assert where_it_still_works(machine, app, tokens) == {"userinfo", "introspection", "refresh"}


def test_password_set_before_signing_in_ends_nothing(person: User, machine: Browser, app: TestClient) -> None:
    change_password()
    browser = Browser()
    form = {"identifier": person.username, "password": "Another-Gate-Opens-8!"}
    assert browser.post("/login/", form).status_code == 302
    tokens = obtain_tokens(browser, app, scope="openid offline_access")
    assert where_it_still_works(machine, app, tokens) == {"userinfo", "introspection", "refresh"}


def test_refresh_with_the_old_password_behind_it_is_an_invalid_grant(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app, scope="openid offline_access")
    change_password()
    assert userinfo(machine, tokens["access_token"]).status_code == 401
    answer = refresh(machine, app, tokens["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert introspect(machine, app, tokens["refresh_token"]) == {"active": False}


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
def test_tokens_are_worth_nothing_as_soon_as_the_last_role_ended(
    visitor: Browser, machine: Browser, person: User, scope: str
) -> None:
    closed = make_client(audience=Application.Audience.ASSIGNED)
    role = Role.objects.create(name="Reader", slug="reader", application=closed.row.application)
    Assignment.objects.create(role=role, user=person)
    tokens = obtain_tokens(visitor, closed, scope=scope)
    assert userinfo(machine, tokens["access_token"]).status_code == 200
    assert introspect(machine, closed, tokens["refresh_token"])["active"] is True
    Assignment.objects.update(valid_until=timezone.now())
    assert userinfo(machine, tokens["access_token"]).status_code == 401
    assert introspect(machine, closed, tokens["access_token"]) == {"active": False}
    assert introspect(machine, closed, tokens["refresh_token"]) == {"active": False}
    assert where_it_still_works(machine, closed, tokens) == set()


@pytest.mark.parametrize("goes", ["nesting", "membership"])
def test_tokens_are_worth_nothing_as_soon_as_no_group_leads_to_the_role(
    visitor: Browser, machine: Browser, person: User, goes: str
) -> None:
    closed = make_client(audience=Application.Audience.ASSIGNED)
    role = Role.objects.create(name="Reader", slug="reader", application=closed.row.application)
    outer, inner = Group.objects.create(name="Everybody"), Group.objects.create(name="Readers")
    nesting: Any = {"parent": outer, "child": inner, "actor": SYSTEM, "origin": SYSTEM_ORIGIN}
    nest_group(**nesting, now=timezone.now())
    membership = Membership.objects.create(user=person, group=inner)
    Assignment.objects.create(role=role, group=outer)
    tokens = obtain_tokens(visitor, closed, scope="openid offline_access")
    assert userinfo(machine, tokens["access_token"]).status_code == 200
    assert introspect(machine, closed, tokens["access_token"])["active"] is True
    if goes == "nesting":
        assert unnest_group(**nesting, now=timezone.now())
    else:
        membership.delete()
    assert userinfo(machine, tokens["access_token"]).status_code == 401
    assert introspect(machine, closed, tokens["access_token"]) == {"active": False}
    assert introspect(machine, closed, tokens["refresh_token"]) == {"active": False}
    assert where_it_still_works(machine, closed, tokens) == set()


def test_scope_that_left_the_registration_gives_nothing_any_more(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app, scope="openid email")
    Client.objects.filter(pk=app.row.pk).update(scopes="openid")
    assert "email" not in userinfo(machine, tokens["access_token"]).json()
    for kind in ("access_token", "refresh_token"):
        assert introspect(machine, app, tokens[kind])["scope"] == "openid"
    Client.objects.filter(pk=app.row.pk).update(scopes="profile")
    assert userinfo(machine, tokens["access_token"]).status_code == 403
    assert introspect(machine, app, tokens["access_token"]) == {"active": False}
