"""/metrics: what it tells, to whom, and that everything which is documented is there."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.audit.models import AuditVerificationRun
from apps.core.metrics import Figures, metrics
from apps.core.task_runs import note_run
from apps.jobs.models import Job
from apps.signin.metrics import OUTCOMES, SIGNED_IN
from apps.signin.services.password_sign_in import Refusal
from tests.factories.clients import call, make_client, make_pkce, obtain_code, obtain_tokens, redeem
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user, sign_in
from tests.services.environment import PROJECT_DIR
from tests.services.process import free_port

pytestmark = pytest.mark.django_db

DOCUMENT = PROJECT_DIR / "docs" / "operators" / "monitoring.md"
DOCUMENTED = re.compile(r"^\| `(gatehouse_\w+)` \|([^|]*)\|", re.MULTILINE)
ALERTS = PROJECT_DIR / "docker" / "prometheus" / "alerts.yml"
ALERT = re.compile(r"alert: (\w+)")
TOKEN = "scraper-" + "0123456789abcdef" * 2
STRANGER: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.9"}


def scrape(**extra: Any) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Samples by the name of the metric, then by their labels in alphabetical order."""
    answer = Browser().get("/metrics", **extra)
    assert answer.status_code == 200, answer.content
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def value(name: str, **labels: str) -> float:
    return scrape().get(name, {}).get(tuple(sorted(labels.items())), 0.0)


# To whom -------------------------------------------------------------------------------------------------------------


def test_this_machine_may_look_in_embedded_mode() -> None:
    answer = Browser().get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.5", "2001:db8::1", "not an address", ""])
def test_others_are_refused_by_default(address: str) -> None:
    answer = Browser().get("/metrics", REMOTE_ADDR=address)
    assert answer.status_code == 403
    assert b"gatehouse_" not in answer.content
    assert "METRICS_ALLOWED" in answer.json()["error_description"]


def test_refusal_costs_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert Browser().get("/metrics", **STRANGER).status_code == 403
    assert not captured.captured_queries


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"])
def test_proxy_that_nobody_named_does_not_lend_its_address(header: str) -> None:
    assert Browser().get("/metrics", headers={header: "127.0.0.1"}).status_code == 403


def test_networks_count_for_the_address_that_a_trusted_proxy_names(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    settings.METRICS_ALLOWED = ["10.9.0.0/16", "10.0.0.0/24"]
    proxy: dict[str, Any] = {"REMOTE_ADDR": "10.0.0.1"}
    for forwarded, status in (
        ("10.9.1.1", 200),
        ("203.0.113.9", 403),
        # What a stranger writes himself stands further left.
        ("10.9.1.1, 203.0.113.9", 403),
        ("127.0.0.1, 203.0.113.9", 403),
    ):
        answer = Browser().get("/metrics", headers={"X-Forwarded-For": forwarded}, **proxy)
        assert answer.status_code == status, forwarded


def test_nobody_may_look_in_production_until_somebody_is_named(settings: Any) -> None:
    settings.METRICS_ALLOWED = []
    assert Browser().get("/metrics").status_code == 403


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Bearer é", 401),
        ("", 401),
    ],
)
def test_token_opens_from_anywhere(settings: Any, sent: str, status: int) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = Browser().get("/metrics", headers={"Authorization": sent}, **STRANGER)
    assert answer.status_code == status
    if status == 401:
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert TOKEN not in answer.content.decode()


@pytest.mark.parametrize("sent", ["Bearer ", "Bearer", ""])
def test_no_token_is_not_an_empty_one(settings: Any, sent: str) -> None:
    settings.METRICS_TOKEN = ""
    assert Browser().get("/metrics", headers={"Authorization": sent}, **STRANGER).status_code == 403


def test_it_is_read_only() -> None:
    assert Browser().post("/metrics").status_code == 405


# What is documented --------------------------------------------------------------------------------------------------


