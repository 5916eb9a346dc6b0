"""Refusals of the directory."""

from apps.core.errors import InvalidInput


class PersonRefused(InvalidInput):
    code = "invalid_person"
    message = "The person's details were not accepted."
