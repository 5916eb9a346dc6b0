"""The sign-in form."""

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