@pytest.fixture
def lived_in() -> None:
    """An installation in which everything has happened once."""
    make_signing_keys()
    now = timezone.now()
    note_run("jobs.sweep", now=now)
    AuditVerificationRun.objects.create(
        started_at=now,
        finished_at=now,
        is_intact=True,
        sealed_count=1,
        erased_count=0,
        unsealed_count=0,
        witnessed_count=0,
        finding_count=0,
    )
    Browser().get("/login/")


def documented() -> dict[str, set[str]]:
    return {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in DOCUMENTED.findall(DOCUMENT.read_text(encoding="utf-8"))
    }


def exposed() -> dict[str, set[str]]:
    text = Browser().get("/metrics").content.decode()
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        found[name] = labels
    return found


@pytest.mark.usefixtures("lived_in")
def test_every_documented_metric_is_there_and_every_metric_is_documented() -> None:
    from_a_limit = {"gatehouse_rate_limit_refusals_total": {"limit"}}
    assert documented() == exposed() | from_a_limit


@pytest.mark.usefixtures("lived_in")
def test_reading_costs_the_same_however_much_there_is(django_assert_num_queries: Any) -> None:
    with CaptureQueriesContext(connection) as captured:
        scrape()
    statements = len(captured.captured_queries)
    now = timezone.now()
    for number in range(20):
        Job.objects.create(kind="none", key=str(number), payload="{}", next_attempt_at=now, created_at=now)
        sign_in(Browser(), make_user())
    with django_assert_num_queries(statements):
        scrape()
    assert statements <= 20


# What it tells -------------------------------------------------------------------------------------------------------


def test_requests_are_counted_by_the_name_of_their_view() -> None:
    labels = {"view": "signin:login", "method": "GET", "status": "2xx"}
    before = value("gatehouse_http_requests_total", **labels)
    took = value("gatehouse_http_request_duration_seconds_count", view="signin:login")
    Browser().get("/login/")
    assert value("gatehouse_http_requests_total", **labels) == before + 1
    assert value("gatehouse_http_request_duration_seconds_count", view="signin:login") == took + 1


@pytest.mark.parametrize(
    ("method", "path", "view", "status"),
    [
        ("GET", "/nowhere/../of/ours?q=1", "none", "4xx"),
        ("GET", "/static/css/gatehouse.css", "static", "2xx"),
        ("BREW", "/oauth/token", "oauth:token", "4xx"),
        ("POST", "/oauth/token", "oauth:token", "4xx"),
    ],
)
def test_nothing_that_was_sent_becomes_a_label(method: str, path: str, view: str, status: str) -> None:
    labels = {"view": view, "method": "other" if method == "BREW" else method, "status": status}
    before = value("gatehouse_http_requests_total", **labels)
    Browser().generic(method, path).close()
    assert value("gatehouse_http_requests_total", **labels) == before + 1
    text = Browser().get("/metrics").content.decode()
    assert "nowhere" not in text
    assert "BREW" not in text


def test_body_that_is_refused_by_its_length_is_counted() -> None:
    labels = {"view": "none", "method": "POST", "status": "4xx"}
    before = value("gatehouse_http_requests_total", **labels)
    Browser().generic("POST", "/login/", "x" * 20_000)
    assert value("gatehouse_http_requests_total", **labels) == before + 1


def test_buckets_of_a_histogram_grow_up_to_its_count() -> None:
    Browser().get("/login/")
    found = scrape()["gatehouse_http_request_duration_seconds_bucket"]
    counts = [count for labels, count in found.items() if ("view", "signin:login") in labels]
    assert counts == sorted(counts)
    assert counts[-1] == value("gatehouse_http_request_duration_seconds_count", view="signin:login") > 0


