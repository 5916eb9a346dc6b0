"""One server, several processes: whichever answers tells what all of them did."""

import os
import signal
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.services.gatehouse import Gatehouse, start_gatehouse

WORKERS = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    started = start_gatehouse(
        tmp_path_factory.mktemp("metrics"),
        server_url=os.environ.get("DATABASE_URL"),
        extra_env={"WEB_WORKERS": str(WORKERS)},
    )
    yield started
    started.stop()


def ask(server: Gatehouse, path: str) -> str:
    with urllib.request.urlopen(f"{server.base_url}{path}", timeout=30) as answer:
        content: str = answer.read().decode()
    return content


def asked_for_keys(server: Gatehouse) -> float:
    for family in text_string_to_metric_families(ask(server, "/metrics")):
        for sample in family.samples:
            if sample.name == "gatehouse_http_requests_total" and sample.labels["view"] == "oauth:jwks":
                return sample.value
    return 0.0


def processes_of(server: Gatehouse) -> list[int]:
    children = Path(f"/proc/{server.service.process.pid}/task/{server.service.process.pid}/children")
    return [int(pid) for pid in children.read_text(encoding="ascii").split()]


def test_every_process_tells_the_same_and_none_of_it_goes_back(server: Gatehouse) -> None:
    def load(_: int) -> None:
        ask(server, "/.well-known/jwks.json")

    before = asked_for_keys(server)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(load, range(120)))
        told = set(pool.map(lambda _: asked_for_keys(server), range(24)))
    assert told == {before + 120}

    victims = processes_of(server)
    assert len(victims) == WORKERS
    os.kill(victims[0], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while len(processes_of(server)) < WORKERS or victims[0] in processes_of(server):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(load, range(60)))
        told = set(pool.map(lambda _: asked_for_keys(server), range(24)))
    assert told == {before + 180}
