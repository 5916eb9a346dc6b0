"""An authorization request read from where it was left, as if it stood in the address."""

from copy import copy

from django.http import HttpRequest, QueryDict


def with_query(request: HttpRequest, query: str) -> HttpRequest:
    """The same request with other parameters in its address, for oauthlib to read; the request itself stays."""
    replaced = copy(request)
    replaced.META = {**request.META, "QUERY_STRING": query}
    replaced.method, replaced.POST = "GET", QueryDict()
    replaced.GET = QueryDict(query)
    return replaced
