"""Applications, roles and assignments in the administration."""

from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.access.admin_actions import END_NOW
from apps.access.admin_assignment_form import AssignmentForm
from apps.access.admin_assignments import (
    AuditedAssignments,
    HeldRolesOfGroupInline,
    HeldRolesOfPersonInline,
    HoldersInline,
    holder_of,
    state_of,
)
from apps.access.admin_losses import losses, losses_with_groups
from apps.access.admin_rights import list_of_rights, name_of_right, offered_rights, rights_beyond_form
from apps.access.admin_rights_field import RightsField, RightsWidget
from apps.access.decision import Reason
from apps.access.events import AccessAction
from apps.access.models import Application, Assignment, Role
from apps.access.role_rules import why_not_carried, why_not_gained
from apps.audit.admin_audit import (
    BAD,
    DELETE,
    GOOD,
    NOTHING,
    AuditedModelAdmin,
    Consequence,
    ObjectAction,
    add_to_pages,
    badge,
    know_details,
    moment,
)
from apps.directory.services.belonging import hold_belonging


class StateFilter(SimpleListFilter):
    title = gettext_lazy("validity")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("in_force", gettext_lazy("In force")),
            ("not_yet", gettext_lazy("Not yet")),
            ("ended", gettext_lazy("Ended")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        unended = Q(valid_until__isnull=True) | Q(valid_until__gt=now)
        states = {
            "in_force": unended & Q(valid_from__lte=now),
            "not_yet": unended & Q(valid_from__gt=now),
            "ended": Q(valid_until__lte=now),
        }
        wanted = states.get(self.value() or "")
        return queryset.filter(wanted) if wanted is not None else queryset


@admin.register(Application)
class ApplicationAdmin(AuditedModelAdmin):
    audit_created = AccessAction.APPLICATION_CREATED
    audit_changed = AccessAction.APPLICATION_CHANGED
    audit_deleted = AccessAction.APPLICATION_DELETED
    is_found_in_log = True
    list_display = ("name", "audience_label", "role_count", "owner", "enabled")
    list_filter = ("audience", "is_enabled")
    list_select_related = ("owner",)
    search_fields = ("name", "description", "slug")
    autocomplete_fields = ("owner",)
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "description", "launch_url", "owner", "audience", "is_enabled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request).annotate(role_total=Count("roles"))
        return rows

    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        keys = list(objects.values_list("pk", flat=True))
        count = Role.objects.filter(application__in=keys).count()
        if not count:
            return []
        going = ngettext("Its role goes with it.", "%(count)d roles go with it.", count) % {"count": count}
        return [going, *losses(Assignment.objects.filter(role__application__in=keys), now)]

    @admin.display(description=gettext_lazy("Who may use it"), ordering="audience")
    def audience_label(self, obj: Application) -> str:
        return obj.get_audience_display()

    @admin.display(description=gettext_lazy("Roles"), ordering="role_total")
    def role_count(self, obj: Any) -> int:
        count: int = obj.role_total
        return count

    @admin.display(description=gettext_lazy("State"), ordering="is_enabled")
    def enabled(self, obj: Application) -> str:
        return badge(_("Enabled"), GOOD) if obj.is_enabled else badge(_("Disabled"), BAD)


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    acting_request: Any = None

    class Meta:
        model = Role
        fields = ("name", "slug", "description", "application", "admin_permissions")
        help_texts: ClassVar = {
            "admin_permissions": gettext_lazy(
                "What holders may see and change in the administration, once they may enter it. Whoever sets "
                "somebody's password can sign in as them: those with that right reach, and give access to, only "
                "what they have themselves, unless they may set passwords whatever access it opens."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "admin_permissions" in self.fields and self.instance.pk and not self.instance._state.adding:
            held = self.instance.admin_permissions.values("pk")
            # Without those that it does not show: to keep them is no change.
            self.initial["admin_permissions"] = list(offered_rights().filter(pk__in=held))

    def clean_admin_permissions(self) -> list[Permission]:
        chosen = list(self.cleaned_data["admin_permissions"])
        refusal = why_not_carried(by=self.acting_request.user, rights=[name_of_right(one) for one in chosen])
        if refusal:
            raise ValidationError(refusal)
        return chosen if self.instance._state.adding else [*chosen, *rights_beyond_form(self.instance)]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance._state.adding:
            return cleaned
        hold_belonging()
        refusals = why_not_gained(
            by=self.acting_request.user,
            role=self.instance,
            changed=self.changed_data,
            application=self.cleaned_data.get("application"),
        )
        for name, refusal in refusals.items():
            self.add_error(name, refusal)
        return cleaned


@admin.register(Role)
class RoleAdmin(AuditedModelAdmin):
    audit_created = AccessAction.ROLE_CREATED
    audit_changed = AccessAction.ROLE_CHANGED
    audit_deleted = AccessAction.ROLE_DELETED
    is_found_in_log = True
    form = RoleForm
    inlines = (HoldersInline,)
    list_display = ("name", "application", "description", "holder_count", "right_count")
    list_filter = (("application", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("application",)
    search_fields = ("name", "slug", "description")
    autocomplete_fields = ("application",)
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "description", "application", "admin_permissions")
    readonly_fields = ("rights_held", "rights_kept")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        rows = rows.annotate(
            holders=Count("assignments", distinct=True), rights=Count("admin_permissions", distinct=True)
        )
        return rows

    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        keys = list(objects.values_list("pk", flat=True))
        return losses(Assignment.objects.filter(role__in=keys), now)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.acting_request = request
        return form

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "admin_permissions":
            kwargs |= {"queryset": offered_rights(), "form_class": RightsField, "widget": RightsWidget}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return self.fields
        if not self.has_change_permission(request, obj):
            return (*self.fields[:-1], "rights_held")
        return (*self.fields, "rights_kept") if rights_beyond_form(obj).exists() else self.fields

    @admin.display(description=gettext_lazy("Administration rights"))
    def rights_held(self, obj: Role) -> str:
        return list_of_rights(obj.admin_permissions.select_related("content_type")) or NOTHING

    @admin.display(description=gettext_lazy("Other rights, which stay as they are"))
    def rights_kept(self, obj: Role) -> str:
        return list_of_rights(rights_beyond_form(obj))

    @admin.display(description=gettext_lazy("Holders"), ordering="holders")
    def holder_count(self, obj: Any) -> int:
        count: int = obj.holders
        return count

    @admin.display(description=gettext_lazy("Administration rights"), ordering="rights")
    def right_count(self, obj: Any) -> int:
        count: int = obj.rights
        return count


@admin.register(Assignment)
class AssignmentAdmin(AuditedAssignments, AuditedModelAdmin):
    object_actions = (END_NOW,)
    list_display = ("role", "holder", "state", "since", "until", "reason")
    list_filter = (StateFilter, ("role", admin.RelatedOnlyFieldListFilter))
    named_with = ("role", "user", "group")
    search_fields = ("role__name", "user__username", "user__display_name", "group__name", "reason")
    search_help_text = gettext_lazy("Role, person, group or reason")
    autocomplete_fields = ("role", "user", "group")
    fields = ("role", "user", "group", "valid_from", "valid_until", "reason")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, form=AssignmentForm, **kwargs)
        form.acting_request = request
        return form

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return self.has_change_permission(request, obj)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Back to the page of the person or group, if that is where the form was opened."""
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        goes_on = {"_continue", "_addanother", "_popup"} & request.POST.keys()
        holder = "user" if "user" in request.GET else "group"
        key = request.GET.get(holder, "")
        if goes_on or key != str(getattr(obj, f"{holder}_id")):
            return response
        return redirect(f"{reverse(f'admin:directory_{holder}_change', args=(key,))}#assignments")

    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        kept = _("That it was given stays in the audit log only; to keep it on record here, end it instead.")
        return [*losses(objects, now), kept]

    @admin.display(description=gettext_lazy("Holder"))
    def holder(self, obj: Assignment) -> str:
        return holder_of(obj)

    @admin.display(description=gettext_lazy("Validity"))
    def state(self, obj: Assignment) -> str:
        return state_of(obj)

    @admin.display(description=gettext_lazy("Since"), ordering="valid_from")
    def since(self, obj: Assignment) -> str:
        return moment(obj.valid_from)

    @admin.display(description=gettext_lazy("Until"), ordering="valid_until")
    def until(self, obj: Assignment) -> str:
        return moment(obj.valid_until)


add_to_pages("user", inlines=[HeldRolesOfPersonInline])
add_to_pages(
    "group",
    inlines=[HeldRolesOfGroupInline],
    consequences={DELETE: Consequence(effect=losses_with_groups)},
)
know_details(
    titles={
        "role": gettext_lazy("Role"),
        "user": gettext_lazy("Person"),
        "group": gettext_lazy("Group"),
        "removed": gettext_lazy("Removed along with it"),
    },
    values={
        "reason": {
            Reason.NO_ROLE.value: gettext_lazy("No role in the application"),
            Reason.APPLICATION_DISABLED.value: gettext_lazy("The application is disabled"),
            Reason.PERSON_INACTIVE.value: gettext_lazy("The person may not sign in"),
        }
    },
)
