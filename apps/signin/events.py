"""Audit actions of signing in and out."""

from apps.audit.ports import AuditAction


class SignInAction(AuditAction):
    USER_SIGNED_IN = "user.signed_in"
    """A person signed in; a single sign-on session began."""
    USER_SIGN_IN_REFUSED = "user.sign_in_refused"
    """A sign-in was refused; the person was told nothing more, the reason is kept here."""
    USER_REAUTHENTICATED = "user.reauthenticated"
    """A person who was signed in already proved again who they are."""
    SESSION_ENDED = "session.ended"
    """A single sign-on session ended; the reason says how."""
    ADDRESS_RELEASED = "address.released"
    """An administrator lifted the lock on a network address."""
    BROWSER_FORGOTTEN = "browser.forgotten"
    """A browser is no longer recognised as one a person has signed in with before."""
