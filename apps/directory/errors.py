"""Refusals of the directory."""

from apps.core.errors import InvalidInput


class PersonRefused(InvalidInput):
    code = "invalid_person"
    message = "The person's details were not accepted."


class PasswordHashRefused(InvalidInput):
    code = "invalid_password_hash"
    message = "The password's hash was not accepted."
