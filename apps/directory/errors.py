"""Refusals of the directory."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import InvalidInput, NotAllowed, SpokenRefusal


class PersonRefused(InvalidInput):
    code = "invalid_person"
    message = _("The person's details were not accepted.")

    def __init__(self, detail: str = "", *, field: str = "", reasons: tuple[str, ...] = ()) -> None:
        """`reasons`: what is wrong with a password, each in a sentence."""
        super().__init__(detail, field=field)
        self.reasons = reasons


class PasswordHashRefused(InvalidInput):
    code = "invalid_password_hash"
    message = _("The password's hash was not accepted.")


class GroupRefused(InvalidInput):
    code = "invalid_group"
    message = _("The group's details were not accepted.")


class UnitRefused(InvalidInput):
    code = "invalid_unit"
    message = _("The organisation unit's details were not accepted.")


class UnitInUse(SpokenRefusal):
    code = "unit_in_use"
    message = _("People or other units are in it. Move them first.")


class AttributeInUse(SpokenRefusal):
    code = "attribute_in_use"
    message = _("People have values of it. Take it out of use instead: the values stay on record.")


class AttributeRefused(InvalidInput):
    code = "invalid_attribute"
    message = _("The attribute was not accepted.")


class FieldsClosed(NotAllowed):
    """Some of a record's fields are not for whoever asks to change."""

    code = "fields_closed"
    message = _("You may change this person's record, but not all of these fields.")


class OwnPassword(NotAllowed):
    code = "own_password"
    message = _("One's own password is changed at /account/password, with the present one.")


class StandingRefused(SpokenRefusal):
    """The person's standing cannot be changed so, or not by whoever asks."""

    code = "standing_refused"
    message = _("The person's standing cannot be changed so.")


class GroupInUse(SpokenRefusal):
    code = "group_in_use"
    message = _("People belong to the group, or it holds roles. Take them out and end its roles first.")
