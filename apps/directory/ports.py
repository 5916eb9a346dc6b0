"""What upper apps do when somebody leaves for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from apps.core.ports import Registry

if TYPE_CHECKING:
    from apps.audit.services.changes import Writing

# Ends what the person has open, each with its event, in the transaction of the deprovisioning.
departures: Registry[Callable[[UUID, Writing], object]] = Registry("directory.departures")
