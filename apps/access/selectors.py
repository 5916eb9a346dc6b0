"""Who may use what: the one decision function, and the same judgement over sets."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.access.decision import Decision, Reason
from apps.access.models import Application, Assignment, Role
from apps.directory.selectors import people
from apps.directory.selectors.groups import group_ids_above, group_ids_of, user_ids_in

if TYPE_CHECKING:
    from apps.directory.models import User


def assignments_in_force(*, user_id: UUID, now: datetime) -> QuerySet[Assignment]:
    """What the person holds at `now`, directly or through a group that they belong to, however deep it lies."""
    return _in_force(now).filter(pk__in=_ids_held(user_id))


def assignments_of(*, user_id: UUID) -> QuerySet[Assignment]:
    """What the person holds, held or will hold, directly or through a group."""
    return Assignment.objects.filter(pk__in=_ids_held(user_id))


def _ids_held(user_id: UUID) -> QuerySet[Any, Any]:
    """Two look-ups, each with its index: an OR over both would be answered by reading every assignment."""
    own = Assignment.objects.filter(user_id=user_id).order_by().values("pk")
    through = Assignment.objects.filter(group_id__in=group_ids_of(user_id=user_id)).order_by().values("pk")
    return own.union(through, all=True)


def roles_held(*, user: User, now: datetime) -> list[Assignment]:
    """What the person holds at `now`, with role, application and group, by the name of the role."""
    held = assignments_in_force(user_id=user.pk, now=now)
    return list(held.select_related("role__application", "group").order_by("role__name", "pk"))


def holders_lost(*, assignments: QuerySet[Assignment], now: datetime) -> dict[str, int]:
    """By the name of each role that these assignments give: how many would no longer hold it without them."""
    going = list(assignments.order_by().values_list("pk", flat=True))
    in_force = _in_force(now)
    found: dict[str, int] = {}
    roles = in_force.filter(pk__in=going).order_by().values_list("role_id", "role__name").distinct()
    for role_id, name in roles:
        of_role = in_force.filter(role_id=role_id)
        kept = _holders(of_role.exclude(pk__in=going)).values("pk")
        found[name] = _holders(of_role.filter(pk__in=going)).exclude(pk__in=kept).count()
    return found


def _in_force(now: datetime) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now), valid_from__lte=now
    )


def _holders(assignments: QuerySet[Assignment]) -> QuerySet[User]:
    """People, each once: themselves, or as members of a group or of one within it."""
    own = assignments.filter(user__isnull=False).order_by().values("user_id")
    groups = assignments.filter(group__isnull=False).order_by().values("group_id")
    return people().filter(Q(pk__in=own) | Q(pk__in=user_ids_in(group_ids=groups)))


def decide_access(*, user: User, application: Application, now: datetime) -> Decision:
    """May this person use this application now? Deny unless allowed."""
    if not user.may_sign_in(now=now):
        return Decision(False, Reason.PERSON_INACTIVE)
    if not application.is_enabled:
        return Decision(False, Reason.APPLICATION_DISABLED)
    if application.audience == Application.Audience.EVERYONE:
        return Decision(True, Reason.OPEN_TO_EVERYONE)
    ends = list(
        assignments_in_force(user_id=user.pk, now=now)
        .filter(role__application=application)
        .values_list("valid_until", flat=True)
    )
    if not ends:
        return Decision(False, Reason.NO_ROLE)
    dated = [end for end in ends if end is not None]
    return Decision(True, Reason.ROLE_HELD, until=max(dated) if len(dated) == len(ends) else None)


def usable_applications(*, user: User, now: datetime, query: str = "") -> QuerySet[Application]:
    """Every application that `decide_access` would allow the person, in one statement."""
    if not user.may_sign_in(now=now):
        return Application.objects.none()
    held = assignments_in_force(user_id=user.pk, now=now).filter(role__application=OuterRef("pk"))
    found = Application.objects.filter(
        Q(audience=Application.Audience.EVERYONE) | Exists(held), is_enabled=True
    )
    if query:
        found = found.filter(Q(name__icontains=query) | Q(description__icontains=query))
    return found


def admin_permissions(*, user: User, now: datetime) -> set[str]:
    """Django permission names ("app_label.codename") that the person's roles give them in the administration."""
    roles = assignments_in_force(user_id=user.pk, now=now).values("role_id")
    pairs = (
        Permission.objects.filter(access_roles__in=roles)
        .values_list("content_type__app_label", "codename")
        .order_by()
    )
    return {f"{app_label}.{codename}" for app_label, codename in pairs}


def access_ends(*, user: User, now: datetime) -> dict[UUID, datetime]:
    """Per application that a role opens to the person, when that ends; absent where it has no end."""
    rows = (
        assignments_in_force(user_id=user.pk, now=now)
        .filter(role__application__isnull=False, role__application__audience=Application.Audience.ASSIGNED)
        .values_list("role__application_id", "valid_until")
    )
    ends: dict[UUID, list[datetime | None]] = {}
    for application_id, until in rows:
        ends.setdefault(application_id, []).append(until)
    return {
        application_id: max(u for u in dates if u is not None)
        for application_id, dates in ends.items()
        if None not in dates
    }


def application_by_name(name: str) -> Application | None:
    return Application.objects.filter(name__iexact=name).first()


def role_names(role_ids: Collection[str]) -> dict[str, str]:
    """By id, of those there are."""
    return {str(pk): name for pk, name in Role.objects.filter(pk__in=role_ids).values_list("pk", "name")}


def assignment_of_rights(*, assignment_id: UUID | str) -> Assignment | None:
    """The assignment, if its role gives rights in the administration."""
    giving = Assignment.objects.filter(pk=assignment_id, role__admin_permissions__isnull=False)
    return giving.select_related("role").first()


def holders_of(*, assignment: Assignment) -> QuerySet[User]:
    """Everybody who holds the role by this assignment, each once."""
    return _holders(Assignment.objects.filter(pk=assignment.pk))


def roles_of_rights(*, group_id: UUID | str, now: datetime) -> QuerySet[Any, str]:
    """Names of the roles with rights in the administration that whoever belongs to the group holds."""
    held = _in_force(now).filter(
        group_id__in=group_ids_above(group_ids=[group_id]), role__admin_permissions__isnull=False
    )
    return held.order_by("role__name").values_list("role__name", flat=True).distinct()


def applications() -> QuerySet[Application]:
    return Application.objects.all()
