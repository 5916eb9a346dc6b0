"""Refusals of the authorization server that are not OAuth protocol errors."""

from apps.core.errors import InvalidInput


class ClientRefused(InvalidInput):
    code = "invalid_client_metadata"
    message = "The client's details were not accepted."
