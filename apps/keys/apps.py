from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.audit.ports import signer
from apps.core.api.scopes import register_scopes
from apps.core.health import readiness
from apps.core.metrics import metrics
from apps.core.ports import start_up
from apps.jobs.ports import kinds
from apps.keys.api.scopes import SCOPES


class KeysConfig(AppConfig):
    name = "apps.keys"
    label = "keys"
    verbose_name = _("Keys")

    def ready(self) -> None:
        # Models can be imported only from here on; both implementations need them.
        from apps.keys.audit_signer import KeyStoreSigner
        from apps.keys.metrics import KEYS
        from apps.keys.selectors import SIGNING_KEYS
        from apps.keys.services.reencryption import REENCRYPTION
        from apps.keys.services.signing_keys import make_missing_keys

        readiness.register(SIGNING_KEYS)
        metrics.register(KEYS)
        kinds.register(REENCRYPTION)
        signer.register(KeyStoreSigner())
        start_up.register(make_missing_keys)
        register_scopes(*SCOPES)
