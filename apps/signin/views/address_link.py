"""/account/email/link: where the links in mails about an address lead. Opening one uses nothing up; the button does."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.origin import origin_of
from apps.directory.selectors.links import ADDRESS_PURPOSES, Purpose, link_of
from apps.directory.services.addresses import AddressOutcome
from apps.signin.browser_cookie import browser_token_of
from apps.signin.services.browser_session import release, signed_in
from apps.signin.services.own_address import LinkDone, use_link
from apps.signin.services.password_link import (
    forget_token,
    keep_digest,
    keep_token,
    kept_digest,
)

DONE = {
    AddressOutcome.VERIFIED: "signin/address_confirmed.html",
    AddressOutcome.CHANGED: "signin/address_confirmed.html",
    AddressOutcome.RESTORED: "signin/address_kept.html",
    AddressOutcome.KEPT: "signin/address_kept.html",
    AddressOutcome.TAKEN: "signin/address_taken.html",
}


@never_cache
@require_safe
def open_address_link(request: HttpRequest, token: str) -> HttpResponse:
    """To the same page without the token in its address, from which it could leak."""
    keep_token(request, token)
    response = redirect("signin:address_link")
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address_link(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    link = link_of(kept_digest(request), purposes=ADDRESS_PURPOSES, now=now)
    if link is None:
        return _void(request)
    current = signed_in(request)
    is_objection = link.purpose == Purpose.ADDRESS_OBJECTION
    # Nobody is brought to give their address to another account by a link in their mail.
    is_other = current is not None and current.user.pk != link.user_id and not is_objection
    context = {"link": link, "person": link.user, "is_objection": is_objection, "is_other": is_other}
    if is_other:
        return render(request, "signin/address_link.html", context, status=HTTPStatus.FORBIDDEN)
    if request.method != "POST":
        return render(request, "signin/address_link.html", context)
    done = use_link(
        token_digest=link.token_digest,
        browser_token=browser_token_of(request),
        origin=origin_of(request),
        now=now,
    )
    return _void(request) if done is None else _done(request, done, link.address)


def _done(request: HttpRequest, done: LinkDone, address: str) -> HttpResponse:
    forget_token(request)
    if done.used.purpose is Purpose.ADDRESS_OBJECTION:
        # Whoever was signed in here as this person is so no more.
        current = signed_in(request)
        if current is not None and current.user.pk == done.used.user.pk:
            release(request)
    if done.password_digest:
        keep_digest(request, done.password_digest)
        messages.success(
            request,
            _("%(address)s is the address of your account, and everybody is signed out of it.")
            % {"address": address},
        )
        return redirect("signin:set_password")
    status = HTTPStatus.CONFLICT if done.used.outcome is AddressOutcome.TAKEN else HTTPStatus.OK
    context = {"address": address, "person": done.used.user, "is_signed_in": signed_in(request) is not None}
    return render(request, DONE[done.used.outcome], context, status=status)


def _void(request: HttpRequest) -> HttpResponse:
    """The same whatever is wrong with the link."""
    forget_token(request)
    context = {"is_signed_in": signed_in(request) is not None}
    return render(request, "signin/address_link_void.html", context, status=HTTPStatus.GONE)
