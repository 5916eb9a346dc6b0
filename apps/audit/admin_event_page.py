"""One event with all that is known of it: what changed, from where, and where its seal is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.audit.admin_marks import NOTHING
from apps.audit.models import AuditEvent, SealBatch, SealedEvent


@dataclass(frozen=True)
class Change:
    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Seal:
    """Where the event stands in the sealed log; `checkpoint` is None when the seal row hangs in the air."""

    number: int
    leaf_hash: str
    checkpoint: SealBatch | None


def changes(event: AuditEvent, name_of: Callable[[str], str]) -> list[Change]:
    personal = event.personal or {}
    before, after = personal.get("before") or {}, personal.get("after") or {}
    names = list(dict.fromkeys([*before, *after]))
    return [
        Change(
            _field_title(name), _named(_shown(before, name), name_of), _named(_shown(after, name), name_of)
        )
        for name in names
    ]


def details(event: AuditEvent) -> list[tuple[str, Any]]:
    return [(_field_title(name), _shown(event.details, name)) for name in event.details]


def seal_of(event: AuditEvent) -> Seal | None:
    row = SealedEvent.objects.filter(event_id=event.pk).first()
    if row is None:
        return None
    covering = SealBatch.objects.defer("leaf_hashes").filter(tree_size__gte=row.seal_number)
    return Seal(row.seal_number, bytes(row.leaf_hash).hex(), covering.order_by("tree_size").first())


def _named(value: Any, name_of: Callable[[str], str]) -> Any:
    name = name_of(value) if isinstance(value, str) else ""
    return f"{name} ({value})" if name else value


def _field_title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(values: dict[str, Any], name: str) -> Any:
    value = values.get(name)
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items()) or NOTHING
    return value
