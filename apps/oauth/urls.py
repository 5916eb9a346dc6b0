from django.urls import path

from apps.oauth.views.authorize import AuthorizeView
from apps.oauth.views.connected import connected, disconnect
from apps.oauth.views.introspect import introspect
from apps.oauth.views.logout import RPInitiatedLogoutView
from apps.oauth.views.metadata import jwks, oauth_authorization_server, openid_configuration
from apps.oauth.views.par import pushed_authorization_request
from apps.oauth.views.revoke import revoke
from apps.oauth.views.token import token
from apps.oauth.views.userinfo import userinfo

app_name = "oauth"
urlpatterns = [
    path("oauth/authorize", AuthorizeView.as_view(), name="authorize"),
    path("oauth/par", pushed_authorization_request, name="par"),
    path("oauth/token", token, name="token"),
    path("oauth/introspect", introspect, name="introspect"),
    path("oauth/revoke", revoke, name="revoke"),
    path("oauth/userinfo", userinfo, name="userinfo"),
    path("oauth/logout", RPInitiatedLogoutView.as_view(), name="logout"),
    path("account/apps", connected, name="connected"),
    path("account/apps/<uuid:client_id>", disconnect, name="disconnect"),
    path(".well-known/openid-configuration", openid_configuration, name="openid_configuration"),
    path(".well-known/oauth-authorization-server", oauth_authorization_server, name="authorization_server"),
    path(".well-known/jwks.json", jwks, name="jwks"),
]
