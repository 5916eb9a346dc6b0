"""A made-up company of any size: events as the services write them, rows that fit them, the same for a seed."""

import json
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Max
from django.utils import timezone

from apps.access.models import Assignment, Role
from apps.access.services.assignments import assign_role, end_assignment
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM, Subject, signer
from apps.audit.services.sealing import sweep_unsealed
from apps.audit.services.verification import verify_log
from apps.core.origin import SYSTEM_ORIGIN, Origin
from apps.directory.models import Membership, User
from apps.directory.services.people import (
    NewPerson,
    change_own_password,
    change_status,
    create_person,
    set_password,
    unlock_person,
)
from apps.oauth.exchange import Exchange
from apps.oauth.models import Authorization, RefreshToken
from apps.oauth.services.authorizations import ConsentBasis, revoke_authorization, save_authorization_code
from apps.oauth.services.tokens import NewTokens, record_refusal, store_tokens
from apps.signin.models import RecognisedBrowser, Session
from apps.signin.services.browser_session import SignedIn
from apps.signin.services.password_sign_in import Credentials, check_credentials
from apps.signin.services.sso_sessions import end_session, start_session
from apps.transfer.services.large_organisation import make_large_organisation, plan_of
from tests.factories.clients import make_client
from tests.factories.people import make_user, new_password
from tests.integration.audit.log_setup import LogTestSigner

pytestmark = pytest.mark.django_db

UNTIL = "2026-11-20T18:00:00+00:00"
OPTIONS = ("--users", "120", "--days", "200", "--seed", "5", "--events", "5000", "--until", UNTIL)
ORIGIN = Origin(ip="192.0.2.7", user_agent="Mozilla/5.0", request_id="019ab0c0-0000-7000-8000-000000000001")


