"""Granting, remembering and revoking what a person allows a client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.selectors import subject_of
from apps.oauth.conf import code_lifetime
from apps.oauth.errors import PushedRequestUsed
from apps.oauth.events import OAuthAction
from apps.oauth.models import Authorization, AuthorizationCode, Client, Consent, PushedRequest
from apps.oauth.selectors import standing_authorizations
from apps.oauth.services.pushed_requests import use_up
from apps.oauth.subjects import authorization_subject, client_subject
from apps.oauth.token_values import digest
from apps.signin.services.browser_session import SignedIn

if TYPE_CHECKING:
    from apps.directory.models import User


# Whoever takes an authorization back no longer wants the application to get the next one unasked.
WITHDRAWING = frozenset({Authorization.RevokeReason.PERSON, Authorization.RevokeReason.ADMINISTRATOR})


class ConsentBasis(StrEnum):
    """How it came about that a person's consent was there when their client was given a code."""

    GIVEN = "given"
    REMEMBERED = "remembered"
    NOT_ASKED = "not_asked"


@transaction.atomic
def save_authorization_code(
    *,
    code: str,
    client: Client,
    current: SignedIn,
    consent: ConsentBasis,
    scopes: Sequence[str],
    redirect_uri: str,
    code_challenge: str,
    nonce: str,
    pushed: PushedRequest | None,
    origin: Origin,
    now: datetime,
) -> Authorization:
    """The authorization that everything redeemed with the code will hang on. Consent given now is remembered.

    Raises: PushedRequestUsed, when another answer used up the pushed request meanwhile.
    """
    if pushed is not None and not use_up(pushed, now=now):
        raise PushedRequestUsed
    if consent is ConsentBasis.GIVEN:
        _remember_consent(user=current.user, client=client, scopes=scopes, now=now)
    authorization = Authorization.objects.create(
        user=current.user,
        client=client,
        session=current.session,
        scope=" ".join(scopes),
        auth_time=current.session.authenticated_at,
        amr=current.session.amr,
        created_at=now,
    )
    AuthorizationCode.objects.create(
        code=digest(code),
        authorization=authorization,
        user=current.user,
        application=client,
        expires=now + code_lifetime(),
        redirect_uri=redirect_uri,
        scope=authorization.scope,
        code_challenge=code_challenge,
        code_challenge_method="S256" if code_challenge else "",
        nonce=nonce,
    )
    record_event(
        action=OAuthAction.AUTHORIZATION_GRANTED,
        outcome=Outcome.SUCCESS,
        actor=subject_of(current.user),
        origin=origin,
        now=now,
        target=client_subject(client),
        client_id=str(client.pk),
        session_id=str(current.session.pk),
        details={
            "scope": authorization.scope,
            "authorization": str(authorization.pk),
            "consent": consent.value,
        },
    )
    return authorization


@transaction.atomic
def refuse_authorization(
    *,
    client: Client,
    current: SignedIn,
    reason: str,
    scopes: Sequence[str],
    pushed: PushedRequest | None,
    origin: Origin,
    now: datetime,
) -> None:
    """A pushed request that is given is used up with it.

    Raises: PushedRequestUsed, when another answer used it up meanwhile.
    """
    if pushed is not None and not use_up(pushed, now=now):
        raise PushedRequestUsed
    record_event(
        action=OAuthAction.AUTHORIZATION_REFUSED,
        outcome=Outcome.REFUSED,
        actor=subject_of(current.user),
        origin=origin,
        now=now,
        target=client_subject(client),
        client_id=str(client.pk),
        session_id=str(current.session.pk),
        details={"reason": reason, "scope": " ".join(scopes)},
    )


def _remember_consent(*, user: User, client: Client, scopes: Sequence[str], now: datetime) -> None:
    """Scopes add up."""
    consent, created = Consent.objects.select_for_update().get_or_create(
        user=user,
        client=client,
        defaults={"scope": " ".join(scopes), "granted_at": now, "updated_at": now},
    )
    if not created:
        merged = dict.fromkeys([*consent.scope.split(), *scopes])
        Consent.objects.filter(pk=consent.pk).update(scope=" ".join(merged), updated_at=now)


@transaction.atomic
def revoke_authorization(
    *,
    authorization: Authorization,
    reason: Authorization.RevokeReason,
    actor: Subject,
    origin: Origin,
    now: datetime,
) -> bool:
    """Ends every token of the family with one row; whether this call was the one that did.

    Taken back by the person or an administrator, the consent goes with it, and the client has to ask again.
    """
    ended = Authorization.objects.filter(pk=authorization.pk, revoked_at__isnull=True).update(
        revoked_at=now, revoke_reason=reason
    )
    if ended:
        withdrawal = _withdraw_consent(authorization) if reason in WITHDRAWING else {}
        record_event(
            action=OAuthAction.AUTHORIZATION_REVOKED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=authorization_subject(authorization),
            client_id=str(authorization.client_id),
            details={"reason": reason.value, **withdrawal},
        )
    return bool(ended)


def _withdraw_consent(authorization: Authorization) -> dict[str, bool | str]:
    """What the event says of it, and of whose it was; there is none for a first-party client."""
    deleted, _ = Consent.objects.filter(
        user_id=authorization.user_id, client_id=authorization.client_id
    ).delete()
    return {"consent_withdrawn": bool(deleted), "user": str(authorization.user_id)}


@transaction.atomic
def disconnect_client(*, user: User, client: Client, origin: Origin, now: datetime) -> bool:
    """The person takes back all that the client has of them; whether there was anything."""
    standing = list(standing_authorizations(user=user, now=now).filter(client=client).order_by("pk"))
    ended = [
        revoke_authorization(
            authorization=authorization,
            reason=Authorization.RevokeReason.PERSON,
            actor=subject_of(user),
            origin=origin,
            now=now,
        )
        for authorization in standing
    ]
    # The first of them took the consent along. Where none stood, the consent alone was left.
    withdrawn, _ = Consent.objects.filter(user=user, client=client).delete()
    if withdrawn:
        record_event(
            action=OAuthAction.CONSENT_WITHDRAWN,
            outcome=Outcome.SUCCESS,
            actor=subject_of(user),
            origin=origin,
            now=now,
            target=client_subject(client),
            client_id=str(client.pk),
        )
    return any(ended) or bool(withdrawn)
