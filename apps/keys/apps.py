from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.audit.ports import signer
from apps.core.health import readiness
from apps.core.ports import start_up
from apps.jobs.ports import kinds


class KeysConfig(AppConfig):
    name = "apps.keys"
    label = "keys"
    verbose_name = _("Keys")

    def ready(self) -> None:
        # Models can be imported only from here on; both implementations need them.
        from apps.keys.audit_signer import KeyStoreSigner
        from apps.keys.selectors import SIGNING_KEYS
        from apps.keys.services.reencryption import REENCRYPTION
        from apps.keys.services.signing_keys import make_missing_keys

        readiness.register(SIGNING_KEYS)
        kinds.register(REENCRYPTION)
        signer.register(KeyStoreSigner())
        start_up.register(make_missing_keys)
