"""Which application a person is on the way to, and how it wants them spoken to, for the sign-in page."""

from urllib.parse import parse_qs, urlsplit

from django.urls import reverse
from django.utils import timezone

from apps.oauth.authorization_request import parse_login_hint
from apps.oauth.redirect_uris import origin_of_uri
from apps.oauth.selectors import client_by_client_id
from apps.oauth.services.pushed_requests import pushed_request
from apps.signin.ports import Destination

MOST_LANGUAGES = 10


def destination_behind_path(path: str) -> Destination:
    parts = urlsplit(path)
    if parts.path != reverse("oauth:authorize"):
        return Destination()
    query = _asked(parts.query)
    client = client_by_client_id(query.get("client_id", [""])[0])
    redirect_uri = query.get("redirect_uri", [""])[0]
    if client is None:
        return Destination()
    origins = (origin_of_uri(redirect_uri),) if client.redirect_uri_allowed(redirect_uri) else ()
    return Destination(
        application=client.application,
        form_action_origins=origins,
        login_hint=parse_login_hint(query.get("login_hint", [""])[0]),
    )


def languages_wished_at_path(path: str) -> list[str]:
    """Spec: OIDC Core §3.1.2.1, RP-Initiated Logout §2: `ui_locales`, tags separated by spaces, best first."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return []
    if parts.path not in {reverse("oauth:authorize"), reverse("oauth:logout")}:
        return []
    return _asked(parts.query).get("ui_locales", [""])[0].split()[:MOST_LANGUAGES]


def _asked(query: str) -> dict[str, list[str]]:
    """The parameters, also of a request that was pushed before."""
    named = parse_qs(query)
    if "request_uri" not in named:
        return named
    client_id, request_uri = named.get("client_id", [""])[0], named["request_uri"][0]
    pushed = pushed_request(client_id=client_id, request_uri=request_uri, now=timezone.now())
    return parse_qs(pushed.query) if pushed else named
