"""/api/docs/: the API for people who write programs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.api.reference import api_reference


@require_safe
def show_api_reference(request: HttpRequest) -> HttpResponse:
    """For everybody, as the document: it says what can be asked, and nothing of what is there."""
    return render(
        request,
        "core/api_reference.html",
        {"reference": api_reference(), "base_url": settings.BASE_URL.rstrip("/")},
    )
