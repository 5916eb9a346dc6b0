"""Ways for a lower layer to call what an upper one implements, without importing it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


class PortEmpty(ImproperlyConfigured):
    """Nobody registered an implementation: the app that brings it is not installed."""


class PortTaken(ImproperlyConfigured):
    """Two apps want to be the one implementation."""


class Port(Generic[T]):
    """One named slot for one implementation, filled by an upper app in `AppConfig.ready()`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._implementation: T | None = None

    def register(self, implementation: T) -> None:
        """Raises: PortTaken, when a different implementation is there already."""
        if self._implementation is not None and self._implementation is not implementation:
            raise PortTaken(f"Port {self.name} already has {self._implementation!r}.")
        self._implementation = implementation

    @property
    def is_registered(self) -> bool:
        return self._implementation is not None

    def get(self) -> T:
        """Raises: PortEmpty."""
        if self._implementation is None:
            raise PortEmpty(f"Nothing is registered at port {self.name}.")
        return self._implementation

    @contextmanager
    def replaced(self, implementation: T | None) -> Iterator[None]:
        """Another implementation (or none) for the length of a block, for tests; not safe between threads."""
        previous, self._implementation = self._implementation, implementation
        try:
            yield
        finally:
            self._implementation = previous


class Registry(Generic[T]):
    """Many implementations of one thing, kept in the order in which they were registered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._implementations: list[T] = []

    def register(self, implementation: T) -> None:
        """Registering the same object again changes nothing."""
        if not any(known is implementation for known in self._implementations):
            self._implementations.append(implementation)

    def __iter__(self) -> Iterator[T]:
        return iter(tuple(self._implementations))

    def __len__(self) -> int:
        return len(self._implementations)

    @contextmanager
    def replaced(self, *implementations: T) -> Iterator[None]:
        """Other implementations for the length of a block, for tests; not safe between threads."""
        previous, self._implementations = self._implementations, list(implementations)
        try:
            yield
        finally:
            self._implementations = previous


# What must be there before the first request, such as signing keys; each call is safe to repeat.
start_up: Registry[Callable[[], object]] = Registry("start-up")
