"""Whoever calls."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers

from apps.core.api.fields import Output
from apps.core.api.operations import operation
from apps.core.api.scopes import rights_of
from apps.core.api.views import ApiView


class CallerShown(Output):
    kind = serializers.ChoiceField((("user", "a person"), ("client", "a client for itself")))
    id = serializers.UUIDField()
    name = serializers.CharField()
    client = serializers.UUIDField(help_text="Through which client.")
    scopes = serializers.ListField(child=serializers.CharField())
    rights = serializers.ListField(
        child=serializers.CharField(),
        help_text="What the token may do: rights that are held and that its scopes name.",
    )


class MeView(ApiView):
    tag = "Whoever calls"
    shown = CallerShown

    @operation("get_me", "Whoever calls, and what they may do", None, answer=CallerShown, has_etag=True)
    def get(self, request: Any) -> HttpResponse:
        caller = self.caller
        return self.show(
            {
                "kind": caller.actor.kind,
                "id": caller.actor.id,
                "name": caller.actor.label,
                "client": caller.client_id,
                "scopes": sorted(caller.scopes),
                "rights": sorted(right for right in rights_of(caller.scopes) if caller.by.has_perm(right)),
            }
        )
