"""The form that gives a role: who, which, from when until when."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.access.admin_assignments import OWN_ROLE
from apps.access.models import Assignment, Role
from apps.access.powers import gives_to_self, may_change_role, may_give_role
from apps.access.role_rules import MAY_HAVE_PASSWORDS
from apps.directory.services.belonging import hold_belonging

TIMES = ("valid_from", "valid_until")


class AssignmentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    acting_request: Any = None

    class Meta:
        model = Assignment
        fields = ("role", "user", "group", "valid_from", "valid_until", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("user", "group"):
            if name in self.fields:
                self.fields[name].help_text = _("Choose a person or a group.")
        for name in TIMES:
            if name not in self.fields:
                continue  # the page is only read
            field = self.fields[name]
            field.help_text = " ".join(
                [
                    str(field.help_text),
                    _("In the time zone %(zone)s.") % {"zone": timezone.get_current_timezone_name()},
                ]
            ).strip()
            # Compared with what is stored, as minutes: the form shows no more.
            field.show_hidden_initial = False
            stored = self.initial.get(name)
            if isinstance(stored, datetime):
                self.initial[name] = stored.replace(second=0, microsecond=0)

    def clean_valid_from(self) -> datetime | None:
        return self._to_the_second("valid_from")

    def clean_valid_until(self) -> datetime | None:
        return self._to_the_second("valid_until")

    def _to_the_second(self, name: str) -> datetime | None:
        """What the form only showed by the minute stays as it is stored."""
        typed: datetime | None = self.cleaned_data[name]
        stored: datetime | None = getattr(self.instance, name)
        return typed if name in self.changed_data else stored

    def clean_role(self) -> Role:
        role: Role = self.cleaned_data["role"]
        hold_belonging()
        if not may_change_role(self.acting_request.user, role):
            raise ValidationError(_("This role carries rights that you do not hold yourself."))
        if self.has_changed() and not may_give_role(self.acting_request.user, role):
            raise ValidationError(MAY_HAVE_PASSWORDS)
        return role

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        user, group = self.cleaned_data.get("user"), self.cleaned_data.get("group")
        if "user" in self.fields and not (user or group or {"user", "group"} & self.errors.keys()):
            self.add_error("user", _("Choose a person or a group."))
        if user and group:
            self.add_error("group", _("Choose a person or a group, not both."))
        holder = user or group
        if self.has_changed() and gives_to_self(self.acting_request.user, holder):
            raise ValidationError(OWN_ROLE)
        return cleaned
