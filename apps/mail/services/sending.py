"""Asking for a mail, in the transaction of what it is about."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from apps.audit.ports import Subject
from apps.core.ids import uuid7
from apps.jobs.services.enqueue import cancel_waiting, enqueue
from apps.mail.ports import MailKind
from apps.mail.selectors import is_mail_sent, job_name


def send(
    *,
    kind: MailKind,
    to: Subject,
    actor: Subject,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    address: str = "",
    once: bool = False,
) -> bool:
    """Whether the mail goes out once this transaction commits: not without a mail server.

    `facts` are what `kind.write` needs beside the person, as JSON, and nothing secret. The person's own address is
    read when the mail is sent; `address` takes its place, such as for one they have just given up. With `once`,
    nothing is added while such a mail to the person waits.
    """
    if not is_mail_sent():
        return False
    enqueue(
        kind=job_name(kind),
        # Those who look after jobs see whom it is about.
        key=to.id if once else f"{to.id} {uuid7(now)}",
        payload={"person": to.id, "address": address, "facts": dict(facts or {})},
        actor=actor,
        now=now,
    )
    return True


def take_back(*, kind: MailKind, to: Subject, now: datetime) -> bool:
    """Whether a mail that was asked for with `once` was waiting, and goes out no more. One that is being sent does."""
    return cancel_waiting(kind=job_name(kind), key=to.id, now=now)
