"""The forms of signing in and of one's own password."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.directory.selectors import language_choices, time_zone_choices
from apps.mail.selectors import can_be_written_to

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
        add_difference(self)
        return cleaned


class NewAddressForm(forms.Form):
    """Another e-mail address for oneself."""

    address = forms.CharField(
        label=_("New e-mail address"),
        max_length=254,
        error_messages={
            "required": _("Enter the address that you want."),
            "max_length": _("That is too long for an e-mail address. Check how you wrote it."),
            "null_characters_not_allowed": _("Part of that cannot be read. Type it once more."),
        },
    )
    present = _password_field(_("Password"), _("Enter the password that you have now."), "current-password")

    def __init__(self, *args: Any, present_address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.present_address = present_address

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if not can_be_written_to(address):
            raise forms.ValidationError(_("Write an address like kim@example.org."), code="address")
        if address.casefold() == self.present_address.casefold():
            raise forms.ValidationError(_("This is already your address."), code="same")
        return address


class AcceptanceForm(forms.Form):
    """What was read: which version, and in which language."""

    version = forms.UUIDField(widget=forms.HiddenInput)
    language = forms.CharField(max_length=16, widget=forms.HiddenInput)
    next = forms.CharField(required=False, max_length=8192, widget=forms.HiddenInput)


class PreferencesForm(forms.Form):
    """With what was there when the page was made, so that nothing is overwritten unseen."""

    opened_locale = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)
    opened_time_zone = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, locale: str, time_zone: str) -> None:
        present = {"locale": locale, "time_zone": time_zone}
        super().__init__(data, initial={**present, **{f"opened_{name}": present[name] for name in present}})
        zone_hint = _("Times on these pages are in it, and so are those you type in the administration.")
        language_hint = _(
            "Of these pages and of mails. Where it is left to the browser, mails are in the installation's language."
        )
        for name, label, choices, hint in (
            ("locale", _("Language"), language_choices(locale), language_hint),
            ("time_zone", _("Time zone"), time_zone_choices(time_zone), zone_hint),
        ):
            self.fields[name] = forms.ChoiceField(
                label=label,
                choices=choices,
                help_text=hint,
                # The empty one is a choice like others where it is offered.
                required=all(value != "" for value, _name in choices),
                error_messages={"invalid_choice": _("Choose one of the list.")},
                widget=forms.Select(attrs={"class": "input"}),
            )


class ResetForm(forms.Form):
    identifier = forms.CharField(
        label=_("User name or e-mail"),
        max_length=254,
        error_messages={
            "required": _("Enter your user name or e-mail address."),
            "max_length": _("That is too long for a user name or e-mail address. Check how you wrote it."),
            "null_characters_not_allowed": _("Part of that cannot be read. Type it once more."),
        },
    )


class FirstPasswordForm(forms.Form):
    """A password for somebody whose link says who they are."""

    chosen = _password_field(_("New password"), _("Enter the password that you want."), "new-password")
    again = _password_field(
        _("New password once more"), _("Enter the new password a second time."), "new-password"
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        add_difference(self)
        return cleaned


def add_difference(form: forms.Form) -> None:
    chosen, again = form.cleaned_data.get("chosen"), form.cleaned_data.get("again")
    if chosen and again and chosen != again:
        form.add_error("again", _("The two differ. Type the new password here as you did above."))
