"""What people read about their account: all that concerns them, nothing about where others were."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.access.services.assignments import assign_role, end_assignment
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM, Outcome, Subject, told_to_people
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN, Origin
from apps.directory.events import DirectoryAction
from apps.directory.models import Group, User
from apps.directory.selectors import subject_of
from apps.directory.services.people import set_password
from apps.mail.events import MailAction
from apps.oauth.events import OAuthAction
from apps.signin.activity import END_REASONS, entries
from apps.signin.models import Session
from apps.signin.services.sso_sessions import end_session
from tests.factories.clients import make_client, make_pkce, obtain_code
from tests.factories.people import make_user, new_password, sign_in
from tests.factories.places import ZURICH, write_places
from tests.integration.admin.desk import make_role

pytestmark = pytest.mark.django_db

ADDRESS = "/account/activity"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
ELSEWHERE = Origin(ip="198.51.100.77", user_agent="OtherAgent/1.0", request_id="")


def sentences(browser: Client, query: str = "") -> list[str]:
    return [entry.sentence for entry in browser.get(f"{ADDRESS}{query}").context["entries"]]


def visit(**fields: Any) -> tuple[User, Client]:
    user, browser = make_user(**fields), Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR=ZURICH)
    sign_in(browser, user)
    return user, browser


def change(user: User, *, by: Subject, fields: dict[str, str], at: datetime | None = None) -> AuditEvent:
    with transaction.atomic():
        return record_event(
            action=DirectoryAction.USER_CHANGED,
            outcome=Outcome.SUCCESS,
            actor=by,
            origin=ELSEWHERE,
            now=at or datetime.now(UTC),
            target=subject_of(user),
            before=dict.fromkeys(fields, ""),
            after=fields,
        )


def test_own_sign_in_says_with_what_and_from_where(tmp_path: Any, settings: Settings) -> None:
    settings.GEOIP_PATH = write_places(tmp_path / "places.mmdb")
    _user, browser = visit()
    page = browser.get(ADDRESS)
    (entry,) = page.context["entries"]
    assert entry.sentence == "You signed in."
    assert (entry.device, str(entry.place), entry.ip) == ("Firefox on Linux", "Zürich, Switzerland", ZURICH)
    assert "Firefox on Linux" in page.content.decode()


def test_administrator_is_named_and_what_they_changed() -> None:
    user, browser = visit()
    anna = make_user(display_name="Anna Keller")
    change(user, by=subject_of(anna), fields={"department": "Sales", "manager": str(uuid4())})
    page = browser.get(ADDRESS).content.decode()
    assert "Anna Keller changed your department, manager." in page
    for secret in (ELSEWHERE.ip, ELSEWHERE.user_agent, "Sales", anna.username):
        assert str(secret) not in page


def test_everything_that_was_done_to_a_person_is_there() -> None:
    user, browser = visit()
    anna = make_user(display_name="Anna Keller")
    by: dict[str, Any] = {"actor": subject_of(anna), "origin": ELSEWHERE}
    now = datetime.now(UTC)
    role = make_role(name="Payroll clerk")
    held = assign_role(role=role, user=user, reason="", now=now, **by)
    end_assignment(assignment=held, reason="", now=now + timedelta(seconds=1), **by)
    elsewhere = Client()
    sign_in(elsewhere, user)
    session = Session.objects.exclude(ip=ZURICH).get()
    end_session(
        session_id=session.pk, reason=Session.EndReason.ENDED_BY_ADMINISTRATOR, now=datetime.now(UTC), **by
    )
    with transaction.atomic():
        record_event(
            action=DirectoryAction.GROUP_MEMBER_REMOVED,
            outcome=Outcome.SUCCESS,
            now=datetime.now(UTC),
            target=Subject(
                kind="group", id=str(Group.objects.create(name="Night watch").pk), label="Night watch"
            ),
            details={"user": str(user.pk)},
            **by,
        )
    told = sentences(browser)
    for sentence in (
        "Anna Keller gave you the role Payroll clerk.",
        "Anna Keller changed for how long, or why, you hold the role Payroll clerk.",
        "Anna Keller signed you out.",
        "Anna Keller took you out of the group Night watch.",
    ):
        assert told.count(sentence) == 1, told
    set_password(user=user, password=new_password(), now=datetime.now(UTC), **by)
    again = Client()
    assert again.get(ADDRESS).status_code == 302


def test_what_concerns_others_is_not_shown() -> None:
    _user, browser = visit()
    other = make_user(display_name="Somebody Else")
    change(other, by=subject_of(make_user()), fields={"department": "Sales"})
    sign_in(Client(), other)
    assign_role(
        role=make_role(),
        user=other,
        reason="",
        actor=subject_of(make_user()),
        origin=ELSEWHERE,
        now=datetime.now(UTC),
    )
    assert sentences(browser) == ["You signed in."]


def test_failed_attempt_is_told_without_where_it_came_from() -> None:
    user, browser = visit()
    Client(REMOTE_ADDR="198.51.100.77").post("/login/", {"identifier": user.username, "password": "no"})
    page = browser.get(ADDRESS)
    assert page.context["entries"][0].sentence == "Somebody tried to sign in as you, and was refused."
    assert page.context["entries"][0].is_alarming
    assert "198.51.100.77" not in page.content.decode()
    assert "Change your password" in page.content.decode()


def test_own_wrong_password_is_not_told_as_somebody_elses() -> None:
    _user, browser = visit()
    chosen = new_password()
    browser.post("/account/password", {"present": "no", "chosen": chosen, "again": chosen})
    (entry, _signed_in) = browser.get(ADDRESS).context["entries"]
    assert entry.sentence == (
        "Your password was asked for where you are signed in, and what was typed was wrong."
    )
    assert not entry.is_alarming


def test_guess_at_the_sign_in_of_somebody_else_is_no_confirmation() -> None:
    user, browser = visit()
    _mallory, elsewhere = visit()
    elsewhere.post("/login/", {"identifier": user.username, "password": "no"})
    assert browser.get(ADDRESS).context["entries"][0].is_alarming


TOLD = sorted(action for action, told in told_to_people.items() if told is not None)


@pytest.mark.parametrize("by", ["person", "person to another", "another", "nobody"])
def test_every_action_has_words_whoever_did_it(by: str) -> None:
    user = make_user(display_name="Own Name")
    me = subject_of(user)
    somebody = Subject(kind="user", id=str(uuid4()), label="Some Body")
    actor = {"another": somebody, "nobody": SYSTEM}.get(by, me)
    for action in TOLD:
        event = AuditEvent(
            action=action,
            occurred_at=datetime.now(UTC),
            actor_kind=actor.kind,
            actor_id=actor.id,
            target_kind="user",
            target_id=somebody.id if by == "person to another" else me.id,
            details={},
            personal={"actor_label": actor.label, "target_label": "Target"},
        )
        (entry,) = entries([event], user=user)
        assert entry.sentence.strip(), action
        assert "%(" not in entry.sentence
        # What only the person themselves does is never told as theirs when it was another.
        told = told_to_people[action]
        assert told is not None
        if by.startswith("person"):
            assert not entry.sentence.startswith("Something"), action
        elif not (told.by_another or told.by_nobody):
            assert entry.sentence == f"Something was recorded: {action}."


def test_every_end_of_a_session_has_its_words() -> None:
    assert set(END_REASONS) == set(Session.EndReason.values)


def test_mails_are_told_to_whom_they_went_and_who_had_them_sent() -> None:
    user, browser = visit()
    other = make_user(display_name="Bo Lund")
    for action in MailAction:
        for to in (user, other):
            with transaction.atomic():
                record_event(
                    action=action,
                    outcome=Outcome.SUCCESS,
                    actor=subject_of(user),
                    origin=SYSTEM_ORIGIN,
                    now=datetime.now(UTC),
                    target=subject_of(to),
                    details={"mail": "test"},
                )
    assert sorted(sentences(browser)[:4]) == [
        "A mail to Bo Lund, after something you did, could not be sent.",
        "A mail to you could not be sent.",
        "A mail was sent to Bo Lund after something you did.",
        "A mail was sent to you.",
    ]


def test_what_the_person_administers_is_told_too() -> None:
    user, browser = visit()
    change(make_user(display_name="Bo Lund"), by=subject_of(user), fields={"department": "Sales"})
    assert sentences(browser)[0] == "You changed the record of Bo Lund: department."


def test_program_itself_is_called_gatehouse() -> None:
    user, browser = visit()
    change(user, by=SYSTEM, fields={"department": "Sales"})
    assert sentences(browser)[0] == "Gatehouse changed your department."


def test_applications_are_named_and_renewals_are_left_out() -> None:
    user, browser = visit()
    app = make_client(name="Payroll")
    obtain_code(browser, app, make_pkce())
    with transaction.atomic():
        record_event(
            action=OAuthAction.TOKEN_ISSUED,
            outcome=Outcome.SUCCESS,
            actor=Subject(kind="client", id=str(app.row.pk)),
            origin=SYSTEM_ORIGIN,
            now=datetime.now(UTC),
            target=Subject(kind="user", id=str(user.pk)),
        )
    assert sentences(browser) == ["You signed in to Payroll with this account.", "You signed in."]


def test_kinds_narrow_it() -> None:
    user, browser = visit()
    change(user, by=SYSTEM, fields={"department": "Sales"})
    assert sentences(browser, "?kind=record") == ["Gatehouse changed your department."]
    assert sentences(browser, "?kind=sign-in") == ["You signed in."]
    assert sentences(browser, "?kind=administration") == []
    assert len(sentences(browser, "?kind=anything")) == 2


def test_pages_follow_without_a_gap_or_a_repetition() -> None:
    user, browser = visit()
    now = datetime.now(UTC)
    for number in range(60):
        change(user, by=SYSTEM, fields={"department": str(number)}, at=now + timedelta(milliseconds=number))
    seen, query = [], ""
    while True:
        page = browser.get(f"{ADDRESS}?{query}")
        seen += [entry.at for entry in page.context["entries"]]
        query = page.context["older"]
        if not query:
            break
    assert len(seen) == len(set(seen)) == 61
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    "query", ["before=x", "before=%00", "before=" + "f" * 32, "kind=%00", "before=" + "0" * 32]
)
def test_junk_in_the_address_breaks_nothing(query: str) -> None:
    _user, browser = visit()
    assert browser.get(f"{ADDRESS}?{query}").status_code == 200


def test_older_than_ninety_days_is_left_to_the_log() -> None:
    user, browser = visit()
    change(user, by=SYSTEM, fields={"department": "x"}, at=datetime.now(UTC) - timedelta(days=91))
    assert sentences(browser) == ["You signed in."]


def test_page_costs_the_same_however_much_happened() -> None:
    user, browser = visit()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(ADDRESS).status_code == 200
        return len(queries)

    change(user, by=subject_of(make_user()), fields={"department": "x"})
    assign: dict[str, Any] = {"role": make_role(), "user": user, "reason": "", "origin": ELSEWHERE}
    assign_role(actor=subject_of(make_user()), now=datetime.now(UTC), **assign)
    cost()
    before = cost()
    for _ in range(10):
        change(user, by=subject_of(make_user()), fields={"department": "x"})
        assign_role(actor=subject_of(make_user()), now=datetime.now(UTC), **assign)
    assert cost() == before


def test_each_way_to_concern_somebody_has_an_index() -> None:
    _user, browser = visit()
    with CaptureQueriesContext(connection) as queries:
        browser.get(ADDRESS)
    asked = [query["sql"] for query in queries if '"audit_event"' in query["sql"]]
    assert len(asked) == 3
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            plans = []
            for sql in asked:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                plans.append(str(cursor.fetchall()))
        for plan, index in zip(
            plans, ("audit_event_actor", "audit_event_target", "audit_event_concerned"), strict=True
        ):
            assert index in plan, plan
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked[2]}")
        assert "(details ->> 'user'::text)" in str([row for row in cursor.fetchall() if "Index" in str(row)])


def test_words_of_others_are_not_taken_for_markup() -> None:
    user, browser = visit()
    mallory = make_user(display_name="<script>alert(1)</script> %(actor)s %s")
    change(user, by=subject_of(mallory), fields={"department": "x"})
    page = browser.get(ADDRESS).content.decode()
    assert "<script>alert(1)" not in page
    assert "%(actor)s %s changed your department." in page
