"""A Redis server of our own on a free loopback port, keeping nothing on disk."""

from pathlib import Path

import redis

from tests.services.process import Service, ServiceError, free_port, start
from tools.system_packages import REDIS


def start_redis(directory: Path) -> tuple[Service, str]:
    """The service and its URL."""
    program = REDIS.path()
    if program is None:
        raise ServiceError(f"Redis is not installed (Debian package {REDIS.debian_packages[0]})")
    port = free_port()
    service = start(
        "Redis",
        [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"],
        log=directory / "redis.log",
        cwd=directory,
    )
    url = f"redis://127.0.0.1:{port}/0"
    service.wait_until(lambda: _answers(url), timeout_seconds=20)
    return service, url


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_connect_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
