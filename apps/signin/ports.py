"""What signin asks of the floors above it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from apps.core.ports import Port, Registry

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from apps.access.models import Application


@dataclass(frozen=True)
class Destination:
    """Where a person is on the way to: its application, the origins that the way back may redirect to, and who it
    thinks they are, as far as the address does not say so itself."""

    application: Application | None = None
    form_action_origins: tuple[str, ...] = ()
    login_hint: str = ""


# What a path inside this site leads to, so that the sign-in page can name it and let its redirect pass.
destination_behind: Port[Callable[[str], Destination]] = Port("destination behind a path")

# The language tags in which whoever sent a person to this path wishes them to be spoken to, best first.
languages_wished_at: Port[Callable[[str], Sequence[str]]] = Port("languages wished for at a path")

# By session: the names of the applications that were used in it.
applications_used: Registry[Callable[[Collection[UUID]], Mapping[UUID, Collection[str]]]] = Registry(
    "applications used in sessions"
)


@dataclass(frozen=True)
class AccountPage:
    """One page of a person's own account, as the navigation of all of them lists it."""

    url_name: str
    title: StrOrPromise
    position: int


# Other apps' pages stand beside signin's own.
account_pages: Registry[AccountPage] = Registry("pages of one's own account")
