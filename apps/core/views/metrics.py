"""/metrics, for the Prometheus of this installation and nobody else."""

import ipaddress
import secrets
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.core.metrics import exposition
from apps.core.origin import client_address, is_from_trusted_proxy

REFUSED = "Metrics are for the networks of METRICS_ALLOWED, or for a bearer of METRICS_TOKEN."
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if _has_token(request) or _comes_from_allowed_network(request):
        return HttpResponse(exposition(now=timezone.now()), content_type=CONTENT_TYPE_LATEST)
    status = HTTPStatus.UNAUTHORIZED if settings.METRICS_TOKEN else HTTPStatus.FORBIDDEN
    response = JsonResponse({"error": "access_denied", "error_description": REFUSED}, status=status)
    if settings.METRICS_TOKEN:
        response["WWW-Authenticate"] = 'Bearer realm="gatehouse metrics"'
    return response


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    # Compared whatever the scheme: what is not there takes as long as what is wrong.
    is_right = secrets.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    return bool(settings.METRICS_TOKEN) and scheme.lower() == "bearer" and is_right


def _comes_from_allowed_network(request: HttpRequest) -> bool:
    """A proxy that nobody told us to trust speaks for strangers, whatever its own address is."""
    if not is_from_trusted_proxy(request) and any(name in request.headers for name in FORWARDED):
        return False
    address = client_address(request)
    if address is None:
        return False
    found = ipaddress.ip_address(address)
    return any(found in ipaddress.ip_network(network) for network in settings.METRICS_ALLOWED)
