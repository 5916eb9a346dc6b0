"""Assignments as rows on the pages of people, groups and roles."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access.events import AccessAction
from apps.access.models import Assignment
from apps.access.powers import gives_to_self, may_change_role
from apps.access.selectors import assignments_in_force
from apps.audit.admin_audit import (
    COMING,
    GOOD,
    NOTHING,
    Audited,
    AuditedTabularInline,
    ReadOnlyTabularInline,
    ThemedInlineFormSet,
    Values,
    badge,
)
from apps.audit.ports import Subject

OWN_ROLE = gettext_lazy("You cannot give a role to yourself; somebody else can.")


def state_of(assignment: Assignment) -> str:
    now = timezone.now()
    if assignment.valid_until is not None and assignment.valid_until <= now:
        return badge(_("Ended"))
    if assignment.valid_from > now:
        return badge(_("Not yet"), COMING)
    return badge(_("In force"), GOOD)


class AssignmentFormSet(ThemedInlineFormSet):
    """Nobody gives, or takes away, a role that carries more power than they hold, or gives one to themselves."""

    acting_request: Any = None

    def giving_address(self) -> str:
        """Where this person or group is given a role; empty for those who may not."""
        user = self.acting_request.user
        if not user.has_perm("access.add_assignment") or gives_to_self(user, self.instance):
            return ""
        return f"{reverse('admin:access_assignment_add')}?{urlencode({self.fk.name: self.instance.pk})}"

    def clean(self) -> None:
        super().clean()
        going = self.deleted_forms
        for form in self.forms:
            if not (form.has_changed() or form in going):
                continue
            role = form.cleaned_data.get("role") or (form.instance.role if form.instance.role_id else None)
            if role is not None and not may_change_role(self.acting_request.user, role):
                raise ValidationError(
                    _("%(role)s carries rights that you do not hold yourself.") % {"role": role}
                )


class PersonAssignmentFormSet(AssignmentFormSet):
    def roles_through_groups(self) -> QuerySet[Assignment]:
        """What the person holds without an assignment of their own: shown beside those, given on a group's page."""
        held = assignments_in_force(user_id=self.instance.pk, now=timezone.now())
        return held.filter(group__isnull=False).select_related("role", "group")


class AuditedAssignments(Audited):
    """How assignments stand in the log, wherever they are changed."""

    audit_created = AccessAction.ASSIGNMENT_CREATED
    audit_changed = AccessAction.ASSIGNMENT_CHANGED
    audit_deleted = AccessAction.ASSIGNMENT_DELETED

    def audit_target(self, obj: Assignment) -> Subject:
        return Subject(kind="assignment", id=str(obj.pk), label=words_for(obj))

    def audit_details(self, obj: Assignment) -> Values:
        holder = {"user": str(obj.user_id)} if obj.user_id else {"group": str(obj.group_id)}
        return {"role": str(obj.role_id), **holder}


def holder_of(assignment: Assignment) -> str:
    return str(assignment.user or _("Group %(name)s") % {"name": assignment.group})


def words_for(assignment: Assignment) -> str:
    return _("%(role)s to %(holder)s") % {
        "role": assignment.role.name,
        "holder": assignment.user or assignment.group,
    }


class HeldRolesInline(AuditedAssignments, AuditedTabularInline):
    model = Assignment
    formset = AssignmentFormSet
    verbose_name = gettext_lazy("role")
    verbose_name_plural = gettext_lazy("roles")
    fields = ("role", "valid_from", "valid_until", "reason", "state")
    readonly_fields = ("state",)
    tab = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.acting_request = request
        return formset

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("role", "user", "group")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Given on a page of its own, which has room for times and a reason."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Taken away here; changed on its own page."""
        return False

    @admin.display(description=gettext_lazy("Validity"))
    def state(self, obj: Assignment) -> str:
        return NOTHING if obj._state.adding else state_of(obj)


class HeldRolesOfPersonInline(HeldRolesInline):
    formset = PersonAssignmentFormSet
    fk_name = "user"
    template_before = "admin/access/through_groups.html"


class HeldRolesOfGroupInline(HeldRolesInline):
    fk_name = "group"
    template_before = "admin/access/give_role.html"


class HoldersInline(AuditedAssignments, ReadOnlyTabularInline):
    model = Assignment
    verbose_name_plural = gettext_lazy("holders")
    fields = ("holder", "valid_from", "valid_until", "reason", "state")
    readonly_fields = fields
    tab = True
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("role", "user", "group")

    @admin.display(description=gettext_lazy("Holder"))
    def holder(self, obj: Assignment) -> str:
        page = reverse("admin:access_assignment_change", args=(obj.pk,))
        return format_html('<a class="text-link" href="{}">{}</a>', page, holder_of(obj))

    @admin.display(description=gettext_lazy("Validity"))
    def state(self, obj: Assignment) -> str:
        return state_of(obj)
