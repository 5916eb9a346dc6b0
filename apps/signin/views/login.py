"""/login/: who are you?"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from apps.core.origin import origin_of
from apps.core.rate_limits import Standing
from apps.directory.selectors import subject_of
from apps.mail.selectors import is_mail_sent
from apps.signin.browser_cookie import browser_token_of, remember_browser
from apps.signin.forms import SignInForm
from apps.signin.models import Session
from apps.signin.pause_in_words import pause_in_words, wait_in_words
from apps.signin.ports import Destination, destination_behind
from apps.signin.services.browser_session import bind, signed_in
from apps.signin.services.password_sign_in import Credentials, check_credentials
from apps.signin.services.sso_sessions import end_session, reauthenticate_session, start_session
from apps.signin.services.submissions import charge_submission
from apps.signin.way_back import is_on_this_site, safe_next

if TYPE_CHECKING:
    from apps.directory.models import User

PASSWORD_AMR = ("pwd",)


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class LoginView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        target = request.GET.get("next", "")
        is_again = "reauthenticate" in request.GET
        if signed_in(request) and not is_again:
            return redirect(safe_next(target))
        hint = request.GET.get("login_hint", "")[:254]
        return self.page(request, SignInForm(initial={"next": target, "identifier": hint}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SignInForm(request.POST)
        if not form.is_valid():
            if "next" in form.errors:
                raise BadRequest("next is too long or holds a NUL")
            return self.page(request, form, status=HTTPStatus.BAD_REQUEST)
        now, current = timezone.now(), signed_in(request)
        browser_token = browser_token_of(request)
        credentials = Credentials(
            identifier=form.cleaned_data["identifier"],
            password=form.cleaned_data["password"],
            browser_token=browser_token,
            origin=origin_of(request),
            signed_in_as=current.user.pk if current else None,
        )
        limited = charge_submission(credentials, now=now)
        if limited is not None:
            return self.page(
                request,
                form,
                status=HTTPStatus.TOO_MANY_REQUESTS,
                problem=_wait_in_words(limited),
                headers=limited.headers,
            )
        check = check_credentials(credentials=credentials, now=now)
        if check.user is None:
            problem = _refusal_in_words(is_confirmation=current is not None)
            return self.page(request, form, status=HTTPStatus.UNAUTHORIZED, problem=problem)
        session = self.open_session(request, check.user, browser_token)
        bind(request, user=check.user, session=session)
        response = redirect(safe_next(form.cleaned_data["next"]))
        remember_browser(response, browser_token)
        return response

    def open_session(self, request: HttpRequest, user: User, browser_token: str) -> Session:
        now, origin, current = timezone.now(), origin_of(request), signed_in(request)
        if current and current.user.pk == user.pk:
            reauthenticate_session(
                session=current.session, user=user, amr=PASSWORD_AMR, origin=origin, now=now
            )
            current.session.authenticated_at = now
            return current.session
        if current:
            end_session(
                session_id=current.session.pk,
                reason=Session.EndReason.REPLACED,
                actor=subject_of(current.user),
                origin=origin,
                now=now,
            )
        return start_session(user=user, amr=PASSWORD_AMR, browser_token=browser_token, origin=origin, now=now)

    def page(
        self,
        request: HttpRequest,
        form: SignInForm,
        *,
        status: int = HTTPStatus.OK,
        problem: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> HttpResponse:
        current = signed_in(request)
        target = form.data.get("next") or form.initial.get("next") or ""
        destination = destination_behind.get()(target) if is_on_this_site(target) else Destination()
        if not form.is_bound and not form.initial.get("identifier"):
            form.initial["identifier"] = destination.login_hint
        # Browsers hold the whole chain of redirects after a form to its page's form-action.
        request.form_action_origins = destination.form_action_origins  # type: ignore[attr-defined]
        context = {
            "form": form,
            **(problem or {}),
            "application": destination.application,
            "has_reset": is_mail_sent(),
            "reauthenticate": current is not None,
            "person": current.user if current else None,
            # Where the choice of a language comes back to, without what was typed.
            "same_page": "" if request.method == "GET" else _address(target),
        }
        response = render(request, "signin/login.html", context, status=status)
        for name, value in (headers or {}).items():
            response[name] = value
        return response


def _refusal_in_words(*, is_confirmation: bool) -> dict[str, str]:
    """The same whatever was wrong: nobody learns whether the account exists, or is paused."""
    mismatch = (
        _("That is not your password.") if is_confirmation else _("That user name and password do not match.")
    )
    return {"error": mismatch, "error_more": pause_in_words(), "is_mismatch": "yes"}


def _wait_in_words(limited: Standing) -> dict[str, str]:
    return {
        "error_title": _("Wait a moment"),
        "error": _("Too many tries in a short time."),
        "error_more": wait_in_words(limited),
    }


def _address(target: str) -> str:
    return f"{reverse('signin:login')}?{urlencode({'next': safe_next(target)})}"


def sign_in_to_administration(request: HttpRequest) -> HttpResponse:
    """Where the administration sends whoever may not enter: to sign in, or to a clear no if they have."""
    current = signed_in(request)
    if current is not None:
        raise PermissionDenied(f"{current.user.pk} may not enter the administration")
    return redirect(_address(request.GET.get("next", "")))
