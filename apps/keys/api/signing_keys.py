"""Signing keys: what is public of them."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework import serializers

from apps.core.api.fields import Output, PageQuery
from apps.core.api.operations import operation
from apps.core.api.paging import page_of
from apps.core.api.views import ApiView
from apps.keys.api.scopes import SEE_KEYS
from apps.keys.models import SigningKey


class SigningKeyShown(Output):
    id = serializers.UUIDField()
    kid = serializers.CharField()
    purpose = serializers.ChoiceField(SigningKey.Purpose.choices)
    algorithm = serializers.ChoiceField(SigningKey.Algorithm.choices)
    state = serializers.ChoiceField(SigningKey.State.choices)
    public_jwk = serializers.DictField(child=serializers.CharField(), help_text="RFC 7517.")
    created_at = serializers.DateTimeField()
    activated_at = serializers.DateTimeField(allow_null=True)
    superseded_at = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)
    compromised_at = serializers.DateTimeField(allow_null=True)


class SigningKeysQuery(PageQuery):
    kid = serializers.CharField(max_length=64, required=False)


class SigningKeysApi(ApiView):
    tag = "Signing keys"
    shown = SigningKeyShown
    # The private halves are not even read.
    rows = SigningKey.objects.defer("private_jwk")


class SigningKeysView(SigningKeysApi):
    @operation(
        "list_signing_keys",
        "List signing keys",
        SEE_KEYS,
        query=SigningKeysQuery,
        answer=SigningKeyShown,
        is_list=True,
    )
    def get(self, request: Any) -> HttpResponse:
        rows = self.rows.filter(kid=self.query["kid"]) if "kid" in self.query else self.rows.all()
        return self.show_page(page_of(rows, self.query))


class SigningKeyView(SigningKeysApi):
    @operation("get_signing_key", "One signing key", SEE_KEYS, answer=SigningKeyShown, has_etag=True)
    def get(self, request: Any, key_id: UUID) -> HttpResponse:
        return self.show(self.one_of(self.rows.all(), key_id))
