"""One event with all that is known of it: what changed, from where, and where its seal is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.audit.admin_log_list import Names, personal_values
from apps.audit.admin_marks import NOTHING, unreadable
from apps.audit.admin_pages import ShowsObjects, admin_of, detail_words
from apps.audit.models import AuditEvent, SealBatch, SealedEvent
from apps.audit.shown_rows import IsNumber, Unreadable, shown_rows


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


def changes(event: Any) -> list[Change]:
    """`event` has the names of its subjects. What is empty before and after says nothing."""
    personal = personal_values(event)
    before, after = personal.get("before") or {}, personal.get("after") or {}
    shown = admin_of(event.target_kind)
    rows = []
    for name in dict.fromkeys([*before, *after]):
        sides = [_shown(values.get(name), _choice(shown, name), event.names) for values in (before, after)]
        if sides != [NOTHING, NOTHING]:
            rows.append(Change((shown.field_title(name) if shown else "") or _made_up_title(name), *sides))
    return rows


def details(event: Any) -> list[tuple[str, Any]]:
    """`event` has the names of its subjects."""
    return [
        (
            str(detail_words.titles.get(name, "")) or _made_up_title(name),
            _shown(value, _word(name), event.names),
        )
        for name, value in event.details.items()
    ]


def seal_of(event: AuditEvent) -> Seal | None:
    row = next(iter(shown_rows(SealedEvent.objects.filter(IsNumber("pk"), event_id=event.pk)[:1])), None)
    if row is None:
        return None
    covering = SealBatch.objects.filter(IsNumber("pk"), IsNumber("tree_size"), tree_size__gte=row.seal_number)
    first = shown_rows(covering.defer("leaf_hashes").order_by("tree_size")[:1])
    leaf = row.leaf_hash
    return Seal(
        row.seal_number,
        unreadable(leaf) if isinstance(leaf, Unreadable) else bytes(leaf).hex(),
        first[0] if first else None,
    )


def _choice(shown: ShowsObjects | None, name: str) -> Callable[[Any], str]:
    return lambda value: shown.value_words(name, value) if shown and isinstance(value, str) else ""


def _word(detail: str) -> Callable[[Any], str]:
    return lambda value: str(detail_words.values.get(detail, {}).get(value, ""))


def _made_up_title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _shown(value: Any, words_for: Callable[[Any], str], names: Names) -> Any:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(str(_shown(item, words_for, names)) for item in value) or NOTHING
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items()) or NOTHING
    if not isinstance(value, str):
        return value
    name = names.of_anything(value)
    return f"{name} ({value})" if name else words_for(value) or value
