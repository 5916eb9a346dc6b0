"""/account/devices: the browsers that one is recognised in, and forgetting them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.origin import origin_of
from apps.directory.selectors import subject_of
from apps.signin.browser_cookie import browser_token_of
from apps.signin.device_name import device_or_unknown
from apps.signin.models import RecognisedBrowser
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.recognised_browsers import browser_rows
from apps.signin.services.sign_in_required import sign_in_required
from apps.signin.services.throttles import forget_browser, forget_browsers_of

SHOWN = 100


@dataclass(frozen=True)
class ShownBrowser:
    id: int
    is_current: bool
    device: str
    created_at: datetime
    last_used_at: datetime


@never_cache
@require_safe
@sign_in_required
def browsers(request: HttpRequest, current: SignedIn) -> HttpResponse:
    context = {
        "person": current.user,
        "browsers": _shown(request, current),
        "days": settings.RECOGNISED_BROWSER_LIFETIME.days,
    }
    return render(request, "signin/browsers.html", context)


@require_POST
@sign_in_required
def forget_own(request: HttpRequest, current: SignedIn, browser_id: int) -> HttpResponse:
    browser = get_object_or_404(RecognisedBrowser, pk=browser_id, user=current.user)
    forget_browser(
        browser_id=browser.pk, actor=subject_of(current.user), origin=origin_of(request), now=timezone.now()
    )
    messages.success(request, _("Forgotten: %(device)s.") % {"device": device_or_unknown(browser.user_agent)})
    return redirect("signin:browsers")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def forget_all(request: HttpRequest, current: SignedIn) -> HttpResponse:
    if request.method != "POST":
        shown = _shown(request, current)
        if not shown:
            return redirect("signin:browsers")
        return render(request, "signin/forget_browsers.html", {"person": current.user, "browsers": shown})
    count = forget_browsers_of(user=current.user, origin=origin_of(request), now=timezone.now())
    done = ngettext("Forgot %(count)d browser.", "Forgot %(count)d browsers.", count)
    messages.success(request, done % {"count": count})
    return redirect("signin:browsers")


def _shown(request: HttpRequest, current: SignedIn) -> list[ShownBrowser]:
    own = RecognisedBrowser.objects.filter(user=current.user).order_by("-last_used_at")[:SHOWN]
    here = browser_rows(user_id=current.user.pk, browser_token=browser_token_of(request))
    here_id = here.values_list("pk", flat=True).first()
    return [
        ShownBrowser(
            browser.pk,
            browser.pk == here_id,
            device_or_unknown(browser.user_agent),
            browser.created_at,
            browser.last_used_at,
        )
        for browser in own
    ]
