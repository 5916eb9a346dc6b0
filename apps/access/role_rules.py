"""What nobody does to a role, in words: give it rights that they lack, or have it give more to themselves."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from apps.access.powers import holds_all, holds_role, may_open_application_with

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from apps.access.models import Application, Role

BEYOND_OWN = _("You can only give rights that you hold yourself.")
HELD_BY_THEMSELVES = _("You hold this role yourself, so somebody else has to change this.")
MAY_HAVE_PASSWORDS = _(
    "You may set passwords, so you can only give access to an application that you have yourself; somebody else can."
)
# What of a role its holders gain by.
GAINS = ("application", "admin_permissions")


def why_not_carried(*, by: Any, rights: Collection[str]) -> StrOrPromise:
    """Why a role that whoever acts makes or changes may not carry these rights; empty when it may."""
    return "" if holds_all(by, set(rights)) else BEYOND_OWN


def why_not_gained(
    *, by: Any, role: Role, changed: Collection[str], application: Application | None
) -> dict[str, StrOrPromise]:
    """By field, why whoever acts may not change this of a role that is there; `application` is the one wanted."""
    gains = [name for name in GAINS if name in changed]
    if gains and holds_role(by, role):
        return dict.fromkeys(gains, HELD_BY_THEMSELVES)
    if "application" in gains and application is not None and not may_open_application_with(by, role):
        return {"application": MAY_HAVE_PASSWORDS}
    return {}
