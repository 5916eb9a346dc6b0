"""Two doors: human pages get sessions, languages, CSRF and messages; machine endpoints pass by all of them.

Spec: docs/developers/architecture.md, "Two doors".
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation


def is_machine_door(request: HttpRequest) -> bool:
    return request.path.startswith(settings.MACHINE_DOOR_PATHS)


def is_api(request: HttpRequest) -> bool:
    """Whether refusals are problem+json: everywhere under /api/ but on the pages for people."""
    return request.path.startswith("/api/") and not request.path.startswith("/api/docs/")


class HumanDoor:
    """Mixed in before a middleware of Django's, it keeps that middleware away from machine endpoints."""

    get_response: Any  # each middleware of Django's types it in its own way

    def __call__(self, request: HttpRequest) -> Any:
        if is_machine_door(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]  # the middleware this is mixed into has it

    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> Any:
        inner = getattr(super(), "process_view", None)
        if inner is None or is_machine_door(request):
            return None
        return inner(request, callback, args, kwargs)


class HumanSessionMiddleware(HumanDoor, SessionMiddleware):
    pass


class HumanLocaleMiddleware(HumanDoor, LocaleMiddleware):
    """Django's leaves its language to the thread's next request, which may be a machine's, or be answered before."""

    def __call__(self, request: HttpRequest) -> Any:
        with translation.override(translation.get_language()):
            return super().__call__(request)


class HumanCommonMiddleware(HumanDoor, CommonMiddleware):
    pass


class HumanCsrfMiddleware(HumanDoor, CsrfViewMiddleware):
    pass


class HumanAuthenticationMiddleware(HumanDoor, AuthenticationMiddleware):
    pass


class HumanMessageMiddleware(HumanDoor, MessageMiddleware):
    pass
