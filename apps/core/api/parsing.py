"""Bodies, read strictly: one JSON object, and nothing in it that a database or another reader would choke on."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from apps.core.api.errors import MalformedBody

DEEPEST = 20


class JsonObject(BaseParser):
    """Refuses what JSON readers disagree on: names that come twice, NaN, lone surrogates; and NUL characters."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            text = stream.read().decode("utf-8")
            found = json.loads(text, object_pairs_hook=_object, parse_constant=_not_a_number)
        except MalformedBody:
            raise
        except (ValueError, RecursionError) as error:
            raise MalformedBody(type(error).__name__) from error
        if not isinstance(found, dict):
            raise MalformedBody("not an object")
        _check(found, depth=1)
        return found


class MergePatch(JsonObject):
    """Spec: RFC 7396."""

    media_type = "application/merge-patch+json"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedBody("a name twice")
    return found


def _not_a_number(name: str) -> NoReturn:
    raise MalformedBody(name)


def _check(value: object, *, depth: int) -> None:
    if depth > DEEPEST:
        raise MalformedBody("too deep")
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise MalformedBody("a character that is none")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check(name, depth=depth)
            _check(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth=depth + 1)
