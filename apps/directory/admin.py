"""People in the administration; importing this brings their groups and the password policy along."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from apps.audit.admin_audit import (
    BAD,
    COMING,
    GOOD,
    NOTHING,
    WARNING,
    AuditedModelAdmin,
    ObjectAction,
    administrator,
    badge,
    button,
    is_within_reach,
    moment,
)
from apps.audit.ports import Subject
from apps.core.origin import origin_of
from apps.directory.admin_actions import PERSON_ACTIONS
from apps.directory.admin_forms import (
    NewPersonForm,
    NewPersonWithoutPasswordForm,
    PersonForm,
    SetPasswordForm,
)
from apps.directory.admin_groups import GroupsOfPersonInline
from apps.directory.admin_password_policy import PasswordPolicyAdmin
from apps.directory.events import DirectoryAction
from apps.directory.models import PasswordPolicy, User
from apps.directory.selectors import subject_of
from apps.directory.services.people import NewPerson, create_person, note_gap, set_password

# django-unfold asks for a plain string where Django takes a translation.
PERSON: Any = gettext_lazy("Person")
COLOURS = {User.Status.ACTIVE: GOOD, User.Status.SUSPENDED: WARNING, User.Status.DEPROVISIONED: BAD}

# What applications trust and access hangs on: others say it of somebody, nobody of themselves.
FIXED_ON_OWN_RECORD = (
    "is_email_verified",
    "department",
    "job_title",
    "manager",
    "employee_number",
    "employee_type",
    "starts_on",
    "ends_on",
)

# Whoever changes these can sign in as somebody, or be taken for them by an application.
SIGNING_IN = ("username", "email", "is_email_verified")
SET_PASSWORD, SET_ANY_PASSWORD = "set_password", "set_any_password"


admin.site.register(PasswordPolicy, PasswordPolicyAdmin)


class LockedFilter(SimpleListFilter):
    title = gettext_lazy("lock")
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("Locked now"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(locked_until__gt=timezone.now()) if self.value() == "yes" else queryset


@admin.register(User)
class PersonAdmin(AuditedModelAdmin):
    audit_changed = DirectoryAction.USER_CHANGED
    audit_secrets = ("password",)
    audit_kind = "user"
    is_found_in_log = True
    object_actions = PERSON_ACTIONS
    further_rights: ClassVar = {
        SET_PASSWORD: gettext_lazy("set password, user name and e-mail"),
        SET_ANY_PASSWORD: gettext_lazy("set them whatever access to applications it opens"),
    }
    form = PersonForm
    inlines = (GroupsOfPersonInline,)
    list_display = ("person", "mailbox", "department", "manager_name", "state", "last_sign_in")
    list_select_related = ("manager",)
    list_filter = ("status", "employee_type", "is_staff", LockedFilter, "department")
    search_fields = ("username", "display_name", "given_name", "family_name", "email", "employee_number")
    search_help_text = gettext_lazy("User name, name, e-mail or employee number")
    ordering = ("display_name",)
    autocomplete_fields = ("manager",)
    readonly_fields = (
        "state",
        "lock",
        "last_sign_in_at",
        "sign_in_count",
        "failed_sign_ins",
        "password_changed_at",
        "password_expires_at",
        "created_at",
    )
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "email",
                    ("given_name", "family_name"),
                    ("department", "job_title"),
                    "password",
                ),
                "description": gettext_lazy(
                    "The rest of the record, groups and roles come on the next page."
                ),
            },
        ),
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "username",
                    "display_name",
                    ("given_name", "family_name"),
                    ("email", "is_email_verified"),
                    "state",
                )
            },
        ),
        (
            gettext_lazy("Employment"),
            {
                "classes": ("tab",),
                "fields": (
                    ("department", "job_title"),
                    "manager",
                    ("employee_number", "employee_type"),
                    ("starts_on", "ends_on"),
                ),
            },
        ),
        (
            gettext_lazy("Signing in"),
            {
                "classes": ("tab",),
                "fields": (
                    ("last_sign_in_at", "sign_in_count"),
                    ("failed_sign_ins", "lock"),
                    ("password_changed_at", "password_expires_at"),
                ),
            },
        ),
        (
            gettext_lazy("Language and time"),
            {"classes": ("tab",), "fields": (("time_zone", "locale"), "created_at")},
        ),
        (gettext_lazy("Administration"), {"classes": ("tab",), "fields": ("is_staff", "is_superuser")}),
    )

    # Who may do what to whom ------------------------------------------------------------------------------------

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are suspended: what they did must keep its name."""
        return False

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return self.has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if request.user.is_superuser:
            return fields
        own = FIXED_ON_OWN_RECORD if obj == request.user else ()
        out_of_reach = () if obj is None or self._may_sign_in_as(request, obj) else SIGNING_IN
        return (*fields, *own, *out_of_reach, "is_staff", "is_superuser")

    def _sets_passwords(self, request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"directory.{right}") for right in self.further_rights)

    def _may_sign_in_as(self, request: HttpRequest, obj: Any) -> bool:
        return self._sets_passwords(request) and is_within_reach(request, self.kind(), obj)

    def _may_set_password(self, request: HttpRequest, obj: Any) -> bool:
        return obj.status != User.Status.DEPROVISIONED and self._may_sign_in_as(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None or self._sets_passwords(request):
            return super().get_fieldsets(request, obj)
        head, options = self.add_fieldsets[0]
        fields: Any = options["fields"]
        return ((head, {**options, "fields": tuple(name for name in fields if name != "password")}),)

    # Adding: through the service, which also records it -----------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            may_set = self._sets_passwords(request)
            kwargs["form"] = NewPersonForm if may_set else NewPersonWithoutPasswordForm
        return super().get_form(request, obj, change=change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            if {"starts_on", "ends_on"} & set(form.changed_data):
                as_it_was = {name: form.initial.get(name) for name in ("starts_on", "ends_on")}
                note_gap(user=obj, before=User(status=obj.status, **as_it_was), now=timezone.now())
            super().save_model(request, obj, form, change)
            return
        details = NewPerson(**{name: form.cleaned_data[name] for name in NewPersonForm.Meta.fields})
        created = create_person(
            details=details,
            password=form.cleaned_data.get("password") or None,
            actor=administrator(request),
            origin=origin_of(request),
            now=timezone.now(),
        )
        obj.__dict__.update(created.__dict__)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The service has recorded it."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        goes_elsewhere = {"_addanother", "_popup"} & request.POST.keys()
        if not goes_elsewhere and self.has_view_or_change_permission(request, obj):
            # Django's way to say "stay on the page of what was just made".
            posted: Any = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        return response

    # Setting a password ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        own = path(
            "<uuid:object_id>/password/",
            self.admin_site.admin_view(self.password_view),
            name="directory_user_set_password",
        )
        return [own, *super().get_urls()]

    def page_links(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        if not self._may_set_password(request, obj):
            return []
        return [
            button(
                _("Set password"), "password", reverse("admin:directory_user_set_password", args=(obj.pk,))
            )
        ]

    def password_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        person = self.get_object(request, str(object_id))
        if person is None:
            raise Http404
        if not (self.has_view_permission(request, person) and self._may_set_password(request, person)):
            raise PermissionDenied
        page = reverse("admin:directory_user_change", args=(person.pk,))
        form = SetPasswordForm(request.POST or None, person=person)
        if request.method == "POST" and form.is_valid():
            set_password(
                user=person,
                password=form.cleaned_data["password"],
                actor=administrator(request),
                origin=origin_of(request),
                now=timezone.now(),
            )
            messages.success(request, _("%(person)s has a new password.") % {"person": person})
            return redirect(page)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Set the password of %(person)s") % {"person": person},
            "opts": self.model._meta,
            "original": person,
            "form": form,
            "back": page,
        }
        return TemplateResponse(request, "admin/directory/set_password.html", context)

    # How it looks ----------------------------------------------------------------------------------------------------

    def audit_target(self, obj: User) -> Subject:
        return subject_of(obj)

    def names_of(self, keys: Collection[str]) -> dict[str, str]:
        """By the user name, as events themselves name people."""
        rows = User.objects.filter(pk__in=keys).values_list("pk", "username")
        return {str(key): username for key, username in rows}

    @display(description=PERSON, header=True, ordering="display_name")
    def person(self, obj: User) -> list[str]:
        initials = "".join(word[0] for word in obj.display_name.split()[:2]).upper()
        return [obj.display_name, obj.username, initials]

    def _standing(self, obj: User) -> str:
        today = timezone.now().date()
        if obj.status == User.Status.ACTIVE and obj.starts_on and obj.starts_on > today:
            return badge(_("Not started yet"), COMING)
        if obj.status == User.Status.ACTIVE and obj.ends_on and obj.ends_on < today:
            return badge(_("Has left"))
        return badge(obj.get_status_display(), COLOURS[User.Status(obj.status)])

    @admin.display(description=gettext_lazy("Status"), ordering="status")
    def state(self, obj: User) -> str:
        """Also that somebody is locked out: whoever cannot sign in is looked for here."""
        standing = self._standing(obj)
        if not obj.is_locked(now=timezone.now()):
            return standing
        locked = badge(
            _("Locked until %(time)s") % {"time": f"{timezone.localtime(obj.locked_until):%H:%M}"}, BAD
        )
        # Somebody active who cannot get in is locked, and nothing else about them matters more.
        return (
            locked if obj.is_active else format_html('<span class="stacked">{} {}</span>', standing, locked)
        )

    @admin.display(description=gettext_lazy("E-mail"), ordering="email")
    def mailbox(self, obj: User) -> str:
        """It may break at its sign, so that the row fits the window."""
        name, sign, domain = obj.email.partition("@")
        return format_html("{}<wbr>{}{}", name, sign, domain) if sign else NOTHING

    @admin.display(description=gettext_lazy("Manager"), ordering="manager__display_name")
    def manager_name(self, obj: User) -> str:
        return str(obj.manager) if obj.manager else NOTHING

    @admin.display(description=gettext_lazy("Lock"), ordering="locked_until")
    def lock(self, obj: User) -> str:
        if not obj.is_locked(now=timezone.now()):
            return NOTHING
        return badge(_("until %(time)s") % {"time": f"{timezone.localtime(obj.locked_until):%H:%M %Z}"}, BAD)

    @admin.display(description=gettext_lazy("Last sign-in"), ordering="last_sign_in_at")
    def last_sign_in(self, obj: User) -> str:
        return moment(obj.last_sign_in_at)
