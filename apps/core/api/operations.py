"""What one method of one address does, said once: it is checked, parsed and documented by the same words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from apps.core.api.fields import Input, Output, PageQuery, Query
from apps.core.api.idempotency import answered_once
from apps.core.api.scopes import Need

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """`answer` is None for one that answers with no body; `is_list` wraps it in a page.

    `is_conditional`: it takes If-Match, as it writes over what the caller has read. `has_etag`: it answers with one.
    `shows_secret`: its answer holds one that is kept nowhere.
    `need` is None where any token with a scope of the API will do.
    """

    name: str
    summary: str
    need: Need | None
    query: type[Query] | None = None
    body: type[Input] | None = None
    is_partial: bool = False
    answer: type[Output] | None = None
    is_list: bool = False
    status: HTTPStatus = HTTPStatus.OK
    is_conditional: bool = False
    has_etag: bool = False
    may_conflict: bool = False
    shows_secret: bool = False

    @property
    def makes_something(self) -> bool:
        """Whether to send it twice would make two: callers may send an Idempotency-Key."""
        return self.status == HTTPStatus.CREATED

    @property
    def query_in_full(self) -> type[Query]:
        return self.query or (PageQuery if self.is_list else Query)


def operation(name: str, summary: str, need: Need | None, **more: Any) -> Callable[[Method], Method]:
    """Marks a method of an ApiView. Its docstring becomes the description."""
    described = Operation(name, summary, need, **more)

    def mark(method: Method) -> Method:
        marked: Any = method
        if described.makes_something:
            marked = answered_once(method, shows_secret=described.shows_secret)
        marked.operation = described  # read by ApiView and by the schema
        return marked  # type: ignore[no-any-return]  # a method that is called as the one that was given

    return mark


def operation_of(view: Any, method: str) -> Operation | None:
    # HEAD is GET without the body.
    handler = getattr(view, "get" if method.upper() == "HEAD" else method.lower(), None)
    found: Operation | None = getattr(handler, "operation", None)
    return found
