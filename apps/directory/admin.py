"""People in the administration; importing this brings their groups and the password policy along."""

from collections.abc import Collection
from datetime import datetime
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
    Values,
    administrator,
    badge,
    button,
    clock,
    moment,
)
from apps.audit.ports import Subject
from apps.core.origin import origin_of
from apps.directory.admin_actions import INVITE, PERSON_ACTIONS
from apps.directory.admin_attribute_fields import (
    FIELD,
    ShownAttribute,
    fields_for,
    given_in,
)
from apps.directory.admin_attribute_filters import AttributeFilter
from apps.directory.admin_attributes import AttributeAdmin
from apps.directory.admin_belonging import GroupFilter, UnitFilter
from apps.directory.admin_forms import (
    NewPersonForm,
    NewPersonWithoutPasswordForm,
    PersonForm,
    SetPasswordForm,
)
from apps.directory.admin_groups import GroupsOfPersonInline
from apps.directory.admin_one_time_links import OneTimeLinkAdmin
from apps.directory.admin_password_policy import PasswordPolicyAdmin
from apps.directory.admin_picked_person import name_and_username
from apps.directory.admin_units import UnitAdmin
from apps.directory.events import DirectoryAction
from apps.directory.models import Attribute, OneTimeLink, PasswordPolicy, Unit, User
from apps.directory.person_rules import (
    SET_ANY_PASSWORD,
    SET_PASSWORD,
    closed_fields,
    may_change_attribute,
    may_sign_in_as,
    sets_passwords,
)
from apps.directory.selectors import subject_of
from apps.directory.selectors.attributes import PREFIX, attributes_in_use, attributes_of
from apps.directory.selectors.links import with_invitation
from apps.directory.services.attributes import replace_values
from apps.directory.services.invitations import invite_person
from apps.directory.services.people import NewPerson, create_person, note_gap, set_password

# django-unfold asks for a plain string where Django takes a translation.
PERSON: Any = gettext_lazy("Person")
COLOURS = {User.Status.ACTIVE: GOOD, User.Status.SUSPENDED: WARNING, User.Status.DEPROVISIONED: BAD}

admin.site.register(PasswordPolicy, PasswordPolicyAdmin)
admin.site.register(Unit, UnitAdmin)
admin.site.register(OneTimeLink, OneTimeLinkAdmin)
admin.site.register(Attribute, AttributeAdmin)


def _required_fields() -> list[str]:
    return [FIELD + attribute.slug for attribute in attributes_in_use() if attribute.is_required]


