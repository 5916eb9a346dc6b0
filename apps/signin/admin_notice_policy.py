"""Which notices people get by mail, in the administration: a list of versions, to which a new one is added."""

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
from apps.signin.models import NoticePolicy
from apps.signin.selectors import notice_policy
from apps.signin.services.notice_policy import NOTICE_FIELDS, adopt_notice_policy, policy_subject


class NoticePolicyAdmin(AuditedModelAdmin):
    """What was in force when stays to be seen; whoever wants another policy starts from the present one."""

    audit_kind = "noticepolicy"
    list_display = ("version", *NOTICE_FIELDS, "since")
    ordering = ("-pk",)
    nothing_yet = gettext_lazy("None yet: what is built in is in force, and all notices are sent.")
    readonly_fields = ("created_at",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = NOTICE_FIELDS if obj is None else (*NOTICE_FIELDS, "created_at")
        words = _(
            "What people are told by mail, if their address is verified. Always told are: a new password, another "
            "e-mail address, and rights in the administration."
        )
        return ((None, {"fields": fields, "description": words}),)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        present = notice_policy()
        asked: dict[str, Any] = super().get_changeform_initial_data(request)
        return {name: getattr(present, name) for name in NOTICE_FIELDS} | asked

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        adopt_notice_policy(
            policy=obj, actor=administrator(request), origin=origin_of(request), now=timezone.now()
        )

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service has recorded it."""

    def audit_target(self, obj: NoticePolicy) -> Subject:
        return policy_subject(obj)

    @admin.display(description=gettext_lazy("Version"), ordering="pk")
    def version(self, obj: Any) -> str:
        return badge(_("%(number)s, in force") % {"number": obj.pk}, GOOD) if obj.is_newest else str(obj.pk)

    @admin.display(description=gettext_lazy("In force since"), ordering="created_at")
    def since(self, obj: NoticePolicy) -> str:
        return moment(obj.created_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        newer = NoticePolicy.objects.filter(pk__gt=OuterRef("pk"))
        marked: QuerySet[Any] = rows.annotate(is_newest=~Exists(newer))
        return marked
