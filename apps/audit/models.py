from datetime import datetime

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

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
from apps.audit.person_concerned import ConcernsSomebody, PersonConcerned
from apps.audit.ports import Outcome, readers
from apps.core.ids import uuid7

VERDICT_WORDS = {
    Verdict.INTACT: _("Intact"),
    Verdict.UNWITNESSED: _("Intact in itself"),
    Verdict.TAMPERED: _("Tampered with"),
}


class AuditEvent(models.Model):
    """One thing that happened. Triggers refuse every change but the erasure of `personal` with its `salt`.

    On PostgreSQL the table is partitioned by month over the time in the id.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    occurred_at = models.DateTimeField()
    action = models.CharField(max_length=ACTION_LENGTH)
    outcome = models.CharField(
        max_length=OUTCOME_LENGTH,
        choices=[
            (Outcome.SUCCESS.value, _("Done")),
            (Outcome.REFUSED.value, _("Refused")),
            (Outcome.ERROR.value, _("Failed")),
        ],
    )
    actor_kind = models.CharField(max_length=KIND_LENGTH)
    actor_id = models.CharField(max_length=ID_LENGTH, blank=True)
    target_kind = models.CharField(max_length=KIND_LENGTH, blank=True)
    target_id = models.CharField(max_length=ID_LENGTH, blank=True)
    client_id = models.CharField(max_length=ID_LENGTH, blank=True)
    session_id = models.CharField(_("session"), max_length=ID_LENGTH, blank=True)
    request_id = models.CharField(_("request"), max_length=REQUEST_ID_LENGTH, blank=True)
    details = models.JSONField(help_text=_("Reason codes, scopes, grant types: nothing personal."))
    personal = models.JSONField(
        null=True, help_text=_("Labels, address, user agent, values before and after; null once erased.")
    )
    salt = models.BinaryField(max_length=SALT_BYTES, null=True)
    commitment = models.BinaryField(max_length=HASH_BYTES)

    class Meta:
        db_table = "audit_event"
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-id"]
        # Inserts are hot and the primary key already sorts by time: one index for each way to look, no more.
        indexes = [
            models.Index(fields=["action", "id"], name="audit_event_action"),
            models.Index(fields=["actor_id", "id"], name="audit_event_actor"),
            models.Index(fields=["target_id", "id"], name="audit_event_target"),
            models.Index(fields=["client_id", "id"], name="audit_event_client"),
            models.Index(fields=["occurred_at"], name="audit_event_occurred"),
            # Most succeed: looking for the others would read all of them.
            models.Index(
                fields=["outcome", "id"], condition=~models.Q(outcome="success"), name="audit_event_outcome"
            ),
            models.Index(
                PersonConcerned("details"),
                "id",
                name="audit_event_concerned",
                condition=models.Q(ConcernsSomebody("details")),
            ),
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
        verbose_name = _("sealed event")
        verbose_name_plural = _("sealed events")
        ordering = ["seal_number"]

    def __str__(self) -> str:
        return f"{self.seal_number}: {self.event_id}"


class SealBatch(models.Model):
    """A signed checkpoint: the Merkle root over every event sealed so far, chained to the one before."""

    number = models.BigIntegerField(_("number"), primary_key=True, validators=[MinValueValidator(1)])
    origin = models.CharField(_("origin"), max_length=255, help_text=_("Names this log in the signed text."))
    tree_size = models.BigIntegerField(_("sealed events up to here"), unique=True)
    root_hash = models.BinaryField(max_length=HASH_BYTES)
    frontier = models.BinaryField(
        help_text=_("Roots of the perfect subtrees, left to right: the next batch goes on from here.")
    )
    leaf_hashes = models.BinaryField(
        help_text=_(
            "Second copy of this batch's leaves: it names the very row when a seal row was changed too."
        )
    )
    previous_chain_hash = models.BinaryField(max_length=HASH_BYTES)
    chain_hash = models.BinaryField(max_length=HASH_BYTES)
    sealed_at = models.DateTimeField(_("sealed"))
    key_id = models.CharField(_("key id"), max_length=ID_LENGTH)
    algorithm = models.CharField(_("algorithm"), max_length=32)
    signature = models.BinaryField()

    class Meta:
        db_table = "audit_seal_batch"
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["number"]

    def __str__(self) -> str:
        return _("checkpoint %(number)s, %(size)s events") % {"number": self.number, "size": self.tree_size}


class SealSubtree(models.Model):
    """The root of a perfect subtree, from which proofs are made without reading the leaves below it."""

    level = models.PositiveSmallIntegerField(
        help_text=_("Over 256 leaves at level 1, 65,536 at level 2, and so on.")
    )
    position = models.BigIntegerField(help_text=_("Counted from 0 among those of its level."))
    root_hash = models.BinaryField(max_length=HASH_BYTES)

    class Meta:
        db_table = "audit_seal_subtree"
        verbose_name = _("subtree of the log")
        verbose_name_plural = _("subtrees of the log")
        constraints = [models.UniqueConstraint(fields=["level", "position"], name="audit_seal_subtree_place")]

    def __str__(self) -> str:
        return f"level {self.level}, position {self.position}"


class ReaderCursor(models.Model):
    """How far a reader of the log has come. Its row is locked for as long as the reader works: one at a time."""

    name = models.CharField(_("name"), primary_key=True, max_length=64, editable=False)
    position = models.BigIntegerField(
        _("read up to seal"),
        default=0,
        help_text=_(
            "Every event up to this seal number was dealt with, set aside, or is none of its concern."
        ),
    )
    moved_at = models.DateTimeField(_("read on"), null=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    failed_at_seal = models.BigIntegerField(
        _("failed at seal"), null=True, help_text=_("Empty when no single event is at fault.")
    )
    last_error = models.CharField(_("last error"), max_length=200, blank=True)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)

    class Meta:
        db_table = "audit_reader_cursor"
        verbose_name = _("reader of the log")
        verbose_name_plural = _("readers of the log")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return title_of_reader(self.name)


class SetAsideEvent(models.Model):
    """An event that a reader went past without having dealt with it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reader = models.CharField(_("reader"), max_length=64)
    seal_number = models.BigIntegerField(_("seal"))
    event_id = models.UUIDField(_("event"), null=True, help_text=_("Empty when its seal row cannot be read."))
    error = models.CharField(_("error"), max_length=200)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    set_aside_at = models.DateTimeField(_("set aside"))
    handed_in_at = models.DateTimeField(_("dealt with"), null=True)

    class Meta:
        db_table = "audit_set_aside_event"
        verbose_name = _("event set aside")
        verbose_name_plural = _("events set aside")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("reader", "seal_number"), name="audit_set_aside_once"),
        )
        indexes = (
            models.Index(
                fields=("reader",), condition=models.Q(handed_in_at__isnull=True), name="audit_set_aside_open"
            ),
        )

    def __str__(self) -> str:
        return f"{title_of_reader(self.reader)}: {self.seal_number}"


