"""Nobody gives away or takes a right in the administration that they do not hold, or gives a role to themselves."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.access.models import Assignment, Role


def powers_of_roles(role_ids: Iterable[UUID]) -> set[str]:
    pairs = Permission.objects.filter(access_roles__in=list(role_ids)).values_list(
        "content_type__app_label", "codename"
    )
    return {f"{app_label}.{codename}" for app_label, codename in pairs.order_by()}


def _unended(held: Q) -> QuerySet[Assignment]:
    """Also assignments that are still to come: what counts is what they may lead to."""
    return Assignment.objects.filter(held, Q(valid_until__isnull=True) | Q(valid_until__gt=timezone.now()))


def _powers_of_assignments(held: Q) -> set[str]:
    return powers_of_roles(_unended(held).values_list("role_id", flat=True))


def carries_roles(group: Any) -> bool:
    return _unended(Q(group_id=group.pk)).exists()


def gives_to_self(request: HttpRequest, holder: Any) -> bool:
    """Whether a role for this person or group would be one for the administrator; superusers hold all anyway."""
    if holder is None or request.user.is_superuser:
        return False
    return bool(holder == request.user or request.user.groups.filter(pk=holder.pk).exists())


def holds_role(request: HttpRequest, role: Role) -> bool:
    """Whether what the role gives would be the administrator's own gain; superusers hold all anyway."""
    if request.user.is_superuser:
        return False
    own = Q(user_id=request.user.pk) | Q(group__group_memberships__user_id=request.user.pk)
    return _unended(own).filter(role=role).exists()


def holds_all(request: HttpRequest, powers: set[str]) -> bool:
    return bool(request.user.is_superuser) or powers <= request.user.get_all_permissions()


def may_change_person(request: HttpRequest, person: Any) -> bool:
    """Whoever sets somebody's password can be them, and so must hold what they hold."""
    if not person.is_staff or request.user.is_superuser:
        return True
    held = Q(user_id=person.pk) | Q(group__group_memberships__user_id=person.pk)
    return holds_all(request, _powers_of_assignments(held))


def may_change_group(request: HttpRequest, group: Any) -> bool:
    return bool(request.user.is_superuser) or holds_all(request, _powers_of_assignments(Q(group_id=group.pk)))


def may_change_role(request: HttpRequest, role: Role) -> bool:
    return bool(request.user.is_superuser) or holds_all(request, powers_of_roles([role.pk]))


def may_change_assignment(request: HttpRequest, assignment: Assignment) -> bool:
    return may_change_role(request, assignment.role)
