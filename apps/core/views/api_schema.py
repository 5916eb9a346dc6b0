"""The OpenAPI document."""

import json
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.core.api.schema import openapi_document


@require_safe
def api_schema(request: HttpRequest) -> HttpResponse:
    """For everybody: it says what can be asked, and nothing of what is there."""
    return HttpResponse(
        _document(),
        content_type="application/vnd.oai.openapi+json;version=3.1",
        headers={"Cache-Control": "no-cache"},
    )


@cache
def _document() -> bytes:
    return json.dumps(openapi_document(), ensure_ascii=False).encode()
