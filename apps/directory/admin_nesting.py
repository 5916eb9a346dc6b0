"""Groups within groups, as rows on the pages of both."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.admin_audit import AuditedTabularInline, ThemedInlineFormSet, Values
from apps.audit.ports import Subject
from apps.core.guards import carries_access, is_within_reach, passes_guards
from apps.directory.events import DirectoryAction
from apps.directory.models import Group, GroupNesting
from apps.directory.selectors.groups import group_subject, groups_of
from apps.directory.services.belonging import hold_belonging
from apps.directory.services.group_nesting import why_not_nested


class NestingFormSet(ThemedInlineFormSet):
    """To put a group into another gives its members what that one holds: the same rules as for a person."""

    acting_request: Any = None

    def clean(self) -> None:
        super().clean()
        going = self.deleted_forms
        if any(form.has_changed() for form in self.forms):
            hold_belonging()
        for form in self.forms:
            nesting: Any = form.instance
            if not (form.has_changed() or form in going) or not (nesting.parent_id and nesting.child_id):
                continue
            refusal = self._refusal(nesting.parent, nesting.child, is_new=nesting._state.adding)
            if refusal:
                raise ValidationError(refusal)

    def _refusal(self, parent: Group, child: Group, *, is_new: bool) -> str:
        user = self.acting_request.user
        if not passes_guards(user, "group", parent):
            return _("%(group)s carries rights that you do not hold yourself.") % {"group": parent}
        if not is_new:
            return ""
        if not is_within_reach(user, "group", parent):
            return _(
                "%(group)s gives access that is not yours to give: that takes the right to give roles and, for "
                "those who may set passwords, the same access of their own."
            ) % {"group": parent}
        is_own = not user.is_superuser and groups_of(user_id=user.pk).filter(pk=child.pk).exists()
        if is_own and carries_access("group", parent):
            return _(
                "%(group)s holds roles and you belong to %(child)s: you cannot put yourself into it; somebody else can."
            ) % {"group": parent, "child": child}
        return why_not_nested(parent=parent, child=child)


class NestingInline(AuditedTabularInline):
    model = GroupNesting
    formset = NestingFormSet
    tab = True
    per_page = 50
    show_count = False
    readonly_fields = ("created_at",)
    audit_created = DirectoryAction.GROUP_GROUP_ADDED
    audit_deleted = DirectoryAction.GROUP_GROUP_REMOVED

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.acting_request = request
        return formset

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("parent", "child")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A nesting is made or undone, never bent into another one."""
        return False

    def audit_target(self, obj: GroupNesting) -> Subject:
        return group_subject(obj.parent)

    def audit_details(self, obj: GroupNesting) -> Values:
        return {"child": str(obj.child_id)}


class GroupsWithinInline(NestingInline):
    fk_name = "parent"
    verbose_name = gettext_lazy("group within it")
    verbose_name_plural = gettext_lazy("groups within it")
    fields = ("child", "created_at")
    ordering = ("child__name",)
    autocomplete_fields = ("child",)


class GroupsAroundInline(NestingInline):
    fk_name = "child"
    verbose_name = gettext_lazy("group that it lies in")
    verbose_name_plural = gettext_lazy("lies in")
    fields = ("parent", "created_at")
    ordering = ("parent__name",)
    autocomplete_fields = ("parent",)
