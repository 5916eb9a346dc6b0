"""/logout/: asks on GET, signs out on POST."""

from collections.abc import Mapping
from urllib.parse import urlencode

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
            return _signed_out(request, target)
        fields = [("next", target)] if target else []
        return render(request, "signin/logout.html", {"next": target, "fields": fields})

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(request)
        return _signed_out(request, _target(request.POST))


def _signed_out(request: HttpRequest, target: str) -> HttpResponse:
    """The choice of a language comes back to this page, with what was taken of its address and nothing else."""
    same_page = f"{request.path}?{urlencode({'next': target})}" if target else request.path
    return render(request, "signin/signed_out.html", {"next": target, "same_page": same_page})


def _target(parameters: Mapping[str, str]) -> str:
    """What the next person wants to come back to; empty if that is not a page of ours."""
    target = parameters.get("next", "")
    return target if is_on_this_site(target) else ""
