"""What an app says about the mails it sends, and what the directory says about their recipients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Protocol

from apps.audit.ports import Subject
from apps.core.ports import Port, Registry
from apps.mail.errors import UnknownMail
from apps.mail.letter import Button as Button
from apps.mail.letter import Fact as Fact
from apps.mail.letter import Letter as Letter
from apps.mail.letter import not_a_link as not_a_link

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Recipient:
    """A person as they are at the moment of sending. `address` is empty when they have none."""

    person: Subject
    name: str
    address: str
    is_address_verified: bool
    language: str
    time_zone: tzinfo


class Recipients(Protocol):
    def find(self, person_id: str) -> Recipient | None:
        """None when there is no such person any more."""
        ...


recipients: Port[Recipients] = Port("mail.recipients")


@dataclass(frozen=True)
class Order:
    """One mail that is to be written now. `facts` are what `send` was given, through JSON; nothing secret is in it."""

    to: Recipient
    facts: Mapping[str, Any]
    actor: Subject
    """Who asked for it, without a name."""
    now: datetime


@dataclass(frozen=True)
class MailKind:
    """One kind of mail.

    `write` runs in the worker as the mail is sent, in a transaction of its own and in the recipient's language and
    time zone. A one-time link is minted there, so that it never stands in a job; another try mints another. None
    means that the mail is no longer wanted.
    """

    name: str
    title: StrOrPromise
    write: Callable[[Order], Letter | None]
    needs_verified_address: bool = True
    """Whether it goes only to an address that is known to be the person's."""


mail_kinds: Registry[MailKind] = Registry("mail.kinds")


def mail_kind(name: str) -> MailKind:
    """Raises: UnknownMail."""
    for kind in mail_kinds:
        if kind.name == name:
            return kind
    raise UnknownMail(name)
