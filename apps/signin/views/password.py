"""/account/password: choose a new password, by one's own wish or because the old one has expired."""

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.core.origin import origin_of
from apps.directory.selectors import password_rules_in_words
from apps.signin.browser_cookie import browser_token_of, remember_browser
from apps.signin.forms import NewPasswordForm
from apps.signin.pause_in_words import pause_in_words, wait_in_words
from apps.signin.ports import Destination, destination_behind
from apps.signin.services.browser_session import SignedIn, bind
from apps.signin.services.own_password import NewPassword, change_password
from apps.signin.services.sign_in_required import sign_in_required
from apps.signin.way_back import is_on_this_site, safe_next


@never_cache
@sensitive_post_parameters("present", "chosen", "again")
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def password(request: HttpRequest, current: SignedIn) -> HttpResponse:
    if request.method != "POST":
        return _page(request, current, NewPasswordForm(initial={"next": request.GET.get("next", "")}))
    form = NewPasswordForm(request.POST)
    if not form.is_valid():
        if "next" in form.errors:
            raise BadRequest("next is too long or holds a NUL")
        return _page(request, current, form, status=HTTPStatus.BAD_REQUEST)
    browser_token = browser_token_of(request)
    wanted = NewPassword(form.cleaned_data["present"], form.cleaned_data["chosen"], browser_token)
    change = change_password(current=current, wanted=wanted, origin=origin_of(request), now=timezone.now())
    if change.limited is not None:
        form.add_error(None, _("Too many tries in a short time."))
        form.add_error(None, wait_in_words(change.limited))
        response = _page(request, current, form, status=HTTPStatus.TOO_MANY_REQUESTS)
        for name, value in change.limited.headers.items():
            response[name] = value
        return response
    if change.user is None:
        if not change.is_present_right:
            form.add_error("present", _("That is not your present password."))
            form.add_error("present", pause_in_words())
            return _page(request, current, form, status=HTTPStatus.UNAUTHORIZED)
        if not change.problems:
            form.add_error(
                None, _("Your password was changed elsewhere at this moment. Sign in with that one.")
            )
            return _page(request, current, form, status=HTTPStatus.CONFLICT)
        for problem in change.problems:
            form.add_error("chosen", problem)
        return _page(request, current, form, status=HTTPStatus.BAD_REQUEST)
    bind(request, user=change.user, session=current.session)
    messages.success(request, _("Your password is changed, and you are signed out everywhere else."))
    response = redirect(safe_next(form.cleaned_data["next"]))
    remember_browser(response, browser_token)
    return response


def _page(
    request: HttpRequest, current: SignedIn, form: NewPasswordForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    target = form.data.get("next") or form.initial.get("next") or ""
    destination = destination_behind.get()(target) if is_on_this_site(target) else Destination()
    # Browsers hold the whole chain of redirects after a form to its page's form-action.
    request.form_action_origins = destination.form_action_origins  # type: ignore[attr-defined]
    context = {
        "form": form,
        "person": current.user,
        "rules": password_rules_in_words(),
    }
    page = "signin/password_expired.html" if current.must_change_password else "signin/password.html"
    return render(request, page, context, status=status)
