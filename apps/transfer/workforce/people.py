"""Who works at the made-up company. Each person is computed from the seed and their number alone."""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from uuid import UUID

from apps.audit.ports import Subject
from apps.transfer.workforce.places import (
    CITIES,
    CITY_WEIGHTS,
    DEPARTMENTS,
    DOMAIN,
    FAMILY_NAMES,
    GIVEN_NAMES,
    City,
)

BLOCK = 1000
"""People of one site: every department has its share of them."""
TEAM = 10
YEAR = 365
JOIN, LEAVE, MOVE, CONTRACT = 0.12, 0.10, 0.06, 0.08
"""Shares of all people, the first three within a year."""


@dataclass(frozen=True)
class Plan:
    """`activity` is the chance that somebody signs in on a working day; nothing happens after `until`."""

    seed: int
    people: int
    days: int
    until: datetime
    activity: float

    @property
    def first_day(self) -> date:
        return self.until.date() - timedelta(days=self.days)

    @property
    def block(self) -> int:
        return min(BLOCK, self.people)

    def random(self, *place: object) -> Random:
        return Random("/".join(map(str, (self.seed, *place))))  # noqa: S311 - made-up data, the same for a seed

    def id_of(self, *place: object) -> UUID:
        text = "/".join(map(str, (self.seed, *place)))
        return UUID(bytes=hashlib.blake2b(text.encode(), digest_size=16).digest(), version=4)


@dataclass(frozen=True)
class Move:
    on: date
    department: str
    job_title: str


@dataclass(frozen=True)
class Person:
    number: int
    id: UUID
    username: str
    given_name: str
    family_name: str
    department: str
    job_title: str
    city: City
    manager: int | None
    employee_type: str
    hired_on: date
    joined_on: date
    """The day from which the log knows them."""
    left_on: date | None
    ends_on: date | None
    move: Move | None

    @property
    def email(self) -> str:
        return f"{self.username}@{DOMAIN}"

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def subject(self) -> Subject:
        return Subject(kind="user", id=str(self.id), label=self.username)

    @property
    def department_now(self) -> str:
        return self.move.department if self.move else self.department

    @property
    def job_title_now(self) -> str:
        return self.move.job_title if self.move else self.job_title


def people(plan: Plan, first: int, last: int) -> Iterator[Person]:
    """From one number up to, and without, another."""
    return (person(plan, number) for number in range(first, last))


def person(plan: Plan, number: int) -> Person:
    random = plan.random("person", number)
    given, family = random.choice(GIVEN_NAMES), random.choice(FAMILY_NAMES)
    department, place = _department(plan, number)
    is_lead = place % TEAM == 0
    titles = DEPARTMENTS[department][1]
    city = random.choices(CITIES, CITY_WEIGHTS)[0]
    share = plan.days / YEAR
    is_contractor = not is_lead and random.random() < CONTRACT
    joins = not is_lead and random.random() < JOIN * share
    joined_on = plan.first_day + timedelta(
        days=random.randrange(1, plan.days) if joins and plan.days > 1 else 0
    )
    hired_on = joined_on if joins else plan.first_day - timedelta(days=random.randrange(20, 3000))
    rest = (plan.until.date() - joined_on).days
    leaves = not is_lead and rest > 5 and random.random() < LEAVE * share
    left_on = joined_on + timedelta(days=random.randrange(3, rest)) if leaves else None
    ends_on = left_on
    if is_contractor and left_on is None:
        ends_on = plan.until.date() + timedelta(days=random.randrange(5, 300))
    move = None
    if not is_lead and not leaves and rest > 20 and random.random() < MOVE * share:
        to = random.choice([name for name in range(len(DEPARTMENTS)) if name != department])
        on = joined_on + timedelta(days=random.randrange(10, rest - 5))
        move = Move(on, DEPARTMENTS[to][0], DEPARTMENTS[to][1][0])
    return Person(
        number=number,
        id=plan.id_of("person", number),
        username=f"{given}.{family}{number}".lower(),
        given_name=given,
        family_name=family,
        department=DEPARTMENTS[department][0],
        job_title=_lead_title(department, place)
        if is_lead
        else random.choices(titles, range(len(titles), 0, -1))[0],
        city=city,
        manager=_manager(plan, number),
        employee_type="contractor" if is_contractor else "employee",
        hired_on=hired_on,
        joined_on=joined_on,
        left_on=left_on,
        ends_on=ends_on,
        move=move,
    )


def administrator(plan: Plan) -> Person:
    """Who does what administrators do: the head of IT, who never leaves."""
    it = next(index for index, department in enumerate(DEPARTMENTS) if department[0] == "IT")
    return person(plan, _bounds(plan)[it])


def _bounds(plan: Plan) -> list[int]:
    """Where each department begins within a site."""
    shares = accumulate((share for _name, _titles, share in DEPARTMENTS), initial=0)
    return [share * plan.block // 1000 for share in shares][: len(DEPARTMENTS)]


def _department(plan: Plan, number: int) -> tuple[int, int]:
    """Of which department, and the how manieth of it at the site."""
    bounds, place = _bounds(plan), number % plan.block
    index = bisect_right(bounds, place) - 1
    return index, place - bounds[index]


def _manager(plan: Plan, number: int) -> int | None:
    """Somebody with a smaller number: of a team its lead, of leads the department's at the site, of those the first."""
    if number == 0:
        return None
    _department_index, place = _department(plan, number)
    if place % TEAM:
        return number - place % TEAM
    if place:
        return number - place
    return number - plan.block if number >= plan.block else 0


def _lead_title(department: int, place: int) -> str:
    name = DEPARTMENTS[department][0]
    return f"Head of {name}" if place == 0 else f"Team Lead, {name}"
