"""Registering and changing clients in somebody's name: nobody gives a client more than they answer for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.audit.ports import Outcome
from apps.audit.services.changes import Writing, snapshot
from apps.audit.services.record import record_event
from apps.core.api.scopes import may_give, rights_of
from apps.oauth.errors import ClientInUse, NotYoursToRegister
from apps.oauth.events import OAuthAction
from apps.oauth.models import Client, Scope
from apps.oauth.selectors import was_used
from apps.oauth.services.clients import (
    NewClient,
    RegisteredClient,
    accept_client,
    conform_to_kind,
    create_client,
)
from apps.oauth.standard_scopes import STANDARD_SCOPES, built_in_scopes
from apps.oauth.subjects import client_subject

if TYPE_CHECKING:
    from apps.access.models import Application

ALL_APPLICATIONS = "access.change_application"
# What gives a client more than the application that it belongs to.
FOR_ALL_APPLICATIONS = ("is_resource_server", "skip_authorization")
SECRETS = ("client_secret",)


@transaction.atomic
def register_client_as(
    *, details: NewClient, application: Application, by: Any, carried: Collection[str], writing: Writing
) -> RegisteredClient:
    """`carried`: the rights of the token with which it is registered; the client gets none beyond them.

    Raises: NotYoursToRegister; ClientRefused, naming the first field that was not accepted.
    """
    answers_for_all = by.has_perm(ALL_APPLICATIONS)
    if not (answers_for_all or application.owner_id == by.pk):
        raise NotYoursToRegister
    if any(getattr(details, name) for name in FOR_ALL_APPLICATIONS) and not answers_for_all:
        raise NotYoursToRegister
    _refuse_scopes(set((details.scopes or "").split()), by, carried)
    return create_client(
        details=details,
        application=application,
        actor=writing.actor,
        origin=writing.origin,
        now=writing.now,
    )


@transaction.atomic
def change_client_as(
    *, client: Client, changes: Mapping[str, Any], by: Any, carried: Collection[str], writing: Writing
) -> bool:
    """Whether anything was changed; `client` is locked. What it has already, it keeps.

    Raises: NotYoursToRegister; ClientRefused, naming the first field that was not accepted.
    """
    application = changes.get("application", client.application)
    moves = application.pk != client.application_id
    owners = {client.application.owner_id, application.owner_id}
    widens = any(name in changes and changes[name] != getattr(client, name) for name in FOR_ALL_APPLICATIONS)
    if not by.has_perm(ALL_APPLICATIONS) and (widens or (moves and owners != {by.pk})):
        raise NotYoursToRegister
    _refuse_scopes(set(changes.get("scopes", "").split()) - client.allowed_scopes, by, carried)
    before = snapshot(client)
    for name, value in changes.items():
        setattr(client, name, value)
    conform_to_kind(client)
    accept_client(client)
    client.save()
    return writing.record(
        OAuthAction.CLIENT_CHANGED,
        client,
        target=client_subject(client),
        client_id=str(client.pk),
        before=before,
        secrets=SECRETS,
    )


@transaction.atomic
def delete_client(*, client: Client, writing: Writing) -> None:
    """Raises: ClientInUse, for one that was used: what people allowed it is evidence."""
    if was_used(client):
        raise ClientInUse
    before, subject, key = snapshot(client), client_subject(client), str(client.pk)
    client.delete()
    writing.record_gone(
        OAuthAction.CLIENT_DELETED, target=subject, client_id=key, before=before, secrets=SECRETS
    )


@transaction.atomic
def switch_client(*, client: Client, on: bool, writing: Writing) -> bool:
    """Whether it was not so yet. Disabled, its tokens are refused at their next use."""
    moved = Client.objects.filter(pk=client.pk, is_enabled=not on).update(is_enabled=on, updated=writing.now)
    if moved:
        record_event(
            action=OAuthAction.CLIENT_CHANGED,
            outcome=Outcome.SUCCESS,
            actor=writing.actor,
            origin=writing.origin,
            now=writing.now,
            target=client_subject(client),
            client_id=str(client.pk),
            before={"is_enabled": not on},
            after={"is_enabled": on},
        )
    return bool(moved)


def _refuse_scopes(scopes: set[str], by: Any, carried: Collection[str]) -> None:
    """Raises: NotYoursToRegister."""
    built_in = {*STANDARD_SCOPES, *built_in_scopes()}
    if not (may_give(by, scopes) and rights_of(scopes) <= set(carried)):
        raise NotYoursToRegister
    if not (by.has_perm(ALL_APPLICATIONS) or scopes <= built_in):
        raise NotYoursToRegister
    defined = set(Scope.objects.filter(name__in=scopes).values_list("name", flat=True))
    unknown = scopes - built_in - defined
    if unknown:
        raise NotYoursToRegister(f"no such scope: {min(unknown)[:100]}")
