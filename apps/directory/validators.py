"""What may stand in a person's fields."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.directory.patterns import why_not_a_pattern
from apps.directory.time_zones import zone_names

USERNAME = re.compile(r"[A-Za-z0-9._@+-]{1,150}\Z")


def validate_username(value: str) -> None:
    """ASCII only: look-alike letters of other scripts would let one person pass for another."""
    if not USERNAME.match(value):
        raise ValidationError(_("Use letters, digits and . _ @ + - only."), code="invalid_username")


def validate_time_zone(value: str) -> None:
    if value not in zone_names():
        raise ValidationError(
            _("This is not a time zone name such as Europe/Berlin."), code="invalid_time_zone"
        )


def validate_pattern(value: str) -> None:
    refusal = why_not_a_pattern(value)
    if refusal:
        raise ValidationError(refusal, code="pattern")
