"""What a process needs before it can answer: whatever is asked for it says so in a word, and never why."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from django.core.cache import cache
from django.db import connection

from apps.core.ports import Registry

log = structlog.get_logger(__name__)
PROBE = "readiness_probe"


@dataclass(frozen=True)
class ReadinessCheck:
    """`is_ready` answers quickly; what it raises means no, and goes to the process log.

    What is not essential is reported and keeps nobody away: taking every process out of service because of what
    they share would end what still works.
    """

    name: str
    is_ready: Callable[[], bool]
    is_essential: bool = True


class Standing(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


readiness: Registry[ReadinessCheck] = Registry("readiness")


@dataclass(frozen=True)
class Readiness:
    standing: Standing
    # By the name of the check.
    answers: dict[str, bool]


def readiness_now() -> Readiness:
    checks = {check: _is_ready(check) for check in readiness}
    failed = [check for check, answers in checks.items() if not answers]
    standing = Standing.OK
    if failed:
        is_fatal = any(check.is_essential for check in failed)
        standing = Standing.UNAVAILABLE if is_fatal else Standing.DEGRADED
    return Readiness(standing, {check.name: answers for check, answers in checks.items()})


def _is_ready(check: ReadinessCheck) -> bool:
    try:
        is_ready = check.is_ready()
    except Exception as error:  # noqa: BLE001 - a probe reports whatever is wrong
        log.warning("not_ready", check=check.name, error=type(error).__name__)
        return False
    if not is_ready:
        log.warning("not_ready", check=check.name)
    return is_ready


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def cache_answers() -> bool:
    cache.set(PROBE, 1, timeout=10)
    return bool(cache.get(PROBE) == 1)


DATABASE = ReadinessCheck("database", database_answers)
CACHE = ReadinessCheck("cache", cache_answers, is_essential=False)
