"""Questions about clients, tokens and consents. Validity is judged at use, in the statement that reads the token."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from apps.access.selectors import decide_access
from apps.core.api.scopes import ApiScope
from apps.oauth.models import AccessToken, Authorization, Client, Consent, RefreshToken, Scope
from apps.oauth.standard_scopes import OFFLINE_ACCESS, StandardScope, built_in_scopes
from apps.oauth.token_values import digest, matches

if TYPE_CHECKING:
    from apps.directory.models import User

LONGEST_TOKEN = 512
# As RFC 6454 §6.2 writes one; no host name is longer.
WEB_ORIGIN = re.compile(r"https?://([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:[0-9]{1,5})?")


def client_by_client_id(client_id: str) -> Client | None:
    """An enabled client of an enabled application, or nothing."""
    if not client_id or "\x00" in client_id:
        return None
    found = (
        Client.objects.select_related("application", "application__owner").filter(client_id=client_id).first()
    )
    return found if found is not None and found.is_usable() else None


def is_origin_registered(origin: str) -> bool:
    """Whether it is the origin of any enabled application in the browser."""
    match = WEB_ORIGIN.fullmatch(origin)
    if match is None:
        return False
    # What is registered may spell the origin differently, but never its host.
    candidates = Client.objects.filter(
        Q(redirect_uris__icontains=match[1]) | Q(allowed_origins__icontains=match[1]),
        kind=Client.Kind.SPA,
        is_enabled=True,
        application__is_enabled=True,
    )
    return any(
        client.origin_allowed(origin)
        for client in candidates.only("kind", "redirect_uris", "allowed_origins").order_by()
    )


def secret_matches(client: Client, secret: str) -> bool:
    return matches(secret, client.client_secret)


def was_used(client: Client) -> bool:
    """Whether anybody ever got something through it, that is still on record."""
    return client.authorizations.exists() or AccessToken.objects.filter(application=client).exists()


def consent_of(*, user: User, client: Client) -> Consent | None:
    return Consent.objects.filter(user=user, client=client).first()


def described_scopes(names: Iterable[str]) -> list[Scope | StandardScope | ApiScope]:
    """The scopes in the order asked for, each with the words that people read."""
    wanted = list(names)
    own = {scope.name: scope for scope in Scope.objects.filter(name__in=wanted)}
    built_in = built_in_scopes()
    return [built_in.get(name) or own.get(name) or Scope(name=name, title=name) for name in wanted]


def is_live(authorization: Authorization, *, client: Client, user: User, now: datetime) -> bool:
    """Whether the person, the client and the session behind a token still stand.

    A new password or a suspension ends what came from signing in before it, also where it outlives the session.
    """
    session = authorization.session
    return (
        authorization.revoked_at is None
        and client.is_usable()
        and user.may_sign_in(now=now)
        and user.sign_in_counts(authorization.auth_time)
        and (
            (authorization.is_offline and OFFLINE_ACCESS in client.allowed_scopes)
            or (session is not None and session.ended_at is None and session.expires_at > now)
        )
    )


def is_in_force(authorization: Authorization, *, client: Client, user: User, now: datetime) -> bool:
    """Whether it stands and the person may still use the application; asks for roles only where one is needed."""
    return (
        is_live(authorization, client=client, user=user, now=now)
        and decide_access(user=user, application=client.application, now=now).is_allowed
    )


def scopes_in_force(authorization: Authorization) -> list[str]:
    """What was granted, less what the client may no longer have."""
    allowed = authorization.client.allowed_scopes
    return [scope for scope in authorization.scope.split() if scope in allowed]


def scopes_of_token(token: AccessToken) -> list[str]:
    """What it was issued with, less what its client may no longer have."""
    allowed = token.application.allowed_scopes
    return [scope for scope in token.scope.split() if scope in allowed]


def live_access_token(value: str, *, now: datetime) -> AccessToken | None:
    """The token with all that its validity hangs on, or nothing: one statement, and one where a role is needed."""
    if not value or len(value) > LONGEST_TOKEN:
        return None
    token = (
        AccessToken.objects.select_related("user", "application__application", "authorization__session")
        .filter(token_checksum=digest(value), expires__gt=now, revoked_at__isnull=True)
        .first()
    )
    if token is None or not token.application.is_usable():
        return None
    if token.authorization is None:
        return token
    # The token's own client and person are those of its authorization: reading them twice would cost most.
    stands = token.user is not None and is_in_force(
        token.authorization, client=token.application, user=token.user, now=now
    )
    return token if stands else None


def refresh_token_by_value(value: str) -> RefreshToken | None:
    """The token whatever its state, with what its validity hangs on: a used one must be recognised."""
    if not value or len(value) > LONGEST_TOKEN:
        return None
    return (
        RefreshToken.objects.select_related(
            "authorization__user", "authorization__session", "authorization__client__application"
        )
        .filter(token_checksum=digest(value))
        .first()
    )


def is_usable(token: RefreshToken, *, now: datetime) -> bool:
    """Whether the token could be rotated at `now`."""
    family = token.authorization
    return (
        token.revoked is None
        and token.expires > now
        and is_in_force(family, client=family.client, user=family.user, now=now)
    )


def applications_in_sessions(session_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """Names of the applications that were given anything in each of these sessions."""
    pairs = (
        Authorization.objects.filter(session_id__in=session_ids)
        .order_by()
        .values_list("session_id", "client__application__name")
        .distinct()
    )
    found: dict[UUID, set[str]] = {}
    for session_id, name in pairs:
        if session_id is not None:
            found.setdefault(session_id, set()).add(name)
    return found


def standing_authorizations(*, user: User, now: datetime) -> QuerySet[Authorization]:
    """What clients can still get something with: in a session that lasts, or for as long as they renew it."""
    renewable = RefreshToken.objects.filter(
        authorization=OuterRef("pk"), revoked__isnull=True, expires__gt=now
    )
    in_session = Q(session__ended_at__isnull=True, session__expires_at__gt=now)
    standing = Authorization.objects.filter(
        in_session
        | Q(Exists(renewable), scope__contains=OFFLINE_ACCESS, client__scopes__contains=OFFLINE_ACCESS),
        user=user,
        revoked_at__isnull=True,
    )
    if user.sign_ins_valid_since is not None:
        standing = standing.filter(auth_time__gte=user.sign_ins_valid_since)
    return standing


@dataclass(frozen=True)
class Connection:
    """What one client has of one person."""

    client: Client
    scopes: tuple[Scope | StandardScope | ApiScope, ...]
    consented_at: datetime | None
    """None when nobody had to ask the person."""
    last_used_at: datetime | None
    is_offline: bool
    """Whether it goes on after the person signs out."""


def connections_of(*, user: User, now: datetime, client_id: UUID | None = None) -> list[Connection]:
    """By the name of the application; four statements however many there are."""
    standing = list(
        standing_authorizations(user=user, now=now).order_by().values_list("client_id", "scope").distinct()
    )
    consents = {consent.client_id: consent for consent in Consent.objects.filter(user=user).order_by()}
    clients = (
        Client.objects.filter(pk__in={*consents, *(key for key, _scope in standing)})
        .select_related("application__owner")
        .annotate(
            granted=_newest(Authorization.objects.filter(user=user, client=OuterRef("pk")), "created_at"),
            renewed=_newest(RefreshToken.objects.filter(user=user, application=OuterRef("pk")), "created"),
            issued=_newest(AccessToken.objects.filter(user=user, application=OuterRef("pk")), "created"),
        )
        .order_by("application__name", "pk")
    )
    if client_id is not None:
        clients = clients.filter(pk=client_id)
    names: dict[UUID, dict[str, None]] = {
        key: dict.fromkeys(consent.scope.split()) for key, consent in consents.items()
    }
    for key, scope in standing:
        names.setdefault(key, {}).update(dict.fromkeys(scope.split()))
    words = {each.name: each for each in described_scopes({name for some in names.values() for name in some})}
    offline = {key for key, scope in standing if OFFLINE_ACCESS in scope.split()}
    return [
        Connection(
            client=client,
            scopes=tuple(words[name] for name in names[client.pk]),
            consented_at=consents[client.pk].granted_at if client.pk in consents else None,
            last_used_at=max(filter(None, (client.granted, client.renewed, client.issued)), default=None),
            is_offline=client.pk in offline,
        )
        for client in clients
    ]


def _newest(rows: QuerySet[Any], name: str) -> Subquery:
    return Subquery(rows.order_by(f"-{name}").values(name)[:1])
