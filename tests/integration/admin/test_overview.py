"""The first page counts what really happened, for those who may read the log."""

import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.ports import Outcome, Subject, signer
from apps.audit.services.reading import read_on
from apps.audit.services.sealing import seal_pending
from apps.audit.services.waking import wake_readers
from apps.dashboards.handlers import ACTIVITY
from apps.dashboards.models import ActivityCount
from apps.dashboards.overview import REASONS
from apps.dashboards.selectors import (
    DAYS,
    live_sessions_now,
    recent_activity,
)
from apps.directory.models import User
from apps.oauth.events import OAuthAction
from apps.signin.events import SignInAction
from apps.signin.services.password_sign_in import Refusal
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.admin.desk import at_desk, listing, make_staff, make_superuser, text_of
from tests.integration.admin.test_actions_say_what_they_do import start_sessions
from tests.integration.audit.log_setup import LogTestSigner, record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _log_is_sealed_by_somebody() -> Iterator[None]:
    with signer.replaced(LogTestSigner()):
        yield


# Noon, so that minutes before or after stay on the same day.
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


def signed_in(at: Any) -> None:
    record(action=SignInAction.USER_SIGNED_IN, now=at)


def refused(at: Any, reason: str = "wrong_password") -> None:
    record(
        action=SignInAction.USER_SIGN_IN_REFUSED, outcome=Outcome.REFUSED, details={"reason": reason}, now=at
    )


def used(client_id: str, at: Any) -> None:
    record(action=OAuthAction.AUTHORIZATION_GRANTED, client_id=client_id, now=at)


def test_each_of_the_last_days_has_its_numbers_and_empty_ones_are_there() -> None:
    signed_in(NOON)
    signed_in(NOON - DAY)
    refused(NOON - DAY)
    refused(NOON - DAY)
    signed_in(NOON - DAYS * DAY)
    days = recent_activity(now=NOON).days
    assert [(day.signed_in, day.refused) for day in days[-2:]] == [(1, 2), (1, 0)]
    assert len(days) == DAYS
    assert sum(day.signed_in for day in days) == 2
    assert days[-1].day == NOON.date()


def test_refusals_are_ranked_by_reason() -> None:
    refused(NOON, "locked")
    refused(NOON)
    refused(NOON)
    refused(NOON - DAYS * DAY, "locked")
    assert [(share.key, share.count) for share in recent_activity(now=NOON).reasons] == [
        ("wrong_password", 2),
        ("locked", 1),
    ]


def test_applications_are_ranked_by_sign_ins_and_named() -> None:
    first, second = make_client(name="Payroll").row, make_client(name="Wiki").row
    used(str(first.pk), NOON)
    used(str(second.pk), NOON)
    used(str(second.pk), NOON)
    assert [(share.name, share.count) for share in recent_activity(now=NOON).applications] == [
        ("Wiki", 2),
        ("Payroll", 1),
    ]


