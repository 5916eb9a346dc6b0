"""Every address that the project answers at, as the resolver has them."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

ADMIN = "admin/"
TOKEN = re.compile(r"<(str:|path:|slug:)?\w+>$")


def routes() -> list[str]:
    """Each once, in the order in which they are tried: what an earlier one takes, a later one never sees."""
    return list(dict.fromkeys(_leaves(get_resolver().url_patterns, "")))


def addresses_with(token: str) -> list[str]:
    """Of one-time links: outside the administration, nothing but a token is text in an address."""
    ends_in_text = [route for route in routes() if TOKEN.search(route) and not route.startswith(ADMIN)]
    return [f"/{TOKEN.sub(token, route)}" for route in ends_in_text]


def _leaves(patterns: list[Any], prefix: str) -> Iterator[str]:
    for one in patterns:
        route = f"{prefix}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _leaves(one.url_patterns, route)
        else:
            assert isinstance(one, URLPattern)
            yield route