def made(*options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("demo_data", "--json", *(options or OPTIONS), stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def shape(value: Any) -> Any:
    """What kinds of values stand under which names; a value that may be missing is like one that is there."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in sorted(value.items()) if item is not None}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


def shapes_of(events: Any) -> dict[tuple[str, str], list[Any]]:
    found: dict[tuple[str, str], list[Any]] = {}
    for event in events:
        columns = {
            name: bool(getattr(event, name))
            for name in ("actor_kind", "actor_id", "target_id", "client_id", "session_id", "request_id")
        }
        one = [
            columns,
            event.actor_kind,
            event.target_kind,
            event.outcome,
            shape(event.details),
            shape(event.personal),
            len(bytes(event.salt)),
        ]
        known = found.setdefault((event.action, str(event.details.get("grant_type", ""))), [])
        if one not in known:
            known.append(one)
    return found


def test_log_seals_and_verifies() -> None:
    printed = made()
    with signer.replaced(LogTestSigner()):
        sealed = sweep_unsealed(now=timezone.now())
        report = verify_log(now=timezone.now())
    assert sealed == AuditEvent.objects.count()
    assert (
        printed["events"]
        == AuditEvent.objects.exclude(
            action__in=["group.created", "client.created", "application.created", "role.created"]
        )
        .exclude(action="assignment.created", details__has_key="group")
        .count()
    )
    assert report.findings == []
    assert report.is_intact


def test_rows_fit_what_the_log_says() -> None:
    made()
    signed_in = AuditEvent.objects.filter(action="user.signed_in").values("actor_id")
    by_person = {row["actor_id"]: row for row in signed_in.annotate(n=Count("pk"), last=Max("occurred_at"))}
    for user in User.objects.all():
        said = by_person.get(str(user.pk), {"n": 0, "last": None})
        assert (user.sign_in_count, user.last_sign_in_at) == (said["n"], said["last"])
    sessions = {str(key) for key in Session.objects.values_list("pk", flat=True)}
    assert sessions
    assert sessions <= set(
        AuditEvent.objects.filter(action="user.signed_in").values_list("session_id", flat=True)
    )
    ended = Session.objects.filter(ended_at__isnull=False).count()
    assert ended
    assert not Session.objects.filter(ended_at__lt=F("started_at")).exists()
    left = User.objects.filter(status="deprovisioned").count()
    assert left == AuditEvent.objects.filter(personal__after__status="deprovisioned").count() > 0
    assert Membership.objects.count() == User.objects.count()
    assert Assignment.objects.filter(user__isnull=False).exists()
    assert RecognisedBrowser.objects.exists()
    assert Authorization.objects.exists()
    assert RefreshToken.objects.exists()
    everybody = User.objects.count()
    assert User.objects.filter(manager__isnull=False).count() == everybody - 1
    assert len(set(User.objects.values_list("department", flat=True))) > 5


def test_people_work_on_weekdays_and_in_the_daytime_of_their_time_zone() -> None:
    made()
    zones = {str(user.pk): user.time_zone for user in User.objects.all()}
    hours, days = Counter[int](), Counter[int]()
    for event in AuditEvent.objects.filter(action="user.signed_in"):
        with timezone.override(zones[event.actor_id]):
            local = timezone.localtime(event.occurred_at)
            hours[local.hour] += 1
            days[local.weekday()] += 1
    total = sum(hours.values())
    assert sum(hours[hour] for hour in range(6, 12)) > 0.95 * total
    assert sum(days[day] for day in range(5)) > 0.95 * total


def test_attacks_stand_where_the_command_says() -> None:
    attacks = {attack["kind"]: attack for attack in made()["attacks"]}
    assert set(attacks) == {
        "password_spray",
        "credential_stuffing",
        "impossible_travel",
        "refresh_token_reuse",
        "password_guessing",
    }
    for attack in attacks.values():
        events = AuditEvent.objects.filter(
            occurred_at__gte=attack["from"],
            occurred_at__lte=attack["to"],
            personal__ip__in=attack["addresses"],
        )
        assert events.exists(), attack["kind"]
    spray = attacks["password_spray"]
    refused = AuditEvent.objects.filter(personal__ip__in=spray["addresses"], action="user.sign_in_refused")
    assert refused.count() == len(spray["people"]) - 1
    taken = AuditEvent.objects.get(personal__ip__in=spray["addresses"], action="user.signed_in")
    assert taken.personal is not None
    assert [taken.personal["actor_label"]] == spray["taken"]


def test_same_seed_gives_the_same_people_and_days() -> None:
    def fingerprint() -> tuple[list[Any], Counter[Any], list[Any]]:
        users = list(
            User.objects.order_by("pk").values_list("pk", "username", "department", "last_sign_in_at")
        )
        events = AuditEvent.objects.filter(
            action__in=["user.signed_in", "user.sign_in_refused", "user.created"]
        )
        kinds = Counter(AuditEvent.objects.values_list("action", flat=True))
        own = events.order_by("pk").values_list("pk", "occurred_at", "actor_id", "commitment")
        return users, kinds, [(key, at, actor, bytes(commitment)) for key, at, actor, commitment in own]

    seen = []
    for _ in range(2):
        with transaction.atomic():
            made()
            seen.append(fingerprint())
            with pytest.raises(CommandError, match="there already"):
                made()
            transaction.set_rollback(True)
    assert seen[0] == seen[1]


def test_events_have_the_shape_that_the_services_give_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.transfer.workforce.careers.LOCKED_OUT", 0.03)
    made()
    # Roles of groups are given without a service of access; what that writes is demo_organisation's.
    log = AuditEvent.objects.filter(action__in=SERVED)
    written = shapes_of(log.exclude(details__has_key="group"))
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True)[0]
    do_everything(now=datetime(2026, 11, 21, 10, tzinfo=UTC))
    genuine = shapes_of(AuditEvent.objects.filter(pk__gt=last, action__in=SERVED))
    assert set(written) == set(genuine)
    for kind, shapes in written.items():
        for one in shapes:
            assert one in genuine[kind], (kind, one, genuine[kind])


SERVED = (
    "user.created",
    "user.password_set",
    "user.password_changed",
    "user.unlocked",
    "user.signed_in",
    "user.sign_in_refused",
    "session.ended",
    "authorization.granted",
    "authorization.revoked",
    "token.issued",
    "token.refused",
    "assignment.created",
    "assignment.changed",
)


def do_everything(*, now: datetime) -> None:
    """Each of the kinds of events once, by the services themselves."""
    by: dict[str, Any] = {"origin": ORIGIN, "now": now}
    administrator = Subject(kind="user", id=str(uuid4()), label="admin")
    from_nowhere: dict[str, Any] = {"origin": SYSTEM_ORIGIN, "now": now}
    details = NewPerson(
        username="kim",
        email="kim@example.org",
        given_name="Kim",
        family_name="Berg",
        department="Sales",
        job_title="Seller",
        is_email_verified=True,
    )
    user = create_person(details=details, password=None, actor=SYSTEM, **from_nowhere)
    set_password(user=user, password=new_password(), actor=SYSTEM, **from_nowhere)
    change_own_password(user=user, password=new_password(), **by)
    for identifier in ("kim", "nobody"):
        for _ in range(6):
            check_credentials(credentials=Credentials(identifier, new_password(), "browser", ORIGIN), now=now)
    unlock_person(user=user, actor=administrator, **by)
    session = start_session(user=user, amr=["pwd"], browser_token="browser", **by)
    check_credentials(credentials=Credentials("kim", new_password(), "browser", ORIGIN), now=now)
    client = make_client(name="Desk").row
    current = SignedIn(user=user, session=session)
    authorization = save_authorization_code(
        code="code",
        client=client,
        current=current,
        consent=ConsentBasis.NOT_ASKED,
        scopes=["openid", "offline_access"],
        redirect_uri="https://app.example.org/callback",
        code_challenge="",
        nonce="",
        pushed=None,
        **by,
    )
    exchange = Exchange(client=client, **by)
    for grant_type in ("authorization_code", "refresh_token"):
        tokens = NewTokens(f"access {grant_type}", f"refresh {grant_type}", "openid", 600)
        store_tokens(
            tokens=tokens,
            client=client,
            authorization=authorization,
            grant_type=grant_type,
            exchange=exchange,
        )
    exchange.refresh_token = RefreshToken.objects.filter(authorization=authorization).first()
    exchange.reason = "refresh_replayed"
    revoke_authorization(
        authorization=authorization,
        reason=Authorization.RevokeReason.REFRESH_REPLAYED,
        actor=Subject(kind="client", id=str(client.pk), label=client.name),
        **by,
    )
    record_refusal(error="invalid_grant", grant_type="refresh_token", exchange=exchange)
    end_session(
        session_id=session.pk,
        reason=Session.EndReason.SIGNED_OUT,
        actor=Subject(kind="user", id=str(user.pk), label="kim"),
        **by,
    )
    role = Role.objects.create(name="Seller", slug="seller")
    for until in (None, now + timedelta(days=9)):
        assignment = assign_role(
            role=role, user=user, reason="Project", actor=administrator, valid_until=until, **by
        )
        ended = {**by, "now": now + timedelta(days=1)}
        end_assignment(assignment=assignment, reason="Over", actor=administrator, **ended)


def test_leavers_and_groups_are_written_as_ever() -> None:
    made()
    user = User.objects.filter(status="active").first()
    assert user is not None
    now = datetime(2026, 11, 21, 10, tzinfo=UTC)
    written = AuditEvent.objects.filter(personal__after__status="deprovisioned").first()
    administrator = Subject(kind="user", id=str(uuid4()), label="admin")
    change_status(user=user, status=User.Status.DEPROVISIONED, actor=administrator, origin=ORIGIN, now=now)
    genuine = AuditEvent.objects.order_by("-pk").first()
    assert written is not None
    assert genuine is not None
    assert shapes_of([written]) == shapes_of([genuine])


def test_real_people_are_not_mixed_with_made_up_ones() -> None:
    make_user(email="kim@company.example")
    with pytest.raises(CommandError, match="1 real people"):
        made()
    assert not AuditEvent.objects.filter(action="user.created", personal__has_key="target_label").exists()
    assert made(*OPTIONS, "--i-know-there-are-real-people")["people"] == 120


def test_production_refuses_unless_told_otherwise(settings: Any) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="outside-embedded-mode"):
        made()
    assert made("--users", "20", "--days", "5", "--outside-embedded-mode")["people"] == 20


def test_as_many_events_as_asked_for() -> None:
    options = ("--users", "200", "--days", "300", "--events", "8000", "--until", UNTIL)
    assert 7_000 <= made(*options)["events"] <= 9_000


@pytest.mark.parametrize(
    "options", [("--users", "0"), ("--users", "x"), ("--users", "5", "--until", "tomorrow")]
)
def test_nonsense_is_wrong_usage(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        made(*options)


def test_memory_does_not_grow_with_the_company() -> None:
    """Each run holds a block at a time, whose size is that of its events."""

    def peak(people: int) -> int:
        plan = plan_of(
            people=people, days=60, seed=people, events=people * 25, until=datetime(2026, 11, 20, tzinfo=UTC)
        )
        tracemalloc.start()
        try:
            with transaction.atomic():
                make_large_organisation(
                    plan=plan, processes=1, is_among_real_people=True, progress=lambda *_done: None
                )
                transaction.set_rollback(True)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr("apps.transfer.services.large_organisation.EVENTS_AT_ONCE", 500)
        patch.setattr("apps.transfer.services.large_organisation.PEOPLE_AT_ONCE", 50)
        peak(20)
        small, large = peak(40), peak(240)
    assert large < 1.5 * small
