"""/logout/: asks on GET, signs out on POST."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.signin.services.browser_session import sign_out, signed_in


@method_decorator(never_cache, name="dispatch")
class LogoutView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        if signed_in(request) is None:
            return render(request, "signin/signed_out.html")
        return render(request, "signin/logout.html", {"client_name": "", "fields": []})

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_out(request)
        return render(request, "signin/signed_out.html")
