"""Nobody gives away or takes a right in the administration that they do not hold, or gives a role to themselves.

Nor does anybody take over an account, or have a puppet, that has more than they do: docs/decisions/0014.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.access.models import Assignment, Role
from apps.access.selectors import assignments_in_force

GIVE = "access.add_assignment"
SET_PASSWORD = "directory.set_password"  # noqa: S105 - the name of a right
SET_ANY_PASSWORD = "directory.set_any_password"  # noqa: S105 - the name of a right


def powers_of_roles(role_ids: Iterable[UUID]) -> set[str]:
    pairs = Permission.objects.filter(access_roles__in=list(role_ids)).values_list(
        "content_type__app_label", "codename"
    )
    return {f"{app_label}.{codename}" for app_label, codename in pairs.order_by()}


def _unended(held: Q) -> QuerySet[Assignment]:
    """Also assignments that are still to come: what counts is what they may lead to."""
    return Assignment.objects.filter(held, Q(valid_until__isnull=True) | Q(valid_until__gt=timezone.now()))


def _roles_of(held: Q) -> QuerySet[Any, UUID]:
    return _unended(held).order_by().values_list("role_id", flat=True)


def _powers_of_assignments(held: Q) -> set[str]:
    return powers_of_roles(_roles_of(held))


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


def _held_by(person: Any) -> Q:
    return Q(user_id=person.pk) | Q(group__group_memberships__user_id=person.pk)


def may_change_person(request: HttpRequest, person: Any) -> bool:
    """Nobody but a superuser touches a superuser, or somebody who holds rights in the administration that they lack."""
    if request.user.is_superuser:
        return True
    return not person.is_superuser and holds_all(request, _powers_of_assignments(_held_by(person)))


def _is_covered(request: HttpRequest, role_ids: QuerySet[Any, UUID]) -> bool:
    """Whether what these roles give is the administrator's own, or theirs to have in other people's names."""
    user: Any = request.user
    if user.is_superuser:
        return True
    if not holds_all(request, powers_of_roles(role_ids)):
        return False
    if user.has_perm(SET_ANY_PASSWORD):
        return True
    opening = Role.objects.filter(pk__in=role_ids, application__isnull=False)
    held = assignments_in_force(user_id=user.pk, now=timezone.now()).values("role_id")
    return not opening.exclude(pk__in=held).exists()


def sets_passwords_within_reach(request: HttpRequest) -> bool:
    """Whether somebody may have passwords of others, but only of those who have no access that they lack."""
    user = request.user
    return not user.is_superuser and user.has_perm(SET_PASSWORD) and not user.has_perm(SET_ANY_PASSWORD)


def may_sign_in_as(request: HttpRequest, person: Any) -> bool:
    """Whether the administrator may set what somebody signs in with, and so have all that they have."""
    if request.user.is_superuser:
        return True
    if person == request.user:
        return True
    if not (request.user.has_perm(SET_PASSWORD) or request.user.has_perm(SET_ANY_PASSWORD)):
        return False
    return not person.is_superuser and _is_covered(request, _roles_of(_held_by(person)))


def _may_give(request: HttpRequest, role_ids: QuerySet[Any, UUID]) -> bool:
    """Whoever sets passwords could give to a person whose password they know, and so gives only what they hold."""
    if sets_passwords_within_reach(request):
        return _is_covered(request, role_ids)
    return bool(request.user.is_superuser) or holds_all(request, powers_of_roles(role_ids))


def may_give_role(request: HttpRequest, role: Role) -> bool:
    return _may_give(request, Role.objects.filter(pk=role.pk).values_list("pk", flat=True))


def may_put_into_group(request: HttpRequest, group: Any) -> bool:
    """To belong to a group is to hold its roles."""
    roles = _roles_of(Q(group_id=group.pk))
    if request.user.is_superuser or not roles.exists():
        return True
    return request.user.has_perm(GIVE) and _may_give(request, roles)


def may_open_application_with(request: HttpRequest, role: Role) -> bool:
    """Whether the role may be pointed at an application: for its holders that is to be given access."""
    return not (sets_passwords_within_reach(request) and _unended(Q(role=role)).exists())


def may_change_group(request: HttpRequest, group: Any) -> bool:
    return bool(request.user.is_superuser) or holds_all(request, _powers_of_assignments(Q(group_id=group.pk)))


def may_change_role(request: HttpRequest, role: Role) -> bool:
    return bool(request.user.is_superuser) or holds_all(request, powers_of_roles([role.pk]))


def may_change_assignment(request: HttpRequest, assignment: Assignment) -> bool:
    return may_change_role(request, assignment.role)
