"""Who belongs to which group: by a membership of their own, or because their group lies within another."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet

from apps.audit.ports import Subject
from apps.core.row_counts import counted
from apps.directory.models import Group, GroupNesting, GroupReach, Membership, User

# To be used with `__in`: keys of groups or people.
Keys = QuerySet[Any, Any]


def groups_of(*, user_id: UUID) -> QuerySet[Group]:
    return Group.objects.filter(pk__in=group_ids_of(user_id=user_id))


def group_ids_of(*, user_id: UUID) -> Keys:
    own: Keys = Membership.objects.filter(user_id=user_id).order_by().values("group_id")
    outer: Keys = (
        GroupReach.objects.filter(descendant__group_memberships__user_id=user_id)
        .order_by()
        .values("ancestor_id")
    )
    return own.union(outer)


def group_ids_above(*, group_ids: Any) -> Keys:
    """These groups, and all that they lie in."""
    outer = GroupReach.objects.filter(descendant_id__in=group_ids).values("ancestor_id")
    return Group.objects.filter(Q(pk__in=group_ids) | Q(pk__in=outer)).order_by().values("pk")


def group_ids_below(*, group_ids: Any) -> Keys:
    """These groups, and all that lies in them."""
    inner = GroupReach.objects.filter(ancestor_id__in=group_ids).values("descendant_id")
    return Group.objects.filter(Q(pk__in=group_ids) | Q(pk__in=inner)).order_by().values("pk")


def user_ids_in(*, group_ids: Any) -> Keys:
    """Keys of all who belong to one of these groups, themselves or through groups within it; some more than once."""
    return (
        Membership.objects.filter(group_id__in=group_ids_below(group_ids=group_ids))
        .order_by()
        .values("user_id")
    )


def people_in(*, group_id: UUID) -> QuerySet[User]:
    """Everybody who belongs to the group, each once."""
    return User.objects.filter(pk__in=user_ids_in(group_ids=[group_id]))


def groups_through(*, user_id: UUID) -> list[tuple[Group, list[Group]]]:
    """Groups that the person is in only through others, each with those of their own groups that lie in it."""
    ways = (
        GroupReach.objects.filter(descendant__group_memberships__user_id=user_id)
        .exclude(ancestor__group_memberships__user_id=user_id)
        .select_related("ancestor", "descendant")
        .order_by("ancestor__name", "descendant__name")
    )
    found: dict[Group, list[Group]] = {}
    for way in ways:
        through = found.setdefault(way.ancestor, [])
        if way.descendant not in through:
            through.append(way.descendant)
    return list(found.items())


def lies_within(*, inner_id: UUID, outer_id: UUID) -> bool:
    """Whether the one is the other or lies in it, however deep."""
    return (
        inner_id == outer_id
        or GroupReach.objects.filter(ancestor_id=outer_id, descendant_id=inner_id).exists()
    )


def group_counts() -> dict[str, Any]:
    """How many people and groups are in each group themselves, as annotations."""
    return {
        "members": counted(Membership.objects.filter(group=OuterRef("pk"))),
        "groups_within": counted(GroupNesting.objects.filter(parent=OuterRef("pk"))),
    }


def groups_with_counts() -> QuerySet[Any]:
    return Group.objects.annotate(**group_counts())


def group_by_name(name: str) -> Group | None:
    return Group.objects.filter(name__iexact=name).first() if "\x00" not in name else None


def group_subject(group: Group) -> Subject:
    return Subject(kind="group", id=str(group.pk), label=group.name)


def nestings() -> QuerySet[GroupNesting]:
    return GroupNesting.objects.select_related("parent", "child")


def groups() -> QuerySet[Group]:
    return Group.objects.all()
