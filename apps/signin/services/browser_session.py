"""The bond between a browser's cookie and a single sign-on session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from apps.core.origin import origin_of
from apps.directory.selectors import subject_of
from apps.signin.models import Session
from apps.signin.selectors import session_by_id
from apps.signin.services.sso_sessions import end_session

if TYPE_CHECKING:
    from apps.directory.models import User

SSO_SESSION = "sso_session"
# Spec: RFC 8176 §2.
PASSWORD = "pwd"  # noqa: S105 - a method's name
BACKEND = "apps.access.backends.RolePermissionBackend"


@dataclass(frozen=True)
class SignedIn:
    """Who sits before the browser, and in which session."""

    user: User
    session: Session
    # The version of terms that they have to accept before anything else is open to them.
    terms_to_accept: UUID | None = None

    @property
    def must_change_password(self) -> bool:
        """Whether they came in with a password that had expired: then nothing else is open to them."""
        return PASSWORD in self.session.amr and self.user.is_password_expired(
            at=self.session.authenticated_at
        )


def signed_in(request: HttpRequest) -> SignedIn | None:
    """Set by the session registry's middleware, which has judged it for this request."""
    found: SignedIn | None = getattr(request, "signed_in", None)
    return found


def bind(request: HttpRequest, *, user: User, session: Session) -> None:
    """Give the browser the session under a new cookie value, so that nobody can have planted it.

    Forms from before are void too: whoever put their token into this browser may know it.
    """
    request.session.flush()
    rotate_token(request)
    request.session[SESSION_KEY] = str(user.pk)
    request.session[BACKEND_SESSION_KEY] = BACKEND
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request.session[SSO_SESSION] = str(session.pk)
    request.session.set_expiry(session.expires_at)
    request.user = user
    request.signed_in = SignedIn(user, session)  # type: ignore[attr-defined]  # as the middleware does


def release(request: HttpRequest) -> None:
    request.session.flush()
    request.signed_in = None  # type: ignore[attr-defined]  # as the middleware does


def session_behind(request: HttpRequest) -> Session | None:
    session_id = request.session.get(SSO_SESSION)
    return session_by_id(session_id) if session_id else None


def sign_out(request: HttpRequest) -> None:
    """End the session of this browser, if it has one."""
    current = signed_in(request)
    if current is not None:
        end_session(
            session_id=current.session.pk,
            reason=Session.EndReason.SIGNED_OUT,
            actor=subject_of(current.user),
            origin=origin_of(request),
            now=timezone.now(),
        )
    release(request)