class AuditVerificationRun(models.Model):
    """What a verification of the log found, kept to be shown; the proof is to run it again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    started_at = models.DateTimeField(_("started"), db_index=True)
    finished_at = models.DateTimeField(_("finished"))
    is_intact = models.BooleanField()
    sealed_count = models.BigIntegerField(help_text=_("Events whose seal was checked."))
    erased_count = models.BigIntegerField()
    unsealed_count = models.BigIntegerField()
    witnessed_count = models.BigIntegerField(
        help_text=_(
            "Events that a checkpoint kept outside the database vouches for; 0: nothing outside was compared."
        )
    )
    finding_count = models.BigIntegerField()
    first_finding = models.TextField(_("first finding"), blank=True)
    # One a line.
    warnings = models.TextField(_("warnings"), blank=True)

    class Meta:
        db_table = "audit_verification_run"
        verbose_name = _("verification run")
        verbose_name_plural = _("verification runs")
        ordering = ["-started_at"]

    def __str__(self) -> str:
        at: object = self.started_at
        shown = f"{at:%Y-%m-%d %H:%M}" if isinstance(at, datetime) else at
        return f"{shown}, {VERDICT_WORDS.get(self.verdict, self.verdict)}"

    @property
    def verdict(self) -> Verdict:
        return verdict_on(is_intact=self.is_intact, witnessed_count=self.witnessed_count)


def title_of_reader(name: str) -> str:
    """Its name when no such reader is registered, in this release or any more."""
    return next((str(reader.title) for reader in readers if reader.name == name), name)
