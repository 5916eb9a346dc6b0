"""Making the keys that must exist."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.audit.ports import SYSTEM, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN, Origin
from apps.keys import key_material
from apps.keys.events import KeyAction
from apps.keys.models import SigningKey
from apps.keys.selectors import keys_in_use, missing_keys


def ensure_signing_keys(*, now: datetime) -> int:
    """How many keys were missing and made; any number of processes may ask at once."""
    made = [
        create_signing_key(
            purpose=purpose, algorithm=algorithm, state=SigningKey.State.ACTIVE, actor=SYSTEM, now=now
        )
        for purpose, algorithm in missing_keys(keys_in_use())
    ]
    return sum(key is not None for key in made)


def create_signing_key(
    *,
    purpose: str,
    algorithm: str,
    state: str,
    actor: Subject,
    now: datetime,
    origin: Origin = SYSTEM_ORIGIN,
) -> SigningKey | None:
    """An active key, or the one that will succeed it; None when another process was first."""
    is_active = state == SigningKey.State.ACTIVE
    new = key_material.generate(algorithm)
    try:
        with transaction.atomic():
            key = SigningKey.objects.create(
                kid=new.kid,
                purpose=purpose,
                algorithm=algorithm,
                state=state,
                public_jwk=new.public_jwk,
                private_jwk=new.private_jwk,
                created_at=now,
                activated_at=now if is_active else None,
            )
            record_key_event(
                KeyAction.SIGNING_KEY_CREATED if is_active else KeyAction.SIGNING_KEY_PUBLISHED,
                key,
                actor=actor,
                origin=origin,
                now=now,
            )
    except IntegrityError:
        return None
    return key


def record_key_event(
    action: KeyAction, key: SigningKey, *, actor: Subject, origin: Origin, now: datetime
) -> None:
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=Subject(kind="signing_key", id=str(key.pk), label=key.kid),
        details={"kid": key.kid, "purpose": key.purpose, "algorithm": key.algorithm},
    )


def make_missing_keys() -> None:
    ensure_signing_keys(now=timezone.now())
