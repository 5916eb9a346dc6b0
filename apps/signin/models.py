"""Who is signed in from where, and who has been guessing."""

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.names import name_of
from apps.signin.device_name import device_name


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self, *, now: datetime) -> "SessionQuerySet":
        """Neither ended nor at their limit, and not from before a new password or a suspension."""
        return self.filter(
            models.Q(user__sign_ins_valid_since__isnull=True)
            | models.Q(user__sign_ins_valid_since__lte=models.F("authenticated_at")),
            ended_at__isnull=True,
            expires_at__gt=now,
        )


class Session(models.Model):
    """A single sign-on session: what one browser may do after one sign-in. Its id is the `sid` of ID tokens."""

    class EndReason(models.TextChoices):
        SIGNED_OUT = "signed_out", _("Signed out")
        ENDED_BY_PERSON = "ended_by_person", _("Ended by the person from elsewhere")
        ENDED_BY_ADMINISTRATOR = "ended_by_administrator", _("Ended by an administrator")
        EXPIRED = "expired", _("Reached its time limit")
        IDLE = "idle", _("Unused for too long")
        REPLACED = "replaced", _("Another sign-in took its place")
        PASSWORD_CHANGED = "password_changed", _("The password was changed")
        STANDING_CHANGED = "standing_changed", _("The person was not allowed to sign in")
        OBJECTED = "objected", _("The person said that it was not them")

    id = models.UUIDField("ID", primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(
        "directory.User", on_delete=models.CASCADE, related_name="sso_sessions", verbose_name=_("person")
    )
    started_at = models.DateTimeField(_("started"))
    authenticated_at = models.DateTimeField(_("last authenticated"))
    last_seen_at = models.DateTimeField(_("last seen"), db_index=True)
    expires_at = models.DateTimeField(_("expires"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=32, choices=EndReason.choices, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True, db_index=True)
    user_agent = models.CharField(_("browser"), max_length=512, blank=True)
    amr = models.JSONField(_("authentication methods"), default=list, help_text=_("RFC 8176 values."))

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ("-last_seen_at",)
        indexes = (
            models.Index(fields=("user", "ended_at", "expires_at")),
            models.Index(fields=("expires_at",)),
        )

    def __str__(self) -> str:
        device = device_name(self.user_agent) or str(_("Unknown browser"))
        return ", ".join(part for part in (name_of(self, "user"), device, self.ip) if part)


class FailureCounter(models.Model):
    """Wrong guesses within a window, and the lock that follows from too many."""

    failed_sign_ins = models.PositiveIntegerField(_("failed sign-ins"), default=0)
    first_failed_at = models.DateTimeField(_("first failure"), null=True, blank=True)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True, db_index=True)

    class Meta:
        abstract = True


class AddressThrottle(FailureCounter):
    """Failures from one network address, whatever account they were aimed at."""

    address = models.CharField(_("address"), max_length=45, primary_key=True)

    class Meta:
        verbose_name = _("address under watch")
        verbose_name_plural = _("addresses under watch")

    def __str__(self) -> str:
        return self.address


class RecognisedBrowser(FailureCounter):
    """A browser in which somebody has signed in before: its failures count for itself, not for the account."""

    user = models.ForeignKey(
        "directory.User",
        on_delete=models.CASCADE,
        related_name="recognised_browsers",
        verbose_name=_("person"),
    )
    token_digest = models.CharField(max_length=64)
    user_agent = models.CharField(_("browser"), max_length=512, blank=True)
    created_at = models.DateTimeField(_("first seen"))
    last_used_at = models.DateTimeField(_("last used"), db_index=True)

    class Meta:
        verbose_name = _("recognised browser")
        verbose_name_plural = _("recognised browsers")
        constraints = (
            models.UniqueConstraint(fields=("user", "token_digest"), name="signin_recognisedbrowser_unique"),
        )

    def __str__(self) -> str:
        return _("Browser of %(person)s") % {"person": name_of(self, "user")}


class NoticePolicy(models.Model):
    """One version of which notices people get by mail. The newest is in force; none is ever changed.

    What tells of a password, an address or rights in the administration is not among them: it is always sent.
    """

    lock_out = models.BooleanField(
        _("wrong passwords paused sign-in"),
        default=True,
        help_text=_("At most three a day for each person."),
    )
    new_browser = models.BooleanField(_("sign-in in a browser that was not seen before"), default=True)
    sessions_ended = models.BooleanField(_("an administrator signed the person out"), default=True)
    password_expiry = models.BooleanField(
        _("the password expires soon"), default=True, help_text=_("Once, seven days before.")
    )
    created_at = models.DateTimeField(_("in force since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("notice policy")
        verbose_name_plural = _("notice policies")
        ordering = ("-pk",)
        get_latest_by = "pk"

    def __str__(self) -> str:
        return _("Notice policy, version %(number)s") % {"number": self.pk or 0}


class NoticeCount(models.Model):
    """How many notices of one kind a person was sent since `began_at`: a stranger must not fill a mailbox with them."""

    user = models.ForeignKey("directory.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=64)
    began_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("count of notices")
        verbose_name_plural = _("counts of notices")
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=("user", "kind"), name="signin_noticecount_unique"),)

    def __str__(self) -> str:
        return f"{self.kind}: {self.count}"
