"""How the installation stands: read from what is there, in a fixed number of queries."""

import platform
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import django
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext as _

from apps.audit.models import AuditVerificationRun, SealBatch
from apps.audit.selectors import (
    Backlog,
    ReaderState,
    checkpoint_to_show,
    latest_verification,
    log_began_at,
    missing_guards,
    reader_states,
    sealing_backlog,
    set_aside_count,
)
from apps.audit.services.witnessing import Witness, own_witness
from apps.core.schedule import schedule
from apps.core.task_runs import UNREACHABLE, TaskRun, last_runs
from apps.jobs.selectors import dead_job_count
from apps.keys.models import SigningKey
from apps.keys.selectors import FieldKeys, field_keys, keys_in_use, missing_keys
from apps.mail.selectors import MailStanding, mail_standing

PROBE = "system_status_probe"
PROBE_SECONDS = 60
# Name and version, and the size in bytes.
FACTS_OF_DATABASE = {
    "postgresql": "SELECT current_setting('server_version'), pg_database_size(current_database())",
    "sqlite": "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count(), pragma_page_size()",
}
SHARED_CACHE = "django.core.cache.backends.redis.RedisCache"


@dataclass(frozen=True)
class Release:
    version: str
    django: str
    python: str
    is_embedded: bool


@dataclass(frozen=True)
class Database:
    name: str
    version: str
    size: int


@dataclass(frozen=True)
class Cache:
    """`error` says why it does not answer, and is empty when it does."""

    is_shared: bool
    error: str


@dataclass(frozen=True)
class ScheduledTask:
    title: str
    task: str
    every: timedelta
    run: TaskRun | None


@dataclass(frozen=True)
class Tasks:
    """`is_known` is false when the cache, which keeps the runs, does not answer."""

    scheduled: tuple[ScheduledTask, ...]
    is_known: bool

    @property
    def newest(self) -> TaskRun | None:
        runs = [task.run for task in self.scheduled if task.run]
        return max(runs, key=lambda run: run.ended_at, default=None)


@dataclass(frozen=True)
class Log:
    """`backlog` is None when the newest seal cannot be read. In the rows, Unreadable stands for what cannot be."""

    checkpoint: SealBatch | None
    backlog: Backlog | None
    verification: AuditVerificationRun | None
    witness: Witness | None
    began_at: datetime | None = None
    """By the id of the first event; about when the installation began."""
    missing_guards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Keys:
    in_use: tuple[SigningKey, ...]
    missing: tuple[tuple[str, str], ...]
    field: FieldKeys


@dataclass(frozen=True)
class Readers:
    states: tuple[ReaderState, ...]
    set_aside: int


@dataclass(frozen=True)
class System:
    release: Release
    database: Database
    cache: Cache
    tasks: Tasks
    log: Log
    keys: Keys
    mail: MailStanding
    readers: Readers
    dead_jobs: int
    has_proxies: bool
    has_rate_limits: bool


def system_now() -> System:
    answering = _cache()
    keys = keys_in_use()
    return System(
        release=Release(
            settings.VERSION, django.get_version(), platform.python_version(), is_embedded=settings.EMBEDDED
        ),
        database=_database(),
        cache=answering,
        tasks=_tasks(is_cache_up=not answering.error),
        log=Log(
            checkpoint_to_show(),
            sealing_backlog(),
            latest_verification(),
            own_witness(),
            log_began_at(),
            tuple(missing_guards()),
        ),
        keys=Keys(tuple(keys), tuple(missing_keys(keys)), field_keys()),
        mail=mail_standing(),
        readers=Readers(tuple(reader_states()), set_aside_count()),
        dead_jobs=dead_job_count(),
        has_proxies=bool(settings.TRUSTED_PROXIES),
        has_rate_limits=settings.RATE_LIMIT_PERCENT > 0,
    )


def _database() -> Database:
    with connection.cursor() as cursor:
        cursor.execute(FACTS_OF_DATABASE[connection.vendor])
        version, size = cursor.fetchone()
    # Distributions append their own name to PostgreSQL's.
    return Database(connection.display_name, str(version).partition(" ")[0], int(size))


def _cache() -> Cache:
    """Whether what is written can be read again."""
    is_shared = settings.CACHES["default"]["BACKEND"] == SHARED_CACHE
    value = secrets.token_hex(8)
    try:
        cache.set(PROBE, value, timeout=PROBE_SECONDS)
        is_kept = cache.get(PROBE) == value
    except UNREACHABLE as error:
        return Cache(is_shared, type(error).__name__)
    return Cache(is_shared, "" if is_kept else "what was written could not be read again")


def _tasks(*, is_cache_up: bool) -> Tasks:
    tasks = schedule()
    runs: dict[str, TaskRun] = {}
    if is_cache_up:
        try:
            runs = last_runs(each.task for each in tasks)
        except UNREACHABLE:
            is_cache_up = False
    return Tasks(
        tuple(ScheduledTask(_(each.title), each.task, each.every, runs.get(each.task)) for each in tasks),
        is_known=is_cache_up,
    )


def worker_is_late(tasks: Tasks, *, now: datetime, patience: timedelta) -> bool:
    """Whether no task has ended for so long that no worker, or no clock, can be running."""
    newest = tasks.newest
    return tasks.is_known and (newest is None or now - newest.ended_at > patience)
