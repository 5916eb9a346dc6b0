"""What the admins know of each other: which one shows which kind of object, and what upper apps add to its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.contrib.admin.options import InlineModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.audit.ports import Subject
from apps.core.origin import Origin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class By:
    """In whose name an action runs."""

    actor: Subject
    origin: Origin
    now: datetime
    # What they wrote on the page that asked them to confirm; empty for actions that ask for none.
    reason: str = ""


@dataclass(frozen=True)
class ObjectAction:
    """Something an administrator can do to one object or to many, once they have read what it will do."""

    name: str
    title: StrOrPromise
    icon: str
    permission: str
    # What running it would do, in words; empty when it would do nothing.
    effect: Callable[[QuerySet[Any], datetime], str]
    # Does it, and says what was done.
    run: Callable[[QuerySet[Any], By], str]
    is_dangerous: bool = False
    asks_reason: bool = False
    # Objects that it may not be done to, with the reason; empty when there are none.
    obstacle: Callable[[QuerySet[Any], By], str] = lambda objects, by: ""


# Django's name for the action that deletes.
DELETE = "delete_selected"


@dataclass(frozen=True)
class Consequence:
    """What an upper app has to say about an action on a lower app's objects, and does itself before it runs."""

    # What follows for the upper app's own objects, in words; empty when nothing does.
    effect: Callable[[QuerySet[Any], datetime], str] = lambda objects, now: ""
    run: Callable[[QuerySet[Any], By], object] | None = None
    # Why the action must not be done yet; empty when it may be.
    obstacle: Callable[[QuerySet[Any], By], str] = lambda objects, by: ""


class ShowsObjects(Protocol):
    """The part of an admin that the audit log uses to name and link what it shows."""

    def names_of(self, keys: Collection[str]) -> dict[str, str]: ...

    def address_of(self, request: HttpRequest, key: str) -> str: ...

    def keys_found(self, request: HttpRequest, term: str, limit: int) -> list[str]: ...

    def word(self) -> str: ...

    def field_title(self, name: str) -> str: ...

    def value_words(self, name: str, value: object) -> str: ...


class OfOneKind:
    """Mixed into admins and inlines: the word that audit events have for their objects."""

    audit_kind: ClassVar[str] = ""
    model: Any

    def kind(self) -> str:
        return self.audit_kind or str(self.model._meta.model_name)


@dataclass
class Additions:
    inlines: list[type[InlineModelAdmin[Any, Any]]] = field(default_factory=list)
    actions: list[ObjectAction] = field(default_factory=list)
    consequences: defaultdict[str, list[Consequence]] = field(default_factory=lambda: defaultdict(list))


_additions: defaultdict[str, Additions] = defaultdict(Additions)
_admins: dict[str, ShowsObjects] = {}


def add_to_pages(
    kind: str,
    *,
    inlines: Collection[type[InlineModelAdmin[Any, Any]]] = (),
    actions: Collection[ObjectAction] = (),
    consequences: Mapping[str, Consequence] | None = None,
) -> None:
    """For the admin module of an upper app: its own part of the pages that a lower app's objects have.

    `consequences` are by the name of the action that has them.
    """
    there = _additions[kind]
    there.inlines += inlines
    there.actions += actions
    for action, consequence in (consequences or {}).items():
        there.consequences[action].append(consequence)


def additions_to(kind: str) -> Additions:
    return _additions[kind]


def know_admin(kind: str, admin: ShowsObjects) -> None:
    _admins[kind] = admin


def all_admins() -> Collection[ShowsObjects]:
    return _admins.values()


def admin_of(kind: str) -> ShowsObjects | None:
    return _admins.get(kind)


@dataclass
class DetailWords:
    """How the log's page shows the details of events, which no model describes."""

    titles: dict[str, StrOrPromise] = field(default_factory=dict)
    values: defaultdict[str, dict[str, StrOrPromise]] = field(default_factory=lambda: defaultdict(dict))


detail_words = DetailWords()


def know_details(
    *,
    titles: Mapping[str, StrOrPromise],
    values: Mapping[str, Mapping[str, StrOrPromise]] | None = None,
) -> None:
    """For the admin module of an app: the words for the details of its own events."""
    detail_words.titles |= titles
    for name, words in (values or {}).items():
        detail_words.values[name] |= words
