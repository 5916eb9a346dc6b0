"""Groups, and who belongs to them by a membership of their own."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.audit.services.changes import Writing
from apps.core.api.errors import Conflict, Fault, InvalidFields, OutOfReach
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.core.guards import carries_access
from apps.directory.api.scopes import (
    ADD_GROUPS,
    ADD_MEMBERS,
    CHANGE_GROUPS,
    DELETE_GROUPS,
    REMOVE_MEMBERS,
    SEE_GROUPS,
    SEE_MEMBERS,
)
from apps.directory.models import Group, Membership
from apps.directory.selectors import people
from apps.directory.services.belonging import hold_belonging
from apps.directory.services.group_changes import change_group, delete_group
from apps.directory.services.groups import add_member, create_group, remove_member


class GroupShown(Output):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    created_at = serializers.DateTimeField()


class GroupsQuery(PageQuery):
    name = serializers.CharField(
        max_length=150, required=False, help_text="Upper and lower case are the same."
    )


class NewGroup(Input):
    name = serializers.CharField(max_length=150)
    description = serializers.CharField(max_length=1000, allow_blank=True, default="")


class GroupChange(Input):
    name = serializers.CharField(max_length=150, required=False)
    description = serializers.CharField(max_length=1000, allow_blank=True, required=False)


class MembershipShown(Output):
    user = serializers.UUIDField(source="user_id")
    username = serializers.CharField(source="user.username")
    since = serializers.DateTimeField(source="created_at")


class NewMember(Input):
    user = serializers.UUIDField()


class GroupsApi(ApiView):
    tag = "Groups"
    shown = GroupShown


class GroupsView(GroupsApi):
    @operation("list_groups", "List groups", SEE_GROUPS, query=GroupsQuery, answer=GroupShown, is_list=True)
    def get(self, request: Any) -> HttpResponse:
        rows = Group.objects.all()
        if "name" in self.query:
            rows = rows.alias(lower_name=Lower("name")).filter(lower_name=self.query["name"].lower())
        return self.show_page(page_of(rows, self.query))

    @operation(
        "create_group",
        "Add a group",
        ADD_GROUPS,
        body=NewGroup,
        answer=GroupShown,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        group = create_group(**self.body(), actor=self.caller.actor, origin=self.origin, now=self.now)
        return self.show(group, status=HTTPStatus.CREATED, location=reverse("api:group", args=(group.pk,)))


class GroupView(GroupsApi):
    @operation("get_group", "One group", SEE_GROUPS, answer=GroupShown, has_etag=True)
    def get(self, request: Any, group_id: UUID) -> HttpResponse:
        return self.show(self.one_of(Group.objects.all(), group_id))

    @operation(
        "change_group",
        "Change a group",
        CHANGE_GROUPS,
        body=GroupChange,
        is_partial=True,
        answer=GroupShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, group_id: UUID) -> HttpResponse:
        changes = self.body()
        with transaction.atomic():
            group = self._to_be_changed(group_id)
            change_group(group=group, changes=changes, writing=Writing.of(self))
        return self.show(group)

    @operation(
        "delete_group",
        "Delete a group",
        DELETE_GROUPS,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
        may_conflict=True,
    )
    def delete(self, request: Any, group_id: UUID) -> HttpResponse:
        """Nobody may belong to it any more, and it may hold no role."""
        with transaction.atomic():
            delete_group(group=self._to_be_changed(group_id), writing=Writing.of(self))
        return self.done()

    def _to_be_changed(self, group_id: UUID) -> Group:
        group: Group = self.locked(Group.objects.all(), group_id)
        self.expect_guards_pass("group", group)
        self.expect_unchanged(group)
        return group


class FillingApi(GroupsApi):
    def expect_may_fill(self, group: Group) -> None:
        """Whoever belongs to it has what it gives."""
        hold_belonging()
        self.expect_guards_pass("group", group)
        self.expect_within_reach("group", group)
        self.expect_token_carries_what_it_gives("group", group)


class MembersView(FillingApi):
    @operation("list_members", "Who belongs to a group", SEE_MEMBERS, answer=MembershipShown, is_list=True)
    def get(self, request: Any, group_id: UUID) -> HttpResponse:
        """By a membership of their own; who belongs to it through a group within it is not listed."""
        group = self.one_of(Group.objects.all(), group_id)
        rows = Membership.objects.filter(group=group).select_related("user")
        return self.show_page(page_of(rows, self.query))

    @operation(
        "add_member",
        "Put a person into a group",
        ADD_MEMBERS,
        body=NewMember,
        status=HTTPStatus.NO_CONTENT,
        may_conflict=True,
    )
    def post(self, request: Any, group_id: UUID) -> HttpResponse:
        """Takes the right to give roles where the group holds some: to belong to it is to hold them."""
        key = self.body()["user"]
        with transaction.atomic():
            group = self.locked(Group.objects.all(), group_id)
            person = people().filter(pk=key).first()
            if person is None:
                raise InvalidFields(
                    faults=(Fault("There is nobody with this id.", "does_not_exist", "#/user"),)
                )
            self.expect_may_fill(group)
            by = self.caller.by
            if person.pk == by.pk and not by.is_superuser and carries_access("group", group):
                raise OutOfReach("own gain")
            if not add_member(
                group=group, user=person, actor=self.caller.actor, origin=self.origin, now=self.now
            ):
                raise Conflict("already a member")
        return self.done()


class MemberView(GroupsApi):
    @operation("remove_member", "Take a person out of a group", REMOVE_MEMBERS, status=HTTPStatus.NO_CONTENT)
    def delete(self, request: Any, group_id: UUID, user_id: UUID) -> HttpResponse:
        with transaction.atomic():
            group = self.locked(Group.objects.all(), group_id)
            person = self.one_of(people(), user_id)
            self.expect_guards_pass("group", group)
            if not remove_member(
                group=group, user=person, actor=self.caller.actor, origin=self.origin, now=self.now
            ):
                raise Http404
        return self.done()
