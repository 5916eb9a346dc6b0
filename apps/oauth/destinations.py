"""Which application a person is on the way to, and how it wants them spoken to, for the sign-in page."""

from urllib.parse import parse_qs, urlsplit

from django.urls import reverse

from apps.oauth.redirect_uris import origin_of_uri
from apps.oauth.selectors import client_by_client_id
from apps.signin.ports import Destination

MOST_LANGUAGES = 10


def destination_behind_path(path: str) -> Destination:
    parts = urlsplit(path)
    if parts.path != reverse("oauth:authorize"):
        return Destination()
    query = parse_qs(parts.query)
    client = client_by_client_id(query.get("client_id", [""])[0])
    redirect_uri = query.get("redirect_uri", [""])[0]
    if client is None:
        return Destination()
    origins = (origin_of_uri(redirect_uri),) if client.redirect_uri_allowed(redirect_uri) else ()
    return Destination(application=client.application, form_action_origins=origins)


def languages_wished_at_path(path: str) -> list[str]:
    """Spec: OIDC Core §3.1.2.1, RP-Initiated Logout §2: `ui_locales`, tags separated by spaces, best first."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return []
    if parts.path not in {reverse("oauth:authorize"), reverse("oauth:logout")}:
        return []
    return parse_qs(parts.query).get("ui_locales", [""])[0].split()[:MOST_LANGUAGES]
