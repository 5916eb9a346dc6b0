"""The pages of one's own account that are signin's."""

from django.utils.translation import gettext_lazy as _

from apps.signin.ports import AccountPage

OWN_PAGES = (
    AccountPage("signin:profile", _("Profile"), 10),
    AccountPage("signin:password", _("Password"), 20),
    AccountPage("signin:sessions", _("Sessions"), 30),
    AccountPage("signin:browsers", _("Browsers"), 40),
    AccountPage("signin:activity", _("Activity"), 50),
)
