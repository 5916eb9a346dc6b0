"""Scopes for clients and for what people allowed them."""

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, Need

CLIENTS_READ = ApiScope(
    "gatehouse:clients.read",
    _("See clients"),
    _("And the scopes that they may ask for; never their secrets."),
    frozenset({"oauth.view_client", "oauth.view_scope"}),
)
CLIENTS_WRITE = ApiScope(
    "gatehouse:clients.write",
    _("Register and change clients"),
    _("Also make new secrets for them. Only clients that may do no more than whoever acts."),
    frozenset(
        {
            "oauth.view_client",
            "oauth.add_client",
            "oauth.change_client",
            "oauth.delete_client",
            "oauth.view_scope",
        }
    ),
)
SCOPES_WRITE = ApiScope(
    "gatehouse:scopes.write",
    _("Define scopes"),
    _("Of the installation's own APIs, in the words that people read when they are asked for consent."),
    frozenset({"oauth.view_scope", "oauth.add_scope", "oauth.change_scope", "oauth.delete_scope"}),
)
AUTHORIZATIONS_READ = ApiScope(
    "gatehouse:authorizations.read",
    _("See what people allowed applications"),
    _("Which scopes, since when, and whether it still stands."),
    frozenset({"oauth.view_authorization"}),
)
AUTHORIZATIONS_WRITE = ApiScope(
    "gatehouse:authorizations.write",
    _("Take back what people allowed applications"),
    _("With every token that came from it."),
    frozenset({"oauth.view_authorization", "oauth.change_authorization"}),
)
SCOPES = (CLIENTS_READ, CLIENTS_WRITE, SCOPES_WRITE, AUTHORIZATIONS_READ, AUTHORIZATIONS_WRITE)

SEE_CLIENTS = Need(CLIENTS_READ, "oauth.view_client")
ADD_CLIENTS = Need(CLIENTS_WRITE, "oauth.add_client")
CHANGE_CLIENTS = Need(CLIENTS_WRITE, "oauth.change_client")
DELETE_CLIENTS = Need(CLIENTS_WRITE, "oauth.delete_client")
SEE_SCOPES = Need(CLIENTS_READ, "oauth.view_scope")
ADD_SCOPES = Need(SCOPES_WRITE, "oauth.add_scope")
CHANGE_SCOPES = Need(SCOPES_WRITE, "oauth.change_scope")
DELETE_SCOPES = Need(SCOPES_WRITE, "oauth.delete_scope")
SEE_AUTHORIZATIONS = Need(AUTHORIZATIONS_READ, "oauth.view_authorization")
REVOKE_AUTHORIZATIONS = Need(AUTHORIZATIONS_WRITE, "oauth.change_authorization")
