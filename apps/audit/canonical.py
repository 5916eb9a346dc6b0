"""The one byte form of an event, from which its leaf hash and its personal commitment come.

JSON canonical form after RFC 8785, for a subset in which it is certain: no floating-point numbers and no
integers beyond 2^53 - 1. `storable` brings any value into that subset, and into what both databases keep.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any, NamedTuple
from uuid import UUID

from apps.audit.constants import TEXT_LIMIT
from apps.audit.merkle import leaf_hash

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]

FORMAT = 1
PERSONAL_DOMAIN = b"gatehouse audit personal v1\x00"
MAX_SAFE_INTEGER = 2**53 - 1
ELLIPSIS = "…"
_FIRST_UNIT_OUT_OF_ORDER = "\ue000"
_AS_GIVEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_quoted = encode_basestring
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True)


class EventContent(NamedTuple):
    """What a seal protects, in the order of the columns of AuditEvent."""

    id: UUID
    occurred_at: datetime
    action: str
    outcome: str
    actor_kind: str
    actor_id: str
    target_kind: str
    target_id: str
    client_id: str
    session_id: str
    request_id: str
    details: Any
    commitment: bytes


def event_leaf_hash(event: EventContent) -> bytes:
    return leaf_hash(canonical_event(event))


def canonical_event(event: EventContent) -> bytes:
    """The bytes under the leaf; the offline verifier of an exported log builds the same."""
    try:
        return _joined_event(event)
    except TypeError:
        # SQLite lets in other types than the column's: they have their canonical form too.
        return canonical_json(_event_as_json(event))


def _joined_event(event: EventContent) -> bytes:
    """The members in their order, of which only the details have to be sorted."""
    details = canonical_json(event.details).decode()
    return (
        f'{{"action":{_quoted(event.action)},"actor":{{"id":{_quoted(event.actor_id)},"kind":'
        f'{_quoted(event.actor_kind)}}},"client_id":{_quoted(event.client_id)},"commitment":"'
        f'{bytes(event.commitment).hex()}","details":{details},"id":"{event.id}","occurred_at":"'
        f'{canonical_time(event.occurred_at)}","outcome":{_quoted(event.outcome)},"request_id":'
        f'{_quoted(event.request_id)},"session_id":{_quoted(event.session_id)},"target":{{"id":'
        f'{_quoted(event.target_id)},"kind":{_quoted(event.target_kind)}}},"v":{FORMAT}}}'
    ).encode()


def _event_as_json(event: EventContent) -> Json:
    return {
        "action": event.action,
        "actor": {"id": event.actor_id, "kind": event.actor_kind},
        "client_id": event.client_id,
        "commitment": bytes(event.commitment).hex(),
        "details": event.details,
        "id": str(event.id),
        "occurred_at": canonical_time(event.occurred_at),
        "outcome": event.outcome,
        "request_id": event.request_id,
        "session_id": event.session_id,
        "target": {"id": event.target_id, "kind": event.target_kind},
        "v": FORMAT,
    }


def personal_commitment(*, salt: bytes, personal: Json) -> bytes:
    """Hides the personal values once the salt is gone, and proves them as long as it is there."""
    return hashlib.sha256(PERSONAL_DOMAIN + salt + canonical_json(personal)).digest()


def canonical_time(at: datetime) -> str:
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat(timespec='microseconds')[:-6]}Z"


def canonical_json(value: Json) -> bytes:
    """Spec: RFC 8785. Precondition: the value is `storable`."""
    text = _SORTED.encode(value)
    # Python sorts keys by code point, the RFC by UTF-16 unit: they differ only from U+E000 upwards.
    if not text.isascii() and max(text) >= _FIRST_UNIT_OUT_OF_ORDER:
        text = _AS_GIVEN.encode(_in_utf16_order(value))
    return text.encode()


def storable(value: Json) -> Json:
    """The value as both databases give it back: without NUL or lone surrogates, strings clipped.

    Raises: TypeError for what is not JSON without floating-point numbers.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return clean_text(value, limit=TEXT_LIMIT)
    if isinstance(value, int):
        return value if abs(value) <= MAX_SAFE_INTEGER else str(value)
    if isinstance(value, Mapping):
        return {clean_text(key, limit=TEXT_LIMIT): storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(item) for item in value]
    # Bytes are sequences to the type checker, and no JSON.
    raise TypeError(f"{type(value).__name__} cannot be kept in the audit log")


def clean_text(text: str, *, limit: int) -> str:
    """Text of at most `limit` characters that PostgreSQL accepts; a cut is shown by an ellipsis."""
    text = str(text)
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode()
    if "\x00" in text:
        text = text.replace("\x00", "�")
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def _in_utf16_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return {key: _in_utf16_order(item) for key, item in ordered}
    if isinstance(value, (list, tuple)):
        return [_in_utf16_order(item) for item in value]
    return value
