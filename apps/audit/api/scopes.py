"""Scopes for the log."""

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, Need

EVENTS_READ = ApiScope(
    "gatehouse:events.read",
    _("Read the audit log"),
    _("What happened, who did it, from where, and what was there before and after."),
    frozenset({"audit.view_auditevent"}),
)
SCOPES = (EVENTS_READ,)
SEE_EVENTS = Need(EVENTS_READ, "audit.view_auditevent")
