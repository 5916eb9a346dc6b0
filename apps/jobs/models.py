"""Work for later: a row that is claimed by conditional UPDATE. Celery only says that there is one."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.fields import EncryptedTextField
from apps.core.ids import uuid7
from apps.jobs.errors import UnknownKind
from apps.jobs.ports import kind_of


class Job(models.Model):
    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        DEAD = "dead", _("Gave up")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (State.QUEUED, State.RUNNING)

    id = models.UUIDField("ID", primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=64)
    # Two open jobs of a kind never have the same key; without one, any number is open at once.
    key = models.CharField(_("about"), max_length=200, blank=True)
    # JSON. It may carry what must not be read from the table, such as the link in a mail.
    payload = EncryptedTextField(_("input"))
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(_("must show a sign of life until"), null=True)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), null=True)
    position = models.JSONField(_("position"), default=dict)
    outcome = models.JSONField(_("outcome"), default=dict)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    actor_kind = models.CharField(max_length=32)
    actor_id = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(_("asked for"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["next_attempt_at"], condition=Q(state="queued"), name="jobs_job_due"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="jobs_job_leased"),
            models.Index(fields=["-created_at", "-id"], name="jobs_job_newest"),
            models.Index(fields=["state", "-created_at"], name="jobs_job_by_state"),
            models.Index(fields=["kind", "-created_at"], name="jobs_job_by_kind"),
            models.Index(
                fields=["finished_at"], condition=Q(finished_at__isnull=False), name="jobs_job_ended"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "key"),
                condition=Q(state__in=["queued", "running"]) & ~Q(key=""),
                name="jobs_job_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.title}: {self.key}" if self.key else self.title

    @property
    def title(self) -> str:
        try:
            return str(kind_of(self.kind).title)
        except UnknownKind:
            return self.kind
