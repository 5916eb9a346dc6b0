"""Scopes for sessions."""

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, Need

SESSIONS_READ = ApiScope(
    "gatehouse:sessions.read",
    _("See who is signed in"),
    _("Since when, from where and with which browser."),
    frozenset({"signin.view_session"}),
)
SESSIONS_WRITE = ApiScope(
    "gatehouse:sessions.write",
    _("Sign people out"),
    _("End their sessions, and with them what applications got from these."),
    frozenset({"signin.view_session", "signin.change_session"}),
)
SCOPES = (SESSIONS_READ, SESSIONS_WRITE)
SEE_SESSIONS = Need(SESSIONS_READ, "signin.view_session")
END_SESSIONS = Need(SESSIONS_WRITE, "signin.change_session")
