"""Audit actions of signing in and out."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class SignInAction(AuditAction):
    USER_SIGNED_IN = "user.signed_in"
    """A person signed in; a single sign-on session began."""
    USER_SIGN_IN_REFUSED = "user.sign_in_refused"
    """A sign-in was refused; the person was told nothing more, the reason is kept here."""
    USER_REAUTHENTICATED = "user.reauthenticated"
    """A person who was signed in already proved again who they are."""
    PASSWORD_RESET_REQUESTED = "user.password_reset_requested"  # noqa: S105 - an action's name
    """Somebody asked for a link to choose a new password; refused means that none was sent, for the reason given."""
    SESSION_ENDED = "session.ended"
    """A single sign-on session ended; the reason says how."""
    ADDRESS_RELEASED = "address.released"
    """An administrator lifted the lock on a network address."""
    BROWSER_FORGOTTEN = "browser.forgotten"
    """A browser is no longer recognised as one a person has signed in with before."""
    NOTICE_POLICY_CHANGED = "notice_policy.changed"
    """A new version of which notices people get by mail came into force."""


told_to_people.update(
    {
        SignInAction.USER_SIGNED_IN: Told(Topic.SIGN_IN, by_you=_("You signed in.")),
        SignInAction.USER_SIGN_IN_REFUSED: Told(
            Topic.SIGN_IN, by_nobody=_("Somebody tried to sign in as you, and was refused.")
        ),
        SignInAction.USER_REAUTHENTICATED: Told(
            Topic.SIGN_IN, by_you=_("You confirmed your password once more.")
        ),
        SignInAction.PASSWORD_RESET_REQUESTED: Told(
            Topic.SIGN_IN, by_nobody=_("Somebody asked for a link to choose a new password for you.")
        ),
        SignInAction.SESSION_ENDED: Told(
            Topic.SIGN_IN,
            by_you=_("You were signed out."),
            by_another=_("%(actor)s signed you out."),
        ),
        SignInAction.ADDRESS_RELEASED: Told(
            Topic.ADMINISTRATION, by_you=_("You lifted the lock on the address %(target)s.")
        ),
        SignInAction.BROWSER_FORGOTTEN: Told(
            Topic.SECURITY,
            by_you=_("You had a browser of yours forgotten."),
            by_you_to=_("You had a browser of %(target)s forgotten."),
            by_another=_("%(actor)s had a browser of yours forgotten."),
        ),
        SignInAction.NOTICE_POLICY_CHANGED: Told(
            Topic.ADMINISTRATION, by_you=_("You changed which notices people get by mail.")
        ),
    }
)
