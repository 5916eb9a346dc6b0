"""Sealers killed outright in the middle of their work, while others append: real processes, real kills."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.environment import PROJECT_DIR, isolated_environment
from tests.services.gatehouse import migrated_state, run_manage
from tests.services.soak import IS_SOAK, times

WRITERS = 2
EVENTS = times(400, soak=8_000)
"""Of each writer."""
READ, SEALS, CHECKPOINT = "read_unsealed", "insert_rows", "_append_checkpoint"
"""Steps of sealing, by function: what reaches the database is a COPY on PostgreSQL, which no wrapper of ours sees."""
# A kill that merely comes "soon" always hits the same place. Before the checkpoint is the moment at which seals that
# were committed apart from it would stay behind.
MOMENTS = [("after", SEALS), ("before", CHECKPOINT), ("after", CHECKPOINT)]
if IS_SOAK:
    MOMENTS += [("before", SEALS), ("after", READ)]
KILLS = [(moment, step, count) for moment, step in MOMENTS for count in range(1, 1 + times(1, soak=8))]
"""Before or after which step, at which of its kind."""

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
from django.utils import timezone
from apps.audit.services import sealing
left = {count}
step = sealing.{step}
def die():
    os.kill(os.getpid(), signal.SIGKILL)
def step_and_die(*arguments, **named):
    global left
    left -= 1
    if not left and '{moment}' == 'before':
        die()
    result = step(*arguments, **named)
    if not left:
        die()
    return result
sealing.{step} = step_and_die
while True:
    sealing.seal_pending(now=timezone.now(), batch_size=5)
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
    url = migrated_state(tmp_path, server_url=os.environ.get("DATABASE_URL"))
    environment = isolated_environment(data_dir=tmp_path, base_url="http://localhost:8000", database_url=url)
    run_manage(*_shell(PREPARE), env=environment)
    return environment


@pytest.mark.soak
def test_sealers_killed_in_mid_work_leave_no_gap_no_double_and_nothing_behind(env: dict[str, str]) -> None:
    writers = [_start(WRITE.format(events=EVENTS), env) for _ in range(WRITERS)]
    for moment, step, count in KILLS:
        _seal_and_die(env, moment=moment, step=step, count=count)
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


def _seal_and_die(env: dict[str, str], *, moment: str, step: str, count: int) -> None:
    sealer = _start(SEAL_AND_DIE.format(moment=moment, step=step, count=count), env)
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
