"""The password policy in the administration: a list of versions, to which a new one is added."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.admin_audit import GOOD, AuditedModelAdmin, administrator, badge, moment
from apps.audit.ports import Subject
from apps.core.origin import origin_of
from apps.directory.models import PasswordPolicy
from apps.directory.selectors import password_policy
from apps.directory.services.password_policy import POLICY_FIELDS, adopt_password_policy, policy_subject


class PasswordPolicyAdmin(AuditedModelAdmin):
    """What was in force when stays to be seen; whoever wants another policy starts from the present one."""

    audit_kind = "passwordpolicy"
    list_display = ("version", "style", "minimum_length", "history", "expiry", "since")
    ordering = ("-pk",)
    nothing_yet = gettext_lazy(
        "None yet: what is built in is in force. 12 characters with letters of both cases, a digit and a special "
        "character, none of the last 12 passwords, 90 days."
    )
    readonly_fields = ("created_at",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return POLICY_FIELDS if obj is None else (*POLICY_FIELDS, "created_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        present = password_policy()
        asked: dict[str, Any] = super().get_changeform_initial_data(request)
        return {name: getattr(present, name) for name in POLICY_FIELDS} | asked

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        adopt_password_policy(
            policy=obj, actor=administrator(request), origin=origin_of(request), now=timezone.now()
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service has recorded it."""

    def audit_target(self, obj: PasswordPolicy) -> Subject:
        return policy_subject(obj)

    @admin.display(description=gettext_lazy("Version"), ordering="pk")
    def version(self, obj: Any) -> str:
        return badge(_("%(number)s, in force") % {"number": obj.pk}, GOOD) if obj.is_newest else str(obj.pk)

    @admin.display(description=gettext_lazy("Expires after"), ordering="max_age_days")
    def expiry(self, obj: PasswordPolicy) -> str:
        return _("never") if obj.max_age_days is None else _("%(days)d days") % {"days": obj.max_age_days}

    @admin.display(description=gettext_lazy("In force since"), ordering="created_at")
    def since(self, obj: PasswordPolicy) -> str:
        return moment(obj.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        newer = PasswordPolicy.objects.filter(pk__gt=OuterRef("pk"))
        marked: QuerySet[Any] = rows.annotate(is_newest=~Exists(newer))
        return marked
