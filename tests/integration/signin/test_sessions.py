"""What a browser's session is worth, from its first request to its end."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import User
from apps.directory.services.people import change_status, set_password
from apps.signin.models import RecognisedBrowser, Session
from tests.factories.people import PASSWORD, make_user, sign_in

pytestmark = pytest.mark.django_db

COOKIE = "gatehouse"
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def is_signed_in(browser: Client) -> bool:
    return browser.get("/").status_code == 200


def event(action: str) -> AuditEvent:
    return AuditEvent.objects.get(action=action)


def test_signing_in_opens_a_session_and_leaves_an_event() -> None:
    user, browser = make_user(), Client(HTTP_USER_AGENT="Firefox/130", REMOTE_ADDR="192.0.2.8")
    sign_in(browser, user)
    session = Session.objects.get()
    assert (session.user_id, session.ip, session.user_agent) == (user.pk, "192.0.2.8", "Firefox/130")
    assert session.amr == ["pwd"]
    assert event("user.signed_in").session_id == str(session.pk)
    # A session that nobody ends is never heard of again: its event says how long it can have lasted.
    assert event("user.signed_in").details["expires_at"] == session.expires_at.isoformat()
    user.refresh_from_db()
    assert user.sign_in_count == 1
    assert user.last_sign_in_at == session.started_at


def test_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    browser = Client()
    browser.get("/login/")
    sign_in(browser, make_user())
    for name in (COOKIE, "gatehouse-csrf", "gatehouse-browser"):
        cookie = browser.cookies[name]
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert cookie["path"] == "/", name
        assert not cookie["domain"], name


def test_cookie_value_is_nowhere_in_the_database() -> None:
    browser = Client()
    sign_in(browser, make_user())
    value = browser.cookies[COOKIE].value
    stored = BrowserSession.objects.get().session_key
    assert stored == hashlib.sha256(value.encode()).hexdigest()[:40]
    assert value not in str(list(Session.objects.values()) + list(BrowserSession.objects.values()))
    # Whoever reads the table cannot use what is in it.
    thief = Client()
    thief.cookies[COOKIE] = stored
    assert not is_signed_in(thief)


def test_planted_session_is_not_the_one_signed_in() -> None:
    attacker = Client()
    sign_in(attacker, make_user())
    planted = attacker.cookies[COOKIE].value
    victim, user = Client(), make_user()
    victim.cookies[COOKIE] = planted
    sign_in(victim, user)
    assert victim.cookies[COOKIE].value != planted
    assert is_signed_in(victim)
    assert not is_signed_in(attacker)


def test_made_up_session_id_is_not_taken_over() -> None:
    browser = Client()
    browser.cookies[COOKIE] = "a" * 32
    sign_in(browser, make_user())
    assert browser.cookies[COOKIE].value != "a" * 32


def test_signing_in_again_changes_the_cookie_and_voids_the_old_one() -> None:
    user, browser, thief = make_user(), Client(), Client()
    sign_in(browser, user)
    thief.cookies[COOKIE] = browser.cookies[COOKIE].value
    assert is_signed_in(thief)
    sign_in(browser, user)
    assert is_signed_in(browser)
    assert not is_signed_in(thief)


def test_forms_of_before_signing_in_are_void_after_it() -> None:
    """Whoever planted the token of a form in this browser knows it, and must not be able to use it afterwards."""
    browser, user = Client(enforce_csrf_checks=True), make_user()
    browser.get("/login/")
    planted = browser.cookies[f"{COOKIE}-csrf"].value
    form = {"identifier": user.username, "password": PASSWORD, "csrfmiddlewaretoken": planted}
    assert browser.post("/login/", form).status_code == 302
    assert browser.post("/account/sessions/end-others", {"csrfmiddlewaretoken": planted}).status_code == 403
    browser.get("/")
    fresh = browser.cookies[f"{COOKIE}-csrf"].value
    assert fresh != planted
    assert browser.post("/account/sessions/end-others", {"csrfmiddlewaretoken": fresh}).status_code == 302


def test_session_ends_after_eight_hours_however_busy() -> None:
    user, browser = make_user(), Client()
    with freeze_time(MORNING) as clock:
        sign_in(browser, user)
        for _ in range(15):
            clock.tick(timedelta(minutes=31))
            assert is_signed_in(browser)
        clock.move_to(MORNING + timedelta(hours=8))
        assert not is_signed_in(browser)


def test_confirming_the_password_does_not_lengthen_the_session() -> None:
    user, browser = make_user(), Client()
    with freeze_time(MORNING) as clock:
        sign_in(browser, user)
        clock.move_to(MORNING + timedelta(hours=7))
        sign_in(browser, user)
        clock.move_to(MORNING + timedelta(hours=8))
        assert not is_signed_in(browser)


def test_administrators_session_ends_when_idle_for_half_an_hour() -> None:
    administrator, browser = make_user(is_staff=True), Client()
    with freeze_time(MORNING) as clock:
        sign_in(browser, administrator)
        clock.tick(timedelta(minutes=29))
        assert is_signed_in(browser)
        clock.tick(timedelta(minutes=29))
        assert is_signed_in(browser)
        clock.tick(timedelta(minutes=30, seconds=1))
        assert not is_signed_in(browser)
    assert event("session.ended").details == {"reason": "idle"}


def test_other_peoples_sessions_outlast_a_long_lunch() -> None:
    browser = Client()
    with freeze_time(MORNING) as clock:
        sign_in(browser, make_user())
        clock.tick(timedelta(hours=2))
        assert is_signed_in(browser)


def test_changed_password_ends_every_session() -> None:
    user, first, second = make_user(), Client(), Client()
    sign_in(first, user)
    sign_in(second, user)
    set_password(
        user=user,
        password="Another-Gate-Opens-8!",
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=datetime.now(UTC),
    )
    assert not Session.objects.live(now=datetime.now(UTC)).exists()
    assert not is_signed_in(first)
    assert not is_signed_in(second)
    assert Session.objects.filter(ended_at__isnull=True).count() == 0
    assert set(Session.objects.values_list("end_reason", flat=True)) == {Session.EndReason.PASSWORD_CHANGED}


@pytest.mark.parametrize(
    "standing",
    [
        {"status": User.Status.SUSPENDED},
        {"status": User.Status.DEPROVISIONED},
        {"ends_on": datetime.now(UTC).date() - timedelta(days=2)},
    ],
)
def test_person_who_may_no_longer_sign_in_is_out_at_the_next_request(standing: dict[str, object]) -> None:
    user, browser = make_user(), Client()
    sign_in(browser, user)
    User.objects.filter(pk=user.pk).update(**standing)
    assert not is_signed_in(browser)
    session = Session.objects.get()
    assert session.end_reason == Session.EndReason.STANDING_CHANGED
    ended = event("session.ended")
    assert (ended.session_id, ended.details) == (str(session.pk), {"reason": "standing_changed"})
    # And it does not come back with the person.
    User.objects.filter(pk=user.pk).update(status=User.Status.ACTIVE, ends_on=None)
    assert not is_signed_in(browser)


def test_suspension_that_is_lifted_brings_no_session_back() -> None:
    user, browser = make_user(), Client()
    sign_in(browser, user)
    for status in (User.Status.SUSPENDED, User.Status.ACTIVE):
        assert change_status(
            user=user, status=status, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=datetime.now(UTC)
        )
        user.refresh_from_db()
    assert not Session.objects.live(now=datetime.now(UTC)).exists()
    assert not is_signed_in(browser)
    sign_in(browser, user)
    assert is_signed_in(browser)


def test_deleted_person_is_out_at_the_next_request() -> None:
    user, browser = make_user(), Client()
    sign_in(browser, user)
    user.delete()
    assert not is_signed_in(browser)


def test_session_ended_elsewhere_is_worth_nothing_and_leaves_no_second_event() -> None:
    user, browser = make_user(), Client()
    sign_in(browser, user)
    Session.objects.update(ended_at=datetime.now(UTC), end_reason=Session.EndReason.ENDED_BY_ADMINISTRATOR)
    assert not is_signed_in(browser)
    assert not AuditEvent.objects.filter(action="session.ended").exists()


def test_signing_in_as_somebody_else_replaces_the_session() -> None:
    first, second, browser = make_user(), make_user(), Client()
    sign_in(browser, first)
    sign_in(browser, second)
    old, new = Session.objects.get(user=first), Session.objects.get(user=second)
    assert old.end_reason == Session.EndReason.REPLACED
    assert new.ended_at is None
    assert browser.get("/").context["person"].pk == second.pk
    assert event("session.ended").details == {"reason": "replaced"}


def test_nothing_that_stood_in_the_browser_session_before_is_kept() -> None:
    first, second, browser = make_user(), make_user(), Client()
    sign_in(browser, first)
    store = browser.session
    store["half done"] = "by the one before"
    store.save()
    sign_in(browser, second)
    assert "half done" not in browser.session


def test_confirming_the_password_keeps_the_session_and_moves_its_authentication() -> None:
    user, browser = make_user(), Client()
    with freeze_time(MORNING) as clock:
        sign_in(browser, user)
        before = Session.objects.get()
        clock.tick(timedelta(hours=1))
        sign_in(browser, user)
    after = Session.objects.get()
    assert after.pk == before.pk
    assert after.started_at == before.started_at
    assert after.authenticated_at == MORNING + timedelta(hours=1)
    assert event("user.reauthenticated").session_id == str(before.pk)
    assert AuditEvent.objects.filter(action="user.signed_in").count() == 1


def test_confirmation_page_is_shown_to_the_signed_in_person_when_asked_for() -> None:
    user, browser = make_user(), Client()
    sign_in(browser, user)
    page = browser.get("/login/?reauthenticate=yes&next=/").content.decode()
    assert "Confirm it is you" in page
    assert user.username in page
    assert browser.get("/login/?next=/").status_code == 302


def test_same_browser_is_recognised_once_per_person() -> None:
    user, browser = make_user(), Client()
    sign_in(browser, user)
    sign_in(browser, make_user())
    sign_in(browser, user)
    assert RecognisedBrowser.objects.filter(user=user).count() == 1
    assert RecognisedBrowser.objects.count() == 2


# Signing out -------------------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_and_its_cookie() -> None:
    user, browser, thief = make_user(), Client(), Client()
    sign_in(browser, user)
    thief.cookies[COOKIE] = browser.cookies[COOKIE].value
    answer = browser.post("/logout/")
    assert answer.status_code == 200
    assert not is_signed_in(browser)
    assert not is_signed_in(thief)
    assert Session.objects.get().end_reason == Session.EndReason.SIGNED_OUT
    assert event("session.ended").details == {"reason": "signed_out"}


def test_following_a_link_signs_nobody_out() -> None:
    browser = Client()
    sign_in(browser, make_user())
    assert b"Sign out?" in browser.get("/logout/").content
    assert is_signed_in(browser)


def test_other_sites_form_signs_nobody_out() -> None:
    browser = Client(enforce_csrf_checks=True)
    token = browser.get("/login/").cookies["gatehouse-csrf"].value
    form = {"identifier": make_user().username, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert browser.post("/login/", form).status_code == 302
    answer = browser.post("/logout/", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert is_signed_in(browser)


def test_signing_out_twice_is_no_fault() -> None:
    assert Client().post("/logout/").status_code == 200
    assert b"You are signed out" in Client().get("/logout/").content


# One's own sessions ------------------------------------------------------------------------------------------------


def test_person_ends_a_session_of_theirs_from_elsewhere() -> None:
    user, here, there = make_user(), Client(), Client()
    sign_in(there, user)
    far = Session.objects.get()
    sign_in(here, user)
    answer = here.post(f"/account/sessions/{far.pk}/end")
    assert (answer.status_code, answer["Location"]) == (302, "/account/sessions")
    assert not is_signed_in(there)
    assert is_signed_in(here)
    assert event("session.ended").details == {"reason": "ended_by_person"}


def test_ending_the_session_in_use_signs_out() -> None:
    browser = Client()
    sign_in(browser, make_user())
    answer = browser.post(f"/account/sessions/{Session.objects.get().pk}/end")
    assert answer["Location"] == "/login/"
    assert not is_signed_in(browser)


def test_another_persons_session_is_not_there_to_be_ended() -> None:
    other, browser = Client(), Client()
    sign_in(other, make_user())
    target = Session.objects.get()
    sign_in(browser, make_user())
    answer = browser.post(f"/account/sessions/{target.pk}/end")
    unknown = browser.post(f"/account/sessions/{uuid4()}/end")
    assert answer.status_code == unknown.status_code == 404
    assert is_signed_in(other)


def test_session_list_shows_only_what_is_live_and_ones_own() -> None:
    user, browser = make_user(), Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/130.0")
    sign_in(Client(), make_user())
    ended = Client()
    sign_in(ended, user)
    ended.post("/logout/")
    sign_in(browser, user)
    shown = browser.get("/account/sessions").context["sessions"]
    assert [(row.device, row.is_current) for row in shown] == [("Firefox on Windows", True)]


def test_person_signs_out_everywhere_else() -> None:
    user, here, others, stranger = make_user(), Client(), [Client(), Client()], Client()
    sign_in(stranger, make_user())
    for browser in [*others, here]:
        sign_in(browser, user)
    answer = here.post("/account/sessions/end-others", follow=True)
    assert "Signed out in 2 other places." in answer.content.decode()
    assert [is_signed_in(browser) for browser in [*others, here, stranger]] == [False, False, True, True]
    ended = AuditEvent.objects.filter(action="session.ended")
    assert {event.session_id for event in ended} == {
        str(session.pk) for session in Session.objects.filter(end_reason=Session.EndReason.ENDED_BY_PERSON)
    }
    assert len(ended) == 2
    assert all((e.details, e.actor_id) == ({"reason": "ended_by_person"}, str(user.pk)) for e in ended)
    # Once more there is nothing left to end.
    assert here.post("/account/sessions/end-others").status_code == 302
    assert AuditEvent.objects.filter(action="session.ended").count() == 2


@pytest.mark.parametrize("address", ["/", "/account/sessions", "/account/devices"])
def test_page_costs_the_same_with_many_sessions(django_assert_num_queries: Any, address: str) -> None:
    user, browser = make_user(), Client()
    sign_in(browser, user)
    browser.get(address)
    with CaptureQueriesContext(connection) as alone:
        browser.get(address)
        expected = len(alone)
    for _ in range(5):
        sign_in(Client(), user)
    with django_assert_num_queries(expected):
        browser.get(address)
    assert b"Signed in at 6 places" in browser.get("/").content
    assert b"Sign out everywhere else" in browser.get("/account/sessions").content


def test_ended_session_is_named_on_the_page_that_follows() -> None:
    user, here = make_user(), Client()
    sign_in(Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/130.0"), user)
    far = Session.objects.get()
    sign_in(here, user)
    page = here.post(f"/account/sessions/{far.pk}/end", follow=True).content.decode()
    assert "Signed out: Firefox on Windows." in page
    assert "Sign out everywhere else" not in page
    assert "recognise one" not in page


def test_ending_a_session_needs_a_form_of_ours() -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(f"/account/sessions/{uuid4()}/end").status_code == 403
    assert Client().get(f"/account/sessions/{uuid4()}/end").status_code == 405
    assert browser.post("/account/sessions/end-others").status_code == 403
    # That asks whether it is meant, and ends nothing.
    page = Client()
    sign_in(page, make_user())
    assert page.get("/account/sessions/end-others").status_code == 302
    assert not AuditEvent.objects.filter(action="session.ended").exists()
