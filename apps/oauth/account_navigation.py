"""The page of one's own account that is oauth's."""

from django.utils.translation import gettext_lazy as _

from apps.signin.ports import AccountPage

CONNECTED = AccountPage("oauth:connected", _("Connected applications"), 60)
