"""Audit actions of the authorization server."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


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
    AUTHORIZATION_PUSHED = "authorization.pushed"
    """A client left an authorization request, for which it will send a person."""
    AUTHORIZATION_GRANTED = "authorization.granted"
    """A client was given a code for a person, who had consented or did not have to."""
    AUTHORIZATION_REFUSED = "authorization.refused"
    """A client was given no code: the person may not use the application, or did not consent."""
    AUTHORIZATION_REVOKED = "authorization.revoked"
    """All tokens that came from one code were ended; the reason says by whom or by what."""
    CONSENT_WITHDRAWN = "consent.withdrawn"
    """A person took back a remembered consent from which nothing was in use at that time."""
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - an action's name
    """A client was given tokens, for a code, a refresh token or itself."""
    TOKEN_REFUSED = "token.refused"  # noqa: S105 - an action's name
    """A token request was refused; the reason names what was wrong, also a replayed code or token."""
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - an action's name
    """A client gave back a token that it had got for itself."""


told_to_people.update(
    {
        OAuthAction.CLIENT_CREATED: Told(
            Topic.ADMINISTRATION, by_you=_("You registered the client %(target)s.")
        ),
        OAuthAction.CLIENT_CHANGED: Told(
            Topic.ADMINISTRATION, by_you=_("You changed the client %(target)s.")
        ),
        OAuthAction.CLIENT_DELETED: Told(
            Topic.ADMINISTRATION, by_you=_("You deleted the client %(target)s.")
        ),
        OAuthAction.CLIENT_REFUSED: None,
        OAuthAction.CLIENT_SECRET_ROTATED: Told(
            Topic.ADMINISTRATION, by_you=_("You gave the client %(target)s a new secret.")
        ),
        OAuthAction.SCOPE_CREATED: Told(Topic.ADMINISTRATION, by_you=_("You added the scope %(target)s.")),
        OAuthAction.SCOPE_CHANGED: Told(Topic.ADMINISTRATION, by_you=_("You changed the scope %(target)s.")),
        OAuthAction.SCOPE_DELETED: Told(Topic.ADMINISTRATION, by_you=_("You deleted the scope %(target)s.")),
        # Nobody has come for it yet.
        OAuthAction.AUTHORIZATION_PUSHED: None,
        OAuthAction.AUTHORIZATION_GRANTED: Told(
            Topic.ACCESS, by_you=_("You signed in to %(target)s with this account.")
        ),
        OAuthAction.AUTHORIZATION_REFUSED: Told(Topic.ACCESS, by_you=_("You did not get into %(target)s.")),
        OAuthAction.AUTHORIZATION_REVOKED: Told(
            Topic.ACCESS,
            by_you=_("You took back what an application was allowed to do."),
            by_another=_("%(actor)s took back what an application was allowed to do for you."),
            by_nobody=_("What an application was allowed to do for you was taken back."),
        ),
        OAuthAction.CONSENT_WITHDRAWN: Told(
            Topic.ACCESS, by_you=_("You took back what %(target)s was allowed to do.")
        ),
        # Each renewal is one: what they come from is told as authorizations.
        OAuthAction.TOKEN_ISSUED: None,
        OAuthAction.TOKEN_REFUSED: None,
        OAuthAction.TOKEN_REVOKED: None,
    }
)
