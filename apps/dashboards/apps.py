from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardsConfig(AppConfig):
    name = "apps.dashboards"
    label = "dashboards"
    verbose_name = _("Dashboards")

    def ready(self) -> None:
        # Handlers need models, which can be imported only from here on.
        from apps.audit.ports import readers
        from apps.dashboards.handlers import ACTIVITY

        readers.register(ACTIVITY)
