"""Refusals of access."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import NotAllowed, SpokenRefusal


class NotYoursToGive(NotAllowed):
    code = "not_yours_to_give"
    message = _(
        "Nobody gives a role to themselves, or one that carries rights that they, or the token they use, do not have; "
        "and whoever may set passwords gives only access that they have themselves."
    )


class RoleInUse(SpokenRefusal):
    code = "role_in_use"
    message = _("It was given to somebody. Delete its assignments first, also those that have ended.")


class ApplicationInUse(SpokenRefusal):
    code = "application_in_use"
    message = _("It has roles or clients. Delete these first, or disable the application instead.")
