from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import register_scopes
from apps.directory.api.scopes import SCOPES
from apps.mail.ports import recipients


class DirectoryConfig(AppConfig):
    name = "apps.directory"
    label = "directory"
    verbose_name = _("Directory")

    def ready(self) -> None:
        # Models can be imported only from here on.
        from apps.directory.recipients import PeopleAsRecipients
        from apps.directory.services.invitations import INVITATION
        from apps.mail.services.registration import register_mail

        recipients.register(PeopleAsRecipients())
        register_scopes(*SCOPES)
        register_mail(INVITATION)
