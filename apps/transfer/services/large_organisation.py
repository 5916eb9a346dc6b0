"""A made-up company of any size, loaded in bulk: each block of people is computed and written in one transaction.

A block is all that is ever held: memory does not grow with the number of people. Nobody knows the people's password.
"""

import multiprocessing
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

import django
from django.contrib.auth.hashers import make_password
from django.db import connections, transaction
from django.db.models import F, Q

from apps.access.models import Assignment
from apps.audit.services.past_events import open_past_months, write_past_events
from apps.core.bulk_rows import insert_rows, update_rows
from apps.directory.models import Membership, User
from apps.oauth.models import Authorization, RefreshToken
from apps.signin.models import RecognisedBrowser, Session
from apps.transfer.clock import ticking_from
from apps.transfer.errors import DemoDataRefused
from apps.transfer.services.large_landscape import make_landscape
from apps.transfer.workforce.attacks import Attack, attacks
from apps.transfer.workforce.careers import EVENTS_A_DAY, EVENTS_A_PERSON, Career, Landscape, careers
from apps.transfer.workforce.people import Plan, administrator, people, person
from apps.transfer.workforce.places import DOMAIN

EVENTS_AT_ONCE = 20_000
PEOPLE_AT_ONCE = 2_000
WORKING_DAYS = 5 / 7
PASSWORD_LASTS = timedelta(days=90)
# What demo_data made before is no reason to refuse.
DEMO_DOMAINS = (DOMAIN, "acme.example")

ROWS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    (
        "sessions",
        Session,
        (
            "id",
            "user",
            "started_at",
            "authenticated_at",
            "last_seen_at",
            "expires_at",
            "ended_at",
            "end_reason",
            "ip",
            "user_agent",
            "amr",
        ),
    ),
    (
        "authorizations",
        Authorization,
        (
            "id",
            "user",
            "client",
            "session",
            "scope",
            "auth_time",
            "amr",
            "created_at",
            "revoked_at",
            "revoke_reason",
        ),
    ),
    (
        "refresh_tokens",
        RefreshToken,
        (
            "token",
            "token_checksum",
            "application",
            "user",
            "authorization",
            "expires",
            "created",
            "updated",
            "revoked",
        ),
    ),
    (
        "browsers",
        RecognisedBrowser,
        ("user", "token_digest", "created_at", "last_used_at", "failed_sign_ins"),
    ),
    ("memberships", Membership, ("user", "group", "created_at")),
    (
        "assignments",
        Assignment,
        ("id", "role", "user", "valid_from", "valid_until", "reason", "created_at"),
    ),
)
USER_FIELDS = (
    "id",
    "password",
    "username",
    "email",
    "is_email_verified",
    "given_name",
    "family_name",
    "display_name",
    "department",
    "job_title",
    "manager",
    "employee_number",
    "employee_type",
    "status",
    "starts_on",
    "ends_on",
    "time_zone",
    "locale",
    "created_at",
    "updated_at",
)
STANDING = (
    "last_sign_in_at",
    "sign_in_count",
    "password_changed_at",
    "password_expires_at",
    "sign_ins_valid_since",
)

# Called with how much of how much is done: people first, then what they did.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class LargeOrganisation:
    people: int
    events: int
    attacks: list[Attack]


def plan_of(*, people: int, days: int, seed: int, events: int | None, until: datetime) -> Plan:
    """With so much activity that about so many events come of it; each works as people do when none is said."""
    activity = 0.9
    if events is not None:
        days_worked = people * max(days, 1) * WORKING_DAYS
        activity = max(events - people * EVENTS_A_PERSON, 0) / (days_worked * EVENTS_A_DAY)
    return Plan(seed=seed, people=people, days=days, until=until, activity=min(activity, 1.0))


def make_large_organisation(
    *, plan: Plan, processes: int, is_among_real_people: bool, progress: Progress
) -> LargeOrganisation:
    """Writes as it goes, in many transactions: interrupted, a part of it is there.

    Raises: DemoDataRefused.
    """
    _refuse_real_people(plan, is_allowed=is_among_real_people)
    first = datetime.combine(plan.first_day, time(), tzinfo=UTC)
    open_past_months(first=first - timedelta(days=1), last=plan.until)
    landscape = make_landscape(
        administrator=administrator(plan).subject, clock=ticking_from(first - timedelta(hours=1))
    )
    _load_people(plan, progress)
    blocks = list(_blocks(plan))
    written, done = 0, 0
    for size, events in _loaded(plan, landscape, blocks, processes=processes):
        written, done = written + events, done + size
        progress("events", done, plan.people)
    found = _attack(plan, landscape)
    return LargeOrganisation(plan.people, written + sum(len(one.events) for one in found), found)


