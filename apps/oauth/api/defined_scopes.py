"""Scopes of the installation's own APIs."""

from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from rest_framework import serializers

from apps.audit.services.changes import Writing
from apps.core.api.fields import Input, Output, PageQuery
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.oauth.api.scopes import ADD_SCOPES, CHANGE_SCOPES, DELETE_SCOPES, SEE_SCOPES
from apps.oauth.models import Scope
from apps.oauth.services.scopes import change_scope, create_scope, delete_scope


class ScopeShown(Output):
    id = serializers.IntegerField()
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()


class ScopesQuery(PageQuery):
    name = serializers.CharField(max_length=100, required=False)


class NewScope(Input):
    name = serializers.RegexField(
        r"^[\x21\x23-\x5B\x5D-\x7E]+$",
        max_length=100,
        help_text="What clients ask for: RFC 6749 §3.3. Names that begin with `gatehouse:` are taken.",
    )
    title = serializers.CharField(
        max_length=100, help_text="What people read when they are asked for consent."
    )
    description = serializers.CharField(max_length=300, allow_blank=True, default="")


class ScopeChange(Input):
    title = serializers.CharField(max_length=100, required=False)
    description = serializers.CharField(max_length=300, allow_blank=True, required=False)


class ScopesApi(ApiView):
    tag = "Scopes"
    shown = ScopeShown


class ScopesView(ScopesApi):
    @operation(
        "list_scopes",
        "List the scopes of the installation's own APIs",
        SEE_SCOPES,
        query=ScopesQuery,
        answer=ScopeShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        rows = Scope.objects.filter(name=self.query["name"]) if "name" in self.query else Scope.objects.all()
        return self.show_page(page_of(rows, self.query))

    @operation(
        "create_scope",
        "Define a scope",
        ADD_SCOPES,
        body=NewScope,
        answer=ScopeShown,
        status=HTTPStatus.CREATED,
        has_etag=True,
    )
    def post(self, request: Any) -> HttpResponse:
        scope = create_scope(**self.body(), writing=Writing.of(self))
        return self.show(scope, status=HTTPStatus.CREATED, location=reverse("api:scope", args=(scope.pk,)))


class ScopeView(ScopesApi):
    @operation("get_scope", "One scope", SEE_SCOPES, answer=ScopeShown, has_etag=True)
    def get(self, request: Any, scope_id: int) -> HttpResponse:
        return self.show(self.one_of(Scope.objects.all(), scope_id))

    @operation(
        "change_scope",
        "Change the words of a scope",
        CHANGE_SCOPES,
        body=ScopeChange,
        is_partial=True,
        answer=ScopeShown,
        is_conditional=True,
        has_etag=True,
    )
    def patch(self, request: Any, scope_id: int) -> HttpResponse:
        changes = self.body()
        with transaction.atomic():
            scope = self._to_be_changed(scope_id)
            change_scope(scope=scope, changes=changes, writing=Writing.of(self))
        return self.show(scope)

    @operation(
        "delete_scope",
        "Delete a scope",
        DELETE_SCOPES,
        status=HTTPStatus.NO_CONTENT,
        is_conditional=True,
    )
    def delete(self, request: Any, scope_id: int) -> HttpResponse:
        """Clients that may ask for it still may: people then read its bare name when they consent."""
        with transaction.atomic():
            delete_scope(scope=self._to_be_changed(scope_id), writing=Writing.of(self))
        return self.done()

    def _to_be_changed(self, scope_id: int) -> Scope:
        scope: Scope = self.locked(Scope.objects.all(), scope_id)
        self.expect_guards_pass("scope", scope)
        self.expect_unchanged(scope)
        return scope
