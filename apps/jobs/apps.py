from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import register_scopes
from apps.core.metrics import metrics
from apps.jobs.api.scopes import SCOPES


class JobsConfig(AppConfig):
    name = "apps.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        # Models can be imported only from here on; the figures need them.
        from apps.jobs.metrics import JOBS

        metrics.register(JOBS)
        register_scopes(*SCOPES)
