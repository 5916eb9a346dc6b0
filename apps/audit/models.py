from datetime import datetime

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.timezone import localtime

from apps.audit.constants import (
    ACTION_LENGTH,
    HASH_BYTES,
    ID_LENGTH,
    KIND_LENGTH,
    OUTCOME_LENGTH,
    REQUEST_ID_LENGTH,
    SALT_BYTES,
)
from apps.audit.findings import Verdict, verdict_on
from apps.audit.ports import Outcome
from apps.core.ids import uuid7


class AuditEvent(models.Model):
    """One thing that happened. Triggers refuse every change but the erasure of `personal` with its `salt`.

    On PostgreSQL the table is partitioned by month over the time in the id.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    occurred_at = models.DateTimeField()
    action = models.CharField(max_length=ACTION_LENGTH)
    outcome = models.CharField(
        max_length=OUTCOME_LENGTH, choices=[(o.value, o.value.title()) for o in Outcome]
    )
    actor_kind = models.CharField(max_length=KIND_LENGTH)
    actor_id = models.CharField(max_length=ID_LENGTH, blank=True)
    target_kind = models.CharField(max_length=KIND_LENGTH, blank=True)
    target_id = models.CharField(max_length=ID_LENGTH, blank=True)
    client_id = models.CharField(max_length=ID_LENGTH, blank=True)
    session_id = models.CharField(max_length=ID_LENGTH, blank=True)
    request_id = models.CharField(max_length=REQUEST_ID_LENGTH, blank=True)
    details = models.JSONField(help_text="Reason codes, scopes, grant types: nothing personal.")
    personal = models.JSONField(
        null=True, help_text="Labels, address, user agent, values before and after; null once erased."
    )
    salt = models.BinaryField(max_length=SALT_BYTES, null=True)
    commitment = models.BinaryField(max_length=HASH_BYTES)

    class Meta:
        db_table = "audit_event"
        verbose_name = "event"
        ordering = ["-id"]
        # Inserts are hot and the primary key already sorts by time: one index for each way to look, no more.
        indexes = [
            models.Index(fields=["action", "id"], name="audit_event_action"),
            models.Index(fields=["actor_id", "id"], name="audit_event_actor"),
            models.Index(fields=["target_id", "id"], name="audit_event_target"),
            models.Index(fields=["client_id", "id"], name="audit_event_client"),
            models.Index(fields=["occurred_at"], name="audit_event_occurred"),
        ]

    def __str__(self) -> str:
        at: object = self.occurred_at
        shown = f"{localtime(at):%Y-%m-%d %H:%M:%S %Z}" if isinstance(at, datetime) else at
        return f"{self.action}, {shown}"


class SealedEvent(models.Model):
    """The place of a committed event in the log: seal numbers start at 1 and have no gaps."""

    seal_number = models.BigIntegerField(primary_key=True, validators=[MinValueValidator(1)])
    # No foreign key: a deleted event must leave its seal behind, and archived months are detached.
    event_id = models.UUIDField(unique=True)
    leaf_hash = models.BinaryField(max_length=HASH_BYTES)

    class Meta:
        db_table = "audit_sealed_event"
        verbose_name = "sealed event"
        ordering = ["seal_number"]

    def __str__(self) -> str:
        return f"{self.seal_number}: {self.event_id}"


class SealBatch(models.Model):
    """A signed checkpoint: the Merkle root over every event sealed so far, chained to the one before."""

    number = models.BigIntegerField(primary_key=True, validators=[MinValueValidator(1)])
    origin = models.CharField(max_length=255, help_text="Names this log in the signed text.")
    tree_size = models.BigIntegerField(unique=True)
    root_hash = models.BinaryField(max_length=HASH_BYTES)
    frontier = models.BinaryField(
        help_text="Roots of the perfect subtrees, left to right: the next batch goes on from here."
    )
    leaf_hashes = models.BinaryField(
        help_text="Second copy of this batch's leaves: it names the very row when a seal row was changed too."
    )
    previous_chain_hash = models.BinaryField(max_length=HASH_BYTES)
    chain_hash = models.BinaryField(max_length=HASH_BYTES)
    sealed_at = models.DateTimeField()
    key_id = models.CharField(max_length=ID_LENGTH)
    algorithm = models.CharField(max_length=32)
    signature = models.BinaryField()

    class Meta:
        db_table = "audit_seal_batch"
        verbose_name = "checkpoint"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"checkpoint {self.number}, {self.tree_size} events"


class SealSubtree(models.Model):
    """The root of a perfect subtree, from which proofs are made without reading the leaves below it."""

    level = models.PositiveSmallIntegerField(
        help_text="Over 256 leaves at level 1, 65,536 at level 2, and so on."
    )
    position = models.BigIntegerField(help_text="Counted from 0 among those of its level.")
    root_hash = models.BinaryField(max_length=HASH_BYTES)

    class Meta:
        db_table = "audit_seal_subtree"
        verbose_name = "subtree of the log"
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="audit_seal_subtree_place")]

    def __str__(self) -> str:
        return f"level {self.level}, position {self.position}"


class AuditVerificationRun(models.Model):
    """What a verification of the log found, kept to be shown; the proof is to run it again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField()
    is_intact = models.BooleanField()
    sealed_count = models.BigIntegerField(help_text="Events whose seal was checked.")
    erased_count = models.BigIntegerField()
    unsealed_count = models.BigIntegerField()
    witnessed_count = models.BigIntegerField(
        help_text="Events that a checkpoint kept outside the database vouches for; 0: nothing outside was compared."
    )
    finding_count = models.BigIntegerField()
    first_finding = models.TextField(blank=True)

    class Meta:
        db_table = "audit_verification_run"
        verbose_name = "verification run"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        at: object = self.started_at
        shown = f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at
        return f"{shown} {self.verdict.value}"

    @property
    def verdict(self) -> Verdict:
        return verdict_on(is_intact=self.is_intact, witnessed_count=self.witnessed_count)
