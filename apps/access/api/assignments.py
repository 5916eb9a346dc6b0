"""Assignments: who holds which role."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.access.api.scopes import DELETE_ASSIGNMENTS, END_ASSIGNMENTS, GIVE_ROLES, SEE_ASSIGNMENTS
from apps.access.models import Assignment, Role
from apps.access.services.assignments import end_assignment
from apps.access.services.giving import (
    NewAssignment,
    change_assignment_as,
    delete_assignment,
    give_role_as,
)
from apps.audit.services.changes import Writing
from apps.core.api.errors import Conflict, Fault, InvalidFields
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.finding import there
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.scopes import rights_of
from apps.core.api.views import ApiView
from apps.directory.selectors import people
from apps.directory.selectors.groups import groups

STATES = (("in_force", "in force"), ("not_yet", "not yet"), ("ended", "ended"))


class AssignmentShown(Output):
    id = serializers.UUIDField()
    role = serializers.UUIDField(source="role_id")
    user = serializers.UUIDField(source="user_id", allow_null=True)
    group = serializers.UUIDField(source="group_id", allow_null=True)
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class AssignmentsQuery(PageQuery):
    role = serializers.UUIDField(required=False)
    user = serializers.UUIDField(required=False)
    group = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(STATES, required=False)


class NewAssignmentBody(Input):
    role = serializers.UUIDField()
    user = serializers.UUIDField(required=False, help_text="Either a person or a group.")
    group = serializers.UUIDField(required=False)
    valid_from = serializers.DateTimeField(required=False, help_text="Now, where it is not given.")
    valid_until = serializers.DateTimeField(required=False)
    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class AssignmentChange(Input):
    valid_from = serializers.DateTimeField(required=False)
    valid_until = serializers.DateTimeField(allow_null=True, required=False)
    reason = serializers.CharField(max_length=300, allow_blank=True, required=False)


class EndBody(Input):
    reason = serializers.CharField(max_length=300)


class AssignmentsApi(ApiView):
    tag = "Assignments"
    shown = AssignmentShown


class AssignmentsView(AssignmentsApi):
    @operation(
        "list_assignments",
        "List assignments",
        SEE_ASSIGNMENTS,
        query=AssignmentsQuery,
        answer=AssignmentShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        wanted = {name: self.query[name] for name in ("role", "user", "group") if name in self.query}
        rows = Assignment.objects.filter(**wanted)
        unended = Q(valid_until__isnull=True) | Q(valid_until__gt=self.now)
        match self.query.get("state"):
            case "in_force":
                rows = rows.filter(unended, valid_from__lte=self.now)
            case "not_yet":
                rows = rows.filter(unended, valid_from__gt=self.now)
            case "ended":
                rows = rows.filter(valid_until__lte=self.now)
        return self.show_page(page_of(rows, self.query))

    @operation(
        "give_role",
        "Give a role to a person or a group",
        GIVE_ROLES,
        body=NewAssignmentBody,
        answer=AssignmentShown,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        """Never to oneself, and never one with rights that whoever acts, or their token, does not have."""
        values = self.body()
        if ("user" in values) == ("group" in values):
            fault = Fault("Name either a person or a group.", "one_of", pointer="#/user")
            raise InvalidFields(faults=(fault,))
        given = NewAssignment(
            role=there(Role.objects.all(), values["role"], "#/role"),
            user=there(people(), values["user"], "#/user") if "user" in values else None,
            group=there(groups(), values["group"], "#/group") if "group" in values else None,
            reason=values["reason"],
            valid_from=values.get("valid_from", self.now),
            valid_until=values.get("valid_until"),
        )
        assignment = give_role_as(
            given=given, by=self.caller.by, carried=rights_of(self.caller.scopes), writing=Writing.of(self)
        )
        location = reverse("api:assignment", args=(assignment.pk,))
        return self.show(assignment, status=HTTPStatus.CREATED, location=location)


class AssignmentView(AssignmentsApi):
    @operation("get_assignment", "One assignment", SEE_ASSIGNMENTS, answer=AssignmentShown, has_etag=True)
    def get(self, request: Any, assignment_id: UUID) -> HttpResponse:
        return self.show(self.one_of(Assignment.objects.all(), assignment_id))

    @operation(
        "change_assignment",
        "Change for how long, or why, a role is held",
        END_ASSIGNMENTS,
        body=AssignmentChange,
        is_partial=True,
        answer=AssignmentShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, assignment_id: UUID) -> HttpResponse:
        """Takes what it takes to give the role."""
        changes = self.body()
        with transaction.atomic():
            assignment = self._to_be_changed(assignment_id)
            change_assignment_as(
                assignment=assignment,
                changes=changes,
                by=self.caller.by,
                carried=rights_of(self.caller.scopes),
                writing=Writing.of(self),
            )
            return self.show(self.one_of(Assignment.objects.all(), assignment_id))

    @operation(
        "delete_assignment",
        "Delete an assignment",
        DELETE_ASSIGNMENTS,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
    )
    def delete(self, request: Any, assignment_id: UUID) -> HttpResponse:
        """That it was given stays in the audit log only; to keep it on record here, end it instead."""
        with transaction.atomic():
            delete_assignment(assignment=self._to_be_changed(assignment_id), writing=Writing.of(self))
        return self.done()

    def _to_be_changed(self, assignment_id: UUID) -> Assignment:
        rows = Assignment.objects.select_related("role", "user", "group")
        assignment: Assignment = self.locked(rows, assignment_id)
        self.expect_guards_pass("assignment", assignment)
        self.expect_unchanged(assignment)
        return assignment


class EndAssignmentView(AssignmentsApi):
    @operation(
        "end_assignment",
        "End an assignment now",
        END_ASSIGNMENTS,
        body=EndBody,
        answer=AssignmentShown,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, assignment_id: UUID) -> HttpResponse:
        """It stays on record. One that is not in force is left alone, and answered with 409."""
        reason = self.body()["reason"]
        rows = Assignment.objects.select_related("role", "user", "group")
        with transaction.atomic():
            assignment = self.locked(rows, assignment_id)
            self.expect_guards_pass("assignment", assignment)
            if not end_assignment(
                assignment=assignment,
                reason=reason,
                actor=self.caller.actor,
                origin=self.origin,
                now=self.now,
            ):
                raise Conflict("not in force")
            return self.show(self.one_of(rows, assignment_id))
