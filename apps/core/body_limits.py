"""How large a request may be, by its path."""

from django.conf import settings


def longest_body(path: str) -> int:
    """In bytes: what the longest prefix of `path` in BODY_LIMITS allows."""
    return int(settings.BODY_LIMITS[max(filter(path.startswith, settings.BODY_LIMITS), key=len)])
