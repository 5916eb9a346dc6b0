"""Registering clients and giving them new secrets."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from apps.access.selectors import application_by_name
from apps.access.services.applications import Audience, create_application
from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.oauth.errors import ClientRefused
from apps.oauth.events import OAuthAction
from apps.oauth.models import Client
from apps.oauth.redirect_uris import problem_with
from apps.oauth.subjects import client_subject
from apps.oauth.token_values import ClientIdGenerator, ClientSecretGenerator, digest

if TYPE_CHECKING:
    from apps.access.models import Application

CODE_KINDS = frozenset({Client.Kind.WEB, Client.Kind.SPA, Client.Kind.NATIVE})
DEFAULT_SCOPES = "openid profile email"
CLIENT_ID = re.compile(r"[A-Za-z0-9._~:/-]{1,255}\Z")
# Spec: RFC 6749 §3.3, scope-token.
SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+\Z")
PUBLIC_KINDS = frozenset({Client.Kind.SPA, Client.Kind.NATIVE})
NEEDS_ONE = _("A client that signs people in needs at least one.")
# Of which only a fast digest is kept: what can be guessed from that must not be taken.
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class NewClient:
    name: str
    kind: str = Client.Kind.WEB
    client_id: str = ""
    secret: str = ""
    redirect_uris: list[str] = field(default_factory=list)
    post_logout_redirect_uris: list[str] = field(default_factory=list)
    scopes: str | None = None
    algorithm: str = Client.SigningAlgorithm.RS256
    audience: str = Audience.ASSIGNED
    skip_authorization: bool = False
    is_resource_server: bool = False
    is_pkce_required: bool = True
    is_par_required: bool = False
    launch_url: str = ""
    description: str = ""
    website_url: str = ""
    policy_url: str = ""
    tos_url: str = ""


@dataclass(frozen=True)
class RegisteredClient:
    """`secret` is in clear here and nowhere else, ever again; empty for public clients."""

    client: Client
    secret: str


@transaction.atomic
def create_client(
    *,
    details: NewClient,
    actor: Subject,
    origin: Origin,
    now: datetime,
    application: Application | None = None,
) -> RegisteredClient:
    """A client, and the application behind it unless one is given or one of that name exists.

    Raises: ClientRefused, naming the first field that was not accepted.
    """
    client = Client(
        name=details.name,
        kind=details.kind,
        client_id=details.client_id or ClientIdGenerator().hash(),
        redirect_uris=" ".join(details.redirect_uris),
        post_logout_redirect_uris=" ".join(details.post_logout_redirect_uris),
        scopes=_scopes_for(details),
        algorithm=details.algorithm,
        skip_authorization=details.skip_authorization,
        is_resource_server=details.is_resource_server,
        is_pkce_required=details.is_pkce_required,
        is_par_required=details.is_par_required,
        website_url=details.website_url,
        policy_url=details.policy_url,
        tos_url=details.tos_url,
    )
    conform_to_kind(client)
    client.application = application or _application_for(details, actor=actor, origin=origin, now=now)
    accept_client(client)
    secret = _secret_for(client, details)
    if secret:
        client.client_secret, client.secret_changed_at = digest(secret), now
    client.save(force_insert=True)
    record_event(
        action=OAuthAction.CLIENT_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=client_subject(client),
        client_id=str(client.pk),
        after=client_facts(client),
    )
    return RegisteredClient(client, secret)


@transaction.atomic
def rotate_client_secret(*, client: Client, actor: Subject, origin: Origin, now: datetime) -> str:
    """The new secret, in clear; the old one stops working at once.

    Raises: ClientRefused for a public client, which has none.
    """
    if client.is_public:
        raise ClientRefused("A public client has no secret.", field="kind")
    secret = ClientSecretGenerator().hash()
    Client.objects.filter(pk=client.pk).update(
        client_secret=digest(secret), secret_changed_at=now, updated=now
    )
    record_event(
        action=OAuthAction.CLIENT_SECRET_ROTATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=client_subject(client),
        client_id=str(client.pk),
    )
    return secret


def conform_to_kind(client: Client) -> None:
    """Client type and grant follow from the kind: nobody has to know which combinations are safe."""
    client.client_type = Client.CLIENT_PUBLIC if client.kind in PUBLIC_KINDS else Client.CLIENT_CONFIDENTIAL
    client.authorization_grant_type = (
        Client.GRANT_AUTHORIZATION_CODE if client.kind in CODE_KINDS else Client.GRANT_CLIENT_CREDENTIALS
    )
    if client.is_public:
        client.is_pkce_required = True


def problem_with_redirect_uri(uri: str, *, kind: str) -> str:
    return problem_with(uri, is_native=kind == Client.Kind.NATIVE, allow_localhost=settings.EMBEDDED)


def redirect_uri_problems(client: Client) -> dict[str, list[str]]:
    """What is wrong with the client's redirect URIs, by field."""
    found: dict[str, list[str]] = {}
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        problems = [
            f"{uri} {problem}"
            for uri in getattr(client, name).split()
            if (problem := problem_with_redirect_uri(uri, kind=client.kind))
        ]
        if problems:
            found[name] = problems
    if client.kind in CODE_KINDS and not client.redirect_uris.split():
        found.setdefault("redirect_uris", []).append(str(NEEDS_ONE))
    return found


