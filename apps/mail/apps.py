from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "apps.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self) -> None:
        # Models can be imported only from here on.
        from apps.mail.services.registration import register_mail
        from apps.mail.services.test_mail import TEST_MAIL

        register_mail(TEST_MAIL)
