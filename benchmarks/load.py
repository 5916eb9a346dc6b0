"""A load generator: threads with a kept-alive connection each, ended by the clock or by having no more to ask.

What a worker asks is a generator, which gives calls and is sent the answers; so a scenario reads in the order in
which it happens, and can be run against the program itself as well (benchmarks.statements).
"""

import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie

TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    is_preparation: bool = False
    """Not measured."""


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    cookies: dict[str, str]
    body: str


Steps = Generator[Call, Answer, None]


@dataclass(frozen=True)
class Load:
    took: list[float]
    """Seconds, by call."""
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds


class Connection:
    def __init__(self, port: int) -> None:
        self._http = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def send(self, call: Call) -> Answer:
        self._http.request(call.method, call.path, body=call.body.encode() or None, headers=call.headers)
        response = self._http.getresponse()
        body = response.read().decode()
        cookies: dict[str, str] = {}
        for line in response.headers.get_all("Set-Cookie", []):
            cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Answer(response.status, response.headers.get("Location", ""), cookies, body)

    def close(self) -> None:
        self._http.close()


def run_load(steps_of: Callable[[int], Steps], *, port: int, connections: int, seconds: float) -> Load:
    """`steps_of` gives the steps of a worker by its number."""
    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        workers = [
            pool.submit(_work, steps_of(number), port=port, until=started + seconds)
            for number in range(connections)
        ]
        took = [second for worker in workers for second in worker.result()]
    return Load(took, time.perf_counter() - started)


def _work(steps: Steps, *, port: int, until: float) -> list[float]:
    connection, took = Connection(port), list[float]()
    try:
        call = next(steps)
        while (before := time.perf_counter()) < until:
            answer = connection.send(call)
            if not call.is_preparation:
                took.append(time.perf_counter() - before)
            call = steps.send(answer)
    except StopIteration:
        pass
    finally:
        connection.close()
    return took
