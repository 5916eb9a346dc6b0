"""The grants there are. Spec: RFC 6749 §4.1, §4.4, §6."""

from apps.oauth.models import Client

# By the grant that a client must have been registered for.
GRANTS = {
    "authorization_code": Client.GRANT_AUTHORIZATION_CODE,
    "refresh_token": Client.GRANT_AUTHORIZATION_CODE,
    "client_credentials": Client.GRANT_CLIENT_CREDENTIALS,
}
