"""Forms for people in the administration."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from apps.audit.admin_audit import ThemedInlineFormSet
from apps.core.guards import carries_access, is_within_reach, passes_guards
from apps.directory.admin_new_password import NewPasswordWidget
from apps.directory.models import Group, User
from apps.directory.person_rules import LAST_SUPERUSER, OWN_MANAGER, limits_power
from apps.directory.selectors import (
    Choices,
    language_choices,
    password_rules_in_words,
    time_zone_choices,
)
from apps.directory.services.belonging import hold_belonging
from apps.directory.services.superusers import leaves_no_superuser
from apps.mail.selectors import is_mail_sent

DETAILS = ("username", "email", "given_name", "family_name", "department", "job_title")


def _rules() -> str:
    return capfirst("; ".join(rule.words for rule in password_rules_in_words(is_own=False)))


class NewPersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    is_invited = forms.BooleanField(
        label=gettext_lazy("Send an invitation"),
        required=False,
        help_text=gettext_lazy("A mail with a link by which the person chooses their first password."),
        widget=UnfoldBooleanSwitchWidget(),
    )
    must_change = forms.BooleanField(
        label=gettext_lazy("They choose their own at the first sign-in"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=1024,
        widget=NewPasswordWidget(),
    )

    class Meta:
        model = User
        fields = DETAILS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Those who may not set passwords have no such field.
        if "password" in self.fields:
            self.fields["password"].help_text = _(
                "%(rules)s. It is not shown again. Without one the person cannot sign in until they are invited, or "
                "you set one."
            ) % {"rules": _rules()}

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        password = self.cleaned_data.get("password")
        if self.cleaned_data.get("is_invited"):
            self._check_invitation()
        if password:
            try:
                validate_password(
                    password, User(**{name: self.cleaned_data.get(name, "") for name in DETAILS})
                )
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned

    def _check_invitation(self) -> None:
        if not is_mail_sent():
            self.add_error("is_invited", _("No mail is sent: EMAIL_URL names no mail server."))
        elif self.cleaned_data.get("password"):
            self.add_error(
                "is_invited", _("Either an invitation or a password: people who have one need none.")
            )
        elif "email" in self.cleaned_data and not self.cleaned_data["email"]:
            self.add_error("email", _("The invitation needs an address to go to."))


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
            required=field.required,
            widget=UnfoldAdminSelectWidget(),
        )

    def _get_validation_exclusions(self) -> set[str]:
        """A zone that is no longer known may stay, and is no reason to refuse the rest of the record."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # not in the stubs
        return excluded | ({"time_zone"} - set(self.changed_data))

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk and self.cleaned_data.get("manager") == self.instance:
            self.add_error("manager", OWN_MANAGER)
        if "email" in self.changed_data and "is_email_verified" not in self.changed_data:
            # That the person reads the old address says nothing about the new one. On the instance too: the form
            # may have no such field.
            self.cleaned_data["is_email_verified"] = self.instance.is_email_verified = False
        now = timezone.now()
        losing = [
            name for name in self.changed_data if limits_power(name, self.cleaned_data.get(name), now=now)
        ]
        if losing and leaves_no_superuser(User.objects.filter(pk=self.instance.pk), now=now):
            for name in losing:
                self.add_error(name, LAST_SUPERUSER)
        return cleaned


class NewPersonWithoutPasswordForm(NewPersonForm):
    """For those who may not set one."""

    password = None  # type: ignore[assignment]  # Django's way to leave a field out
    is_invited = None  # type: ignore[assignment]
    must_change = None  # type: ignore[assignment]


class SetPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        max_length=1024,
        widget=NewPasswordWidget(),
    )

    must_change = forms.BooleanField(
        label=gettext_lazy("They choose their own at the next sign-in"),
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["password"].help_text = _("%(rules)s. Hand it over safely; it is not shown again.") % {
            "rules": _rules()
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
        if any(form.has_changed() for form in self.forms):
            hold_belonging()
        for form in self.forms:
            if not (form.has_changed() or form in going):
                continue
            group = form.cleaned_data.get("group") or getattr(form.instance, "group", None)
            if group is not None and not passes_guards(self.acting_request.user, "group", group):
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
        return is_within_reach(self.acting_request.user, "group", group)

    def _is_own_gain(self, user_id: UUID | None, group: Group | None) -> bool:
        user = self.acting_request.user
        own = user_id == user.pk and not user.is_superuser
        return own and group is not None and carries_access("group", group)
