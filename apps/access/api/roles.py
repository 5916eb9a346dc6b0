"""Roles."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from apps.access.admin_rights import name_of_right, offered_rights, rights_beyond_form
from apps.access.api.scopes import ADD_ROLES, CHANGE_ROLES, DELETE_ROLES, SEE_ROLES
from apps.access.models import Application, Role
from apps.access.services.roles import NewRole, change_role_as, create_role_as, delete_role
from apps.audit.services.changes import Writing
from apps.core.api.errors import Fault, InvalidFields
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.finding import there
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.scopes import rights_of
from apps.core.api.views import ApiView

MOST_RIGHTS = 500
NO_SUCH_RIGHT = _("There is no such right to be given.")


class RoleShown(Output):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    application = serializers.UUIDField(source="application_id", allow_null=True)
    rights = serializers.SerializerMethodField(
        help_text="What holders may do in the administration and here."
    )
    created_at = serializers.DateTimeField()

    def get_rights(self, role: Role) -> list[str]:
        return sorted(
            f"{right.content_type.app_label}.{right.codename}" for right in role.admin_permissions.all()
        )


class RolesQuery(PageQuery):
    slug = serializers.SlugField(max_length=64, required=False)
    application = serializers.UUIDField(required=False)


class NewRoleBody(Input):
    name = serializers.CharField(max_length=150)
    slug = serializers.SlugField(max_length=64, help_text="What programs know it by.")
    description = serializers.CharField(max_length=300, allow_blank=True, default="")
    application = serializers.UUIDField(allow_null=True, default=None)
    rights = serializers.ListField(
        child=serializers.CharField(max_length=150),
        max_length=MOST_RIGHTS,
        default=list,
        help_text="Only rights that whoever acts, and their token, have: `directory.view_user`, for example.",
    )


class RoleChange(Input):
    name = serializers.CharField(max_length=150, required=False)
    slug = serializers.SlugField(max_length=64, required=False)
    description = serializers.CharField(max_length=300, allow_blank=True, required=False)
    application = serializers.UUIDField(allow_null=True, required=False)
    rights = serializers.ListField(
        child=serializers.CharField(max_length=150),
        max_length=MOST_RIGHTS,
        required=False,
        help_text="All that it is to carry. Those that the administration offers nowhere stay as they are.",
    )


class RolesApi(ApiView):
    tag = "Roles"
    shown = RoleShown
    rows = Role.objects.prefetch_related("admin_permissions__content_type")


class RolesView(RolesApi):
    @operation("list_roles", "List roles", SEE_ROLES, query=RolesQuery, answer=RoleShown, is_list=True)
    def get(self, request: Any) -> HttpResponse:
        wanted = {name: self.query[name] for name in ("slug", "application") if name in self.query}
        return self.show_page(page_of(self.rows.filter(**wanted), self.query))

    @operation(
        "create_role",
        "Add a role",
        ADD_ROLES,
        body=NewRoleBody,
        answer=RoleShown,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        """With no right that whoever acts, or their token, does not have."""
        values = self.body()
        rights = _offered(values.pop("rights"))
        if values["application"] is not None:
            values["application"] = there(Application.objects.all(), values["application"], "#/application")
        role = create_role_as(
            details=NewRole(**values),
            rights=rights,
            by=self.caller.by,
            carried=rights_of(self.caller.scopes),
            writing=Writing.of(self),
        )
        return self.show(role, status=HTTPStatus.CREATED, location=reverse("api:role", args=(role.pk,)))


class RoleView(RolesApi):
    @operation("get_role", "One role", SEE_ROLES, answer=RoleShown, has_etag=True)
    def get(self, request: Any, role_id: UUID) -> HttpResponse:
        return self.show(self.one_of(self.rows.all(), role_id))

    @operation(
        "change_role",
        "Change a role",
        CHANGE_ROLES,
        body=RoleChange,
        is_partial=True,
        answer=RoleShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, role_id: UUID) -> HttpResponse:
        """Nobody changes the application or the rights of a role that they hold."""
        changes = self.body()
        offered = _offered(changes.pop("rights")) if "rights" in changes else None
        if changes.get("application") is not None:
            changes["application"] = there(Application.objects.all(), changes["application"], "#/application")
        with transaction.atomic():
            role = self._to_be_changed(role_id)
            change_role_as(
                role=role,
                changes=changes,
                rights=None if offered is None else [*offered, *rights_beyond_form(role)],
                by=self.caller.by,
                carried=rights_of(self.caller.scopes),
                writing=Writing.of(self),
            )
            return self.show(self.one_of(self.rows.all(), role_id))

    @operation(
        "delete_role",
        "Delete a role",
        DELETE_ROLES,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
        may_conflict=True,
    )
    def delete(self, request: Any, role_id: UUID) -> HttpResponse:
        """One that has no assignments any more, also none that have ended."""
        with transaction.atomic():
            delete_role(role=self._to_be_changed(role_id), writing=Writing.of(self))
        return self.done()

    def _to_be_changed(self, role_id: UUID) -> Role:
        role: Role = self.locked(self.rows.all(), role_id)
        self.expect_guards_pass("role", role)
        self.expect_unchanged(role)
        return role


def _offered(names: list[str]) -> list[Permission]:
    """Raises: InvalidFields."""
    offered = {name_of_right(right): right for right in offered_rights()}
    unknown = [number for number, name in enumerate(names) if name not in offered]
    if unknown:
        raise InvalidFields(
            faults=tuple(
                Fault(str(NO_SUCH_RIGHT), "does_not_exist", pointer=f"#/rights/{number}")
                for number in unknown
            )
        )
    return [offered[name] for name in dict.fromkeys(names)]
