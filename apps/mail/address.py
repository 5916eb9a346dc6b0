"""Addresses that a mail can be sent to."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


def can_be_written_to(address: str) -> bool:
    """Whether it is one mailbox that every mail server can take; a domain may have letters that are not ASCII.

    Within quotes an address may hold characters that steer whatever shows it: nobody has such a one.

    Spec: RFC 6531: a mailbox with such letters before the @ takes servers that all speak SMTPUTF8.
    """
    try:
        validate_email(address)
    except ValidationError:
        return False
    return address.isprintable() and address.rpartition("@")[0].isascii()
