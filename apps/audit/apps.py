from django.apps import AppConfig

from apps.audit.api.scopes import SCOPES
from apps.core.api.scopes import register_scopes
from apps.core.metrics import metrics


class AuditConfig(AppConfig):
    name = "apps.audit"
    label = "audit"
    verbose_name = "Audit"

    def ready(self) -> None:
        # Models can be imported only from here on; the figures need them.
        from apps.audit.metrics import LOG, VERIFICATION

        metrics.register(LOG)
        metrics.register(VERIFICATION)
        register_scopes(*SCOPES)
