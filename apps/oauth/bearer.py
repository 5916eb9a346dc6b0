"""Access tokens as resource requests carry them. Spec: RFC 6750 §2, §3."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse

from apps.core.bearer import bearer_challenge, bearer_in_header
from apps.oauth.answers import oauth_error
from apps.oauth.form_requests import FORM


def bearer_token(request: HttpRequest) -> str | None:
    """The token in the header or, for a form, in its body; None when there is none, "" when it is malformed.

    Sent in both places it is malformed. In the URI it is not looked for (RFC 9700 §4.3.2), and credentials of
    another scheme are as good as none (RFC 6750 §3.1).
    """
    header = request.headers.get("Authorization", "")
    in_body = request.POST.getlist("access_token") if request.content_type == FORM else []
    if in_body:
        return in_body[0] if len(in_body) == 1 and not header else ""
    return bearer_in_header(header)


def challenge(
    *, error: str = "", description: str = "", scope: str = "", status: int = HTTPStatus.UNAUTHORIZED
) -> JsonResponse:
    """Spec: RFC 6750 §3: no error code when no token was sent."""
    return oauth_error(
        error or "invalid_request",
        description or "Send an access token.",
        status=status,
        headers={
            "WWW-Authenticate": bearer_challenge(
                {"error": error, "error_description": description, "scope": scope}
            )
        },
    )
