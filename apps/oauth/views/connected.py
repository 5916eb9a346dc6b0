"""/account/apps: the applications that have something of a person, and taking it back."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.origin import origin_of
from apps.oauth.selectors import connections_of
from apps.oauth.services.authorizations import disconnect_client
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.sign_in_required import sign_in_required


@never_cache
@require_safe
@sign_in_required
def connected(request: HttpRequest, current: SignedIn) -> HttpResponse:
    connections = connections_of(user=current.user, now=timezone.now())
    return render(request, "oauth/connected.html", {"person": current.user, "connections": connections})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def disconnect(request: HttpRequest, current: SignedIn, client_id: UUID) -> HttpResponse:
    now = timezone.now()
    found = connections_of(user=current.user, now=now, client_id=client_id)
    if not found:
        raise Http404(f"{current.user.pk} has no connection to client {client_id}")
    connection = found[0]
    if request.method != "POST":
        return render(request, "oauth/disconnect.html", {"person": current.user, "connection": connection})
    disconnect_client(user=current.user, client=connection.client, origin=origin_of(request), now=now)
    done = _("%(application)s has no access to your account any more.")
    messages.success(request, done % {"application": connection.client.application.name})
    return redirect("oauth:connected")
