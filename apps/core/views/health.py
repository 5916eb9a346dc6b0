"""For probes: is the process alive, can it answer, and since when."""

import time
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.health import Standing, readiness_now

STARTED = time.monotonic()


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """For people and dashboards; always 200."""
    return JsonResponse(
        {
            "status": readiness_now().standing,
            "timestamp": timezone.now().isoformat(),
            "uptime": int(time.monotonic() - STARTED),
            "version": settings.VERSION,
        }
    )


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """For whoever restarts the process: asks nothing of anybody else, who would not get better by that."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """For whoever sends requests here: 503 until everything essential to an answer is there."""
    found = readiness_now()
    is_unavailable = found.standing is Standing.UNAVAILABLE
    return JsonResponse(
        {
            "status": found.standing,
            "checks": {name: "ok" if answers else "failed" for name, answers in found.answers.items()},
        },
        status=HTTPStatus.SERVICE_UNAVAILABLE if is_unavailable else HTTPStatus.OK,
    )
