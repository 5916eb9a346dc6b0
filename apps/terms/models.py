"""What people agree to before they go on, version by version, and who agreed to which."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.names import name_of
from apps.terms.plain_text import Block, blocks_of

LONGEST_TEXT = 60_000
# The languages that a text can be written in; a column each.
WRITTEN_IN = ("en", "de")


@dataclass(frozen=True)
class Wording:
    """A version in one language."""

    language: str
    title: str
    text: str

    @property
    def blocks(self) -> list[Block]:
        return blocks_of(self.text)


class TermsVersion(models.Model):
    """A draft, until it is published; from then on its words stay as they are."""

    class Document(models.TextChoices):
        TERMS = "terms", _("Terms of use")
        PRIVACY = "privacy", _("Privacy notice")
        ACCEPTABLE_USE = "acceptable_use", _("Acceptable use policy")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_FORCE = "in_force", _("In force")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    document = models.CharField(
        _("document"),
        max_length=16,
        choices=Document.choices,
        default=Document.TERMS,
        help_text=_("Of each document one version is in force, and people accept each for itself."),
    )
    state = models.CharField(
        _("state"), max_length=16, choices=State.choices, default=State.DRAFT, editable=False
    )
    number = models.PositiveIntegerField(_("version"), null=True, editable=False)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    text_en = models.TextField(_("text in English"), max_length=LONGEST_TEXT, blank=True)
    title_de = models.CharField(_("title in German"), max_length=120, blank=True)
    text_de = models.TextField(_("text in German"), max_length=LONGEST_TEXT, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    ended_at = models.DateTimeField(_("no longer in force since"), null=True, editable=False)

    class Meta:
        verbose_name = _("terms")
        verbose_name_plural = _("terms of use")
        ordering = ("-created_at",)
        permissions = (("publish_termsversion", "Can publish and withdraw terms"),)
        constraints = (
            models.UniqueConstraint(
                fields=("document",),
                condition=models.Q(state="in_force"),
                name="terms_termsversion_one_in_force",
            ),
            models.UniqueConstraint(fields=("document", "number"), name="terms_termsversion_number_unique"),
            models.CheckConstraint(
                condition=models.Q(state="draft", number__isnull=True, published_at__isnull=True)
                | (~models.Q(state="draft") & models.Q(number__isnull=False, published_at__isnull=False)),
                name="terms_termsversion_published_has_number",
            ),
        )

    def __str__(self) -> str:
        if self.number is None:
            return _("%(document)s, draft") % {"document": self.get_document_display()}
        return _("%(document)s, version %(number)d") % {
            "document": self.get_document_display(),
            "number": self.number,
        }

    def clean(self) -> None:
        super().clean()
        for language in WRITTEN_IN:
            title, text = f"title_{language}", f"text_{language}"
            if bool(getattr(self, title)) != bool(getattr(self, text).strip()):
                empty = text if getattr(self, title) else title
                raise ValidationError({empty: _("Write both title and text, or neither.")}, code="half")
        if self.wording_in(settings.LANGUAGE_CODE) is None:
            field = f"text_{settings.LANGUAGE_CODE}"
            raise ValidationError({field: _("Write it in the installation's own language at least.")})

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    def wording_in(self, language: str) -> Wording | None:
        title, text = getattr(self, f"title_{language}", ""), getattr(self, f"text_{language}", "")
        return Wording(language, title, text) if title and text else None

    def wording_for(self, language: str) -> Wording:
        """In the reader's language, else in the installation's, else in one that there is."""
        wished = (self.wording_in(one) for one in (language, settings.LANGUAGE_CODE, *WRITTEN_IN))
        return next(filter(None, wished), Wording(settings.LANGUAGE_CODE, str(self), ""))

    @property
    def languages(self) -> list[str]:
        return [language for language in WRITTEN_IN if self.wording_in(language)]

    @property
    def digest(self) -> str:
        """Of all that it says, in every language: SHA-256 of its JSON, keys sorted, without spaces."""
        said = {
            language: {"title": wording.title, "text": wording.text}
            for language in WRITTEN_IN
            if (wording := self.wording_in(language))
        }
        written = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()


class Acceptance(models.Model):
    """One person's agreement to one version."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(
        "directory.User",
        on_delete=models.CASCADE,
        related_name="terms_accepted",
        # The unique constraint begins with it.
        db_index=False,
        verbose_name=_("person"),
    )
    version = models.ForeignKey(
        TermsVersion, on_delete=models.PROTECT, related_name="acceptances", verbose_name=_("terms")
    )
    accepted_at = models.DateTimeField(_("accepted"), db_index=True)
    language = models.CharField(_("language read"), max_length=16)
    application = models.ForeignKey(
        "access.Application",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("on the way to"),
    )
    ip = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=512, blank=True)

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        ordering = ("-accepted_at",)
        constraints = (models.UniqueConstraint(fields=("user", "version"), name="terms_acceptance_unique"),)

    def __str__(self) -> str:
        return _("%(terms)s, accepted by %(person)s") % {
            "terms": name_of(self, "version"),
            "person": name_of(self, "user"),
        }
