"""Django's permission checks, answered from role assignments. Passwords are checked in signin, not here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.utils import timezone

from apps.access.selectors import admin_permissions
from apps.directory.selectors import as_person, person

if TYPE_CHECKING:
    from apps.directory.models import User


class RolePermissionBackend(BaseBackend):
    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Nobody signs in by Django's own doors: they know no lock-out, no log and no session registry."""

    def get_user(self, user_id: UUID | str) -> User | None:
        found = person(user_id)
        return found if found is not None and found.is_active else None

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        user = as_person(user_obj)
        if obj is not None or user is None or not (user.is_active and user.is_staff):
            return set()
        cached: set[str] | None = getattr(user, "_admin_permissions", None)
        if cached is None:
            cached = admin_permissions(user=user, now=timezone.now())
            user._admin_permissions = cached  # type: ignore[attr-defined]  # asked many times a page
        return cached

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self.get_all_permissions(user_obj))
