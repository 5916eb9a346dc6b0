"""What people allowed clients."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers

from apps.core.api.errors import Conflict
from apps.core.api.fields import Output, PageQuery
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.oauth.api.scopes import REVOKE_AUTHORIZATIONS, SEE_AUTHORIZATIONS
from apps.oauth.api.word_list import WordList
from apps.oauth.models import Authorization
from apps.oauth.services.authorizations import revoke_authorization


class AuthorizationShown(Output):
    id = serializers.UUIDField()
    user = serializers.UUIDField(source="user_id")
    client = serializers.UUIDField(source="client_id")
    session = serializers.UUIDField(source="session_id", allow_null=True)
    scopes = WordList(source="scope")
    auth_time = serializers.DateTimeField()
    amr = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoke_reason = serializers.ChoiceField(Authorization.RevokeReason.choices, allow_blank=True)


class AuthorizationsQuery(PageQuery):
    user = serializers.UUIDField(required=False)
    client = serializers.UUIDField(required=False)


class AuthorizationsApi(ApiView):
    tag = "Authorizations"
    shown = AuthorizationShown


class AuthorizationsView(AuthorizationsApi):
    @operation(
        "list_authorizations",
        "List what people allowed clients",
        SEE_AUTHORIZATIONS,
        query=AuthorizationsQuery,
        answer=AuthorizationShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        wanted = {name: self.query[name] for name in ("user", "client") if name in self.query}
        return self.show_page(page_of(Authorization.objects.filter(**wanted), self.query, newest_first=True))


class AuthorizationView(AuthorizationsApi):
    @operation(
        "get_authorization", "One authorization", SEE_AUTHORIZATIONS, answer=AuthorizationShown, has_etag=True
    )
    def get(self, request: Any, authorization_id: UUID) -> HttpResponse:
        return self.show(self.one_of(Authorization.objects.all(), authorization_id))


class RevokeView(AuthorizationsApi):
    @operation(
        "revoke_authorization",
        "Take an authorization back",
        REVOKE_AUTHORIZATIONS,
        answer=AuthorizationShown,
        has_etag=True,
        may_conflict=True,
    )
    def post(self, request: Any, authorization_id: UUID) -> HttpResponse:
        """Every token that came from it ends, and the client has to ask the person again."""
        rows = Authorization.objects.select_related("user")
        authorization = self.one_of(rows, authorization_id)
        self.expect_guards_pass("user", authorization.user)
        if not revoke_authorization(
            authorization=authorization,
            reason=Authorization.RevokeReason.ADMINISTRATOR,
            actor=self.caller.actor,
            origin=self.origin,
            now=self.now,
        ):
            raise Conflict("revoked already")
        return self.show(self.one_of(rows, authorization_id))
