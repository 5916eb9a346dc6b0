from django.urls import path

from apps.oauth.api import authorizations, clients, defined_scopes, me

urlpatterns = [
    path("me", me.MeView.as_view(), name="me"),
    path("clients", clients.ClientsView.as_view(), name="clients"),
    path("clients/<uuid:client_key>", clients.ClientView.as_view(), name="client"),
    path("clients/<uuid:client_key>/secret", clients.NewSecretView.as_view(), name="new_client_secret"),
    path("clients/<uuid:client_key>/enable", clients.EnableView.as_view(), name="enable_client"),
    path("clients/<uuid:client_key>/disable", clients.DisableView.as_view(), name="disable_client"),
    path("scopes", defined_scopes.ScopesView.as_view(), name="scopes"),
    path("scopes/<int:scope_id>", defined_scopes.ScopeView.as_view(), name="scope"),
    path("authorizations", authorizations.AuthorizationsView.as_view(), name="authorizations"),
    path(
        "authorizations/<uuid:authorization_id>",
        authorizations.AuthorizationView.as_view(),
        name="authorization",
    ),
    path(
        "authorizations/<uuid:authorization_id>/revoke",
        authorizations.RevokeView.as_view(),
        name="revoke_authorization",
    ),
]