def _invited_until(person: Any) -> datetime | None:
    """As the lists and pages of people have it; not told of others, such as one that is being added."""
    return getattr(person, "invited_until", None)


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
    list_filter = (
        "status",
        "employee_type",
        "is_staff",
        LockedFilter,
        "department",
        UnitFilter,
        GroupFilter,
        AttributeFilter,
    )
    search_fields = ("search_text",)
    search_help_text = gettext_lazy("User name, name, e-mail or employee number")
    ordering = ("display_name",)
    autocomplete_fields = ("manager", "unit")
    readonly_fields = (
        "state",
        "lock",
        "last_sign_in_at",
        "sign_in_count",
        "failed_sign_ins",
        "activation",
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
                    "is_invited",
                    "password",
                    "must_change",
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
                    ("unit", "manager"),
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
                    ("activation", "password_changed_at"),
                    "password_expires_at",
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
        if not self.has_change_permission(request, obj):
            return False
        # Whoever reads the mailbox that they may write down signs in as the person: that is setting a password.
        return action is not INVITE or self._may_set_password(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return with_invitation(rows, now=timezone.now())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        attributes = [] if obj is None else self._fields_of_attributes(request, obj)
        shown = (one for one in attributes if isinstance(one, ShownAttribute))
        return (*super().get_readonly_fields(request, obj), *shown, *closed_fields(request.user, obj))

    def _may_set_password(self, request: HttpRequest, obj: Any) -> bool:
        return obj.status != User.Status.DEPROVISIONED and may_sign_in_as(request.user, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            attributes = self._fields_of_attributes(request, obj)
            tab = (gettext_lazy("Attributes"), {"classes": ("tab",), "fields": tuple(attributes)})
            return (*super().get_fieldsets(request, obj), *([tab] if attributes else []))
        head, options = self.add_fieldsets[0]
        fields: Any = options["fields"]
        if not sets_passwords(request.user):
            left_out = {"is_invited", "password", "must_change"}
            fields = tuple(name for name in fields if name not in left_out)
        return ((head, {**options, "fields": (*fields, *_required_fields())}),)

    def _fields_of_attributes(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Names of fields of the form, and functions for what is only shown."""
        may_change = self.has_change_permission(request, obj)
        mine = self._attributes_to_change(request, obj) if may_change else []
        return [
            FIELD + one.slug if one in mine else ShownAttribute(one.slug, one.label)
            for one in attributes_in_use()
        ]

    def _attributes_to_change(self, request: HttpRequest, obj: Any) -> list[Attribute]:
        return [one for one in attributes_in_use() if may_change_attribute(request.user, obj, one)]

    # Adding: through the service, which also records it -----------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            may_set = sets_passwords(request.user)
            form: Any = NewPersonForm if may_set else NewPersonWithoutPasswordForm
            fields = fields_for([one for one in attributes_in_use() if one.is_required], None)
        else:
            form = PersonForm
            may_change = self.has_change_permission(request, obj)
            fields = fields_for(self._attributes_to_change(request, obj) if may_change else [], obj)
        # A class of this request's own, as the fields are what is defined at this moment.
        kwargs["form"] = type(form.__name__, (form,), fields)
        return super().get_form(request, obj, change=change, **kwargs)

    def audit_values(self, obj: User) -> Values:
        """The attributes beside the fields, each by itself."""
        attributes = attributes_of(user_id=obj.pk)
        return {**super().audit_values(obj), **{PREFIX + slug: value for slug, value in attributes.items()}}

    def field_title(self, name: str) -> str:
        if not name.startswith(PREFIX):
            return super().field_title(name)
        labels = Attribute.objects.filter(slug=name.removeprefix(PREFIX)).values_list("label", flat=True)
        return labels.first() or ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            if {"starts_on", "ends_on"} & set(form.changed_data):
                as_it_was = {name: form.initial.get(name) for name in ("starts_on", "ends_on")}
                note_gap(user=obj, before=User(status=obj.status, **as_it_was), now=timezone.now())
            super().save_model(request, obj, form, change)
            replace_values(user=obj, given=given_in(form))
            return
        fields = {name: form.cleaned_data[name] for name in NewPersonForm.Meta.fields}
        details = NewPerson(**fields, attributes=given_in(form))
        created = create_person(
            details=details,
            password=form.cleaned_data.get("password") or None,
            actor=administrator(request),
            origin=origin_of(request),
            now=timezone.now(),
            must_change=bool(form.cleaned_data.get("must_change")),
        )
        obj.__dict__.update(created.__dict__)
        if form.cleaned_data.get("is_invited") and invite_person(
            user=created, actor=administrator(request), origin=origin_of(request), now=timezone.now()
        ):
            messages.success(
                request, _("An invitation is on its way to %(address)s.") % {"address": created.email}
            )

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
        if obj.pk == request.user.pk:
            return [
                button(_("Change password"), "password", reverse("signin:password")),
                button(_("Change e-mail address"), "alternate_email", reverse("signin:address")),
            ]
        if not self._may_set_password(request, obj):
            return []
        return [
            button(
                _("Set password"), "password", reverse("admin:directory_user_set_password", args=(obj.pk,))
            )
        ]

    def password_view(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        if object_id == request.user.pk and request.method in {"GET", "HEAD"}:
            # Where the present password is asked for.
            return redirect("signin:password")
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
                must_change=form.cleaned_data["must_change"],
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

    def picked_as(self, obj: Any) -> str:
        return name_and_username(obj)

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

    def _standing(self, obj: Any) -> str:
        today = timezone.now().date()
        if obj.status == User.Status.ACTIVE and obj.starts_on and obj.starts_on > today:
            return badge(_("Not started yet"), COMING)
        if obj.status == User.Status.ACTIVE and obj.ends_on and obj.ends_on < today:
            return badge(_("Has left"))
        if obj.status == User.Status.ACTIVE and _invited_until(obj) is not None:
            return badge(_("Invited"), COMING)
        return badge(obj.get_status_display(), COLOURS[User.Status(obj.status)])

    @admin.display(description=gettext_lazy("Status"), ordering="status")
    def state(self, obj: Any) -> str:
        """Also that somebody is locked out: whoever cannot sign in is looked for here."""
        standing = self._standing(obj)
        if not obj.is_locked(now=timezone.now()):
            return standing
        locked = badge(_("Locked until %(time)s") % {"time": clock(obj.locked_until)}, BAD)
        # Somebody active who cannot get in is locked, and nothing else about them matters more.
        return (
            locked if obj.is_active else format_html('<span class="stacked">{} {}</span>', standing, locked)
        )

    @admin.display(description=gettext_lazy("Activation"))
    def activation(self, obj: Any) -> str:
        if obj.has_usable_password():
            return badge(_("Activated"), GOOD)
        ends_at = _invited_until(obj)
        if ends_at is None:
            return badge(_("No password yet"), WARNING)
        return format_html("{} {} {}", badge(_("Invited"), COMING), _("The link ends"), moment(ends_at))

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
        if obj.locked_until is None or not obj.is_locked(now=timezone.now()):
            return NOTHING
        return badge(_("until %(time)s") % {"time": clock(obj.locked_until)}, BAD)

    @admin.display(description=gettext_lazy("Last sign-in"), ordering="last_sign_in_at")
    def last_sign_in(self, obj: User) -> str:
        return moment(obj.last_sign_in_at)
