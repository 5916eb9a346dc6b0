"""/mail/: what embedded mode keeps instead of sending it, for whoever sits at the machine."""

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core.origin import client_address
from apps.mail.models import KeptMail
from apps.mail.selectors import is_mail_kept, kept_mail, kept_mails

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# The page shows the letter in a frame; the letter may do nothing but look as it does.
FRAMING_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
LETTER_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; "
    "base-uri 'none'"
)


def at_this_machine(view: View[P]) -> View[P]:
    """As if there were no such page anywhere else: the links in these mails let people in.

    A request that passed a proxy comes from somewhere else, whatever address it seems to have.
    """

    @never_cache
    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not (is_mail_kept() and _is_local(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _is_local(request: HttpRequest) -> bool:
    address = client_address(request)
    is_forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return address is not None and not is_forwarded and ipaddress.ip_address(address).is_loopback


@at_this_machine
def list_kept(request: HttpRequest) -> HttpResponse:
    return render(request, "mail/kept.html", {"mails": kept_mails()})


@at_this_machine
def read_kept(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    response = render(request, "mail/kept_mail.html", {"mail": _mail(mail_id)})
    response["Content-Security-Policy"] = FRAMING_POLICY
    return response


@at_this_machine
def kept_letter(request: HttpRequest, mail_id: UUID) -> HttpResponse:
    response = HttpResponse(_mail(mail_id).html)
    response["Content-Security-Policy"] = LETTER_POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _mail(mail_id: UUID) -> KeptMail:
    mail = kept_mail(mail_id)
    if mail is None:
        raise Http404
    return mail
