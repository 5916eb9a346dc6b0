"""Token tables lose what is of no more use, and nothing else."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.oauth.models import AccessToken, Authorization, AuthorizationCode, RefreshToken
from apps.oauth.services.housekeeping import remove_expired_tokens
from tests.factories.clients import TestClient, make_pkce, obtain_code, obtain_tokens, redeem, refresh

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, int, int, int]:
    tables = (AccessToken, RefreshToken, AuthorizationCode, Authorization)
    access, refreshing, codes, authorizations = (table.objects.count() for table in tables)
    return access, refreshing, codes, authorizations


def test_nothing_that_lives_is_removed(visitor: Browser, machine: Browser, app: TestClient) -> None:
    tokens = obtain_tokens(visitor, app)
    refresh(machine, app, tokens["refresh_token"])
    before = counts()
    assert remove_expired_tokens(now=timezone.now()) == 0
    assert counts() == before == (2, 2, 1, 1)


def test_replayed_code_is_recognised_for_a_day(visitor: Browser, machine: Browser, app: TestClient) -> None:
    pkce = make_pkce()
    code = obtain_code(visitor, app, pkce)
    redeem(machine, app, code, pkce)
    remove_expired_tokens(now=timezone.now() + timedelta(hours=23))
    redeem(machine, app, code, pkce)
    assert Authorization.objects.get().revoke_reason == "code_replayed"


def test_expired_access_tokens_and_old_codes_go(visitor: Browser, app: TestClient) -> None:
    obtain_tokens(visitor, app)
    remove_expired_tokens(now=timezone.now() + timedelta(days=2))
    assert counts() == (0, 1, 0, 1)


def test_everything_goes_once_nothing_can_come_of_it(visitor: Browser, app: TestClient) -> None:
    obtain_tokens(visitor, app)
    remove_expired_tokens(now=timezone.now() + timedelta(days=32))
    assert counts() == (0, 0, 0, 0)


def test_authorization_stays_as_long_as_it_is_refreshed(
    visitor: Browser, machine: Browser, app: TestClient
) -> None:
    tokens = obtain_tokens(visitor, app)
    Authorization.objects.update(created_at=timezone.now() - timedelta(days=100))
    refresh(machine, app, tokens["refresh_token"])
    remove_expired_tokens(now=timezone.now())
    assert counts()[3] == 1
