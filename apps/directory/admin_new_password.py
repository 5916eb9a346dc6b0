"""The field in which an administrator gives somebody a password: it can be shown, made up and copied."""

from django.forms.widgets import Script
from unfold.widgets import UnfoldAdminPasswordWidget


class NewPasswordWidget(UnfoldAdminPasswordWidget):
    """Its buttons appear with the script; without it this is a plain password field."""

    template_name = "admin/directory/new_password.html"

    class Media:
        js = (Script("js/new_password.js", defer=True),)

    def __init__(self) -> None:
        super().__init__({"autocomplete": "new-password", "spellcheck": "false", "autocapitalize": "none"})
