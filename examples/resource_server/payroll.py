"""The pay of people at Acme, made up from their subject: the same person always sees the same money."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

CURRENCY = "EUR"
PAYDAY = 25
LOWEST_GROSS, STEPS, STEP = 3200, 36, 100
DEDUCTIONS = {
    "income tax": Decimal("0.214"),
    "pension": Decimal("0.093"),
    "health insurance": Decimal("0.081"),
}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Payslip:
    reference: str
    paid_on: date
    gross: Decimal
    deductions: dict[str, Decimal]

    @property
    def net(self) -> Decimal:
        return self.gross - sum(self.deductions.values())


def payslips(*, subject: str, today: date, months: int = 6) -> list[Payslip]:
    """Newest first, up to the last payday."""
    digest = hashlib.sha256(subject.encode()).digest()
    gross = Decimal(LOWEST_GROSS + STEP * (int.from_bytes(digest[:4]) % STEPS)).quantize(CENT)
    number = int.from_bytes(digest[4:6]) % 9000 + 1000
    return [_payslip(number, gross, payday) for payday in _paydays(today, months)]


def _payslip(number: int, gross: Decimal, payday: date) -> Payslip:
    # Overtime, and half a month's pay in December: real payslips are not all the same.
    overtime = gross * (number * payday.month % 7) / 100
    bonus = gross / 2 if payday.month == 12 else Decimal(0)
    earned = (gross + overtime + bonus).quantize(CENT)
    return Payslip(
        reference=f"{payday:%Y%m}-{number}",
        paid_on=payday,
        gross=earned,
        deductions={
            name: (earned * share).quantize(CENT, ROUND_HALF_UP) for name, share in DEDUCTIONS.items()
        },
    )


def _paydays(today: date, months: int) -> list[date]:
    payday = today.replace(day=PAYDAY)
    if payday > today:
        payday = _month_before(payday)
    days = [payday]
    while len(days) < months:
        days.append(_month_before(days[-1]))
    return days


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=PAYDAY)