@pytest.mark.django_db(transaction=True)
def test_numbers_are_the_same_when_the_reader_has_counted_them() -> None:
    """All, some and none of them: whoever looks sees no difference."""
    client = make_client(name="Payroll").row
    for minutes in (0, 1, 20, 40):
        signed_in(NOON - timedelta(minutes=minutes))
        refused(NOON - timedelta(minutes=minutes), "locked")
    refused(NOON - DAY)
    used(str(client.pk), NOON)
    seen = [recent_activity(now=NOON)]
    seal_pending(now=NOON)
    seen.append(recent_activity(now=NOON))
    count_all()
    seen.append(recent_activity(now=NOON))
    assert seen[0] == seen[1] == seen[2]
    assert ActivityCount.objects.aggregate(all=Sum("number"))["all"] == 10
    signed_in(NOON)
    seal_pending(now=NOON)
    count_all()
    days = recent_activity(now=NOON).days
    assert (days[-1].signed_in, days[-1].refused, days[-2].refused) == (5, 4, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati"])
def test_days_are_those_of_whoever_looks(zone: str) -> None:
    with timezone.override(zone):
        midnight = timezone.localtime(NOON).replace(hour=0, minute=0)
        now = midnight + timedelta(hours=23)
        signed_in(midnight - timedelta(seconds=1))
        signed_in(midnight)
        seal_pending(now=now)
        count_all()
        assert [day.signed_in for day in recent_activity(now=now).days[-2:]] == [1, 1]


def test_page_says_when_its_numbers_are_behind(auditor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.dashboards.selectors.UNCOUNTED_LIMIT", 2)
    assert "not in these numbers yet" not in text_of(auditor.get("/admin/"))
    for _ in range(3):
        signed_in(timezone.now())
    assert "not in these numbers yet" in text_of(auditor.get("/admin/"))


def count_all() -> None:
    wake_readers(now=timezone.now())
    while read_on(reader=ACTIVITY, now=timezone.now() + DAY):
        pass


def test_sessions_count_while_they_and_their_person_last() -> None:
    first, second = make_user(), make_user()
    start_sessions(first, 2)
    start_sessions(second, 1, ended_at=timezone.now())
    start_sessions(make_user(status=User.Status.SUSPENDED), 1)
    live = live_sessions_now(now=timezone.now())
    assert (live.sessions, live.people) == (2, 1)


@pytest.fixture
def auditor() -> Browser:
    return at_desk(make_staff("audit.view_auditevent"))


def test_page_says_the_finding_and_leads_to_the_rows(auditor: Browser) -> None:
    refused(timezone.now())
    page = text_of(auditor.get("/admin/"))
    assert "2 sign-in attempts in 14 days, 50% refused" in page
    assert "Most refused: wrong password" in page
    assert f"{listing('audit.auditevent')}?action=user.sign_in_refused&amp;when=14d" in page
    assert f"when={timezone.now().date().isoformat()}" in page
    answer = auditor.get(f"{listing('audit.auditevent')}?action=user.sign_in_refused&when=14d")
    assert len(answer.context["cl"].result_list) == 1


def test_each_bar_and_number_leads_to_its_rows(auditor: Browser) -> None:
    refused(timezone.now())
    sign_ins = auditor.get("/admin/").context["sign_ins"]
    today = sign_ins["rows"][0]
    bars = {one["label"]: one["links"][-1] for one in json.loads(sign_ins["chart"]["data"])["datasets"]}
    assert bars == {"Signed in": today["signed_in_link"], "Refused": today["refused_link"]}
    (event,) = auditor.get(bars["Refused"]).context["cl"].result_list
    assert event.action == SignInAction.USER_SIGN_IN_REFUSED


def test_links_of_used_applications_find_their_events(auditor: Browser) -> None:
    client = make_client(name="Payroll").row
    used(str(client.pk), timezone.now())
    used("another", timezone.now())
    (row,) = [
        row for row in auditor.get("/admin/").context["applications"]["rows"] if row["name"] == "Payroll"
    ]
    answer = auditor.get(row["link"])
    assert [event.client_id for event in answer.context["cl"].result_list] == [str(client.pk)]


def test_page_works_before_anything_happened(auditor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever looks has signed in: the page is asked for a time before that.
    monkeypatch.setattr("apps.dashboards.overview.timezone", SimpleNamespace(now=lambda: NOON + 40 * DAY))
    page = text_of(auditor.get("/admin/"))
    assert "Nobody has tried to sign in for 14 days" in page
    assert "No refused sign-ins" in page
    assert "No application has been used" in page


def test_queries_do_not_grow_with_what_happened(auditor: Browser) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert auditor.get("/admin/").status_code == 200
        return len(queries)

    def happen() -> None:
        client = make_client().row
        used(str(client.pk), timezone.now())
        refused(timezone.now(), reason=f"reason {client.name}")
        signed_in(timezone.now())
        record(actor=Subject("user", str(make_user().pk)), now=timezone.now())

    happen()
    cost()
    few = cost()
    for _ in range(10):
        happen()
    assert cost() == few


def test_others_see_what_they_may_open_and_no_numbers() -> None:
    start_sessions(make_user(), 3)
    browser = at_desk(make_staff("directory.view_user"))
    page = text_of(browser.get("/admin/"))
    assert "What you can do here" in page
    assert listing("directory.user") in page
    assert "Sessions live now" not in page
    assert "Signed in today" not in page


def test_superuser_sees_the_numbers() -> None:
    assert "Signed in today" in text_of(at_desk(make_superuser()).get("/admin/"))


def test_every_reason_for_a_refusal_has_its_words() -> None:
    assert set(REASONS) == set(Refusal)
