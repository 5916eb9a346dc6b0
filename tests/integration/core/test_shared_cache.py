"""The cache that production shares: what others put there is read as data or not at all."""

import pickle
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.utils import timezone

from apps.core.task_runs import UNREACHABLE, TaskRun, last_runs, note_run
from tests.services.environment import isolated_environment
from tests.services.gatehouse import run_manage

KEY = ":1:task_runs:audit.seal_pending"
FORMAT = "apps.core.cache_format.JsonFormat"


@pytest.fixture(autouse=True)
def shared_cache(settings: Any, redis_url: str) -> redis.Redis:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis_url,
            "OPTIONS": {"serializer": FORMAT},
        }
    }
    cache.clear()
    return redis.Redis.from_url(redis_url)


class Intruder:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("intruder-was-here"),)


def test_runs_of_one_process_are_seen_by_another() -> None:
    now = timezone.now()
    note_run("audit.seal_pending", now=now)
    note_run("audit.verify_log", now=now, error="PortEmpty")
    assert last_runs(["audit.seal_pending", "audit.verify_log", "oauth.remove_expired"]) == {
        "audit.seal_pending": TaskRun(now, ""),
        "audit.verify_log": TaskRun(now, "PortEmpty"),
    }


def test_what_is_counted_stays_a_number() -> None:
    cache.set("count", 3)
    assert cache.incr("count") == 4
    assert cache.get("count") == 4


@pytest.mark.parametrize(
    "planted",
    [
        b"{",
        b"7",
        b"[]",
        b'["yesterday", ""]',
        b'["2026-11-25T12:00:00", ""]',
        b"[" * 100_000,
        b"\xff",
        pickle.dumps(Intruder()),
    ],
    ids=lambda planted: str(planted[:12]),
)
def test_what_we_did_not_write_is_refused_and_never_run(
    shared_cache: redis.Redis, planted: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shared_cache.set(KEY, planted)
    with pytest.raises(UNREACHABLE):
        last_runs(["audit.seal_pending"])
    assert list(tmp_path.iterdir()) == []


def test_production_keeps_json_in_its_cache(tmp_path: Path, redis_url: str) -> None:
    env = isolated_environment(data_dir=tmp_path, base_url="http://localhost:8000") | {"REDIS_URL": redis_url}
    program = "from django.conf import settings; print(settings.CACHES['default']['OPTIONS']['serializer'])"
    assert run_manage("shell", "--no-imports", "-c", program, env=env).stdout.strip() == FORMAT
