"""What may be changed of a person's record, by whom; asked by the administration's form and by the API."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.guards import is_within_reach
from apps.directory.models import Attribute

# What applications trust and access hangs on: others say it of somebody, nobody of themselves.
FIXED_ON_OWN_RECORD = (
    "is_email_verified",
    "department",
    "unit",
    "job_title",
    "manager",
    "employee_number",
    "employee_type",
    "starts_on",
    "ends_on",
)
# Whoever changes these can sign in as somebody, or be taken for them by an application. One's own are changed in the
# portal, with the password one has: a session or a token that somebody else got hold of is not enough.
SIGNING_IN = ("username", "email", "is_email_verified")
FOR_SUPERUSERS = ("is_staff", "is_superuser")
SET_PASSWORD, SET_ANY_PASSWORD = "set_password", "set_any_password"

OWN_MANAGER = _("Nobody is their own manager.")
LAST_SUPERUSER = _(
    "Nobody could undo it: there is no other superuser with a password and without an end date."
)


def sets_passwords(by: Any) -> bool:
    return any(by.has_perm(f"directory.{right}") for right in (SET_PASSWORD, SET_ANY_PASSWORD))


def may_sign_in_as(by: Any, person: Any) -> bool:
    """Whether `by` may set what this person signs in with."""
    return by.pk != person.pk and sets_passwords(by) and is_within_reach(by, "user", person)


def closed_fields(by: Any, person: Any) -> tuple[str, ...]:
    """Fields of the record that are not for `by` to change; of a new one when `person` is None."""
    is_own = person is not None and person.pk == by.pk
    if by.is_superuser:
        return SIGNING_IN if is_own else ()
    own = FIXED_ON_OWN_RECORD if is_own else ()
    out_of_reach = () if person is None or may_sign_in_as(by, person) else SIGNING_IN
    return (*own, *out_of_reach, *FOR_SUPERUSERS)


def may_change_attribute(by: Any, person: Any, attribute: Attribute) -> bool:
    """Of oneself only what everybody may say of themselves; superusers have nobody above them."""
    is_own = person.pk == by.pk and not by.is_superuser
    return attribute.for_administrators == Attribute.ForAdministrators.EDIT and (
        not is_own or attribute.for_person == Attribute.ForPerson.EDIT
    )


def limits_power(name: str, value: Any, *, now: datetime) -> bool:
    """Whether a superuser with this value would be nobody to rely on."""
    match name:
        case "is_superuser" | "is_staff":
            return not value
        case "ends_on":
            return value is not None
        case "starts_on":
            return value is not None and value > now.date()
    return False
