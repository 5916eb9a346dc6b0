"""The worker's side: write the mail, hand it to the mail server, and say in the log what became of it."""

import re
import smtplib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils import timezone, translation

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.jobs.errors import JobFailed
from apps.jobs.ports import Attempt
from apps.mail.address import can_be_written_to
from apps.mail.events import MailAction
from apps.mail.message import build_message
from apps.mail.ports import MailKind, Order, Recipient, recipients

log = structlog.get_logger(__name__)
NO_PERSON = "There is no such person any more."
NO_ADDRESS = "The person has no address that such a mail may go to."
WRONG_ADDRESS = "No mail can be sent to an address like that."


def deliver(kind: MailKind, attempt: Attempt) -> Mapping[str, Any]:
    """Raises: JobFailed, permanent when no other try can end otherwise."""
    to = _recipient(kind, attempt)
    now = timezone.now()
    with translation.override(to.language), timezone.override(to.time_zone):
        with transaction.atomic():
            letter = kind.write(Order(to=to, facts=attempt.payload["facts"], actor=attempt.actor, now=now))
        if letter is None:
            return {"sent": False}
        message = build_message(letter, to=to)
    _hand_over(message)
    with transaction.atomic():
        _record(MailAction.MAIL_SENT, Outcome.SUCCESS, kind, attempt, to.person, now=timezone.now())
    return {"sent": True}


def note_given_up(kind: MailKind, attempt: Attempt, reason: str) -> None:
    found = recipients.get().find(str(attempt.payload["person"]))
    person = found.person if found else Subject(kind="user", id=str(attempt.payload["person"]))
    _record(MailAction.MAIL_GAVE_UP, Outcome.ERROR, kind, attempt, person, now=timezone.now(), cause=reason)


def _recipient(kind: MailKind, attempt: Attempt) -> Recipient:
    to = recipients.get().find(str(attempt.payload["person"]))
    if to is None:
        raise JobFailed(NO_PERSON, is_permanent=True)
    given = str(attempt.payload["address"])
    if not given and (not to.address or (kind.needs_verified_address and not to.is_address_verified)):
        raise JobFailed(NO_ADDRESS, is_permanent=True)
    to = replace(to, address=given or to.address)
    if not can_be_written_to(to.address):
        raise JobFailed(WRONG_ADDRESS, is_permanent=True)
    return to


def _hand_over(message: EmailMultiAlternatives) -> None:
    """What the server says may name the recipient: only its codes are told."""
    try:
        _send(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, text = next(iter(error.recipients.values()))
        raise _refused(code, text, "The mail server does not take mail for this recipient") from error
    except smtplib.SMTPDataError as error:
        raise _refused(error.smtp_code, error.smtp_error, "The mail server does not take the mail") from error
    except smtplib.SMTPResponseException as error:
        # Who may send, and as whom, is set up by somebody: it may be mended.
        words = "The mail server does not let this sender send"
        raise JobFailed(f"{words}: {_codes(error.smtp_code, error.smtp_error)}.") from error
    except (OSError, smtplib.SMTPException) as error:
        raise JobFailed(f"The mail server cannot be spoken with: {type(error).__name__}.") from error


def _send(message: EmailMultiAlternatives) -> None:
    connection = get_connection(fail_silently=False)
    try:
        connection.send_messages([message])
    finally:
        # Django leaves a connection open that it could not protect or sign in to.
        with suppress(OSError):
            connection.close()


def _refused(code: int, text: bytes | str, words: str) -> JobFailed:
    """Spec: RFC 5321 §4.2.1: 5yz is a no for good, 4yz one for now."""
    return JobFailed(f"{words}: {_codes(code, text)}.", is_permanent=code >= 500)


def _codes(code: int, text: bytes | str) -> str:
    """Spec: RFC 3463 §2: the enhanced code stands before the words."""
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}\b", words)
    return f"{code} {enhanced.group()}" if enhanced else str(code)


def _record(
    action: MailAction,
    outcome: Outcome,
    kind: MailKind,
    attempt: Attempt,
    person: Subject,
    *,
    now: datetime,
    cause: str = "",
) -> None:
    details: dict[str, str | int] = {"mail": kind.name, "attempts": attempt.number}
    record_event(
        action=action,
        outcome=outcome,
        actor=attempt.actor,
        origin=SYSTEM_ORIGIN,
        now=now,
        target=person,
        details=details | ({"cause": cause} if cause else {}),
    )
