"""Signing keys: private halves encrypted, public halves as JWK."""

from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.fields import EncryptedTextField


class SigningKey(models.Model):
    """One key pair with one algorithm and one purpose."""

    class Purpose(models.TextChoices):
        TOKENS = "tokens", _("Tokens")
        AUDIT = "audit", _("Audit log")

    class Algorithm(models.TextChoices):
        RS256 = "RS256", "RS256"
        PS256 = "PS256", "PS256"
        ES256 = "ES256", "ES256"
        ED25519 = "Ed25519", "Ed25519"

    class State(models.TextChoices):
        PENDING = "pending", _("Published, signs later")
        ACTIVE = "active", _("Signs and verifies")
        RETIRING = "retiring", _("Verifies only")
        RETIRED = "retired", _("No longer used")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kid = models.CharField(
        _("key id"), max_length=64, unique=True, help_text=_("RFC 7638 thumbprint of the public key.")
    )
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose.choices)
    algorithm = models.CharField(_("algorithm"), max_length=16, choices=Algorithm.choices)
    state = models.CharField(_("state"), max_length=16, choices=State.choices, default=State.ACTIVE)
    public_jwk = models.JSONField(_("public key"))
    private_jwk = EncryptedTextField(_("private key"))
    # The longest life of a token that it signed. Up to an hour is taken for granted, and costs no write.
    longest_token_seconds = models.PositiveIntegerField(_("longest token"), default=3600, editable=False)
    created_at = models.DateTimeField(_("created"))
    activated_at = models.DateTimeField(_("signs since"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("signed until"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    compromised_at = models.DateTimeField(_("compromised"), null=True, blank=True)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ("purpose", "algorithm", "-created_at")
        constraints = (
            # Two processes that start at once cannot both make "the" key.
            models.UniqueConstraint(
                fields=("purpose", "algorithm"),
                condition=models.Q(state="active"),
                name="keys_signingkey_one_active",
            ),
            models.UniqueConstraint(
                fields=("purpose", "algorithm"),
                condition=models.Q(state="pending"),
                name="keys_signingkey_one_pending",
            ),
        )

    def __str__(self) -> str:
        return f"{self.algorithm} {self.kid[:8]}"
