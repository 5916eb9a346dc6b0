"""/logout/: asks on GET, signs out on POST."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.signin.services.browser_session import sign_out, signed_in
from apps.signin.way_back import is_on_this_site


@method_decorator(never_cache, name="dispatch")
class LogoutView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        target = _target(request.GET)
        if signed_in(request) is None:
            return render(request, "signin/signed_out.html", {"next": target})
        fields = [("next", target)] if target else []
        return render(request, "signin/logout.html", {"next": target, "fields": fields})

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(request)
        return render(request, "signin/signed_out.html", {"next": _target(request.POST)})


def _target(parameters: Mapping[str, str]) -> str:
    """What the next person wants to come back to; empty if that is not a page of ours."""
    target = parameters.get("next", "")
    return target if is_on_this_site(target) else ""
