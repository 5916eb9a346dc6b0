"""Readers of the log killed outright in the middle of their work: nothing is counted twice, nothing is left out."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.environment import PROJECT_DIR, isolated_environment
from tests.services.gatehouse import migrated_state, run_manage
from tests.services.soak import times

EVENTS = times(120, soak=4_000)
COUNTED, CURSOR = 'INSERT INTO "dashboards_activity_count"', 'UPDATE "audit_reader_cursor"'
MOMENTS = [("after", COUNTED), ("before", CURSOR), ("after", CURSOR)]
KILLS = [
    (moment, statement, count) for moment, statement in MOMENTS for count in range(1, 1 + times(1, soak=6))
]
"""Before or after which statement, at which of its kind."""

PREPARE = """
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from apps.audit.ports import SYSTEM, Outcome
from apps.audit.services.record import record_event
from apps.audit.services.sealing import seal_pending
from apps.core.origin import SYSTEM_ORIGIN
from apps.keys.services.signing_keys import ensure_signing_keys
from apps.signin.events import SignInAction
now = timezone.now()
ensure_signing_keys(now=now)
with transaction.atomic():
    for number in range({events}):
        record_event(action=SignInAction.USER_SIGNED_IN, outcome=Outcome.SUCCESS, actor=SYSTEM,
                     origin=SYSTEM_ORIGIN, now=now - timedelta(minutes=7 * number))
seal_pending(now=now)
"""
READ = """
import os, signal
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from apps.audit.services.reading import read_on
from apps.audit.services.waking import wake_readers
from apps.dashboards.handlers import ACTIVITY
from django.conf import settings
settings.AUDIT_READER_BATCH_SIZE = 9
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
wake_readers(now=timezone.now())
with connection.execute_wrapper(die):
    while read_on(reader=ACTIVITY, now=timezone.now() + timedelta(minutes=1)):
        pass
"""
COUNT = """
import json
from django.db.models import Sum
from apps.dashboards.models import ActivityCount
print(json.dumps(ActivityCount.objects.filter(action="user.signed_in").aggregate(all=Sum("number"))))
"""


@pytest.mark.soak
def test_killed_readers_count_each_event_once(tmp_path: Path) -> None:
    url = migrated_state(tmp_path, server_url=os.environ.get("DATABASE_URL"))
    env = isolated_environment(data_dir=tmp_path, base_url="http://localhost:8000", database_url=url)
    run_manage(*_shell(PREPARE.format(events=EVENTS)), env=env)
    for moment, statement, count in KILLS:
        code = READ.format(moment=moment, statement=statement, count=count)
        ended = subprocess.run(
            [sys.executable, "manage.py", *_shell(code)],
            cwd=PROJECT_DIR,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    run_manage(*_shell(READ.format(moment="never", statement="never", count=-1)), env=env)
    assert json.loads(run_manage(*_shell(COUNT), env=env).stdout) == {"all": EVENTS}


def _shell(code: str) -> tuple[str, ...]:
    return ("shell", "--no-imports", "-c", code)
