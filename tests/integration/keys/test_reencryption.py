"""Everything comes under the new field key, once, whatever happens meanwhile, and the old key may go."""

import base64
import json
import secrets
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.core import encrypted_columns as columns
from apps.core.encrypted_columns import EncryptedColumn, count_under_other_keys, encrypted_columns
from apps.core.encryption import EncryptionError
from apps.dashboards.system import system_now
from apps.dashboards.system_problems import problems
from apps.jobs.models import Job
from apps.jobs.services.work import run_job
from apps.keys.models import SigningKey
from apps.keys.selectors import private_key
from apps.keys.services import reencryption
from tests.factories.keys import make_signing_keys
from tests.integration.admin.desk import at_desk, listing, make_superuser, page_of, text_of

pytestmark = pytest.mark.django_db
NOTE = "nothing personal"
JOBS = 7


def new_key(name: str) -> str:
    return f"{name}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


@pytest.fixture
def ring(settings: Any) -> Any:
    """The settings, with values under their one key."""
    make_signing_keys()
    for number in range(JOBS):
        make_job(number)
    return settings


def make_job(number: int) -> Job:
    now = timezone.now()
    return Job.objects.create(
        kind="test.gone",
        payload=json.dumps({"note": NOTE, "number": number}),
        state=Job.State.DONE,
        next_attempt_at=now,
        created_at=now,
        actor_kind="system",
    )


def put_first(settings: Any, name: str = "new") -> list[str]:
    """A new first key; gives the ones that are old now."""
    old = list(settings.FIELD_ENCRYPTION_KEYS)
    settings.FIELD_ENCRYPTION_KEYS = [new_key(name), *old]
    return old


def run(*options: str) -> dict[str, Any]:
    written = StringIO()
    call_command("rotate_keys", "--reencrypt", "--json", *options, stdout=written)
    said: dict[str, Any] = json.loads(written.getvalue())
    return said


def key_ids_in_use() -> set[str]:
    found = set()
    with connection.cursor() as cursor:
        for table, column in (("keys_signingkey", "private_jwk"), ("jobs_job", "payload")):
            cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608 - names of ours
            found |= {row[0].split(".")[1] for row in cursor.fetchall()}
    return found


def test_everything_is_encrypted_anew_and_the_old_key_may_go(ring: Any) -> None:
    before = {key.kid: key.private_jwk for key in SigningKey.objects.all()}
    put_first(ring)
    said = run("--wait")
    assert said == {"key_id": "new", "encrypted": JOBS + len(before), "unreadable": 0, "left": 0}
    assert key_ids_in_use() == {"new"}
    ring.FIELD_ENCRYPTION_KEYS = ring.FIELD_ENCRYPTION_KEYS[:1]
    assert {key.kid: key.private_jwk for key in SigningKey.objects.all()} == before
    assert all(json.loads(job.payload).get("note") == NOTE for job in Job.objects.filter(kind="test.gone"))
    private_key.cache_clear()
    assert private_key(next(iter(before))).has_private


def test_a_second_run_finds_nothing_to_do(ring: Any) -> None:
    put_first(ring)
    run("--wait")
    assert run("--wait")["encrypted"] == 0


def test_request_and_end_are_in_the_log(ring: Any) -> None:
    put_first(ring)
    run("--wait")
    requested = AuditEvent.objects.get(action="reencryption.requested")
    finished = AuditEvent.objects.get(action="reencryption.finished")
    assert requested.details == {"key_id": "new"}
    assert finished.details["encrypted"] > 0
    assert finished.outcome == "success"
    assert "Values encrypted anew" in text_of(at_desk(make_superuser()).get(page_of(finished)))


def test_asking_twice_gives_one_job(ring: Any) -> None:
    put_first(ring)
    assert run()["job"] == run()["job"]
    assert key_ids_in_use() == {"test", "new"}, "nothing but the job's own input is under the new key"


def test_progress_is_told(ring: Any) -> None:
    put_first(ring)
    job_id = UUID(run()["job"])
    run_job(job_id, now=timezone.now())
    job = Job.objects.get(pk=job_id)
    assert job.state == Job.State.DONE
    assert job.done == job.total == JOBS + SigningKey.objects.count()


