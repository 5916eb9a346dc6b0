"""/account/email: another e-mail address for oneself, and a link to show that the present one is one's own."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.origin import origin_of
from apps.core.rate_limits import Standing
from apps.directory.selectors import subject_of
from apps.mail.selectors import is_mail_sent
from apps.signin.browser_cookie import browser_token_of, remember_browser
from apps.signin.forms import NewAddressForm
from apps.signin.pause_in_words import pause_in_words, wait_in_words
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.own_address import NewAddress, ask_to_verify, request_address
from apps.signin.services.sign_in_required import sign_in_required


@never_cache
@sensitive_post_parameters("present")
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def address(request: HttpRequest, current: SignedIn) -> HttpResponse:
    if not is_mail_sent():
        # Nothing could come of it; the profile says whom to ask.
        return redirect("signin:profile")
    if request.method != "POST":
        return _page(request, current, NewAddressForm(present_address=current.user.email))
    form = NewAddressForm(request.POST, present_address=current.user.email)
    if not form.is_valid():
        return _page(request, current, form, status=HTTPStatus.BAD_REQUEST)
    browser_token = browser_token_of(request)
    wanted = NewAddress(form.cleaned_data["present"], form.cleaned_data["address"], browser_token)
    asked = request_address(current=current, wanted=wanted, origin=origin_of(request), now=timezone.now())
    if asked.limited is not None:
        form.add_error(None, _("Too many tries in a short time."))
        form.add_error(None, wait_in_words(asked.limited))
        return _limited(_page(request, current, form, status=HTTPStatus.TOO_MANY_REQUESTS), asked.limited)
    if not asked.is_present_right:
        form.add_error("present", _("That is not your present password."))
        form.add_error("present", pause_in_words())
        return _page(request, current, form, status=HTTPStatus.UNAUTHORIZED)
    messages.success(
        request,
        _("A mail is on its way to %(address)s. Your address changes once you confirm it there.")
        % {"address": wanted.address},
    )
    response = redirect("signin:profile")
    remember_browser(response, browser_token)
    return response


@require_POST
@sign_in_required
def verify_address(request: HttpRequest, current: SignedIn) -> HttpResponse:
    limited = ask_to_verify(
        user=current.user,
        actor=subject_of(current.user),
        origin=origin_of(request),
        now=timezone.now(),
    )
    if limited is not None:
        messages.warning(request, f"{_('Too many tries in a short time.')} {wait_in_words(limited)}")
    elif is_mail_sent():
        messages.success(
            request,
            _("A mail is on its way to %(address)s. Open the link in it.") % {"address": current.user.email},
        )
    return redirect("signin:profile")


def _limited(response: HttpResponse, limited: Standing) -> HttpResponse:
    for name, value in limited.headers.items():
        response[name] = value
    return response


def _page(
    request: HttpRequest, current: SignedIn, form: NewAddressForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    return render(request, "signin/address.html", {"form": form, "person": current.user}, status=status)
