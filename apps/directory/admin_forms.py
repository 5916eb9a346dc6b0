"""Forms for people in the administration."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from apps.audit.admin_audit import ThemedInlineFormSet, carries_access, is_within_reach, passes_guards
from apps.directory.admin_actions import LAST_SUPERUSER, last_superuser_among
from apps.directory.admin_new_password import NewPasswordWidget
from apps.directory.models import Group, User
from apps.directory.time_zones import zones_by_area

Choices = list[tuple[str, str | list[tuple[str, str]]]]


def time_zone_choices(present: str) -> Choices:
    """By area, with what the record says even if it is not offered any more."""
    areas = zones_by_area()
    offered = {"UTC"}.union(*areas.values())
    kept: Choices = [] if present in offered else [(present, present)]
    return [
        *kept,
        ("UTC", "UTC"),
        *((area, [(name, name) for name in names]) for area, names in areas.items()),
    ]


def language_choices(present: str) -> Choices:
    """The languages there are pages in, with what the record says even if it is none of them."""
    offered = [(code, str(name)) for code, name in settings.LANGUAGES]
    if present in dict(offered):
        return [*offered]
    return [*offered, (present, LANG_INFO.get(present, {}).get("name_local", present))]


class NewPersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=1024,
        widget=NewPasswordWidget(),
    )

    class Meta:
        model = User
        fields = ("username", "email", "given_name", "family_name", "department", "job_title")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those who may not set passwords have no such field.
        if "password" in self.fields:
            self.fields["password"].help_text = _(
                "%(rules)s. It is not shown again. Without one the person cannot sign in until you set one."
            ) % {"rules": capfirst(password_validators_help_texts()[0])}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        password = self.cleaned_data.get("password")
        if password:
            try:
                validate_password(
                    password, User(**{name: self.cleaned_data.get(name, "") for name in self.Meta.fields})
                )
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them
        help_texts: ClassVar = {
            "is_email_verified": gettext_lazy(
                "Applications are told so and may trust it. A changed address counts as not verified until somebody "
                "ticks this again."
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those who only look at the record have no fields.
        if "time_zone" in self.fields:
            self._offer("time_zone", time_zone_choices(self.instance.time_zone))
        if "locale" in self.fields:
            self._offer("locale", language_choices(self.instance.locale))

    def _offer(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        self.fields[name] = forms.ChoiceField(
            label=field.label,
            help_text=field.help_text,
            choices=choices,
            widget=UnfoldAdminSelectWidget(),
        )

    def _get_validation_exclusions(self) -> set[str]:
        """A zone that is no longer known may stay, and is no reason to refuse the rest of the record."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return excluded | ({"time_zone"} - set(self.changed_data))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk and self.cleaned_data.get("manager") == self.instance:
            self.add_error("manager", _("Nobody is their own manager."))
        if "email" in self.changed_data and "is_email_verified" not in self.changed_data:
            # That the person reads the old address says nothing about the new one. On the instance too: the form
            # may have no such field.
            self.cleaned_data["is_email_verified"] = self.instance.is_email_verified = False
        losing = [name for name in self.changed_data if self._limits_power(name)]
        if losing and last_superuser_among(User.objects.filter(pk=self.instance.pk), now=timezone.now()):
            for name in losing:
                self.add_error(name, LAST_SUPERUSER)
        return cleaned

    def _limits_power(self, name: str) -> bool:
        value = self.cleaned_data.get(name)
        match name:
            case "is_superuser" | "is_staff":
                return not value
            case "ends_on":
                return value is not None
            case "starts_on":
                return value is not None and value > timezone.now().date()
        return False


class NewPersonWithoutPasswordForm(NewPersonForm):
    """For those who may not set one."""

    password = None  # type: ignore[assignment]  # Django's way to leave a field out


class SetPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        max_length=1024,
        widget=NewPasswordWidget(),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["password"].help_text = _("%(rules)s. Hand it over safely; it is not shown again.") % {
            "rules": capfirst(password_validators_help_texts()[0])
        }

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password


class MembershipFormSet(ThemedInlineFormSet):
    """Nobody hands out, or takes away, a membership that carries more power than they hold."""

    acting_request: Any = None

    def clean(self) -> None:
        super().clean()
        going = self.deleted_forms
        for form in self.forms:
            if not (form.has_changed() or form in going):
                continue
            group = form.cleaned_data.get("group") or getattr(form.instance, "group", None)
            if group is not None and not passes_guards(self.acting_request, "group", group):
                raise ValidationError(
                    _("%(group)s carries rights that you do not hold yourself.") % {"group": group}
                )
            if form.instance._state.adding and group is not None and not self._may_put_into(group):
                raise ValidationError(
                    _(
                        "%(group)s gives access that is not yours to give: that takes the right to give roles and, for "
                        "those who may set passwords, the same access of their own."
                    )
                    % {"group": group}
                )
            if form.instance._state.adding and self._is_own_gain(form.instance.user_id, group):
                raise ValidationError(
                    _("%(group)s holds roles: you cannot put yourself into it; somebody else can.")
                    % {"group": group}
                )

    def _may_put_into(self, group: Group) -> bool:
        return is_within_reach(self.acting_request, "group", group)

    def _is_own_gain(self, user_id: UUID | None, group: Group | None) -> bool:
        user = self.acting_request.user
        own = user_id == user.pk and not user.is_superuser
        return own and group is not None and carries_access("group", group)
