"""Pages for signed-in people only."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.signin.services.browser_session import SignedIn, signed_in

P = ParamSpec("P")


def sign_in_required(
    view: Callable[Concatenate[HttpRequest, SignedIn, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hands the view who is signed in, or sends the browser to sign in and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        current = signed_in(request)
        if current is None:
            return to_sign_in(request)
        return view(request, current, *args, **kwargs)

    return guarded


def to_sign_in(request: HttpRequest, **hints: str) -> HttpResponse:
    """Ask the person to sign in and come back to the page they wanted (the portal, if it was a form)."""
    return redirect(f"{reverse('signin:login')}?{urlencode({'next': _wanted(request), **hints})}")


def to_new_password(request: HttpRequest) -> HttpResponse:
    """Let the person choose a new password and come back in the same way."""
    return redirect(f"{reverse('signin:password')}?{urlencode({'next': _wanted(request)})}")


def to_terms(request: HttpRequest) -> HttpResponse:
    """Let the person read and accept the terms in force, and come back in the same way."""
    return redirect(f"{reverse('signin:terms')}?{urlencode({'next': _wanted(request)})}")


def _wanted(request: HttpRequest) -> str:
    return request.get_full_path() if request.method == "GET" else reverse("signin:home")
