"""The page on the state of the system: for whom it is, what it says, and that it stands when other things do not."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import escape

from apps.access.admin_rights import offered_rights
from apps.audit.models import AuditVerificationRun
from apps.audit.ports import signer
from apps.audit.selectors import Backlog, latest_checkpoint
from apps.audit.services.sealing import seal_pending
from apps.audit.services.witnessing import Witness
from apps.audit.tasks import seal_audit_log
from apps.core.task_runs import TaskRun, last_runs, note_run
from apps.dashboards.system import Cache, System, system_now
from apps.dashboards.system_problems import problems
from apps.jobs.models import Job
from apps.jobs.services.work import run_job
from apps.keys.models import SigningKey
from tests.factories.keys import make_signing_keys
from tests.integration.admin.desk import (
    at_desk,
    events,
    listing,
    make_staff,
    make_superuser,
    text_of,
    the_event,
)
from tests.integration.audit.log_setup import record, triggers_dropped
from tests.services.process import free_port

pytestmark = pytest.mark.django_db

PAGE = "dashboards.systemstatus"
RIGHT = "dashboards.view_systemstatus"
RUN = "run_scheduledtask"
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=3)


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def limited(settings: Any) -> None:
    """As installations are."""
    settings.RATE_LIMIT_PERCENT = 100


@pytest.fixture(autouse=True)
def witness_file(settings: Any, tmp_path: Path) -> Path:
    settings.AUDIT_WITNESS_FILE = tmp_path / "audit_witness"
    return tmp_path / "audit_witness"


@pytest.fixture
def no_cache(settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{free_port()}/0",
        }
    }


def note_all_runs(**run: Any) -> None:
    for entry in configured.CELERY_BEAT_SCHEDULE.values():
        note_run(str(entry["task"]), now=timezone.now(), **run)


def healthy() -> System:
    if not SigningKey.objects.exists():
        make_signing_keys()
    note_all_runs()
    return system_now()


def told(system: System) -> str:
    return "\n".join(f"{problem.text} {problem.remedy}" for problem in problems(system, now=timezone.now()))


# For whom ------------------------------------------------------------------------------------------------------------


def test_page_is_for_superusers_and_holders_of_its_right() -> None:
    assert at_desk(make_superuser()).get(listing(PAGE)).status_code == 200
    assert at_desk(make_staff(RIGHT)).get(listing(PAGE)).status_code == 200


def test_others_are_refused_and_not_led_there() -> None:
    browser = at_desk(make_staff("directory.view_user", "keys.view_signingkey", "audit.view_auditevent"))
    assert browser.get(listing(PAGE)).status_code == 403
    assert listing(PAGE) not in text_of(browser.get("/admin/"))
    assert Browser().get(listing(PAGE)).status_code == 302


def test_right_is_offered_to_roles_and_nothing_else_of_the_page_is() -> None:
    offered = offered_rights().filter(content_type__app_label="dashboards")
    assert set(offered.values_list("codename", flat=True)) == {"view_systemstatus", RUN}


def test_page_changes_nothing() -> None:
    browser = at_desk(make_superuser())
    for address in ("add/", "1/change/", "1/delete/", "1/history/"):
        assert browser.get(f"{listing(PAGE)}{address}").status_code == 404


# What it says --------------------------------------------------------------------------------------------------------


def test_healthy_system_says_so() -> None:
    healthy()
    page = text_of(at_desk(make_superuser()).get(listing(PAGE)))
    assert "Nothing needs attention" in page
    assert connection.display_name in page
    assert "Alive" in page
    for key in SigningKey.objects.all():
        assert key.algorithm in page
    for title in configured.CELERY_BEAT_SCHEDULE:
        assert escape(title[1:]) in page


def test_triggers_that_were_taken_away_are_a_problem() -> None:
    assert "does not refuse changes" not in told(healthy())
    with triggers_dropped():
        assert "The database does not refuse changes of the audit log: " in told(system_now())


def test_jobs_that_gave_up_are_a_problem() -> None:
    system = healthy()
    assert "gave up" not in told(system)
    assert "1 job gave up. Open Jobs" in told(replace(system, dead_jobs=1))
    Job.objects.create(
        kind="test.gone",
        payload="{}",
        state=Job.State.DEAD,
        next_attempt_at=NOW,
        created_at=NOW,
        actor_kind="system",
    )
    assert system_now().dead_jobs == 1


def test_page_names_the_settings_and_keeps_their_secrets() -> None:
    page = text_of(at_desk(make_superuser()).get(listing(PAGE)))
    for setting in configured.SETTINGS_IN_FORCE:
        assert setting.name in page
    assert configured.SECRET_KEY not in page
    assert not any(key.partition(":")[2] in page for key in configured.FIELD_ENCRYPTION_KEYS)


def test_page_of_a_new_installation_says_what_is_missing() -> None:
    page = text_of(at_desk(make_superuser()).get(listing(PAGE)))
    assert "No background task has run yet." in page
    assert "There is no active Ed25519 key" in page


def test_page_stands_without_the_cache(no_cache: None) -> None:
    answer = at_desk(make_superuser()).get(listing(PAGE))
    page = text_of(answer)
    assert answer.status_code == 200
    assert "The cache does not answer" in page
    assert "REDIS_URL" in page
    assert "No background task has run" not in page
    assert "not yet" not in page


def test_page_stands_when_the_seals_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(**_: Any) -> Any:
        raise ValueError

    monkeypatch.setattr("apps.audit.selectors.sealing_front", unreadable)
    page = text_of(at_desk(make_superuser()).get(listing(PAGE)))
    assert "nothing more is sealed" in page


def test_queries_do_not_grow(settings: Any) -> None:
    settings.AUDIT_WITNESS_FILE = None
    browser = at_desk(make_superuser())

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(listing(PAGE)).status_code == 200
        return len(queries)

    make_signing_keys()
    cost()
    few = cost()
    for number in range(10):
        record(now=timezone.now())
        key = SigningKey.objects.get(purpose="audit", state=SigningKey.State.ACTIVE)
        SigningKey.objects.create(
            kid=f"old{number}",
            purpose=key.purpose,
            algorithm=key.algorithm,
            state=SigningKey.State.RETIRING,
            public_jwk={},
            private_jwk="x",
            created_at=LONG_AGO,
        )
    note_all_runs()
    assert cost() == few


# Runs of tasks -------------------------------------------------------------------------------------------------------


def test_every_task_is_noted_when_it_ends() -> None:
    make_signing_keys()
    seal_audit_log.apply()
    run = last_runs(["audit.seal_pending"])["audit.seal_pending"]
    assert timezone.now() - run.ended_at < timedelta(minutes=1)
    assert run.error == ""


def test_failure_of_a_task_is_noted_by_its_kind() -> None:
    with signer.replaced(None):
        seal_audit_log.apply()
    assert last_runs(["audit.seal_pending"])["audit.seal_pending"].error == "PortEmpty"


def test_work_is_done_without_the_cache(no_cache: None) -> None:
    make_signing_keys()
    assert seal_audit_log.apply().successful()


# What is wrong, and what to do ---------------------------------------------------------------------------------------


def test_nothing_is_wrong_with_a_healthy_system() -> None:
    assert told(healthy()) == ""


def test_silent_worker_is_a_problem_with_a_remedy() -> None:
    system = healthy()
    tasks = replace(
        system.tasks,
        scheduled=tuple(replace(task, run=TaskRun(LONG_AGO, "")) for task in system.tasks.scheduled),
    )
    silent = replace(system, tasks=tasks)
    assert "No background task has run for 3" in told(silent)
    assert "manage.py serve" in told(silent)
    in_production = replace(silent, release=replace(system.release, is_embedded=False), has_proxies=True)
    assert "celery -A identity worker" in told(in_production)


def test_failed_and_overdue_tasks_are_named() -> None:
    system = healthy()
    first, second, *rest = system.tasks.scheduled
    scheduled = (
        replace(first, run=TaskRun(timezone.now(), "SealChainBroken")),
        replace(second, run=TaskRun(LONG_AGO, "")),
        *rest,
    )
    words = told(replace(system, tasks=replace(system.tasks, scheduled=scheduled)))
    assert f"“{first.title}” failed with SealChainBroken" in words
    assert f"“{second.title}” is overdue" in words
    assert len(words.splitlines()) == 2


def test_notes_that_cannot_be_read_are_a_problem() -> None:
    make_signing_keys()
    cache.set("task_runs:audit.seal_pending", "yesterday")
    assert "something else writes to the cache" in told(system_now())


def with_log(system: System, **values: Any) -> System:
    return replace(system, log=replace(system.log, **values))


def test_waiting_events_are_a_problem_after_a_minute() -> None:
    system = healthy()
    fresh = Backlog(3, timezone.now() - timedelta(seconds=5))
    assert told(with_log(system, backlog=fresh)) == ""
    assert "3 events wait for a seal" in told(with_log(system, backlog=Backlog(3, LONG_AGO)))


def test_tampering_and_a_missed_verification_are_problems() -> None:
    system = healthy()
    run = AuditVerificationRun(started_at=LONG_AGO, finished_at=LONG_AGO, is_intact=True)
    assert "last verified 3" in told(with_log(system, verification=run))
    run.is_intact = False
    assert "tampered with" in told(with_log(system, verification=run))


def test_log_that_was_never_verified_is_a_problem_after_a_day() -> None:
    system = healthy()
    fresh = with_log(system, verification=None, began_at=NOW - timedelta(hours=23))
    assert told(fresh) == ""
    assert "never been verified" in told(with_log(fresh, began_at=NOW - timedelta(hours=25)))


def test_age_of_the_installation_is_that_of_its_first_event() -> None:
    assert system_now().log.began_at is None
    for at in (LONG_AGO, NOW):
        record(now=at)
    began_at = system_now().log.began_at
    assert began_at is not None
    assert abs(began_at - LONG_AGO) < timedelta(seconds=1)


def test_task_that_never_ran_is_a_problem_once_it_should_have_run_twice() -> None:
    system = healthy()
    verification = AuditVerificationRun(started_at=NOW, finished_at=NOW, is_intact=True)
    scheduled = tuple(
        replace(task, run=None) if task.every == timedelta(days=1) else task
        for task in system.tasks.scheduled
    )
    young = replace(system, tasks=replace(system.tasks, scheduled=scheduled))
    young = with_log(young, verification=verification, began_at=NOW - timedelta(days=1))
    assert told(young) == ""
    old = with_log(young, began_at=LONG_AGO)
    assert "The task “verify the audit log” has never run." in told(old)
    unknown = replace(old, tasks=replace(old.tasks, is_known=False), cache=Cache(is_shared=True, error="x"))
    assert "never run" not in told(unknown)


def test_witness_that_is_missing_unreadable_ahead_or_behind_is_a_problem(witness_file: Path) -> None:
    make_signing_keys()
    for _ in range(2):
        record(now=LONG_AGO)
        seal_pending(now=LONG_AGO)
    system = healthy()
    run = AuditVerificationRun(started_at=NOW, finished_at=NOW, is_intact=True)
    system = with_log(system, verification=run)
    assert told(system) == ""
    newest = latest_checkpoint()
    assert newest is not None
    assert system.log.witness == Witness(witness_file, number=newest.number)
    assert told(with_log(system, witness=None)) == ""
    assert "does not hold" in told(with_log(system, witness=Witness(witness_file, number=99)))
    assert "is behind" in told(with_log(system, witness=Witness(witness_file, number=1)))
    gone = with_log(system, witness=Witness(witness_file))
    assert "is behind" in told(gone)
    elsewhere = replace(gone, release=replace(system.release, is_embedded=False), has_proxies=True)
    assert told(elsewhere) == ""
    witness_file.write_text("no checkpoint")
    advice = told(system_now())
    assert "cannot be read" in advice
    assert "never finds the log intact" in advice


def test_missing_keys_cache_and_proxies_are_problems() -> None:
    system = healthy()
    SigningKey.objects.filter(algorithm="ES256").update(state=SigningKey.State.RETIRED)
    assert "no active ES256 key for tokens" in told(system_now())
    assert "does not answer (ConnectionError)" in told(
        replace(system, cache=Cache(is_shared=True, error="ConnectionError"))
    )
    release = replace(system.release, is_embedded=False)
    assert "TRUSTED_PROXIES" in told(replace(system, release=release))


def test_limits_that_are_switched_off_are_a_problem(settings: Any) -> None:
    """In embedded mode somebody tries things out."""
    settings.RATE_LIMIT_PERCENT = 0
    system = healthy()
    in_production = replace(system, release=replace(system.release, is_embedded=False))
    assert "RATE_LIMIT_PERCENT is 0" in told(in_production)
    assert "RATE_LIMIT_PERCENT" not in told(system)
    settings.RATE_LIMIT_PERCENT = 1
    assert "RATE_LIMIT_PERCENT" not in told(replace(system_now(), release=in_production.release))


# Mail ----------------------------------------------------------------------------------------------------------------


TEST_MAIL = f"{listing(PAGE)}test-mail/"


def test_page_says_where_mail_goes(settings: Any) -> None:
    healthy()
    settings.MAIL_DELIVERY, settings.EMAIL_HOST, settings.EMAIL_PORT = "server", "smtp.example.org", 587
    page = text_of(at_desk(make_superuser()).get(listing(PAGE)))
    assert "smtp.example.org:587" in page
    assert settings.DEFAULT_FROM_EMAIL.partition("<")[2].rstrip(">") in page
    settings.MAIL_DELIVERY = "kept"
    assert "/mail/" in at_desk(make_superuser()).get(listing(PAGE)).content.decode()


def test_installation_without_mail_says_what_is_missing(settings: Any) -> None:
    settings.MAIL_DELIVERY = "none"
    assert "EMAIL_URL" in told(healthy())
    assert TEST_MAIL not in at_desk(make_superuser()).get(listing(PAGE)).content.decode()


def test_mails_that_wait_for_their_server_are_a_problem() -> None:
    system = healthy()
    assert "could not be sent yet" not in told(system)
    assert "2 mails could not be sent yet" in told(replace(system, mail=replace(system.mail, waiting=2)))


def test_test_mail_goes_to_who_asks(mailoutbox: list[Any]) -> None:
    user = make_superuser(email="ada@example.org", is_email_verified=False)
    answer = at_desk(user).post(TEST_MAIL, follow=True)
    assert "on its way" in text_of(answer)
    job = Job.objects.get(kind="mail.test")
    run_job(job.pk, now=timezone.now())
    (mail,) = mailoutbox
    assert mail.to == ["ada@example.org"]
    assert mail.subject == "Test mail"
    assert system_now().mail.last_sent_at is not None


def test_test_mail_is_for_readers_of_the_page_and_asked_for_by_form() -> None:
    assert at_desk(make_staff("directory.view_user")).post(TEST_MAIL).status_code == 403
    assert at_desk(make_superuser()).get(TEST_MAIL).status_code == 405
    assert not Job.objects.exists()


def test_test_mail_needs_an_address() -> None:
    answer = at_desk(make_superuser(email="")).post(TEST_MAIL, follow=True)
    assert "no e-mail address" in text_of(answer)
    assert not Job.objects.exists()


# Having a task run at once -------------------------------------------------------------------------------------------

RUN_PAGE = "/admin/dashboards/systemstatus/run-task/"
TASK = "audit.verify_log"


@pytest.fixture
def told_workers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What workers are told, by the name of the task."""
    told: list[str] = []

    def send_task(name: str, **options: Any) -> None:
        assert options["expires"]
        told.append(name)

    monkeypatch.setattr(current_app, "send_task", send_task)
    return told


