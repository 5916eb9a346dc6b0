"""/account/reset: somebody has forgotten their password, and asks for a link."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.origin import origin_of
from apps.mail.selectors import is_mail_sent
from apps.signin.forms import ResetForm
from apps.signin.pause_in_words import wait_in_words
from apps.signin.services.password_reset import request_reset
from apps.signin.spans import span_in_words


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_reset(request: HttpRequest) -> HttpResponse:
    if not is_mail_sent():
        # Nothing could come of it; the sign-in page says whom to ask.
        return redirect("signin:login")
    if request.method != "POST":
        hint = request.GET.get("login_hint", "").replace("\x00", "")[:254]
        return _page(request, ResetForm(initial={"identifier": hint}))
    form = ResetForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.BAD_REQUEST)
    limited = request_reset(
        identifier=form.cleaned_data["identifier"], origin=origin_of(request), now=timezone.now()
    )
    if limited is None:
        return render(
            request, "signin/reset_asked.html", {"lifetime": span_in_words(settings.PASSWORD_RESET_LIFETIME)}
        )
    form.add_error(None, _("Too many requests from where you are."))
    form.add_error(None, wait_in_words(limited))
    response = _page(request, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    for name, value in limited.headers.items():
        response[name] = value
    return response


def _page(request: HttpRequest, form: ResetForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    return render(request, "signin/reset.html", {"form": form}, status=status)
