"""What an app that has work for later says about it, in `AppConfig.ready()`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from apps.core.ports import Registry
from apps.jobs.errors import UnknownKind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from apps.audit.ports import Subject


class Attempt(Protocol):
    """One try at a job, as the code that does the work sees it."""

    @property
    def number(self) -> int:
        """1 at the first try."""
        ...

    @property
    def payload(self) -> Mapping[str, Any]: ...

    @property
    def actor(self) -> Subject:
        """Who asked for it, without a name."""
        ...

    @property
    def position(self) -> Mapping[str, Any]:
        """Where the last attempt said that it was; empty at first."""
        ...

    def advance(
        self, *, done: int, total: int | None = None, position: Mapping[str, Any] | None = None
    ) -> None:
        """Say how far it is, and take the lease for as long again. Inside `atomic()` it holds with what was done.

        Raises: LeaseLost.
        """
        ...


@dataclass(frozen=True)
class JobKind:
    """One kind of work. `run` may be called more than once for one job, also after it succeeded: it is idempotent.

    It returns what an administrator should read of the outcome. An attempt that says nothing for as long as `lease`
    is taken for dead, and the job goes to another worker.
    """

    name: str
    title: StrOrPromise
    run: Callable[[Attempt], Mapping[str, Any] | None]
    attempts: int = 8
    lease: timedelta = timedelta(minutes=5)
    first_delay: timedelta = timedelta(seconds=10)
    longest_delay: timedelta = timedelta(hours=1)
    gave_up: Callable[[Attempt, str], None] | None = None
    """Told the last failure in words, in the transaction in which the job is given up."""


kinds: Registry[JobKind] = Registry("jobs.kinds")


def kind_of(name: str) -> JobKind:
    """Raises: UnknownKind."""
    for kind in kinds:
        if kind.name == name:
            return kind
    raise UnknownKind(name)