def test_schedule_shows_when_each_task_ran_and_when_it_is_due() -> None:
    note_run(TASK, now=timezone.now() - timedelta(hours=6))
    answer = at_desk(make_superuser()).get(listing(PAGE))
    rows = {row["name"]: row for row in answer.context["tasks"]}
    assert set(rows) == {str(entry["task"]) for entry in configured.CELERY_BEAT_SCHEDULE.values()}
    assert timedelta(hours=17) < rows[TASK]["next_at"] - timezone.now() < timedelta(hours=18)
    assert rows["jobs.sweep"]["next_at"] is None
    assert text_of(answer).count(RUN_PAGE) == len(rows)


def test_task_is_run_at_once_and_the_log_says_who_asked(told_workers: list[str]) -> None:
    browser = at_desk(make_staff(RIGHT, f"dashboards.{RUN}"))
    answer = browser.post(RUN_PAGE, {"task": TASK}, follow=True)
    assert told_workers == [TASK]
    assert "A worker was told." in text_of(answer)
    event = the_event("scheduled_task.asked_for")
    assert (event.actor_kind, event.target_kind, event.target_id) == ("user", "scheduled_task", TASK)


@pytest.mark.parametrize("rights", [(), (RIGHT,), (f"dashboards.{RUN}",)])
def test_tasks_are_run_by_those_only_who_have_the_right_and_see_the_page(
    told_workers: list[str], rights: tuple[str, ...]
) -> None:
    browser = at_desk(make_staff("keys.view_signingkey", *rights))
    assert browser.post(RUN_PAGE, {"task": TASK}).status_code == 403
    if RIGHT in rights:
        assert RUN_PAGE not in text_of(browser.get(listing(PAGE)))
    assert not told_workers
    assert not events("scheduled_task.asked_for")


@pytest.mark.parametrize("task", ["", "celery.backend_cleanup", "jobs.run_job", "os.system"])
def test_only_what_is_on_the_schedule_is_run(told_workers: list[str], task: str) -> None:
    assert at_desk(make_superuser()).post(RUN_PAGE, {"task": task}).status_code == 400
    assert not told_workers
    assert not events("scheduled_task.asked_for")


def test_address_that_runs_tasks_is_for_forms_of_ours(told_workers: list[str]) -> None:
    user = make_superuser()
    assert at_desk(user).get(RUN_PAGE, {"task": TASK}).status_code == 405
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies = at_desk(user).cookies
    assert strict.post(RUN_PAGE, {"task": TASK}).status_code == 403
    assert not told_workers


def test_broker_that_is_away_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def send_task(name: str, **options: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(current_app, "send_task", send_task)
    answer = at_desk(make_superuser()).post(RUN_PAGE, {"task": TASK}, follow=True)
    assert "No worker could be told" in text_of(answer)
    assert the_event("scheduled_task.asked_for").outcome == "success"
