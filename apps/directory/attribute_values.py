"""What a value of an attribute is, from what people type to what is stored and back, without the database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.utils.translation import gettext as _

from apps.core.sensible_dates import validate_date
from apps.directory.patterns import matches_whole

Value = str | Decimal | bool | date | UUID
# As JSON and audit events have it.
Plain = str | bool
YES, NO = ("true", "yes", "1"), ("false", "no", "0")
LONGEST = 500
_DIGITS, _PLACES = 18, 6
_is_url = URLValidator(schemes=["https", "http"])


class ValueRefused(Exception):
    """Why a value is none of the attribute, in a sentence."""


@dataclass(frozen=True)
class ValueRules:
    """The part of an attribute's definition that values are held to."""

    kind: str
    choices: Sequence[str] = field(default=())
    pattern: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None


def read_value(rules: ValueRules, typed: str) -> Value:
    """Not of the kind "person": who that is only the database knows. Raises: ValueRefused."""
    if "\x00" in typed:
        raise ValueRefused(_("It holds a character that no text has."))
    if len(typed) > LONGEST:
        raise ValueRefused(_("It is longer than %(count)d characters.") % {"count": LONGEST})
    typed = typed.strip()
    match rules.kind:
        case "number":
            return _number(rules, typed)
        case "boolean":
            return _boolean(typed)
        case "date":
            return _date(typed)
    return _text(rules, typed)


def _number(rules: ValueRules, typed: str) -> Decimal:
    try:
        number = Decimal(typed)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueRefused(_("This is not a number."))
    _sign, digits, exponent = number.as_tuple()
    places = max(-int(exponent), 0)
    if places > _PLACES or len(digits) + int(exponent) > _DIGITS - _PLACES:
        raise ValueRefused(
            _("A number has at most %(digits)d digits before the point and %(places)d behind it.")
            % {"digits": _DIGITS - _PLACES, "places": _PLACES}
        )
    if rules.minimum is not None and number < rules.minimum:
        raise ValueRefused(_("It is less than %(limit)s.") % {"limit": in_digits(rules.minimum)})
    if rules.maximum is not None and number > rules.maximum:
        raise ValueRefused(_("It is more than %(limit)s.") % {"limit": in_digits(rules.maximum)})
    return number


def _boolean(typed: str) -> bool:
    if typed.lower() not in (*YES, *NO):
        raise ValueRefused(_("Write true or false."))
    return typed.lower() in YES


def _date(typed: str) -> date:
    try:
        day = date.fromisoformat(typed)
        validate_date(day)
    except ValidationError as error:
        raise ValueRefused("; ".join(error.messages)) from error
    except ValueError as error:
        raise ValueRefused(_("Write a date as 2026-12-31.")) from error
    return day


def _text(rules: ValueRules, typed: str) -> str:
    try:
        if rules.kind == "email":
            validate_email(typed)
        elif rules.kind == "url":
            _is_url(typed)
    except ValidationError as error:
        raise ValueRefused("; ".join(error.messages)) from error
    if rules.kind == "choice" and typed not in rules.choices:
        raise ValueRefused(_("%(value)s is none of the choices.") % {"value": typed})
    if rules.kind == "text":
        _hold_to_limits(rules, typed)
    return typed


def _hold_to_limits(rules: ValueRules, typed: str) -> None:
    if rules.minimum is not None and len(typed) < rules.minimum:
        raise ValueRefused(_("It needs %(count)s characters at least.") % {"count": in_digits(rules.minimum)})
    if rules.maximum is not None and len(typed) > rules.maximum:
        raise ValueRefused(
            _("It may have %(count)s characters at most.") % {"count": in_digits(rules.maximum)}
        )
    if rules.pattern and not matches_whole(rules.pattern, typed):
        raise ValueRefused(_("It does not match the pattern %(pattern)s.") % {"pattern": rules.pattern})


def in_digits(number: Decimal) -> str:
    """Without an exponent and without zeros that say nothing."""
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") or "0" if "." in written else written


def plain_value(value: Value) -> Plain:
    if isinstance(value, bool | str):
        return value
    return in_digits(value) if isinstance(value, Decimal) else str(value)


def typed_value(value: Value) -> str:
    """As a form has it, and as it is read again."""
    if isinstance(value, bool):
        return YES[0] if value else NO[0]
    return str(plain_value(value))
