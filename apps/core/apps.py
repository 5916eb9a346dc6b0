from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.health import CACHE, DATABASE, readiness


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        readiness.register(DATABASE)
        readiness.register(CACHE)
