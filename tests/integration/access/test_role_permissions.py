"""What people may do in the administration comes from their roles, while they hold them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import Permission
from django.test import Client

from apps.access.models import Assignment, Role
from apps.access.services.assignments import assign_role
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, Membership, User
from apps.directory.services.group_nesting import nest_group, unnest_group
from tests.factories.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def role() -> Role:
    made = Role.objects.create(name="Help desk", slug="help-desk")
    made.admin_permissions.add(
        Permission.objects.get(content_type__app_label="directory", codename="view_user")
    )
    return made


def _hold(role: Role, user: User, *, start: timedelta = -HOUR, end: timedelta | None = None) -> None:
    now = datetime.now(UTC)
    Assignment.objects.create(
        role=role, user=user, valid_from=now + start, valid_until=None if end is None else now + end
    )


def _may_view_people(user: User) -> bool:
    return User.objects.get(pk=user.pk).has_perm("directory.view_user")


def test_staff_may_do_what_their_role_says_and_nothing_else(role: Role) -> None:
    user = make_user(is_staff=True)
    _hold(role, user)
    assert user.has_perm("directory.view_user")
    assert user.has_module_perms("directory")
    assert not user.has_perm("directory.change_user")
    assert not user.has_perm("directory.delete_user")
    assert not user.has_module_perms("access")
    assert user.get_all_permissions() == {"directory.view_user"}


def test_role_of_a_group_counts_for_its_members(role: Role) -> None:
    member, outsider = make_user(is_staff=True), make_user(is_staff=True)
    group = Group.objects.create(name="Desk")
    Membership.objects.create(user=member, group=group)
    Assignment.objects.create(role=role, group=group, valid_from=datetime.now(UTC) - HOUR)
    assert _may_view_people(member)
    assert not _may_view_people(outsider)


def test_role_of_an_outer_group_counts_while_the_inner_one_lies_in_it(role: Role) -> None:
    member = make_user(is_staff=True)
    outer, inner = Group.objects.create(name="Everybody"), Group.objects.create(name="Desk")
    Membership.objects.create(user=member, group=inner)
    Assignment.objects.create(role=role, group=outer, valid_from=datetime.now(UTC) - HOUR)
    assert not _may_view_people(member)
    nesting: Any = {"parent": outer, "child": inner, "actor": SYSTEM, "origin": SYSTEM_ORIGIN}
    nesting["now"] = datetime.now(UTC)
    nest_group(**nesting)
    assert _may_view_people(member)
    unnest_group(**nesting)
    assert not _may_view_people(member)


@pytest.mark.parametrize(
    "fields", [{"is_staff": False}, {"status": User.Status.SUSPENDED}, {"status": User.Status.DEPROVISIONED}]
)
def test_role_gives_nothing_to_whoever_may_not_enter(role: Role, fields: dict[str, Any]) -> None:
    user = make_user(**({"is_staff": True} | fields))
    _hold(role, user)
    assert not _may_view_people(user)
    assert not user.has_module_perms("directory")


@pytest.mark.parametrize(("start", "end"), [(HOUR, None), (-2 * HOUR, -HOUR)])
def test_role_gives_nothing_outside_its_time(role: Role, start: timedelta, end: timedelta | None) -> None:
    user = make_user(is_staff=True)
    _hold(role, user, start=start, end=end)
    assert not _may_view_people(user)


def test_staff_without_a_role_may_do_nothing(role: Role) -> None:
    assert not _may_view_people(make_user(is_staff=True))


def test_superuser_may_do_everything_until_suspended() -> None:
    user = make_user(is_staff=True, is_superuser=True)
    assert _may_view_people(user)
    User.objects.update(status=User.Status.SUSPENDED)
    assert not _may_view_people(user)


def test_permission_on_a_single_object_is_not_answered(role: Role) -> None:
    user = make_user(is_staff=True)
    _hold(role, user)
    assert not user.has_perm("directory.view_user", obj=user)


def test_djangos_own_doors_let_in_nobody() -> None:
    """They know no lock-out, no log and no session registry."""
    user = make_user(is_staff=True, is_superuser=True)
    assert authenticate(username=user.username, password=PASSWORD) is None
    assert not Client().login(username=user.username, password=PASSWORD)


def test_giving_a_role_is_in_the_log(role: Role) -> None:
    user, now = make_user(), datetime.now(UTC)
    assignment = assign_role(
        role=role,
        user=user,
        reason="On call",
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=now,
        valid_until=now + HOUR,
    )
    event = AuditEvent.objects.get()
    assert (event.action, event.target_id) == ("assignment.created", str(assignment.pk))
    assert event.personal is not None
    assert event.personal["after"] == {
        "role": str(role.pk),
        "user": str(user.pk),
        "valid_from": now.isoformat(),
        "valid_until": (now + HOUR).isoformat(),
        "reason": "On call",
    }
