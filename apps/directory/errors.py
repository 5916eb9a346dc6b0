"""Refusals of the directory."""

from apps.core.errors import InvalidInput


class PersonRefused(InvalidInput):
    code = "invalid_person"
    message = "The person's details were not accepted."

    def __init__(self, detail: str = "", *, field: str = "", reasons: tuple[str, ...] = ()) -> None:
        """`reasons`: what is wrong with a password, each in a sentence."""
        super().__init__(detail, field=field)
        self.reasons = reasons


class PasswordHashRefused(InvalidInput):
    code = "invalid_password_hash"
    message = "The password's hash was not accepted."
