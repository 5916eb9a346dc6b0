"""Making the keys that must exist."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.ports import SYSTEM, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.keys import key_material
from apps.keys.events import KeyAction
from apps.keys.models import SigningKey
from apps.keys.selectors import keys_in_use, missing_keys


def ensure_signing_keys(*, now: datetime) -> int:
    """How many keys were missing and made; any number of processes may ask at once."""
    return sum(
        _create(purpose=purpose, algorithm=algorithm, now=now)
        for purpose, algorithm in missing_keys(keys_in_use())
    )


def _create(*, purpose: str, algorithm: str, now: datetime) -> bool:
    new = key_material.generate(algorithm)
    try:
        with transaction.atomic():
            key = SigningKey.objects.create(
                kid=new.kid,
                purpose=purpose,
                algorithm=algorithm,
                public_jwk=new.public_jwk,
                private_jwk=new.private_jwk,
                created_at=now,
            )
            record_event(
                action=KeyAction.SIGNING_KEY_CREATED,
                outcome=Outcome.SUCCESS,
                actor=SYSTEM,
                origin=SYSTEM_ORIGIN,
                now=now,
                target=Subject(kind="signing_key", id=str(key.pk), label=key.kid),
                details={"kid": key.kid, "purpose": purpose, "algorithm": algorithm},
            )
    except IntegrityError:
        return False  # another process was first
    return True


def make_missing_keys() -> None:
    ensure_signing_keys(now=timezone.now())