def test_sign_ins_are_counted_by_how_they_ended() -> None:
    user = make_user()
    before = {outcome: value("gatehouse_sign_ins_total", outcome=outcome) for outcome in OUTCOMES}
    sign_in(Browser(), user)
    for name in (user.username, "nobody.of.this.name"):
        Browser().post("/login/", {"identifier": name, "password": "wrong"})
    after = {outcome: value("gatehouse_sign_ins_total", outcome=outcome) for outcome in OUTCOMES}
    changed = {outcome for outcome in OUTCOMES if after[outcome] == before[outcome] + 1}
    assert changed == {SIGNED_IN, "wrong_password", "unknown_identifier"}


def test_outcomes_are_known_before_they_happen() -> None:
    assert set(OUTCOMES) == {SIGNED_IN, *(refusal.value for refusal in Refusal)}
    assert {dict(labels)["outcome"] for labels in scrape()["gatehouse_sign_ins_total"]} == set(OUTCOMES)


def test_tokens_are_counted_by_grant() -> None:
    make_signing_keys()
    browser, app, pkce = Browser(), make_client(), make_pkce()
    sign_in(browser, make_user())
    issued = value("gatehouse_tokens_issued_total", grant="authorization_code")
    replayed = {"grant": "authorization_code", "error": "invalid_grant"}
    refused = value("gatehouse_token_requests_refused_total", **replayed)
    unknown = {"grant": "other", "error": "unsupported_grant_type"}
    others = value("gatehouse_token_requests_refused_total", **unknown)
    code = obtain_code(browser, app, pkce)
    assert redeem(Browser(), app, code, pkce).status_code == 200
    assert redeem(Browser(), app, code, pkce).status_code == 400
    call(Browser(), "/oauth/token", app, {"grant_type": "password"})
    assert value("gatehouse_tokens_issued_total", grant="authorization_code") == issued + 1
    assert value("gatehouse_token_requests_refused_total", **replayed) == refused + 1
    assert value("gatehouse_token_requests_refused_total", **unknown) == others + 1


def test_jobs_tell_since_when_the_oldest_waits() -> None:
    now = timezone.now()
    ages = {"queued": 300, "dead": 7_200}
    for state, age in ages.items():
        at = now - timedelta(seconds=age)
        Job.objects.create(
            kind="none", payload="{}", state=state, next_attempt_at=at, created_at=at, finished_at=at
        )
    Job.objects.create(kind="none", payload="{}", next_attempt_at=now + timedelta(hours=1), created_at=now)
    assert (value("gatehouse_jobs", state="queued"), value("gatehouse_jobs", state="dead")) == (2, 1)
    assert value("gatehouse_jobs", state="running") == 0
    for state, age in ages.items():
        assert age <= value("gatehouse_jobs_oldest_seconds", state=state) < age + 60


def test_log_tells_how_far_its_seals_are_behind() -> None:
    make_signing_keys()
    sign_in(Browser(), make_user())
    found = scrape()
    assert found["gatehouse_audit_events_unsealed"][()] > 0
    assert 0 <= found["gatehouse_audit_seal_lag_seconds"][()] < 60
    assert found["gatehouse_audit_events_sealed_total"][()] == 0
    assert "gatehouse_audit_verification_intact" not in found


def test_tampered_verification_is_told() -> None:
    now = timezone.now()
    AuditVerificationRun.objects.create(
        started_at=now,
        finished_at=now - timedelta(hours=1),
        is_intact=False,
        sealed_count=1,
        erased_count=0,
        unsealed_count=0,
        witnessed_count=0,
        finding_count=1,
    )
    assert value("gatehouse_audit_verification_intact") == 0
    assert 3_600 <= value("gatehouse_audit_verification_age_seconds") < 3_700


def test_keys_tell_when_they_are_to_be_replaced() -> None:
    make_signing_keys()
    found = scrape()["gatehouse_signing_key_replacement_due_seconds"]
    assert len(found) == 5
    assert all(80 * 86_400 < seconds <= 90 * 86_400 for seconds in found.values())
    assert value("gatehouse_signing_keys_missing") == 0


