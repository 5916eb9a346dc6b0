"""Signing keys follow one another: published ahead, signing, verifying only, gone.

Each step is a conditional UPDATE of the row it is about: of any number of callers, one takes it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from apps.audit.ports import SYSTEM, Subject
from apps.core.origin import SYSTEM_ORIGIN, Origin
from apps.keys import key_material
from apps.keys.conf import rotation_policy
from apps.keys.errors import UnknownSigningKey
from apps.keys.events import KeyAction
from apps.keys.models import SigningKey
from apps.keys.selectors import keys_in_use, retires_at, signing_since
from apps.keys.services.signing_keys import create_signing_key, ensure_signing_keys, record_key_event

State = SigningKey.State


@dataclass(frozen=True)
class Step:
    """A key, and the state that it came to."""

    kid: str
    purpose: str
    algorithm: str
    state: str


@dataclass(frozen=True)
class Rotation:
    """In whose name keys are rotated, and what was done so far."""

    now: datetime
    actor: Subject = SYSTEM
    origin: Origin = SYSTEM_ORIGIN
    steps: list[Step] = field(default_factory=list)

    def note(self, action: KeyAction, key: SigningKey, state: str) -> None:
        record_key_event(action, key, actor=self.actor, origin=self.origin, now=self.now)
        self.steps.append(Step(key.kid, key.purpose, key.algorithm, state))

    def create(self, like: SigningKey, state: str) -> SigningKey | None:
        key = create_signing_key(
            purpose=like.purpose,
            algorithm=like.algorithm,
            state=state,
            actor=self.actor,
            origin=self.origin,
            now=self.now,
        )
        if key is not None:
            self.steps.append(Step(key.kid, key.purpose, key.algorithm, state))
        return key


def rotate_due(*, now: datetime) -> list[Step]:
    """What the policy asks for at this moment; nothing when there is nothing to do."""
    ensure_signing_keys(now=now)
    rotation, policy = Rotation(now), rotation_policy()
    keys = keys_in_use()
    for key in keys:
        if key.state == State.RETIRING and now >= retires_at(key):
            _retire(rotation, key)
    for key, successor in _with_successors(keys):
        ends_at = signing_since(key) + policy.every
        if successor is None:
            if now >= ends_at - policy.ahead:
                _publish_successor(rotation, key)
        elif now >= max(ends_at, successor.created_at + policy.ahead):
            _hand_over(rotation, key, successor)
    return rotation.steps


def rotate_now(*, keys: Iterable[SigningKey], actor: Subject, origin: Origin, now: datetime) -> list[Step]:
    """Other keys sign from here on, whatever the age of these. Those that are not active are left alone."""
    rotation = Rotation(now, actor, origin)
    wanted = {key.pk for key in keys}
    for key, successor in _with_successors(keys_in_use()):
        if key.pk in wanted:
            _hand_over(rotation, key, successor)
    return rotation.steps


def retire_compromised(*, kid: str, actor: Subject, origin: Origin, now: datetime) -> list[Step]:
    """Tokens that this key signed are refused from here on, and another one signs.

    Checkpoints that it signed before verify still, with a warning; one that claims to be of later does not.

    Raises: UnknownSigningKey.
    """
    key = SigningKey.objects.filter(kid=kid).defer("private_jwk").first()
    if key is None:
        raise UnknownSigningKey(kid)
    rotation = Rotation(now, actor, origin)
    with transaction.atomic():
        marked = SigningKey.objects.filter(pk=key.pk, compromised_at__isnull=True).update(
            state=State.RETIRED,
            compromised_at=now,
            retired_at=Coalesce(F("retired_at"), now),
            private_jwk=key_material.without_private_half(key.public_jwk),
        )
        if marked:
            rotation.note(KeyAction.SIGNING_KEY_COMPROMISED, key, State.RETIRED)
            _fill_gap(rotation, key)
    return rotation.steps


def _with_successors(keys: Iterable[SigningKey]) -> Iterator[tuple[SigningKey, SigningKey | None]]:
    keys = list(keys)
    pending = {(key.purpose, key.algorithm): key for key in keys if key.state == State.PENDING}
    for key in keys:
        if key.state == State.ACTIVE:
            yield key, pending.get((key.purpose, key.algorithm))


def _publish_successor(rotation: Rotation, key: SigningKey) -> None:
    with transaction.atomic():
        # Holds the row: while it is succeeded by somebody else's key, this one waits, and then finds it gone.
        if SigningKey.objects.filter(pk=key.pk, state=State.ACTIVE).update(state=State.ACTIVE):
            rotation.create(key, State.PENDING)


def _hand_over(rotation: Rotation, key: SigningKey, successor: SigningKey | None) -> None:
    with transaction.atomic():
        if not SigningKey.objects.filter(pk=key.pk, state=State.ACTIVE).update(
            state=State.RETIRING, superseded_at=rotation.now
        ):
            return
        rotation.note(KeyAction.SIGNING_KEY_SUPERSEDED, key, State.RETIRING)
        if successor is None or not _activate(rotation, successor):
            _fill_gap(rotation, key)


def _fill_gap(rotation: Rotation, key: SigningKey) -> None:
    """Sees to it that some key signs in the place of this one."""
    alike = SigningKey.objects.filter(purpose=key.purpose, algorithm=key.algorithm).defer("private_jwk")
    if alike.filter(state=State.ACTIVE).exists():
        return
    successor = alike.filter(state=State.PENDING).first()
    if successor is None or not _activate(rotation, successor):
        rotation.create(key, State.ACTIVE)


def _activate(rotation: Rotation, successor: SigningKey) -> bool:
    activated = SigningKey.objects.filter(pk=successor.pk, state=State.PENDING).update(
        state=State.ACTIVE, activated_at=rotation.now
    )
    if activated:
        rotation.note(KeyAction.SIGNING_KEY_ACTIVATED, successor, State.ACTIVE)
    return bool(activated)


def _retire(rotation: Rotation, key: SigningKey) -> None:
    with transaction.atomic():
        retired = SigningKey.objects.filter(pk=key.pk, state=State.RETIRING).update(
            state=State.RETIRED,
            retired_at=rotation.now,
            private_jwk=key_material.without_private_half(key.public_jwk),
        )
        if retired:
            rotation.note(KeyAction.SIGNING_KEY_RETIRED, key, State.RETIRED)
