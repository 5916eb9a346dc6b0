"""A new client secret on its way from the form that made it to the one page that shows it.

It waits in the administrator's own session, encrypted, until it is shown or a few minutes have passed.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest

from apps.core.encryption import keyring
from apps.core.errors import DomainError
from apps.oauth.models import Client

WAITS_FOR = timedelta(minutes=5)


def keep_for_display(request: HttpRequest, client: Client, secret: str, *, now: datetime) -> None:
    request.session[_place(client)] = {
        "sealed": keyring().encrypt(secret.encode(), purpose=_purpose(request, client)),
        "until": (now + WAITS_FOR).timestamp(),
    }


def take_for_display(request: HttpRequest, client: Client, *, now: datetime) -> str:
    """The secret, once; empty when it was shown already, has waited too long, or was made by somebody else."""
    waiting = request.session.pop(_place(client), None)
    if waiting is None or waiting["until"] < now.timestamp():
        return ""
    try:
        return keyring().decrypt(waiting["sealed"], purpose=_purpose(request, client)).decode()
    except DomainError:
        return ""


def _place(client: Client) -> str:
    return f"new_client_secret:{client.pk}"


def _purpose(request: HttpRequest, client: Client) -> str:
    """Binds the value to the client and to the person who made it."""
    return f"oauth.admin.new_client_secret:{client.pk}:{request.user.pk}"
