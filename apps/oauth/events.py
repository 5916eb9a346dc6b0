"""Audit actions of the authorization server."""

from apps.audit.ports import AuditAction


class OAuthAction(AuditAction):
    CLIENT_CREATED = "client.created"
    """An OAuth client was registered."""
    CLIENT_CHANGED = "client.changed"
    """An administrator changed a client."""
    CLIENT_DELETED = "client.deleted"
    """A client was deleted, with its tokens and consents."""
    CLIENT_REFUSED = "client.refused"
    """Somebody called an endpoint for clients without proving to be one: a wrong secret, say."""
    CLIENT_SECRET_ROTATED = "client.secret_rotated"  # noqa: S105 - an action's name
    """A client was given a new secret; the old one stopped at once."""
    SCOPE_CREATED = "scope.created"
    """A scope that clients may ask for was added."""
    SCOPE_CHANGED = "scope.changed"
    """A scope was changed."""
    SCOPE_DELETED = "scope.deleted"
    """A scope was deleted."""
    AUTHORIZATION_GRANTED = "authorization.granted"
    """A client was given a code for a person, who had consented or did not have to."""
    AUTHORIZATION_REFUSED = "authorization.refused"
    """A client was given no code: the person may not use the application, or did not consent."""
    AUTHORIZATION_REVOKED = "authorization.revoked"
    """All tokens that came from one code were ended; the reason says by whom or by what."""
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - an action's name
    """A client was given tokens, for a code, a refresh token or itself."""
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - an action's name
    """A token request was refused; the reason names what was wrong, also a replayed code or token."""
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an action's name
    """A client gave back a token that it had got for itself."""
