"""What one person did, from the first day to the last: events and the rows that they leave behind."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.access.events import AccessAction
from apps.audit.ports import ANONYMOUS, SYSTEM, Outcome, Subject
from apps.audit.services.past_events import PastEvent
from apps.core.ids import RANDOM_BITS, uuid7_with
from apps.core.origin import SYSTEM_ORIGIN, Origin
from apps.directory.events import DirectoryAction
from apps.oauth.events import OAuthAction
from apps.signin.events import SignInAction
from apps.transfer.workforce.people import Person, Plan
from apps.transfer.workforce.places import APPLICATIONS, PHONES, SERVER_AGENT, USER_AGENTS, MadeUpApplication

AMR = ["pwd"]
SESSION = timedelta(hours=8)
ACCESS_TOKEN_SECONDS = 600
SCOPE, OFFLINE_SCOPE = "openid profile email", "openid profile email offline_access"
PASSWORD_LASTS = timedelta(days=90)
ROWS_ARE_KEPT = timedelta(days=90)
AUTHORIZATIONS_ARE_KEPT = timedelta(days=30)
MISTYPED, LOCKED_OUT, SIGNED_OUT, WEEKEND, EXTRA_ROLE = 0.05, 0.001, 0.45, 0.03, 0.15
EVENTS_A_DAY = 4.8
"""Of a person on a day on which they sign in, about."""
EVENTS_A_PERSON = 5
"""Beside those, about."""


@dataclass(frozen=True)
class Landscape:
    """What was there before the people: keys by the names in `places`."""

    clients: dict[str, str]
    applications: dict[str, str]
    groups: dict[str, str]
    roles: dict[str, str]
    administrator: Subject


@dataclass
class Career:
    events: list[PastEvent] = field(default_factory=list)
    sessions: list[tuple[Any, ...]] = field(default_factory=list)
    authorizations: list[tuple[Any, ...]] = field(default_factory=list)
    refresh_tokens: list[tuple[Any, ...]] = field(default_factory=list)
    browsers: list[tuple[Any, ...]] = field(default_factory=list)
    memberships: list[tuple[Any, ...]] = field(default_factory=list)
    assignments: list[tuple[Any, ...]] = field(default_factory=list)
    last_sign_in_at: datetime | None = None
    sign_in_count: int = 0
    password_changed_at: datetime | None = None


class Life:
    """One person's; `career` is what came of it."""

    def __init__(self, plan: Plan, person: Person, landscape: Landscape, *, apart: str = "") -> None:
        """`apart` names what happens to them beside their own life."""
        self.career = Career()
        self.plan, self.person, self.landscape = plan, person, landscape
        self.random = plan.random("life", person.number, apart)
        homes = plan.random("home", person.number)
        self.me = person.subject
        self.home = _address(person, homes)
        self.office = _address(person, Random(person.city.network))  # noqa: S311 - one for the whole site
        self.browsers = [homes.choice(USER_AGENTS)]
        if homes.random() < 0.4:
            self.browsers.append(homes.choice(PHONES))

    def live(self) -> Career:
        person, until = self.person, self.plan.until.date()
        self._join()
        last = person.left_on or until
        activity = self.plan.activity * self.random.uniform(0.6, 1.4)
        # A few weeks at most without the password that was set on the first day.
        for number in range((last - person.joined_on).days + 1):
            day = person.joined_on + timedelta(days=number)
            if person.move and day == person.move.on:
                self._move()
            chance = activity if day.weekday() < 5 else activity * WEEKEND
            if self.random.random() < chance:
                self._work(day)
        if person.left_on:
            self._leave(person.left_on)
        self._remember_browsers()
        return self.career

    # The employee's record --------------------------------------------------------------------------------------

    def _join(self) -> None:
        person, at = self.person, self._moment(self.person.joined_on, 6.0, spread=0.4)
        self._note(
            at,
            DirectoryAction.USER_CREATED,
            target=self.me,
            after={
                "username": person.username,
                "email": person.email,
                "given_name": person.given_name,
                "family_name": person.family_name,
                "department": person.department,
                "job_title": person.job_title,
                "is_staff": False,
                "is_superuser": False,
                "is_email_verified": True,
            },
        )
        self._note(at + timedelta(seconds=1), DirectoryAction.USER_PASSWORD_SET, target=self.me)
        self.career.password_changed_at = at + timedelta(seconds=1)
        self._enter_group(person.department, at + timedelta(seconds=2))
        if self.random.random() < EXTRA_ROLE:
            self._extra_role()

    def _move(self) -> None:
        person, move = self.person, self.person.move
        assert move is not None  # noqa: S101 - asked by the caller
        at, origin = self._moment(move.on, 10.0, spread=1.5), self._desk()
        self._note(
            at,
            DirectoryAction.USER_CHANGED,
            actor=self.landscape.administrator,
            target=Subject(kind="user", id=self.me.id, label=person.display_name),
            origin=origin,
            session_id=self._session_of_desk(move.on),
            before={"department": person.department, "job_title": person.job_title},
            after={"department": move.department, "job_title": move.job_title},
        )
        group = self.landscape.groups[person.department]
        self._note(
            at + timedelta(seconds=30),
            DirectoryAction.GROUP_MEMBER_REMOVED,
            actor=self.landscape.administrator,
            target=Subject(kind="group", id=group, label=person.department),
            origin=origin,
            details={"user": self.me.id},
            before={"user": self.me.id, "group": group},
        )
        self.career.memberships.clear()
        self._enter_group(move.department, at + timedelta(seconds=31))

    def _leave(self, day: date) -> None:
        self._note(
            self._moment(day, 18.0, spread=0.5),
            DirectoryAction.USER_CHANGED,
            actor=self.landscape.administrator,
            target=self.me,
            origin=self._desk(),
            before={"status": "active"},
            after={"status": "deprovisioned"},
        )

    def _enter_group(self, department: str, at: datetime) -> None:
        group = self.landscape.groups[department]
        self._note(
            at,
            DirectoryAction.GROUP_MEMBER_ADDED,
            target=Subject(kind="group", id=group, label=department),
            details={"user": self.me.id},
            after={"user": self.me.id, "group": group},
        )
        if at <= self.plan.until:
            self.career.memberships.append((self.person.id, UUID(group), at))

    def _extra_role(self) -> None:
        """For a while, for a project: some of it ended early."""
        name = self.random.choice([one.name for one in APPLICATIONS if one.departments])
        day = self.person.joined_on + timedelta(days=self.random.randrange(1, max(2, self.plan.days)))
        start, length = (
            self._moment(day, 11.0, spread=2.0),
            timedelta(days=self.random.choice((30, 60, 90, 180))),
        )
        if start > self.plan.until or (self.person.left_on and day >= self.person.left_on):
            return
        key, role, label = self._uuid(), self.landscape.roles[name], f"{name} user"
        until: datetime | None = start + length if self.random.random() < 0.7 else None
        reason = self.random.choice(
            ("Project Aurora", "Stands in for a colleague", "Audit preparation", "Quarter close")
        )
        target = Subject(kind="assignment", id=str(key), label=f"{label} to {self.person.username}")
        self._note(
            start,
            AccessAction.ASSIGNMENT_CREATED,
            actor=self.landscape.administrator,
            target=target,
            origin=self._desk(),
            details={"role": role, "user": self.me.id},
            after={
                "role": role,
                "user": self.me.id,
                "valid_from": start.isoformat(),
                "valid_until": until.isoformat() if until else None,
                "reason": reason,
            },
        )
        ended = start + timedelta(days=self.random.randrange(5, 60), seconds=7)
        if self.random.random() < 0.3 and ended < self.plan.until and (until is None or ended < until):
            self._note(
                ended,
                AccessAction.ASSIGNMENT_CHANGED,
                actor=self.landscape.administrator,
                target=Subject(
                    kind="assignment", id=str(key), label=f"{label} to {self.person.display_name}"
                ),
                origin=self._desk(),
                details={"role": role, "user": self.me.id},
                before={"valid_until": until.isoformat() if until else None},
                after={"valid_until": ended.isoformat(), "ended_because": "No longer needed"},
            )
            until = ended
        self.career.assignments.append((key, UUID(role), self.person.id, start, until, reason, start))

    # A day -----------------------------------------------------------------------------------------------------

    def _work(self, day: date) -> None:
        random = self.random
        at = self._moment(day, 8.6, spread=1.2)
        ip = self.office if random.random() < 0.6 else self.home
        agent = self.browsers[0] if len(self.browsers) == 1 or random.random() < 0.8 else self.browsers[1]
        at = self._mistype(at, ip, agent)
        if at > self.plan.until:
            return
        session = self.sign_in(at, ip, agent)
        self._renew_password(at + timedelta(minutes=1), ip, agent)
        then = at
        for application in self._applications(day):
            then += timedelta(seconds=random.randrange(4, 5400))
            if then > at + SESSION:
                break
            self.use(application, session, then, ip, agent)
        self._end(session, started=at, day=day, ip=ip, agent=agent)

    def _mistype(self, at: datetime, ip: str, agent: str) -> datetime:
        """When the right password is typed at last."""
        chance = self.random.random()
        if chance < LOCKED_OUT:
            return self._lock_out(at, ip, agent)
        if chance < MISTYPED:
            for _ in range(self.random.choice((1, 1, 1, 2, 3))):
                self._refused(at, ip, agent)
                at += timedelta(seconds=self.random.randrange(4, 40))
        return at

    def _lock_out(self, at: datetime, ip: str, agent: str) -> datetime:
        for number in range(5):
            self._refused(at, ip, agent, locks=number == 4)
            at += timedelta(seconds=self.random.randrange(5, 20))
        self._refused(at, ip, agent, reason="locked")
        at += timedelta(minutes=self.random.randrange(3, 25))
        self._note(
            at,
            DirectoryAction.USER_UNLOCKED,
            actor=self.landscape.administrator,
            target=self.me,
            origin=self._desk(),
        )
        return at + timedelta(minutes=1)

    def _refused(
        self, at: datetime, ip: str, agent: str, *, reason: str = "wrong_password", locks: bool = False
    ) -> None:
        self._note(
            at,
            SignInAction.USER_SIGN_IN_REFUSED,
            outcome=Outcome.REFUSED,
            actor=ANONYMOUS,
            target=self.me,
            origin=self.origin(at, ip, agent),
            details={
                "reason": reason,
                "locked_now": locks,
                "recognised": not (locks or reason == "locked"),
                "confirming": False,
            },
        )

    def sign_in(self, at: datetime, ip: str, agent: str) -> UUID:
        key, expires = self._uuid(), at + SESSION
        self._note(
            at,
            SignInAction.USER_SIGNED_IN,
            actor=self.me,
            target=self.me,
            origin=self.origin(at, ip, agent),
            session_id=str(key),
            details={"amr": AMR, "expires_at": expires.isoformat()},
        )
        self.career.sign_in_count += 1
        self.career.last_sign_in_at = max(at, self.career.last_sign_in_at or at)
        if expires > self.plan.until - ROWS_ARE_KEPT:
            self.career.sessions.append((key, self.person.id, at, at, at, expires, None, "", ip, agent, AMR))
        return key

    def _renew_password(self, at: datetime, ip: str, agent: str) -> None:
        changed = self.career.password_changed_at
        if changed is None or at - changed < PASSWORD_LASTS or at > self.plan.until:
            return
        self._note(
            at,
            DirectoryAction.USER_PASSWORD_CHANGED,
            actor=self.me,
            target=self.me,
            origin=self.origin(at, ip, agent),
        )
        self.career.password_changed_at = at

    def _applications(self, day: date) -> list[MadeUpApplication]:
        department = self.person.department
        if self.person.move and day >= self.person.move.on:
            department = self.person.move.department
        known = [one for one in APPLICATIONS if not one.departments or department in one.departments]
        wanted = self.random.choices(known, [one.weight for one in known], k=self.random.choice((1, 1, 2, 3)))
        return list(dict.fromkeys(wanted))

    def use(self, application: MadeUpApplication, session: UUID, at: datetime, ip: str, agent: str) -> None:
        client, key = self.landscape.clients[application.name], self._uuid7(at)
        subject = Subject(kind="client", id=client, label=application.name)
        scope = OFFLINE_SCOPE if application.is_offline else SCOPE
        self._note(
            at,
            OAuthAction.AUTHORIZATION_GRANTED,
            actor=self.me,
            target=subject,
            origin=self.origin(at, ip, agent),
            client_id=client,
            session_id=str(session),
            details={"scope": scope, "authorization": str(key), "consent": "not_asked"},
        )
        issued = at + timedelta(milliseconds=self.random.randrange(80, 900))
        self._issue(issued, "authorization_code", application, subject, session, key)
        if application.is_offline:
            for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
                issued += timedelta(seconds=self.random.randrange(600, 4000))
                self._issue(issued, "refresh_token", application, subject, session, key)
        if self.plan.until - AUTHORIZATIONS_ARE_KEPT < at <= self.plan.until:
            owner = UUID(client)
            self.career.authorizations.append(
                (key, self.person.id, owner, session, scope, at, AMR, at, None, "")
            )
            if application.is_offline and issued <= self.plan.until:
                checksum = self.random.randbytes(32).hex()
                expires = issued + timedelta(days=30)
                self.career.refresh_tokens.append(
                    ("", checksum, owner, self.person.id, key, expires, issued, issued, None)
                )

    def _issue(
        self,
        at: datetime,
        grant: str,
        application: MadeUpApplication,
        subject: Subject,
        session: UUID,
        key: UUID,
    ) -> None:
        self._note(
            at,
            OAuthAction.TOKEN_ISSUED,
            actor=subject,
            target=Subject(kind="user", id=self.me.id),
            origin=self.origin(at, _server_of(application), SERVER_AGENT),
            client_id=subject.id,
            session_id=str(session),
            details={
                "grant_type": grant,
                "scope": OFFLINE_SCOPE if application.is_offline else SCOPE,
                "expires_in": ACCESS_TOKEN_SECONDS,
                "has_refresh_token": application.is_offline,
                "authorization": str(key),
            },
        )

    def revoke(self, authorization: str, at: datetime) -> None:
        """In the rows; a refresh token of it that was used is not usable again."""
        self.career.authorizations = [
            (*row[:8], at, "refresh_replayed") if str(row[0]) == authorization else row
            for row in self.career.authorizations
        ]
        self.career.refresh_tokens = [
            (*row[:8], at) if str(row[4]) == authorization else row for row in self.career.refresh_tokens
        ]

    def _end(self, session: UUID, *, started: datetime, day: date, ip: str, agent: str) -> None:
        at = self._moment(day, 17.2, spread=1.0)
        if self.random.random() > SIGNED_OUT or not started < at < min(started + SESSION, self.plan.until):
            return
        self._note(
            at,
            SignInAction.SESSION_ENDED,
            actor=self.me,
            target=Subject(kind="session", id=str(session)),
            origin=self.origin(at, ip, agent),
            session_id=str(session),
            details={"reason": "signed_out"},
        )
        if self.career.sessions and self.career.sessions[-1][0] == session:
            row = self.career.sessions[-1]
            self.career.sessions[-1] = (*row[:4], at, row[5], at, "signed_out", *row[8:])

    def _remember_browsers(self) -> None:
        seen = self.career.last_sign_in_at
        if seen is None:
            return
        for _agent in self.browsers:
            digest = self.random.randbytes(32).hex()
            created = self.career.events[0].at + timedelta(hours=3)
            self.career.browsers.append((self.person.id, digest, min(created, seen), seen, 0))

    # Small things ----------------------------------------------------------------------------------------------

    def _note(
        self,
        at: datetime,
        action: Any,
        *,
        outcome: Outcome = Outcome.SUCCESS,
        actor: Subject = SYSTEM,
        origin: Origin = SYSTEM_ORIGIN,
        **values: Any,
    ) -> None:
        if at <= self.plan.until:
            self.career.events.append(PastEvent(at, action, outcome, actor, origin=origin, **values))

    def origin(self, at: datetime, ip: str, agent: str) -> Origin:
        return Origin(ip=ip, user_agent=agent, request_id=str(self._uuid7(at)))

    def _desk(self) -> Origin:
        return Origin(ip="198.18.1.7", user_agent=USER_AGENTS[3], request_id=str(self._uuid()))

    def _session_of_desk(self, day: date) -> str:
        return str(self.plan.id_of("desk", day))

    def _moment(self, day: date, hour: float, *, spread: float) -> datetime:
        """About that hour where the person is, to the microsecond."""
        local = max(0.1, min(23.8, self.random.gauss(hour, spread / 2))) * 3600
        midnight = datetime.combine(day, time(), tzinfo=UTC)
        return midnight + timedelta(seconds=round(local, 6)) - _offset(self.person.city.time_zone, day)

    def _uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def _uuid7(self, at: datetime) -> UUID:
        return uuid7_with(at, self.random.getrandbits(RANDOM_BITS))


def careers(plan: Plan, people: Iterator[Person], landscape: Landscape) -> Iterator[tuple[Person, Career]]:
    for person in people:
        yield person, Life(plan, person, landscape).live()


@lru_cache(maxsize=20_000)
def _offset(zone: str, day: date) -> timedelta:
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()


def _address(person: Person, random: Random) -> str:
    return f"198.{18 + random.randrange(2)}.{person.city.network + random.randrange(16)}.{random.randrange(1, 255)}"


@lru_cache
def _server_of(application: MadeUpApplication) -> str:
    return f"198.18.250.{10 + APPLICATIONS.index(application)}"