def test_value_that_changes_meanwhile_is_left_as_it_is(ring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_first(ring)
    first = Job.objects.filter(kind="test.gone").order_by("pk")[0]
    encrypt_anew = EncryptedColumn.encrypt_anew

    def somebody_is_quicker(self: EncryptedColumn, key: Any, stored: str) -> bool:
        Job.objects.filter(pk=first.pk).update(payload='{"note": "newer"}')
        return encrypt_anew(self, key, stored)

    monkeypatch.setattr(EncryptedColumn, "encrypt_anew", somebody_is_quicker)
    said = run("--wait")
    first.refresh_from_db()
    assert first.payload == '{"note": "newer"}'
    assert (said["encrypted"], said["left"]) == (JOBS - 1 + SigningKey.objects.count(), 0)


class Killed(BaseException):
    """What no code that catches exceptions sees, as a process that is killed writes nothing down."""


@pytest.mark.django_db(transaction=True)
def test_work_of_a_killed_worker_is_gone_on_with(ring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_first(ring)
    monkeypatch.setattr(reencryption, "BATCH", 2)
    job_id = UUID(run()["job"])
    batch, calls = columns.encrypt_batch_anew, []

    def dying(column: EncryptedColumn, **bounds: Any) -> Any:
        done = batch(column, **bounds)
        calls.append(bounds["after"])
        if len(calls) == 3:
            raise Killed
        return done

    monkeypatch.setattr(reencryption, "encrypt_batch_anew", dying)
    with pytest.raises(Killed):
        run_job(job_id, now=timezone.now())
    job = Job.objects.get(pk=job_id)
    assert (job.state, job.done) == (Job.State.RUNNING, 4)
    assert count_under_other_keys(limit=1_000) == JOBS + SigningKey.objects.count() - 4

    later = timezone.now() + timedelta(minutes=6)
    assert run_job(job_id, now=later)
    assert calls[3] == calls[2], "the batch that was lost is done again, and none before it"
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert job.done == job.total == JOBS + SigningKey.objects.count()
    assert key_ids_in_use() == {"new"}


def test_worker_that_does_not_know_the_new_key_leaves_the_job_to_others(ring: Any) -> None:
    old = put_first(ring)
    job_id = UUID(run()["job"])
    known = ring.FIELD_ENCRYPTION_KEYS
    ring.FIELD_ENCRYPTION_KEYS = [*old, known[0]]
    run_job(job_id, now=timezone.now())
    job = Job.objects.get(pk=job_id)
    assert job.state == Job.State.QUEUED
    assert "restart it" in job.last_error
    assert key_ids_in_use() == {"test", "new"}


def test_values_of_a_key_that_is_lost_are_counted_and_stop_nothing(ring: Any) -> None:
    put_first(ring, "lost")
    make_job(99)
    ring.FIELD_ENCRYPTION_KEYS = [new_key("new"), *ring.FIELD_ENCRYPTION_KEYS[1:]]
    with pytest.raises(CommandError, match="Keep the old keys"):
        run("--wait")
    outcome = AuditEvent.objects.get(action="reencryption.finished")
    assert outcome.outcome == "error"
    assert outcome.details == {
        "key_id": "new",
        "encrypted": JOBS + SigningKey.objects.count(),
        "unreadable": 1,
        "left": 1,
    }
    assert key_ids_in_use() == {"new", "lost"}


def test_without_a_new_run_the_old_key_is_needed(ring: Any) -> None:
    put_first(ring)
    ring.FIELD_ENCRYPTION_KEYS = ring.FIELD_ENCRYPTION_KEYS[:1]
    with pytest.raises(EncryptionError):
        list(SigningKey.objects.all())


def test_every_encrypted_column_is_known() -> None:
    assert {"keys.SigningKey.private_jwk", "jobs.Job.payload"} <= {
        column.name for column in encrypted_columns()
    }


def test_system_status_says_whether_the_old_key_may_go(ring: Any) -> None:
    def told() -> str:
        return "\n".join(str(problem.text) for problem in problems(system_now(), now=timezone.now()))

    assert "new key" not in told()
    put_first(ring)
    count = JOBS + SigningKey.objects.count()
    assert f"{count} values are not encrypted with the new key yet." in told()
    browser = at_desk(make_superuser())
    page = listing("dashboards.systemstatus")
    assert "others may be removed" not in text_of(browser.get(page))
    run("--wait")
    assert "new key" not in told()
    assert "others may be removed" in text_of(browser.get(page))
