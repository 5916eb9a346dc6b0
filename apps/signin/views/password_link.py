"""/account/set-password: where one-time links lead. Opening one uses nothing up; the form does."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.origin import origin_of
from apps.directory.selectors import password_rules_in_words
from apps.directory.selectors.links import Purpose, link_of
from apps.mail.selectors import is_mail_sent
from apps.signin.browser_cookie import browser_token_of, remember_browser
from apps.signin.forms import FirstPasswordForm
from apps.signin.services.browser_session import sign_out
from apps.signin.services.password_link import forget_token, keep_token, kept_digest, set_password_with


@never_cache
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """To the same page without the token in its address, from which it could leak."""
    keep_token(request, token)
    response = redirect("signin:set_password")
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@sensitive_post_parameters("chosen", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    link = link_of(kept_digest(request), now=now)
    if link is None:
        return _void(request)
    context = {
        "person": link.user,
        "is_first": link.purpose != Purpose.RESET,
        "rules": password_rules_in_words(),
    }
    if request.method != "POST":
        return render(request, "signin/set_password.html", {**context, "form": FirstPasswordForm()})
    form = FirstPasswordForm(request.POST)
    if form.is_valid():
        browser_token = browser_token_of(request)
        use = set_password_with(
            token_digest=link.token_digest,
            chosen=form.cleaned_data["chosen"],
            browser_token=browser_token,
            origin=origin_of(request),
            now=now,
        )
        if use.used is not None:
            response = _to_sign_in(request, use.used.user.username)
            remember_browser(response, browser_token)
            return response
        if not use.problems:
            return _void(request)
        for problem in use.problems:
            form.add_error("chosen", problem)
    context["form"] = form
    return render(request, "signin/set_password.html", context, status=HTTPStatus.BAD_REQUEST)


def _void(request: HttpRequest) -> HttpResponse:
    """The same whatever is wrong with the link."""
    forget_token(request)
    context = {"can_ask_again": is_mail_sent()}
    return render(request, "signin/link_void.html", context, status=HTTPStatus.GONE)


def _to_sign_in(request: HttpRequest, username: str) -> HttpResponse:
    """Whoever had the link has not proven yet that they can sign in: factors are asked for there."""
    sign_out(request)
    messages.success(request, _("Your password is set. Sign in with it."))
    return redirect(f"{reverse('signin:login')}?{urlencode({'login_hint': username})}")
