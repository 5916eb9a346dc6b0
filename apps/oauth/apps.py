from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import register_scopes
from apps.core.metrics import metrics
from apps.oauth.api.scopes import SCOPES


class OAuthConfig(AppConfig):
    name = "apps.oauth"
    label = "oauth"
    verbose_name = _("OAuth and OpenID Connect")

    def ready(self) -> None:
        # Models can be imported only from here on; the ports' implementations need them.
        from apps.core.api.caller import authenticator
        from apps.core.api.idempotency import answers
        from apps.core.guards import add_guards
        from apps.directory.ports import departures
        from apps.oauth.account_navigation import CONNECTED
        from apps.oauth.api_access import caller_with, may_change_client, rights_of_client
        from apps.oauth.destinations import destination_behind_path, languages_wished_at_path
        from apps.oauth.metrics import ISSUED, REFUSED
        from apps.oauth.selectors import applications_in_sessions
        from apps.oauth.services.departure import revoke_all_of
        from apps.oauth.services.idempotent_calls import kept_answers
        from apps.signin.ports import (
            account_pages,
            applications_used,
            destination_behind,
            languages_wished_at,
        )

        account_pages.register(CONNECTED)
        applications_used.register(applications_in_sessions)
        authenticator.register(caller_with)
        departures.register(revoke_all_of)
        answers.register(kept_answers)
        add_guards("client", guard=may_change_client, gives=rights_of_client)
        destination_behind.register(destination_behind_path)
        languages_wished_at.register(languages_wished_at_path)
        metrics.register(ISSUED)
        metrics.register(REFUSED)
        register_scopes(*SCOPES)
