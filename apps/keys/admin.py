"""Signing keys in the administration: the public halves, to be looked at. The private ones are not even read."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.admin_audit import (
    BAD,
    COMING,
    GOOD,
    PLAIN,
    WARNING,
    ReadOnlyAdmin,
    badge,
    know_details,
    moment,
)
from apps.keys.admin_actions import KEY_ACTIONS
from apps.keys.models import SigningKey

COLOURS = {
    SigningKey.State.PENDING: COMING,
    SigningKey.State.ACTIVE: GOOD,
    SigningKey.State.RETIRING: WARNING,
    SigningKey.State.RETIRED: PLAIN,
}


@admin.register(SigningKey)
class SigningKeyAdmin(ReadOnlyAdmin):
    audit_kind = "signing_key"
    object_actions = KEY_ACTIONS
    list_display = ("kid", "purpose", "algorithm", "state_label", "created")
    list_filter = ("purpose", "state")
    search_fields = ("kid",)
    fields = (
        "kid",
        ("purpose", "algorithm"),
        "state_label",
        ("created_at", "activated_at"),
        ("superseded_at", "retired_at", "compromised_at"),
        "public_jwk",
    )
    readonly_fields = ("state_label",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("private_jwk")

    def names_of(self, keys: Collection[str]) -> dict[str, str]:
        rows = SigningKey.objects.filter(pk__in=keys).only("algorithm", "kid")
        return {str(row.pk): str(row) for row in rows}

    @admin.display(description=gettext_lazy("State"), ordering="state")
    def state_label(self, obj: SigningKey) -> str:
        if obj.compromised_at:
            return badge(_("Compromised"), BAD)
        return badge(obj.get_state_display(), COLOURS[SigningKey.State(obj.state)])

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, obj: SigningKey) -> str:
        return moment(obj.created_at)


know_details(
    titles={
        "kid": gettext_lazy("Key id"),
        "algorithm": gettext_lazy("Algorithm"),
        "purpose": gettext_lazy("Purpose"),
        "key_id": gettext_lazy("Field encryption key"),
        "encrypted": gettext_lazy("Values encrypted anew"),
        "unreadable": gettext_lazy("Values that could not be read"),
        "left": gettext_lazy("Values left under other keys"),
    },
    values={"purpose": {str(value): label for value, label in SigningKey.Purpose.choices}},
)
