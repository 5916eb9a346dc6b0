"""Links that work once: who has one can do what it is for, and nothing else."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.core.names import name_of


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    def open(self, *, now: datetime) -> "OneTimeLinkQuerySet":
        """Neither used, nor ended by another one or a new password, nor too old."""
        return self.filter(used_at__isnull=True, ended_at__isnull=True, expires_at__gt=now)


class OneTimeLink(models.Model):
    """Only the digest of what stands in the link is kept. `address` is where it was sent; empty when it was printed.

    `other_address`: of a change, the address that is left by it; of an objection, the one that it leads back from.
    """

    class Purpose(models.TextChoices):
        RESET = "reset", _("Choose a new password")
        INVITATION = "invitation", _("Invitation")
        ADMINISTRATOR = "administrator", _("First administrator, from the command line")
        RECOVERY = "recovery", _("Administrator let in again, from the command line")
        ADDRESS_VERIFICATION = "address_verification", _("Confirm an address")
        ADDRESS_CHANGE = "address_change", _("Confirm a new address")
        ADDRESS_OBJECTION = "address_objection", _("Object to a new address")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        "directory.User", on_delete=models.CASCADE, related_name="one_time_links", verbose_name=_("person")
    )
    purpose = models.CharField(_("what for"), max_length=32, choices=Purpose.choices)
    token_digest = models.CharField(max_length=64, unique=True)
    address = models.CharField(_("sent to"), max_length=320, blank=True)
    other_address = models.CharField(max_length=320, blank=True)
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    used_at = models.DateTimeField(_("used"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = OneTimeLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-time link")
        verbose_name_plural = _("one-time links")
        default_permissions = ("view", "change")
        constraints = (
            # A new one ends the former: there is never a choice between two. But whoever makes one change after the
            # other ends no objection by it.
            models.UniqueConstraint(
                fields=("user", "purpose"),
                condition=models.Q(used_at__isnull=True, ended_at__isnull=True)
                & ~models.Q(purpose="address_objection"),
                name="directory_onetimelink_one_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {name_of(self, 'user')}"
