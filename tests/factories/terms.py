"""Versions of terms, and people who accepted them."""

from typing import Any

from django.utils import timezone

from apps.directory.models import User
from apps.terms.models import Acceptance, TermsVersion

TEXT = "# First\n\nBe kind,\nand do not share your password.\n\n- one\n- two"


def make_version(**fields: Any) -> TermsVersion:
    """In force, unless something else is said."""
    document = fields.get("document", TermsVersion.Document.TERMS)
    defaults: dict[str, Any] = {
        "document": document,
        "state": TermsVersion.State.IN_FORCE,
        "number": TermsVersion.objects.filter(document=document, number__isnull=False).count() + 1,
        "published_at": timezone.now(),
        "title_en": "Terms of use",
        "text_en": TEXT,
    }
    return TermsVersion.objects.create(**(defaults | fields))


def accept(user: User, version: TermsVersion) -> Acceptance:
    return Acceptance.objects.create(user=user, version=version, accepted_at=timezone.now(), language="en")
