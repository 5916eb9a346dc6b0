"""A few attacks at known places, so that whoever looks for attacks can be told whether they found them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random

from apps.audit.ports import ANONYMOUS, Outcome, Subject
from apps.audit.services.past_events import PastEvent
from apps.audit.services.record import NO_TARGET
from apps.oauth.events import OAuthAction
from apps.signin.events import SignInAction
from apps.transfer.workforce.careers import Career, Landscape, Life
from apps.transfer.workforce.people import TEAM, Person, Plan, person
from apps.transfer.workforce.places import APPLICATIONS, ATTACKER, USER_AGENTS

SPRAYED, STUFFED, GUESSES = 120, 400, 30


@dataclass
class Attack:
    """Where it stands in the log. `people` are the user names of those it was aimed at, `taken` of those it reached."""

    kind: str
    began_at: datetime
    ended_at: datetime
    addresses: list[str]
    people: list[str]
    taken: list[str]
    events: list[PastEvent] = field(default_factory=list, repr=False)


def attacks(plan: Plan, landscape: Landscape) -> tuple[list[Attack], list[tuple[Person, Career]]]:
    """With what the sign-ins that succeeded left behind."""
    random = plan.random("attacks")
    # Team leads are there from the first day to the last.
    leads = [person(plan, number) for number in range(0, min(plan.people, SPRAYED * TEAM), TEAM)]
    leads = [one for one in leads if one.left_on is None and one.joined_on == plan.first_day]
    found: list[Attack] = []
    lives: list[Life] = []
    makers = (_password_spray, _credential_stuffing, _impossible_travel, _refresh_token_reuse, _guessing)
    for number, make in enumerate(makers, 1):
        day = plan.first_day + timedelta(days=max(plan.days * number // (len(makers) + 1), 1))
        at = datetime.combine(day, time(13, random.randrange(60)), tzinfo=UTC)
        victim = leads[random.randrange(len(leads))]
        life = Life(plan, victim, landscape, apart=make.__name__)
        lives.append(life)
        attack = make(at, random, victim, leads, life)
        # What happened to the victim is written with the attack, and not once more with the rest of their life.
        attack.events = [event for event in attack.events + life.career.events if event.at <= plan.until]
        if attack.events:
            found.append(attack)
    return found, [(life.person, life.career) for life in lives]


def _password_spray(
    at: datetime, random: Random, victim: Person, leads: Sequence[Person], life: Life
) -> Attack:
    """One password, many accounts, slowly, from few addresses: one of them has it."""
    addresses = [f"203.0.113.{number}" for number in random.sample(range(1, 255), 3)]
    targets, events, then = [one for one in leads if one.id != victim.id], list[PastEvent](), at
    random.shuffle(targets)
    for one in targets:
        events.append(_refused(then, one.subject, random.choice(addresses), ATTACKER, life))
        then += timedelta(seconds=random.randrange(15, 45))
    life.sign_in(then, addresses[0], ATTACKER)
    names = [one.username for one in (*targets, victim)]
    return Attack("password_spray", at, then, addresses, names, [victim.username], events)


def _credential_stuffing(
    at: datetime, random: Random, victim: Person, leads: Sequence[Person], life: Life
) -> Attack:
    """Names and passwords stolen elsewhere, from very many addresses: most are nobody's here."""
    addresses, names, events, then = set[str](), set[str](), list[PastEvent](), at
    for _ in range(STUFFED):
        address = f"198.51.100.{random.randrange(1, 255)}"
        addresses.add(address)
        one = random.choice(leads) if random.random() < 0.06 else None
        target = one.subject if one else NO_TARGET
        events.append(_refused(then, target, address, random.choice(USER_AGENTS), life))
        names |= {one.username} if one else set()
        then += timedelta(milliseconds=random.randrange(200, 4000))
    return Attack("credential_stuffing", at, then, sorted(addresses), sorted(names), [], events)


def _impossible_travel(
    at: datetime, random: Random, victim: Person, leads: Sequence[Person], life: Life
) -> Attack:
    """Signed in at home, and forty minutes later on the other side of the world."""
    there = f"192.0.2.{random.randrange(1, 255)}"
    then = at + timedelta(minutes=40)
    life.sign_in(at, life.home, life.browsers[0])
    life.sign_in(then, there, USER_AGENTS[1])
    return Attack("impossible_travel", at, then, [life.home, there], [victim.username], [victim.username])


def _refresh_token_reuse(
    at: datetime, random: Random, victim: Person, leads: Sequence[Person], life: Life
) -> Attack:
    """A stolen refresh token is used after the application has used it: the whole family is revoked."""
    thief = f"203.0.113.{random.randrange(1, 255)}"
    application = next(one for one in APPLICATIONS if one.is_offline and not one.departments)
    session = life.sign_in(at, life.home, life.browsers[0])
    begun = at + timedelta(minutes=2)
    life.use(application, session, begun, life.home, life.browsers[0])
    granted = next(event for event in life.career.events if event.action is OAuthAction.AUTHORIZATION_GRANTED)
    key = str((granted.details or {})["authorization"])
    client, then = granted.target, begun + timedelta(minutes=70)
    target = Subject(kind="authorization", id=key)
    revoked = PastEvent(
        then,
        OAuthAction.AUTHORIZATION_REVOKED,
        actor=client,
        target=target,
        origin=life.origin(then, thief, ATTACKER),
        client_id=client.id,
        details={"reason": "refresh_replayed"},
    )
    refused = PastEvent(
        then + timedelta(microseconds=700),
        OAuthAction.TOKEN_REFUSED,
        Outcome.REFUSED,
        client,
        target,
        revoked.origin,
        client.id,
        details={"error": "invalid_grant", "reason": "refresh_replayed", "grant_type": "refresh_token"},
    )
    life.revoke(key, then)
    events = [revoked, refused]
    return Attack(
        "refresh_token_reuse", at, refused.at, [thief], [victim.username], [victim.username], events
    )


def _guessing(at: datetime, random: Random, victim: Person, leads: Sequence[Person], life: Life) -> Attack:
    """One account, many passwords: locked at the fifth."""
    address, events, then = f"192.0.2.{random.randrange(1, 255)}", list[PastEvent](), at
    for number in range(GUESSES):
        reason = "wrong_password" if number < 5 else "locked"
        events.append(
            _refused(then, victim.subject, address, ATTACKER, life, reason=reason, locks=number == 4)
        )
        then += timedelta(seconds=random.randrange(1, 9))
    return Attack("password_guessing", at, then, [address], [victim.username], [], events)


def _refused(
    at: datetime,
    target: Subject,
    address: str,
    agent: str,
    life: Life,
    *,
    reason: str = "",
    locks: bool = False,
) -> PastEvent:
    found = reason or ("wrong_password" if target.id else "unknown_identifier")
    return PastEvent(
        at,
        SignInAction.USER_SIGN_IN_REFUSED,
        Outcome.REFUSED,
        ANONYMOUS,
        target,
        life.origin(at, address, agent),
        details={"reason": found, "locked_now": locks, "recognised": False, "confirming": False},
    )
