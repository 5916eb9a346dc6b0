"""Groups within groups: whoever belongs to the inner one belongs to the outer one."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpResponse
from rest_framework import serializers

from apps.core.api.errors import Conflict, OutOfReach
from apps.core.api.fields import Input, Output
from apps.core.api.finding import there
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.guards import carries_access
from apps.directory.api.groups import FillingApi
from apps.directory.api.scopes import ADD_NESTINGS, REMOVE_NESTINGS, SEE_NESTINGS
from apps.directory.errors import GroupRefused
from apps.directory.models import Group, GroupNesting
from apps.directory.selectors.groups import groups_of
from apps.directory.services.group_nesting import nest_group, unnest_group


class GroupWithin(Output):
    group = serializers.UUIDField(source="child_id")
    name = serializers.CharField(source="child.name")
    since = serializers.DateTimeField(source="created_at")


class GroupAround(Output):
    group = serializers.UUIDField(source="parent_id")
    name = serializers.CharField(source="parent.name")
    since = serializers.DateTimeField(source="created_at")


class NewNesting(Input):
    group = serializers.UUIDField()


class GroupsWithinView(FillingApi):
    @operation("list_groups_within", "Groups within a group", SEE_NESTINGS, answer=GroupWithin, is_list=True)
    def get(self, request: Any, group_id: UUID) -> HttpResponse:
        """Directly in it; what lies in those is not listed."""
        group = self.one_of(Group.objects.all(), group_id)
        rows = GroupNesting.objects.filter(parent=group).select_related("child")
        return self.show_page(page_of(rows, self.query))

    @operation(
        "add_group_within",
        "Put a group into a group",
        ADD_NESTINGS,
        body=NewNesting,
        status=HTTPStatus.NO_CONTENT,
        may_conflict=True,
    )
    def post(self, request: Any, group_id: UUID) -> HttpResponse:
        """Gives its members what the outer one gives, and takes what it takes to put people there."""
        key = self.body()["group"]
        with transaction.atomic():
            parent = self.locked(Group.objects.all(), group_id)
            child = there(Group.objects.all(), key, "#/group")
            self.expect_may_fill(parent)
            if self._is_in(child) and carries_access("group", parent):
                raise OutOfReach("own gain")
            if not self._nest(parent, child):
                raise Conflict("in it already")
        return self.done()

    def _nest(self, parent: Group, child: Group) -> bool:
        try:
            return nest_group(
                parent=parent, child=child, actor=self.caller.actor, origin=self.origin, now=self.now
            )
        except GroupRefused as error:
            raise GroupRefused(error.detail, field="group") from error

    def _is_in(self, group: Group) -> bool:
        by = self.caller.by
        return not by.is_superuser and groups_of(user_id=by.pk).filter(pk=group.pk).exists()


class GroupWithinView(FillingApi):
    @operation(
        "remove_group_within", "Take a group out of a group", REMOVE_NESTINGS, status=HTTPStatus.NO_CONTENT
    )
    def delete(self, request: Any, group_id: UUID, inner_id: UUID) -> HttpResponse:
        with transaction.atomic():
            parent = self.locked(Group.objects.all(), group_id)
            child = self.one_of(Group.objects.all(), inner_id)
            self.expect_guards_pass("group", parent)
            if not unnest_group(
                parent=parent, child=child, actor=self.caller.actor, origin=self.origin, now=self.now
            ):
                raise Http404
        return self.done()


class GroupsAroundView(FillingApi):
    @operation(
        "list_groups_around", "Groups that a group lies in", SEE_NESTINGS, answer=GroupAround, is_list=True
    )
    def get(self, request: Any, group_id: UUID) -> HttpResponse:
        """Directly; what those lie in is not listed."""
        group = self.one_of(Group.objects.all(), group_id)
        rows = GroupNesting.objects.filter(child=group).select_related("parent")
        return self.show_page(page_of(rows, self.query))
