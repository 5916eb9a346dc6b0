"""Payslips, fetched from the Acme Payroll API with the person's access token."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import requests

from examples.relying_party.errors import PayslipsUnavailable
from examples.relying_party.tokens import TokenKeeper

TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class Payslip:
    reference: str
    paid_on: date
    gross: Decimal
    deductions: Decimal
    net: Decimal
    currency: str


def fetch_payslips(*, api_url: str, keeper: TokenKeeper, session: str) -> list[Payslip]:
    """The person's payslips, newest first. A 401 renews the tokens and asks once more.

    Raises: SessionEnded; PayslipsUnavailable with words for the page.
    """
    tokens = keeper.fresh(session)
    answer = _ask(api_url, tokens.access_token)
    if answer.status_code == 401:
        tokens = keeper.replace(session, tokens.access_token)
        answer = _ask(api_url, tokens.access_token)
    if answer.status_code == 403:
        raise PayslipsUnavailable(
            "Acme Payroll may not read your payslips: that permission was not given when you signed in.",
            answer.headers.get("WWW-Authenticate", ""),
            may_be_allowed=True,
        )
    if answer.status_code != 200:
        raise PayslipsUnavailable(
            "Your payslips cannot be shown right now. Try again in a minute.",
            f"{api_url} answered {answer.status_code}",
        )
    return _read(answer)


def _ask(api_url: str, access_token: str) -> requests.Response:
    try:
        return requests.get(
            f"{api_url}/payslips",
            headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json"},
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise PayslipsUnavailable(
            "Your payslips cannot be shown right now. Try again in a minute.",
            f"{type(error).__name__}: {error}",
        ) from error


def _read(answer: requests.Response) -> list[Payslip]:
    try:
        body: dict[str, Any] = answer.json()
        return [
            Payslip(
                reference=str(line["reference"]),
                paid_on=date.fromisoformat(line["paid_on"]),
                gross=Decimal(line["gross"]),
                deductions=sum((Decimal(amount) for amount in line["deductions"].values()), Decimal(0)),
                net=Decimal(line["net"]),
                currency=str(body["currency"]),
            )
            for line in body["payslips"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise PayslipsUnavailable(
            "Your payslips cannot be shown right now.", f"unreadable answer: {error!r}"
        ) from error
