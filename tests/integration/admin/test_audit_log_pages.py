"""The log is read in the administration: found by id and action, never counted, never changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM, Subject, signer
from apps.audit.services.sealing import seal_pending
from apps.audit.services.verification import record_verification, verify_log
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    action_page,
    at_desk,
    listing,
    make_staff,
    make_superuser,
    page_of,
    save,
    text_of,
)
from tests.integration.admin.test_actions_say_what_they_do import start_sessions
from tests.integration.audit.log_setup import LogTestSigner, record, run_sql, stored, triggers_dropped

pytestmark = pytest.mark.django_db

LOG = listing("audit.auditevent")


@pytest.fixture
def browser() -> Browser:
    return at_desk(make_staff("audit.view_auditevent", "audit.view_sealbatch"))


def found(browser: Browser, **query: str) -> list[AuditEvent]:
    return list(browser.get(LOG, query).context["cl"].result_list)


def test_newest_event_comes_first(browser: Browser) -> None:
    older, newer = record(now=timezone.now() - timedelta(hours=1)), record(now=timezone.now())
    listed = found(browser)
    assert listed.index(newer) < listed.index(older)


def test_events_are_found_by_any_id_and_by_action(browser: Browser) -> None:
    person, client = make_user(), make_client().row
    by_actor = record(actor=Subject("user", str(person.pk), "somebody"), now=timezone.now())
    by_target = record(target=Subject("user", str(person.pk)), now=timezone.now())
    by_client = record(client_id=str(client.pk), now=timezone.now())
    assert set(found(browser, q=str(person.pk))) == {by_actor, by_target}
    assert by_client in found(browser, q=str(client.pk))
    assert found(browser, q=str(by_client.pk)) == [by_client]
    assert set(found(browser, q="door.opened")) == {by_actor, by_target, by_client}
    assert found(browser, q="somebody") == []


def test_events_are_found_by_what_things_are_called() -> None:
    browser = at_desk(make_superuser())
    anna, other = make_user(display_name="Anna Keller", email="a.keller@example.org"), make_user()
    client = make_client().row
    by_anna = record(actor=Subject("user", str(anna.pk), anna.username), now=timezone.now())
    about_anna = record(target=Subject("user", str(anna.pk)), now=timezone.now())
    through_client = record(client_id=str(client.pk), now=timezone.now())
    record(actor=Subject("user", str(other.pk), other.username), now=timezone.now())
    assert set(found(browser, q="anna")) == {by_anna, about_anna}
    assert set(found(browser, q="a.keller@example.org")) == {by_anna, about_anna}
    assert through_client in found(browser, q=client.name)


def test_search_that_finds_no_name_says_so(browser: Browser) -> None:
    make_user(display_name="Anna Keller")
    # Whoever may not look at people does not learn who they are from the log's search.
    page = text_of(browser.get(LOG, {"q": "Anna Keller"}))
    assert "Nothing that you may look at is called “Anna Keller”." in page


def test_search_by_name_is_bounded_and_says_so() -> None:
    browser = at_desk(make_superuser())

    def cost(people: int) -> int:
        for _ in range(people):
            person = make_user(family_name="Keller")
            record(actor=Subject("user", str(person.pk), person.username), now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get(LOG, {"q": "Keller"})
        assert ("some of them only" in text_of(answer)) == (people > 20)
        return len(queries)

    assert cost(2) == cost(25)


def test_days_from_and_to_are_a_filter() -> None:
    browser = at_desk(make_superuser(time_zone="Europe/Berlin"))
    # Half past eleven in the evening of the fourth in UTC is the fifth already in Berlin.
    late = record(now=datetime(2026, 3, 4, 23, 30, tzinfo=UTC))
    noon = record(now=datetime(2026, 3, 6, 12, tzinfo=UTC))
    assert found(browser, **{"from": "2026-03-05", "to": "2026-03-05"}) == [late]
    assert found(browser, **{"from": "2026-03-05", "to": "2026-03-06"}) == [noon, late]
    assert found(browser, to="2026-03-04") == []
    assert found(browser, **{"from": "yesterday"}) == []
    page = text_of(browser.get(LOG, {"from": "2026-03-05", "action": "door.opened"}))
    assert 'name="action" value="door.opened"' in page


def test_person_is_called_the_same_as_actor_and_target() -> None:
    browser = at_desk(make_superuser())
    person = make_user(username="anna.keller", display_name="Anna Keller")
    event = record(
        actor=Subject("user", str(person.pk), person.username),
        target=Subject("user", str(person.pk)),
        now=timezone.now(),
    )
    page = text_of(browser.get(page_of(event)))
    assert "Anna Keller" not in page
    assert page.count(">anna.keller<") == 2
    assert page.count(">person<") == 2


def test_event_speaks_in_words() -> None:
    admin = make_superuser(display_name="Boss")
    browser = at_desk(admin)
    person = make_user(username="anna.keller")
    client = make_client().row
    save(browser, page_of(client), is_pkce_required=None, application=str(client.application.pk))
    event = AuditEvent.objects.get(action="client.changed")
    assert "Demand PKCE" in text_of(browser.get(page_of(event)))
    signed_in = AuditEvent.objects.filter(action="user.signed_in").latest("id")
    page = text_of(browser.get(page_of(signed_in)))
    assert "Signed in with" in page
    assert ">password<" in page
    browser.post(action_page(person, "suspend"), {"confirmed": "1"})
    page = text_of(browser.get(page_of(AuditEvent.objects.get(action="user.changed"))))
    assert ">Suspended<" in page
    (session,) = start_sessions(person, 1)
    browser.post(action_page(session, "end"), {"confirmed": "1"})
    page = text_of(browser.get(page_of(AuditEvent.objects.get(action="session.ended"))))
    assert ">Ended by an administrator<" in page


def test_filters_narrow_by_time_outcome_and_action(browser: Browser) -> None:
    now = timezone.now()
    old = record(now=now - timedelta(days=3))
    recent = record(now=now)
    assert old not in found(browser, when="24h")
    assert recent in found(browser, when="24h")
    assert found(browser, when="7d", action="door.opened") == [recent, old]
    assert found(browser, when="7d", action="door.opened", outcome="refused") == []


def test_one_day_is_a_filter(browser: Browser) -> None:
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    on_the_day = record(now=noon)
    record(now=noon - timedelta(days=1))
    record(now=noon + timedelta(days=1))
    assert found(browser, when="2026-03-05") == [on_the_day]
    assert found(browser, when="not-a-day") == []


def test_log_is_never_counted_nor_scanned_for_its_actions(browser: Browser) -> None:
    for number in range(3):
        record(now=timezone.now() + timedelta(milliseconds=number))
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(LOG).status_code == 200
    over_log = [q["sql"] for q in queries if '"audit_event"' in q["sql"] and "SELECT" in q["sql"]]
    # What waits for its seal is counted behind the newest seal, not from the beginning.
    counts = [sql for sql in over_log if "COUNT(" in sql and "EXISTS" not in sql]
    assert counts == []
    assert not [sql for sql in over_log if "DISTINCT" in sql]


def test_names_cost_one_query_for_each_kind(browser: Browser) -> None:
    people, client = [make_user() for _ in range(12)], make_client().row

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(LOG)
        return len(queries)

    def issue(person: Any) -> None:
        record(target=Subject("user", str(person.pk)), client_id=str(client.pk), now=timezone.now())

    issue(people[0])
    browser.get(LOG)
    few = count()
    for person in people[1:]:
        issue(person)
    assert count() == few
    assert people[5].username in text_of(browser.get(LOG))


def test_page_shows_before_and_after(browser: Browser) -> None:
    boss = make_user()
    event = record(
        before={"department": "Sales", "manager": None},
        after={"department": "Finance", "manager": str(boss.pk)},
        now=timezone.now(),
    )
    page = text_of(browser.get(page_of(event)))
    for text in (
        "Department",
        "Sales",
        "Finance",
        boss.username,
        "door.opened",
        "192.0.2.7",
        "Waiting for its seal",
    ):
        assert text in page


def test_hostile_values_are_shown_as_text(browser: Browser) -> None:
    attack = "<script>alert(1)</script>"
    event = record(
        actor=Subject("user", "x", attack),
        after={"name": attack},
        details={"reason": attack},
        now=timezone.now(),
    )
    for address in (LOG, page_of(event)):
        page = text_of(browser.get(address))
        assert attack not in page
        assert "&lt;script&gt;" in page


def test_erased_event_says_so(browser: Browser) -> None:
    event = record(now=timezone.now())
    with triggers_dropped():
        AuditEvent.objects.filter(pk=event.pk).update(personal=None, salt=None)
    assert "personal values of this event were erased" in text_of(browser.get(page_of(event)))
    assert browser.get(LOG).status_code == 200


@pytest.mark.parametrize("what", ["change", "delete"])
def test_log_cannot_be_changed_by_anybody(what: str) -> None:
    browser = at_desk(make_superuser())
    event = record(now=timezone.now())
    assert browser.post(page_of(event, what), {"post": "yes", "action": "forged"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [str(event.pk)], "confirmed": "1"}
    browser.post(LOG, bulk)
    assert AuditEvent.objects.get(pk=event.pk).action == "door.opened"


def test_panel_before_anything_was_sealed_or_verified(browser: Browser) -> None:
    page = text_of(browser.get(LOG))
    assert "Never" in page
    assert "None yet" in page


@pytest.mark.django_db(transaction=True)
def test_event_is_followed_to_its_seal_and_checkpoint(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_WITNESS_FILE = tmp_path / "audit_witness"
    event = record(now=timezone.now())
    browser = at_desk(make_staff("audit.view_auditevent", "audit.view_sealbatch"))
    with signer.replaced(LogTestSigner()):
        sealed = seal_pending(now=timezone.now())
        report = verify_log(now=timezone.now())
        record_verification(report=report, now=timezone.now())
    assert sealed >= 1
    page = text_of(browser.get(page_of(event)))
    assert "checkpoint 1" in page
    assert "/admin/audit/sealbatch/1/change/" in page
    checkpoint = text_of(browser.get("/admin/audit/sealbatch/1/change/"))
    assert report.root_hash is not None
    assert report.root_hash.hex() in checkpoint
    panel = text_of(browser.get(LOG))
    assert "Intact" in panel
    assert "A witness outside the database vouches for all of them." in panel
    assert "Intact in itself" not in panel
    assert report.root_hash.hex() in panel


@pytest.mark.django_db(transaction=True)
def test_panel_says_how_far_a_witness_reaches_that_lags_behind(settings: Settings, tmp_path: Path) -> None:
    settings.AUDIT_WITNESS_FILE = tmp_path / "audit_witness"
    record(now=timezone.now())
    with signer.replaced(LogTestSigner()):
        first = seal_pending(now=timezone.now())
        held = settings.AUDIT_WITNESS_FILE.read_text()
        record(now=timezone.now())
        seal_pending(now=timezone.now())
        settings.AUDIT_WITNESS_FILE.write_text(held)
        record_verification(report=verify_log(now=timezone.now()), now=timezone.now())
    panel = text_of(at_desk(make_superuser()).get(LOG))
    assert (
        f"A witness outside the database vouches for the first {first} of them, and for none after." in panel
    )


@pytest.mark.django_db(transaction=True)
def test_every_panel_says_that_nothing_outside_the_database_was_compared() -> None:
    record(now=timezone.now())
    with signer.replaced(LogTestSigner()):
        seal_pending(now=timezone.now())
        record_verification(report=verify_log(now=timezone.now()), now=timezone.now())
    browser = at_desk(make_superuser())
    for address in (LOG, listing("audit.sealbatch"), listing("audit.auditverificationrun"), "/admin/"):
        page = text_of(browser.get(address))
        assert "Intact in itself" in page
        assert "No witness" in page
        assert "A log that was cut or sealed anew would not be noticed." in page


@pytest.mark.django_db(transaction=True)
def test_panel_shows_that_the_log_was_tampered_with() -> None:
    event = record(now=timezone.now())
    with signer.replaced(LogTestSigner()):
        seal_pending(now=timezone.now())
        with triggers_dropped():
            AuditEvent.objects.filter(pk=event.pk).update(outcome="refused")
        record_verification(report=verify_log(now=timezone.now()), now=timezone.now())
    page = text_of(at_desk(make_superuser()).get(LOG))
    assert "Tampered with" in page
    assert str(event.pk) in page


def test_row_under_what_is_no_id_does_not_end_the_page_of_the_others(browser: Browser) -> None:
    if connection.vendor == "postgresql":
        return  # its column takes nothing but ids
    event, odd = record(now=timezone.now()), record(now=timezone.now())
    with triggers_dropped():
        run_sql("UPDATE audit_event SET id = 'zz' WHERE id = %s", stored(odd))
    listed = found(browser)
    assert event in listed
    assert odd not in listed


def test_names_lead_only_where_the_reader_may_go(browser: Browser) -> None:
    person = make_user()
    record(actor=Subject("user", str(person.pk), person.username), target=SYSTEM, now=timezone.now())
    page = text_of(browser.get(LOG))
    assert person.username in page
    assert page_of(person) not in page
    assert page_of(person) in text_of(at_desk(make_superuser()).get(LOG))
