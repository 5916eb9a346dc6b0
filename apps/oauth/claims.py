"""What a person's tokens say about them, by scope. Spec: OIDC Core §5.1, §5.4."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.directory.models import User


def claims_for(user: User, scopes: Collection[str]) -> dict[str, Any]:
    """Always `sub`; profile and e-mail claims only with their scopes, and empty values not at all."""
    claims: dict[str, Any] = {"sub": str(user.pk)}
    if "profile" in scopes:
        profile = {
            "name": user.display_name,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "preferred_username": user.username,
            "zoneinfo": user.time_zone,
            "locale": user.locale,
            "updated_at": int(user.updated_at.timestamp()),
        }
        claims |= {name: value for name, value in profile.items() if value}
    if "email" in scopes and user.email:
        claims |= {"email": user.email, "email_verified": user.is_email_verified}
    return claims
