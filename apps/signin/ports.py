"""What signin asks of the floors above it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.core.ports import Port

if TYPE_CHECKING:
    from apps.access.models import Application


@dataclass(frozen=True)
class Destination:
    """Where a person is on the way to: its application, and the origins that the way back may redirect to."""

    application: Application | None = None
    form_action_origins: tuple[str, ...] = ()


# What a path inside this site leads to, so that the sign-in page can name it and let its redirect pass.
destination_behind: Port[Callable[[str], Destination]] = Port("destination behind a path")
