"""Sealers killed outright in the middle of their work, while others append: real processes, real kills."""

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.environment import PROJECT_DIR, isolated_environment
from tests.services.gatehouse import run_manage
from tests.services.postgresql import create_database
from tests.services.soak import IS_SOAK, times

WRITERS = 2
EVENTS = times(400, soak=8_000)
"""Of each writer."""
SEALS, CHECKPOINT = 'INSERT INTO "audit_sealed_event"', 'INSERT INTO "audit_seal_batch"'
# A kill that merely comes "soon" always hits the same place. Before the checkpoint is the moment at which seals that
# were committed apart from it would stay behind.
MOMENTS = [("after", SEALS), ("before", CHECKPOINT), ("after", CHECKPOINT)]
if IS_SOAK:
    MOMENTS += [("before", SEALS), ("after", "SELECT")]
KILLS = [
    (moment, statement, count) for moment, statement in MOMENTS for count in range(1, 1 + times(1, soak=8))
]
"""Before or after which statement, at which of its kind."""

# Transactions of different lengths: the ids of a long one are older than what others have had sealed meanwhile.
WRITE = """
import sys
from itertools import cycle
from django.db import transaction
from django.utils import timezone
from apps.audit.ports import SYSTEM, Outcome
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.keys.events import KeyAction
left = {events}
for length in cycle((1, 1, 1, 20)):
    with transaction.atomic():
        for _ in range(min(length, left)):
            record_event(action=KeyAction.SIGNING_KEY_CREATED, outcome=Outcome.SUCCESS, actor=SYSTEM,
                         origin=SYSTEM_ORIGIN, now=timezone.now())
            left -= 1
    if not left:
        break
"""
SEAL_AND_DIE = """
import os, signal
from django.db import connection
from django.utils import timezone
from apps.audit.services.sealing import seal_pending
left = {count}
def die(execute, sql, parameters, many, context):
    global left
    left -= sql.startswith('{statement}')
    if not left and '{moment}' == 'before':
        os.kill(os.getpid(), signal.SIGKILL)
    result = execute(sql, parameters, many, context)
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
with connection.execute_wrapper(die):
    while True:
        seal_pending(now=timezone.now(), batch_size=5)
"""
SEAL_THE_REST = """
from django.utils import timezone
from apps.audit.services.sealing import seal_pending, sweep_unsealed
seal_pending(now=timezone.now())
sweep_unsealed(now=timezone.now())
"""
PREPARE = """
from django.utils import timezone
from apps.keys.services.signing_keys import ensure_signing_keys
ensure_signing_keys(now=timezone.now())
"""
COUNT = """
import json
from django.db.models import Count, Max, Min
from apps.audit.models import AuditEvent, SealedEvent
numbers = SealedEvent.objects.aggregate(rows=Count("pk"), first=Min("pk"), last=Max("pk"))
unsealed = AuditEvent.objects.exclude(pk__in=SealedEvent.objects.values("event_id")).count()
print(json.dumps({**numbers, "events": AuditEvent.objects.count(), "unsealed": unsealed}))
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Of a Gatehouse that nobody serves: migrated, with keys."""
    server_url = os.environ.get("DATABASE_URL")
    url = create_database(server_url, f"killed_{secrets.token_hex(4)}") if server_url else None
    environment = isolated_environment(data_dir=tmp_path, base_url="http://localhost:8000", database_url=url)
    run_manage("migrate", "--verbosity=0", env=environment)
    run_manage(*_shell(PREPARE), env=environment)
    return environment


@pytest.mark.soak
def test_sealers_killed_in_mid_work_leave_no_gap_no_double_and_nothing_behind(env: dict[str, str]) -> None:
    writers = [_start(WRITE.format(events=EVENTS), env) for _ in range(WRITERS)]
    for moment, statement, count in KILLS:
        _seal_and_die(env, moment=moment, statement=statement, count=count)
    for writer in writers:
        _, errors = writer.communicate(timeout=300)
        assert writer.returncode == 0, errors
    run_manage(*_shell(SEAL_THE_REST), env=env)
    counts = json.loads(run_manage(*_shell(COUNT), env=env).stdout)
    assert counts["unsealed"] == 0
    assert counts["rows"] == counts["events"] >= WRITERS * EVENTS
    assert (counts["first"], counts["last"]) == (1, counts["rows"])
    report = json.loads(run_manage("verify_audit_log", "--json", env=env).stdout)
    assert report["intact"]
    assert report["sealed"] == counts["rows"]


def _seal_and_die(env: dict[str, str], *, moment: str, statement: str, count: int) -> None:
    sealer = _start(SEAL_AND_DIE.format(moment=moment, statement=statement, count=count), env)
    _, errors = sealer.communicate(timeout=120)
    assert sealer.returncode == -signal.SIGKILL, errors


def _start(code: str, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *_shell(code)],
        cwd=PROJECT_DIR,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _shell(code: str) -> tuple[str, ...]:
    return ("shell", "--no-imports", "-c", code)
