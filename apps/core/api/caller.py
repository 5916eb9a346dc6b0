"""Who calls the API: a person through a client, or a client for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.core.ports import Port

if TYPE_CHECKING:
    from apps.audit.ports import Subject


@dataclass(frozen=True)
class Caller:
    """`by` is whose rights count: it answers `has_perm`, `get_all_permissions`, `is_superuser` and `pk`.

    `scopes` are those of the API that the token carries and its client still has.
    """

    by: Any
    actor: Subject
    client_id: str
    session_id: str
    scopes: frozenset[str]


# The caller whose access token this is, or None: no such token, or one that may no longer be used.
authenticator: Port[Callable[[str, datetime], Caller | None]] = Port("core.api.authenticator")
