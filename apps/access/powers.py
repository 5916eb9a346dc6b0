"""Nobody gives away or takes a right in the administration that they do not hold, or gives a role to themselves.

Nor does anybody take over an account, or have a puppet, that has more than they do: docs/decisions/0014.
`by` is whoever acts: a person, or a client of the API for itself.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.access.models import Assignment, Role
from apps.access.selectors import assignments_in_force, assignments_of
from apps.directory.selectors.groups import group_ids_above, groups_of

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


def _of_group(group: Any) -> Q:
    """What its members hold by it: also the roles of the groups that it lies in."""
    return Q(group_id__in=group_ids_above(group_ids=[group.pk]))


def powers_of_group(group: Any) -> set[str]:
    return _powers_of_assignments(_of_group(group))


def carries_roles(group: Any) -> bool:
    return _unended(_of_group(group)).exists()


def gives_to_self(by: Any, holder: Any) -> bool:
    """Whether a role for this person or group would be one for the administrator; superusers hold all anyway."""
    if holder is None or by.is_superuser:
        return False
    return bool(holder == by or groups_of(user_id=by.pk).filter(pk=holder.pk).exists())


def holds_role(by: Any, role: Role) -> bool:
    """Whether what the role gives would be the administrator's own gain; superusers hold all anyway."""
    if by.is_superuser:
        return False
    return _unended(_held_by(by)).filter(role=role).exists()


def holds_all(by: Any, powers: set[str]) -> bool:
    return bool(by.is_superuser) or powers <= by.get_all_permissions()


def _held_by(person: Any) -> Q:
    return Q(pk__in=assignments_of(user_id=person.pk).order_by().values("pk"))


def may_change_person(by: Any, person: Any) -> bool:
    """Nobody but a superuser touches a superuser, or somebody who holds rights in the administration that they lack."""
    if by.is_superuser:
        return True
    return not person.is_superuser and holds_all(by, _powers_of_assignments(_held_by(person)))


def _is_covered(by: Any, role_ids: QuerySet[Any, UUID]) -> bool:
    """Whether what these roles give is the administrator's own, or theirs to have in other people's names."""
    if by.is_superuser:
        return True
    if not holds_all(by, powers_of_roles(role_ids)):
        return False
    if by.has_perm(SET_ANY_PASSWORD):
        return True
    opening = Role.objects.filter(pk__in=role_ids, application__isnull=False)
    held = assignments_in_force(user_id=by.pk, now=timezone.now()).values("role_id")
    return not opening.exclude(pk__in=held).exists()


def sets_passwords_within_reach(by: Any) -> bool:
    """Whether somebody may have passwords of others, but only of those who have no access that they lack."""
    return not by.is_superuser and by.has_perm(SET_PASSWORD) and not by.has_perm(SET_ANY_PASSWORD)


def may_sign_in_as(by: Any, person: Any) -> bool:
    """Whether the administrator may set what somebody signs in with, and so have all that they have."""
    if by.is_superuser:
        return True
    if person == by:
        return True
    if not (by.has_perm(SET_PASSWORD) or by.has_perm(SET_ANY_PASSWORD)):
        return False
    return not person.is_superuser and _is_covered(by, _roles_of(_held_by(person)))


def _may_give(by: Any, role_ids: QuerySet[Any, UUID]) -> bool:
    """Whoever sets passwords could give to a person whose password they know, and so gives only what they hold."""
    if sets_passwords_within_reach(by):
        return _is_covered(by, role_ids)
    return bool(by.is_superuser) or holds_all(by, powers_of_roles(role_ids))


def may_give_role(by: Any, role: Role) -> bool:
    return _may_give(by, Role.objects.filter(pk=role.pk).values_list("pk", flat=True))


def may_put_into_group(by: Any, group: Any) -> bool:
    """To belong to a group is to hold its roles."""
    roles = _roles_of(_of_group(group))
    if by.is_superuser or not roles.exists():
        return True
    return by.has_perm(GIVE) and _may_give(by, roles)


def may_open_application_with(by: Any, role: Role) -> bool:
    """Whether the role may be pointed at an application: for its holders that is to be given access."""
    return not (sets_passwords_within_reach(by) and _unended(Q(role=role)).exists())


def may_change_group(by: Any, group: Any) -> bool:
    return bool(by.is_superuser) or holds_all(by, powers_of_group(group))


def may_change_role(by: Any, role: Role) -> bool:
    return bool(by.is_superuser) or holds_all(by, powers_of_roles([role.pk]))


def may_change_assignment(by: Any, assignment: Assignment) -> bool:
    return may_change_role(by, assignment.role)