def _refuse_real_people(plan: Plan, *, is_allowed: bool) -> None:
    if User.objects.filter(username__iexact=person(plan, 0).username).exists():
        raise DemoDataRefused("The made-up people of this seed are there already.")
    made_up = Q()
    for domain in DEMO_DOMAINS:
        made_up |= Q(email__iendswith=f"@{domain}")
    real = User.objects.exclude(made_up).count()
    if real and not is_allowed:
        raise DemoDataRefused(
            f"{real:,} real people are here. Made-up people and events cannot be taken out of the audit log again."
        )


# People ------------------------------------------------------------------------------------------------------------


def _load_people(plan: Plan, progress: Progress) -> None:
    password = make_password(secrets.token_urlsafe(32))
    for first in range(0, plan.people, PEOPLE_AT_ONCE):
        last = min(first + PEOPLE_AT_ONCE, plan.people)
        with transaction.atomic():
            insert_rows(User, USER_FIELDS, _user_rows(plan, first, last, password))
        progress("people", last, plan.people)


def _user_rows(plan: Plan, first: int, last: int, password: str) -> Iterator[tuple[Any, ...]]:
    for one in people(plan, first, last):
        created = datetime.combine(one.joined_on, time(6), tzinfo=UTC)
        yield (
            one.id,
            password,
            one.username,
            one.email,
            True,
            one.given_name,
            one.family_name,
            one.display_name,
            one.department_now,
            one.job_title_now,
            None if one.manager is None else plan.id_of("person", one.manager),
            f"L-{plan.seed}-{one.number}",
            one.employee_type,
            User.Status.DEPROVISIONED.value if one.left_on else User.Status.ACTIVE.value,
            one.hired_on,
            one.ends_on,
            one.city.time_zone,
            one.city.locale,
            created,
            created,
        )


# What they did -----------------------------------------------------------------------------------------------------


def _blocks(plan: Plan) -> Iterator[tuple[int, int]]:
    each = EVENTS_A_PERSON + plan.days * WORKING_DAYS * plan.activity * EVENTS_A_DAY
    size = max(1, min(PEOPLE_AT_ONCE, int(EVENTS_AT_ONCE / each)))
    for first in range(0, plan.people, size):
        yield first, min(first + size, plan.people)


def _loaded(
    plan: Plan, landscape: Landscape, blocks: list[tuple[int, int]], *, processes: int
) -> Iterator[tuple[int, int]]:
    """People and events of each block, as it is done."""
    if processes <= 1:
        yield from (load_block(plan, landscape, *block) for block in blocks)
        return
    # A process of its own has a connection of its own, which is not to be handed down.
    connections.close_all()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=django.setup) as pool:
        yield from pool.map(_load, ((plan, landscape, *block) for block in blocks))


def _load(block: tuple[Plan, Landscape, int, int]) -> tuple[int, int]:
    return load_block(*block)


@transaction.atomic
def load_block(plan: Plan, landscape: Landscape, first: int, last: int) -> tuple[int, int]:
    """How many people, and how many events."""
    lived = list(careers(plan, people(plan, first, last), landscape))
    made = [career for _person, career in lived]
    events = (event for career in made for event in career.events)
    written = write_past_events(events, random=plan.random("events", first))
    _write_rows(made)
    update_rows(User, STANDING, [(*_standing(career), one.id) for one, career in lived])
    return last - first, written


def _write_rows(made: list[Career]) -> None:
    for name, model, fields in ROWS:
        insert_rows(model, fields, (row for career in made for row in getattr(career, name)))


def _standing(career: Career) -> tuple[Any, ...]:
    changed = career.password_changed_at
    expires = changed + PASSWORD_LASTS if changed else None
    return career.last_sign_in_at, career.sign_in_count, changed, expires, changed


# Attacks -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def _attack(plan: Plan, landscape: Landscape) -> list[Attack]:
    found, lives = attacks(plan, landscape)
    random = plan.random("events", "attacks")
    for attack in found:
        write_past_events(attack.events, random=random)
    for one, career in lives:
        career.memberships.clear()
        _write_rows([career])
        row = User.objects.filter(pk=one.id)
        row.update(sign_in_count=F("sign_in_count") + career.sign_in_count)
        if career.last_sign_in_at is not None:
            row.filter(
                Q(last_sign_in_at__isnull=True) | Q(last_sign_in_at__lt=career.last_sign_in_at)
            ).update(last_sign_in_at=career.last_sign_in_at)
    return found
