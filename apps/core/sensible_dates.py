"""Which dates people may give: those that every time zone can show."""

from datetime import UTC, date, datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

FIRST_DAY, END_DAY = date(1900, 1, 1), date(2200, 1, 1)
FIRST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)
END_MOMENT = datetime(2200, 1, 1, tzinfo=UTC)
OUT_OF_RANGE = _("Give a date between 1900 and 2199.")


def validate_date(value: date) -> None:
    if not FIRST_DAY <= value < END_DAY:
        raise ValidationError(OUT_OF_RANGE, code="date_out_of_range")


def validate_moment(value: datetime) -> None:
    if not FIRST_MOMENT <= value < END_MOMENT:
        raise ValidationError(OUT_OF_RANGE, code="date_out_of_range")


def local(at: datetime) -> datetime:
    """In the reader's time zone; as it is, where the calendar of that zone has no such day."""
    try:
        return timezone.localtime(at)
    except OverflowError:
        return at
