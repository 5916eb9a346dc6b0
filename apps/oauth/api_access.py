"""Whom an access token lets call the API, judged at each use. Decision: docs/decisions/0022."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.core.api.caller import Caller
from apps.core.api.scopes import may_give, rights_of, scopes_named
from apps.directory.selectors import subject_of
from apps.oauth.selectors import live_access_token
from apps.oauth.subjects import client_subject

if TYPE_CHECKING:
    from apps.oauth.models import Client


class ClientItself:
    """A client that acts for itself, where rights are asked for: it has those of its scopes and no others."""

    is_superuser = False
    is_staff = False

    def __init__(self, client: Client, scopes: frozenset[str]) -> None:
        self.pk = client.pk
        self._rights = rights_of(scopes)

    def has_perm(self, right: str, obj: Any = None) -> bool:
        return obj is None and right in self._rights

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        return set(self._rights) if obj is None else set()


def may_change_client(by: Any, client: Client) -> bool:
    """Whoever has its secret or its redirect URI has what it may do in the API."""
    return may_give(by, client.allowed_scopes)


def rights_of_client(client: Client) -> frozenset[str]:
    return rights_of(client.allowed_scopes)


def caller_with(value: str, now: datetime) -> Caller | None:
    """Spec: RFC 6750 §2.1; RFC 6749 §4.4."""
    token = live_access_token(value, now=now)
    if token is None:
        return None
    client = token.application
    # What an administrator has taken from the client since counts at once.
    names = client.allowed_scopes.intersection(token.scope.split())
    scopes = frozenset(scope.name for scope in scopes_named(names))
    if token.user is None:
        return Caller(
            by=ClientItself(client, scopes),
            actor=client_subject(client),
            client_id=str(client.pk),
            session_id="",
            scopes=scopes,
        )
    session_id = token.authorization.session_id if token.authorization else None
    return Caller(
        by=token.user,
        actor=subject_of(token.user),
        client_id=str(client.pk),
        session_id=str(session_id or ""),
        scopes=scopes,
    )