def client_facts(client: Client) -> dict[str, str | bool]:
    """What an audit event keeps of a client."""
    return {
        "name": client.name,
        "kind": client.kind,
        "client_id": client.client_id,
        "application": str(client.application_id),
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "scopes": client.scopes,
        "algorithm": client.algorithm,
        "is_pkce_required": client.is_pkce_required,
        "is_par_required": client.is_par_required,
        "is_resource_server": client.is_resource_server,
        "skip_authorization": client.skip_authorization,
        "is_enabled": client.is_enabled,
    }


def accept_client(client: Client) -> None:
    """Raises: ClientRefused, naming the first field that was not accepted."""
    if not CLIENT_ID.match(client.client_id):
        raise ClientRefused("Use letters, digits and . _ ~ : / - only, 255 at most.", field="client_id")
    if not all(SCOPE.match(scope) for scope in client.scopes.split()):
        raise ClientRefused("A scope contains a character that RFC 6749 does not allow.", field="scopes")
    problems = redirect_uri_problems(client)
    if problems:
        name, messages = next(iter(problems.items()))
        raise ClientRefused("; ".join(messages), field=name)
    try:
        client.full_clean(exclude=["client_secret"])
    except ValidationError as error:
        raise _refusal(error) from error


def _scopes_for(details: NewClient) -> str:
    """A service signs nobody in: scopes about people would only let it look at other clients' tokens."""
    if details.scopes is not None:
        return details.scopes
    return DEFAULT_SCOPES if details.kind in CODE_KINDS else ""


def _secret_for(client: Client, details: NewClient) -> str:
    if client.is_public:
        if details.secret:
            raise ClientRefused("A public client has no secret.", field="secret")
        return ""
    if details.secret and len(details.secret) < SHORTEST_SECRET:
        raise ClientRefused(
            f"At least {SHORTEST_SECRET} random characters are needed; `openssl rand -base64 48` makes some.",
            field="secret",
        )
    return details.secret or ClientSecretGenerator().hash()


def _application_for(details: NewClient, *, actor: Subject, origin: Origin, now: datetime) -> Application:
    found = application_by_name(details.name)
    if found is not None:
        return found
    try:
        return create_application(
            name=details.name,
            # A name in other letters than Latin ones leaves nothing of itself.
            slug=slugify(details.name)[:64] or f"application-{secrets.token_hex(4)}",
            description=details.description,
            launch_url=details.launch_url,
            audience=details.audience,
            actor=actor,
            origin=origin,
            now=now,
        )
    except ValidationError as error:
        raise _refusal(error) from error


def _refusal(error: ValidationError) -> ClientRefused:
    name, messages = next(iter(error.message_dict.items()))
    return ClientRefused("; ".join(messages), field=name)
