from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.health import CACHE, DATABASE, readiness
from apps.core.metrics import metrics
from apps.core.own_metrics import (
    DEPENDENCIES,
    DURATIONS,
    INSTALLATION,
    RATE_LIMITED,
    REQUESTS,
    TASKS,
)


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        readiness.register(DATABASE)
        readiness.register(CACHE)
        for source in (INSTALLATION, REQUESTS, DURATIONS, RATE_LIMITED, DEPENDENCIES, TASKS):
            metrics.register(source)
