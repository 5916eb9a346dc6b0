"""Refusals of the authorization server that are not OAuth protocol errors."""

from django.utils.translation import gettext_lazy as _

from apps.core.errors import InvalidInput, NotAllowed, SpokenRefusal


class ClientRefused(InvalidInput):
    code = "invalid_client_metadata"
    message = _("The client's details were not accepted.")


class NotYoursToRegister(NotAllowed):
    code = "not_yours_to_register"
    message = _(
        "A client gets only scopes that exist and whose rights whoever registers it holds, in an application that they "
        "answer for; more than that takes the right to change applications."
    )


class ClientInUse(SpokenRefusal):
    code = "client_in_use"
    message = _("It has been used: what people allowed it is evidence. Disable it instead.")


class PushedRequestUsed(SpokenRefusal):
    """One that was good a moment ago. Spec: RFC 9126 §7.3."""

    code = "invalid_request_uri"
    message = _("This sign-in link has been used, or is too old")
