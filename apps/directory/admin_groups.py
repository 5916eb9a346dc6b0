"""Groups in the administration, and memberships on the pages of both sides."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import Group as PermissionGroup
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import AuditedModelAdmin, AuditedTabularInline, Values, by, moment
from apps.audit.ports import Subject
from apps.directory.admin_belonging import people_list_of
from apps.directory.admin_forms import MembershipFormSet
from apps.directory.admin_nesting import GroupsAroundInline, GroupsWithinInline
from apps.directory.events import DirectoryAction
from apps.directory.models import Group, GroupNesting, Membership
from apps.directory.selectors.groups import group_counts, groups_through, nestings, people_in, user_ids_in
from apps.directory.services.group_nesting import let_go_of_nestings, nest_group, unnest_group

GROUPS_NAMED = 10

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


class GroupsOfPersonFormSet(MembershipFormSet):
    def groups_through(self) -> list[tuple[Group, list[Group]]]:
        """What the person belongs to without a membership of their own, each with the groups that lead there."""
        return groups_through(user_id=self.instance.pk)


class MembersOfGroupFormSet(MembershipFormSet):
    def everybody(self) -> int:
        return people_in(group_id=self.instance.pk).count()

    def has_groups_within(self) -> bool:
        return GroupNesting.objects.filter(parent=self.instance.pk).exists()

    def list_of_everybody(self) -> str:
        """Empty for those who may not see people."""
        return people_list_of(self.acting_request, "group", self.instance.pk)


class GroupsOfPersonInline(MembershipInline):
    formset = GroupsOfPersonFormSet
    template_before = "admin/directory/groups_through.html"
    verbose_name_plural = gettext_lazy("groups")
    fields = ("group", "created_at")
    ordering = ("group__name",)
    autocomplete_fields = ("group",)


class MembersOfGroupInline(MembershipInline):
    formset = MembersOfGroupFormSet
    template_before = "admin/directory/members_through.html"
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
    inlines = (MembersOfGroupInline, GroupsWithinInline, GroupsAroundInline)
    list_display = ("name", "description", "member_count", "group_count", "created")
    search_fields = ("name", "description")
    fields = ("name", "description", "created_at")
    readonly_fields = ("created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**group_counts())
        return rows

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not GroupNesting:
            super().save_formset(request, form, formset, change)
            return
        own = by(request)
        acting: dict[str, Any] = {"actor": own.actor, "origin": own.origin, "now": own.now}
        formset.save(commit=False)
        for row in formset.deleted_objects:
            unnest_group(parent=row.parent, child=row.child, **acting)
        for row in formset.new_objects:
            nest_group(parent=row.parent, child=row.child, **acting)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            let_go_of_nestings(group_id=obj.pk)
            super().delete_model(request, obj)

    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        keys = list(objects.values_list("pk", flat=True))
        members = user_ids_in(group_ids=keys).distinct().count()
        if not members:
            return [_("Nobody belongs to it."), *self._nestings_lost(keys)]
        return [
            ngettext("%(count)d person belongs to it.", "%(count)d people belong to it.", members)
            % {"count": members},
            *self._nestings_lost(keys),
        ]

    def _nestings_lost(self, keys: list[UUID]) -> list[str]:
        outer = nestings().filter(child__in=keys).exclude(parent__in=keys)
        names = sorted({nesting.parent.name for nesting in outer})
        if not names:
            return []
        shown = ", ".join(names[:GROUPS_NAMED]) + (" …" if len(names) > GROUPS_NAMED else "")
        return [
            _("It lies in %(groups)s: those who belong there only by it lose what that gives them.")
            % {"groups": shown}
        ]

    @admin.display(description=gettext_lazy("Created"), ordering="created_at")
    def created(self, obj: Group) -> str:
        return moment(obj.created_at)

    @admin.display(description=gettext_lazy("Groups within it"), ordering="groups_within")
    def group_count(self, obj: Any) -> int:
        count: int = obj.groups_within
        return count

    @admin.display(description=gettext_lazy("Members"), ordering="members")
    def member_count(self, obj: Any) -> int:
        count: int = obj.members
        return count
