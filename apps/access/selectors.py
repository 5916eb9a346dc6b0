"""Who may use what: the one decision function, and the same judgement over sets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.access.decision import Decision, Reason
from apps.access.models import Application, Assignment

if TYPE_CHECKING:
    from apps.directory.models import User


def assignments_in_force(*, user_id: UUID, now: datetime) -> QuerySet[Assignment]:
    """What the person holds at `now`, directly or through a group."""
    return _in_force(now).filter(Q(user_id=user_id) | Q(group__group_memberships__user_id=user_id))


def holders_lost(*, assignments: QuerySet[Assignment], now: datetime) -> dict[str, int]:
    """By the name of each role that these assignments give: how many would no longer hold it without them."""
    going = list(assignments.order_by().values_list("pk", flat=True))
    in_force = _in_force(now)
    found: dict[str, int] = {}
    roles = in_force.filter(pk__in=going).order_by().values_list("role_id", "role__name").distinct()
    for role_id, name in roles:
        of_role = in_force.filter(role_id=role_id)
        holding = _holders(of_role.filter(pk__in=going))
        found[name] = len(holding - _holders(of_role.exclude(pk__in=going)))
    return found


def _in_force(now: datetime) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now), valid_from__lte=now
    )


def _holders(assignments: QuerySet[Assignment]) -> set[UUID]:
    """People, themselves or as members of a group."""
    own = assignments.filter(user__isnull=False).order_by().values_list("user_id", flat=True)
    through = assignments.filter(group__group_memberships__isnull=False).order_by()
    return {*own, *through.values_list("group__group_memberships__user_id", flat=True)}


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
