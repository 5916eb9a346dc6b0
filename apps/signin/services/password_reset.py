"""Forgot the password: ask for a link by mail, and set a new password with it.

Whoever asks is told the same after the same work, whether there is such a person or not. What is true of them is looked
up in the request, as at sign-in; what is done about it is the worker's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.ports import ANONYMOUS, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin, network_of
from apps.core.rate_limits import Standing, charge, rate_limit
from apps.directory.selectors import person, person_by_identifier, subject_of
from apps.directory.selectors.links import Purpose, may_reset_password
from apps.directory.services.one_time_links import make_link
from apps.jobs.ports import Attempt, JobKind
from apps.jobs.services.enqueue import enqueue
from apps.mail.ports import Button, Fact, Letter, MailKind, Order
from apps.mail.services.sending import send
from apps.signin.events import SignInAction

PER_ACCOUNT = rate_limit("password-reset")
PER_ADDRESS = rate_limit("password-reset-address")


class Why(StrEnum):
    """Why nothing is sent. The person who asks is not told."""

    UNKNOWN_IDENTIFIER = "unknown_identifier"
    NO_RESET = "no_reset"
    RATE_LIMITED = "rate_limited"


def request_reset(*, identifier: str, origin: Origin, now: datetime) -> Standing | None:
    """The limit that the network address has reached, or None: then a link is on its way, if there is a person to
    whom it can go."""
    of_address = charge(PER_ADDRESS, network_of(origin.ip), now=now)
    if not of_address.is_allowed:
        if of_address.has_begun:
            with transaction.atomic():
                _record(Why.RATE_LIMITED, None, origin=origin, now=now)
        return of_address
    user = person_by_identifier(identifier)
    counted = str(user.pk) if user else identifier.strip().casefold()
    of_account = charge(PER_ACCOUNT, counted, now=now)
    why = None
    if user is None:
        why = Why.UNKNOWN_IDENTIFIER
    elif not may_reset_password(user, now=now):
        why = Why.NO_RESET
    if not of_account.is_allowed:
        why = Why.RATE_LIMITED
    target = subject_of(user) if user else None
    with transaction.atomic():
        # One job in either case: nobody can tell by the time.
        facts = {"asked_at": now.isoformat(), "ip": origin.ip or ""}
        payload = {"person": str(user.pk) if user and why is None else "", "facts": facts}
        enqueue(kind=KIND, payload=payload, actor=ANONYMOUS, now=now)
        if of_account.is_allowed or of_account.has_begun:
            _record(why, target, origin=origin, now=now)
    return None


def _record(why: Why | None, target: Subject | None, *, origin: Origin, now: datetime) -> None:
    record_event(
        action=SignInAction.PASSWORD_RESET_REQUESTED,
        outcome=Outcome.REFUSED if why else Outcome.SUCCESS,
        actor=ANONYMOUS,
        origin=origin,
        now=now,
        # Never what was typed: people type passwords into the wrong field.
        target=target,
        details={"reason": why.value} if why else {},
    )


def answer_request(attempt: Attempt) -> Mapping[str, Any]:
    """The worker's side: the mail, for whom there is one."""
    if not attempt.payload["person"]:
        return {}
    with transaction.atomic():
        send(
            kind=RESET_MAIL,
            to=Subject(kind="user", id=str(attempt.payload["person"])),
            actor=ANONYMOUS,
            now=timezone.now(),
            facts=attempt.payload["facts"],
            once=True,
        )
    return {}


def write_reset(order: Order) -> Letter | None:
    user = person(order.to.person.id)
    if user is None or not may_reset_password(user, now=order.now):
        return None
    lifetime: timedelta = settings.PASSWORD_RESET_LIFETIME
    token = make_link(
        user=user, purpose=Purpose.RESET, address=order.to.address, lifetime=lifetime, now=order.now
    )
    minutes = int(lifetime.total_seconds() // 60)
    asked_at = timezone.localtime(datetime.fromisoformat(order.facts["asked_at"]))
    return Letter(
        subject=_("Choose a new password"),
        paragraphs=(_("Somebody, most likely you, asked for a new password for your account."),),
        facts=(
            Fact(_("User name"), user.username),
            Fact(_("Asked for"), date_format(asked_at, "DATETIME_FORMAT")),
            *([Fact(_("From the address"), order.facts["ip"])] if order.facts["ip"] else []),
        ),
        button=Button(_("Choose a new password"), reverse("signin:open_link", args=(token,))),
        after=(
            ngettext(
                "The link works once, for %(minutes)d minute from now.",
                "The link works once, for %(minutes)d minutes from now.",
                minutes,
            )
            % {"minutes": minutes},
            _("If it was not you, do nothing: your password stays as it is."),
        ),
    )


KIND = "signin.password_reset"
RESET_REQUEST = JobKind(
    name=KIND, title=gettext_lazy("Answer a request for a new password"), run=answer_request
)
RESET_MAIL = MailKind(
    name="signin.password_reset", title=gettext_lazy("Link to choose a new password"), write=write_reset
)
