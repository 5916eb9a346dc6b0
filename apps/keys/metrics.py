"""What is told of signing keys."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import Metric

from apps.core.metrics import Figures, gauge
from apps.keys.conf import rotation_policy
from apps.keys.models import SigningKey
from apps.keys.selectors import keys_in_use, missing_keys, signing_since


def _keys(now: datetime) -> Iterable[Metric]:
    keys, policy = keys_in_use(), rotation_policy()
    yield gauge(
        "signing_key_replacement_due_seconds",
        "Until the key that signs is to be replaced; below 0 it is overdue.",
        {
            (key.purpose, key.algorithm): (signing_since(key) + policy.every - now).total_seconds()
            for key in keys
            if key.state == SigningKey.State.ACTIVE
        },
        labels=("purpose", "algorithm"),
    )
    yield gauge("signing_keys_missing", "Signing keys that must exist and do not.", len(missing_keys(keys)))


KEYS = Figures("signing_keys", _keys)
