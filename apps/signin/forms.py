"""The forms of signing in and of one's own password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST_PASSWORD = 1024


class SignInForm(forms.Form):
    identifier = forms.CharField(
        label=_("User name or e-mail"),
        max_length=254,
        error_messages={
            "required": _("Enter your user name or e-mail address."),
            "max_length": _("That is too long for a user name or e-mail address. Check how you wrote it."),
            "null_characters_not_allowed": _("Part of that cannot be read. Type it once more."),
        },
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=LONGEST_PASSWORD,
        strip=False,
        error_messages={
            "required": _("Enter your password."),
            "max_length": _("That is too long for a password. Type it once more."),
            "null_characters_not_allowed": _("Part of that cannot be read. Type it once more."),
        },
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    next = forms.CharField(required=False, max_length=8192, widget=forms.HiddenInput)


def _password_field(label: Any, required: Any, autocomplete: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST_PASSWORD,
        strip=False,
        error_messages={
            "required": required,
            "max_length": _("That is too long for a password. Choose a shorter one."),
            "null_characters_not_allowed": _("Part of that cannot be read. Type it once more."),
        },
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class NewPasswordForm(forms.Form):
    present = _password_field(
        _("Present password"), _("Enter the password that you have now."), "current-password"
    )
    chosen = _password_field(_("New password"), _("Enter the password that you want."), "new-password")
    again = _password_field(
        _("New password once more"), _("Enter the new password a second time."), "new-password"
    )
    next = forms.CharField(required=False, max_length=8192, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        chosen, again = self.cleaned_data.get("chosen"), self.cleaned_data.get("again")
        if chosen and again and chosen != again:
            self.add_error("again", _("The two differ. Type the new password here as you did above."))
        return cleaned
