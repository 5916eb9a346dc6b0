"""Scopes for keys."""

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, Need

KEYS_READ = ApiScope(
    "gatehouse:keys.read",
    _("See signing keys"),
    _("Their public halves and their state."),
    frozenset({"keys.view_signingkey"}),
)
SCOPES = (KEYS_READ,)
SEE_KEYS = Need(KEYS_READ, "keys.view_signingkey")
