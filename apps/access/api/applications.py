"""Applications."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.access.api.scopes import (
    ADD_APPLICATIONS,
    CHANGE_APPLICATIONS,
    DELETE_APPLICATIONS,
    SEE_APPLICATIONS,
)
from apps.access.models import Application
from apps.access.services.applications import change_application, create_application, delete_application
from apps.audit.services.changes import Writing
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.finding import there
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.directory.selectors import people


class ApplicationShown(Output):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    launch_url = serializers.CharField(help_text="Empty where the portal's tile is no link.")
    owner = serializers.UUIDField(source="owner_id", allow_null=True)
    audience = serializers.ChoiceField(Application.Audience.choices)
    is_enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ApplicationsQuery(PageQuery):
    slug = serializers.SlugField(max_length=64, required=False)
    audience = serializers.ChoiceField(Application.Audience.choices, required=False)
    owner = serializers.UUIDField(required=False)


class NewApplication(Input):
    name = serializers.CharField(max_length=150)
    slug = serializers.SlugField(max_length=64, help_text="What programs know it by.")
    description = serializers.CharField(max_length=300, allow_blank=True, default="")
    launch_url = serializers.URLField(max_length=200, allow_blank=True, default="")
    owner = serializers.UUIDField(allow_null=True, default=None)
    audience = serializers.ChoiceField(Application.Audience.choices, default=Application.Audience.ASSIGNED)


class ApplicationChange(Input):
    name = serializers.CharField(max_length=150, required=False)
    slug = serializers.SlugField(max_length=64, required=False)
    description = serializers.CharField(max_length=300, allow_blank=True, required=False)
    launch_url = serializers.URLField(max_length=200, allow_blank=True, required=False)
    owner = serializers.UUIDField(allow_null=True, required=False)
    audience = serializers.ChoiceField(Application.Audience.choices, required=False)
    is_enabled = serializers.BooleanField(required=False)


class ApplicationsApi(ApiView):
    tag = "Applications"
    shown = ApplicationShown


class ApplicationsView(ApplicationsApi):
    @operation(
        "list_applications",
        "List applications",
        SEE_APPLICATIONS,
        query=ApplicationsQuery,
        answer=ApplicationShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        wanted = {name: self.query[name] for name in ("slug", "audience", "owner") if name in self.query}
        return self.show_page(page_of(Application.objects.filter(**wanted), self.query))

    @operation(
        "create_application",
        "Add an application",
        ADD_APPLICATIONS,
        body=NewApplication,
        answer=ApplicationShown,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        """Its clients and roles name it."""
        values = self.body()
        if values["owner"] is not None:
            values["owner"] = there(people(), values["owner"], "#/owner")
        application = create_application(**values, actor=self.caller.actor, origin=self.origin, now=self.now)
        location = reverse("api:application", args=(application.pk,))
        return self.show(application, status=HTTPStatus.CREATED, location=location)


class ApplicationView(ApplicationsApi):
    @operation("get_application", "One application", SEE_APPLICATIONS, answer=ApplicationShown, has_etag=True)
    def get(self, request: Any, application_id: UUID) -> HttpResponse:
        return self.show(self.one_of(Application.objects.all(), application_id))

    @operation(
        "change_application",
        "Change an application",
        CHANGE_APPLICATIONS,
        body=ApplicationChange,
        is_partial=True,
        answer=ApplicationShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, application_id: UUID) -> HttpResponse:
        """Disabling it refuses everybody at the next use of a token."""
        changes = self.body()
        if changes.get("owner") is not None:
            changes["owner"] = there(people(), changes["owner"], "#/owner")
        with transaction.atomic():
            application = self._to_be_changed(application_id)
            change_application(application=application, changes=changes, writing=Writing.of(self))
            return self.show(self.one_of(Application.objects.all(), application_id))

    @operation(
        "delete_application",
        "Delete an application",
        DELETE_APPLICATIONS,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
        may_conflict=True,
    )
    def delete(self, request: Any, application_id: UUID) -> HttpResponse:
        """One that has no roles and no clients; others are disabled instead."""
        with transaction.atomic():
            delete_application(application=self._to_be_changed(application_id), writing=Writing.of(self))
        return self.done()

    def _to_be_changed(self, application_id: UUID) -> Application:
        application: Application = self.locked(Application.objects.all(), application_id)
        self.expect_guards_pass("application", application)
        self.expect_unchanged(application)
        return application
