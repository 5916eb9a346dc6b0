"""Groups in the administration, and memberships on the pages of both sides."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group as PermissionGroup
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import AuditedModelAdmin, AuditedTabularInline, Values, moment
from apps.audit.ports import Subject
from apps.directory.admin_forms import MembershipFormSet
from apps.directory.events import DirectoryAction
from apps.directory.models import Group, Membership

# Nobody belongs to Django's own groups: rights come from roles.
admin.site.unregister(PermissionGroup)


class MembershipInline(AuditedTabularInline):
    model = Membership
    formset = MembershipFormSet
    tab = True
    per_page = 50
    show_count = False
    readonly_fields = ("created_at",)
    audit_created = DirectoryAction.GROUP_MEMBER_ADDED
    audit_deleted = DirectoryAction.GROUP_MEMBER_REMOVED

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.acting_request = request
        return formset

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "group")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A membership is given or taken, never bent into another one."""
        return False

    def audit_target(self, obj: Membership) -> Subject:
        return Subject(kind="group", id=str(obj.group_id), label=obj.group.name)

    def audit_details(self, obj: Membership) -> Values:
        return {"user": str(obj.user_id)}


class GroupsOfPersonInline(MembershipInline):
    verbose_name_plural = gettext_lazy("groups")
    fields = ("group", "created_at")
    ordering = ("group__name",)
    autocomplete_fields = ("group",)


class MembersOfGroupInline(MembershipInline):
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("members")
    fields = ("user", "created_at")
    ordering = ("user__display_name", "pk")
    autocomplete_fields = ("user",)


@admin.register(Group)
class GroupAdmin(AuditedModelAdmin):
    audit_created = DirectoryAction.GROUP_CREATED
    audit_changed = DirectoryAction.GROUP_CHANGED
    audit_deleted = DirectoryAction.GROUP_DELETED
    is_found_in_log = True
    inlines = (MembersOfGroupInline,)
    list_display = ("name", "description", "member_count", "created")
    search_fields = ("name", "description")
    fields = ("name", "description", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(members=Count("group_memberships"))
        return rows

    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        keys = list(objects.values_list("pk", flat=True))
        members = Membership.objects.filter(group__in=keys).values("user").distinct().count()
        if not members:
            return [_("Nobody belongs to it.")]
        return [
            ngettext("%(count)d person belongs to it.", "%(count)d people belong to it.", members)
            % {"count": members}
        ]

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, obj: Group) -> str:
        return moment(obj.created_at)

    @admin.display(description=gettext_lazy("Members"), ordering="members")
    def member_count(self, obj: Any) -> int:
        count: int = obj.members
        return count
