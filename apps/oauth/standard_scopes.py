"""The scopes that OpenID Connect defines, in words that people read. Spec: OIDC Core §5.4, §11."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, api_scopes

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


OFFLINE_ACCESS = "offline_access"


@dataclass(frozen=True)
class StandardScope:
    name: str
    title: StrOrPromise
    description: StrOrPromise


STANDARD_SCOPES = {
    scope.name: scope
    for scope in (
        StandardScope(
            "openid", _("Know who you are"), _("An identifier that stays the same at each sign-in.")
        ),
        StandardScope("profile", _("See your profile"), _("Your name, user name, language and time zone.")),
        StandardScope("email", _("See your e-mail address"), _("And whether it has been verified.")),
        StandardScope(
            OFFLINE_ACCESS,
            _("Keep access while you are away"),
            _("Until you take it back in your account, also after you sign out."),
        ),
    )
}


def built_in_scopes() -> dict[str, StandardScope | ApiScope]:
    """What nobody has to define: the scopes of OpenID Connect, and those of our own API."""
    return {**STANDARD_SCOPES, **{scope.name: scope for scope in api_scopes}}