def test_task_that_failed_is_told() -> None:
    note_run("jobs.sweep", now=timezone.now() - timedelta(seconds=90), error="OSError")
    assert value("gatehouse_scheduled_task_failed", task="jobs.sweep") == 1
    assert 90 <= value("gatehouse_scheduled_task_age_seconds", task="jobs.sweep") < 150
    assert value("gatehouse_scheduled_task_interval_seconds", task="jobs.sweep") == 15


# When something is away ----------------------------------------------------------------------------------------------


@pytest.fixture
def no_cache(settings: Any) -> Iterator[None]:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }
    yield
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


@pytest.mark.usefixtures("no_cache")
def test_what_cannot_be_read_hides_nothing_else() -> None:
    found = scrape()
    assert found["gatehouse_dependency_up"][("dependency", "cache"),] == 0
    assert found["gatehouse_dependency_up"][("dependency", "database"),] == 1
    assert found["gatehouse_metrics_readable"][("source", "scheduled_tasks"),] == 0
    assert found["gatehouse_metrics_readable"][("source", "jobs"),] == 1
    assert "gatehouse_jobs" in found


def test_why_something_cannot_be_read_is_for_the_log_alone(caplog: pytest.LogCaptureFixture) -> None:
    def fail(now: Any) -> Any:
        raise OSError("postgresql://gatehouse:hunter2@db/gatehouse")

    with metrics.replaced(Figures("broken", fail)):
        found = scrape()
    assert found == {"gatehouse_metrics_readable": {(("source", "broken"),): 0.0}}
    assert "hunter2" not in caplog.text
    assert "metrics_not_read" in caplog.text


# Prometheus's own files ----------------------------------------------------------------------------------------------


def test_obtained_tokens_do_not_reach_the_figures() -> None:
    make_signing_keys()
    browser, app = Browser(), make_client()
    user = make_user()
    sign_in(browser, user)
    tokens = obtain_tokens(browser, app)
    text = Browser().get("/metrics").content.decode()
    for secret in (tokens["access_token"], app.client_id, user.username, str(user.pk)):
        assert secret not in text


def test_document_names_every_alert() -> None:
    named = set(re.findall(r"`(Gatehouse\w+)`", DOCUMENT.read_text(encoding="utf-8")))
    assert set(ALERT.findall(ALERTS.read_text(encoding="utf-8"))) == named


@pytest.mark.usefixtures("lived_in")
def test_alerts_ask_for_what_is_told() -> None:
    """An expression about a name or a label that is not there is never true, and nobody hears of it."""
    call(
        Browser(), "/oauth/token", make_client(), {"grant_type": "refresh_token", "refresh_token": "unknown"}
    )
    told = scrape()
    told["gatehouse_http_requests_total"] |= {(("status", "5xx"),): 1.0}
    # What Prometheus says itself, and what is there once a limit has refused somebody.
    told |= {
        "up": {(("job", "gatehouse"),): 1.0},
        "gatehouse_rate_limit_refusals_total": {(("limit", "x"),): 1.0},
    }
    expressions = re.findall(r"expr: (?:>-\n((?: {10,}.*\n)+)|(.*)\n)", ALERTS.read_text(encoding="utf-8"))
    assert len(expressions) == len(ALERT.findall(ALERTS.read_text(encoding="utf-8")))
    for expression in map("".join, expressions):
        names = re.findall(r"\b(up|gatehouse_\w+)\b(?:\{([^}]*)\})?", expression)
        assert names, expression
        labels = {label for name, _ in names for labels in told[name] for label, _ in labels}
        for by in re.findall(r"by \(([^)]*)\)", expression):
            assert {label.strip() for label in by.split(",")} <= labels, expression
        for name, matchers in names:
            for label, operator, wanted in re.findall(r'(\w+)(=~|!=|!~|=)"([^"]*)"', matchers):
                assert operator in {"=", "!="}, expression
                assert any((label, wanted) in labels for labels in told[name]), (expression, label, wanted)
