from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import register_scopes
from apps.core.metrics import metrics
from apps.jobs.ports import kinds
from apps.signin.api.scopes import SCOPES


class SigninConfig(AppConfig):
    name = "apps.signin"
    label = "signin"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        # Models can be imported only from here on; the figures, handlers and mails need them.
        from apps.audit.ports import readers
        from apps.directory.ports import departures
        from apps.mail.services.registration import register_mail
        from apps.signin import handlers
        from apps.signin.account_navigation import OWN_PAGES
        from apps.signin.metrics import SESSIONS, SIGN_INS
        from apps.signin.ports import account_pages
        from apps.signin.services import address_letters, notice_letters
        from apps.signin.services.departure import end_sessions_of
        from apps.signin.services.password_reset import RESET_MAIL, RESET_REQUEST

        metrics.register(SIGN_INS)
        metrics.register(SESSIONS)
        kinds.register(RESET_REQUEST)
        register_mail(RESET_MAIL)
        readers.register(handlers.NOTICES)
        for page in OWN_PAGES:
            account_pages.register(page)
        departures.register(end_sessions_of)
        for mail in (*notice_letters.NOTICES, *address_letters.ADDRESS_MAILS):
            register_mail(mail)
        register_scopes(*SCOPES)
