"""Web servers, worker, clock, PostgreSQL and Redis killed outright at random moments under load, and started again.

The load is people who sign in, applications that refresh tokens, an administrator who changes things, and jobs. What
was acknowledged must be there with its event, and nothing else; nothing is stuck, and it recovers by itself.
"""

import json
import os
import random
import secrets
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg2
import pytest
import requests

from tests.factories.clients import make_pkce
from tests.factories.people import new_password
from tests.production.installation import Installation, running_installation
from tests.production.test_installation import FromAddress
from tests.protocol.person import Forms, Person
from tests.services.environment import PROJECT_DIR
from tests.services.process import Service, start, tail
from tests.services.soak import times

pytestmark = [pytest.mark.soak, pytest.mark.e2e, pytest.mark.any_database]
KILLS = times(7, soak=28)
RECOVERED_WITHIN_SECONDS = 60
ENDED_WITHIN_SECONDS = 120
REDIRECT_URI = "https://rp.example/callback"
PAUSE = (0.5, 3.0)
# No limits for a load from a few addresses; the lock-out stays.
ENVIRONMENT = {"RATE_LIMIT_PERCENT": "0", "PYTHONPATH": str(PROJECT_DIR)}
WORKER = ["celery", "-A", "tests.soak.working", "worker", "--loglevel", "WARNING", "--concurrency", "2"]
ERRORS = (requests.RequestException, AssertionError, KeyError, ValueError)


class Load:
    """Everybody who uses the installation, each in a thread; what was acknowledged is written down."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.acknowledged: list[dict[str, str]] = []
        self.failed: Counter[str] = Counter()
        self.is_over = threading.Event()
        self._threads: list[threading.Thread] = []

    def http(self, number: int) -> requests.Session:
        found = requests.Session()
        found.trust_env = False
        found.verify = self.installation.certificate
        found.mount("https://", FromAddress(f"127.0.1.{number}"))
        return found

    def acknowledge(self, action: str, answer: requests.Response) -> None:
        self.acknowledged.append({"action": action, "request_id": answer.headers["X-Request-Id"]})

    def go_on(self, name: str, step: Callable[[], None]) -> None:
        def run() -> None:
            while not self.is_over.is_set():
                try:
                    step()
                except ERRORS as error:
                    self.failed[f"{name}: {type(error).__name__}"] += 1
                    time.sleep(0.1)

        thread = threading.Thread(target=run, name=name)
        self._threads.append(thread)
        thread.start()

    def end(self) -> None:
        self.is_over.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), thread.name


def sign_in(load: Load, number: int, username: str, password: str) -> requests.Session:
    """A new session, whose beginning was acknowledged."""
    base, http = load.installation.base_url, load.http(number)
    form = Forms(http.get(f"{base}/login/", timeout=20)).with_field("password")
    assert form is not None
    answer = http.post(
        form.action,
        data=form.carried | {"identifier": username, "password": password},
        headers={"Origin": base, "Referer": form.action},
        allow_redirects=False,
        timeout=20,
    )
    assert answer.status_code == 302, answer.status_code
    load.acknowledge("user.signed_in", answer)
    return http


class Family:
    """Refresh tokens one after the other; where an answer was lost, from the beginning."""

    def __init__(self, load: Load, number: int, person: tuple[str, str], client: dict[str, str]) -> None:
        self.load, self.number, self.person, self.client = load, number, person, client
        self.http = load.http(number)
        self.token = ""

    def step(self) -> None:
        if not self.token:
            self.begin()
        answer = self._post({"grant_type": "refresh_token", "refresh_token": self.token})
        # Whatever becomes of it, the old one is never tried again: whether it was used, nobody knows.
        self.token = ""
        assert answer.status_code == 200, answer.status_code
        self.load.acknowledge("token.issued", answer)
        self.token = answer.json()["refresh_token"]

    def begin(self) -> None:
        pkce = make_pkce()
        request = {
            "response_type": "code",
            "client_id": self.client["client_id"],
            "redirect_uri": REDIRECT_URI,
            "scope": "openid offline_access",
            "code_challenge": pkce.challenge,
            "code_challenge_method": "S256",
        }
        username, password = self.person
        person = Person(username=username, password=password, http=self.http)
        base = self.load.installation.base_url
        address = person.reach(REDIRECT_URI, f"{base}/oauth/authorize?{urlencode(request)}")
        answer = self._post(
            {
                "grant_type": "authorization_code",
                "code": parse_qs(urlsplit(address).query)["code"][0],
                "redirect_uri": REDIRECT_URI,
                "code_verifier": pkce.verifier,
            }
        )
        assert answer.status_code == 200, answer.status_code
        self.load.acknowledge("token.issued", answer)
        self.token = answer.json()["refresh_token"]

    def _post(self, form: dict[str, str]) -> requests.Response:
        pair = (self.client["client_id"], self.client["client_secret"])
        token = f"{self.load.installation.base_url}/oauth/token"
        with suppress(requests.RequestException):
            return self.http.post(token, data=form, auth=pair, timeout=20)
        self.token = ""
        raise AssertionError("no answer")


class Administrator:
    """Adds scopes, one a second."""

    def __init__(self, load: Load, number: int, username: str, password: str) -> None:
        self.load, self.number, self.person = load, number, (username, password)
        self.http: requests.Session | None = None

    def step(self) -> None:
        base = self.load.installation.base_url
        if self.http is None:
            self.http = sign_in(self.load, self.number, *self.person)
        form = Forms(self.http.get(f"{base}/admin/oauth/scope/add/", timeout=20)).with_field("title")
        if form is None:
            self.http = None
            raise AssertionError("no form")
        name = f"soak.scope.{secrets.token_hex(6)}"
        answer = self.http.post(
            form.action,
            data=form.carried | {"name": name, "title": name, "_save": "Save"},
            headers={"Origin": base, "Referer": form.action},
            allow_redirects=False,
            timeout=20,
        )
        assert answer.status_code == 302, answer.status_code
        self.load.acknowledge("scope.created", answer)


class Killer:
    """Kills one thing after the other, starts it again as its supervisor would, and waits for nobody."""

    def __init__(self, installation: Installation, seed: int) -> None:
        self.installation = installation
        self.chance = random.Random(seed)
        self.killed: list[str] = []
        self.recovered_after: dict[str, list[float]] = {}

    def run(self) -> None:
        # Everything comes to its turn, in an order that nobody foresees.
        victims: list[tuple[str, Callable[[], None]]] = [
            ("web", self._web),
            ("process of web", self._web_process),
            ("worker", self._worker),
            ("clock", lambda: self._again("beat", ())),
            ("backend of PostgreSQL", self._backend),
            ("PostgreSQL", self._postgresql),
            ("Redis", self._redis),
        ]
        order: list[tuple[str, Callable[[], None]]] = []
        while len(order) < KILLS:
            order += self.chance.sample(victims, len(victims))
        for name, kill in order[:KILLS]:
            time.sleep(self.chance.uniform(*PAUSE))
            kill()
            self.killed.append(name)
            self.recovered_after.setdefault(name, []).append(self._seconds_until_it_serves())

    def _again(self, name: str, command: list[str] | tuple[str, ...]) -> None:
        self.installation.kill(name)
        time.sleep(self.chance.uniform(0, 1))
        self.installation.start(name, command)

    def _web(self) -> None:
        self._again(self.chance.choice(["web-1", "web-2"]), ())

    def _web_process(self) -> None:
        parent = self.installation.running[self.chance.choice(["web-1", "web-2"])].process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
        if children:
            os.kill(int(self.chance.choice(children)), signal.SIGKILL)

    def _worker(self) -> None:
        self._again("worker", WORKER)

    def _backend(self) -> None:
        """PostgreSQL then ends every connection and recovers by itself."""
        with psycopg2.connect(self.installation.cluster.url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = 'gatehouse'")
            found = [pid for (pid,) in cursor.fetchall()]
        connection.close()
        if found:
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(found), signal.SIGKILL)

    def _postgresql(self) -> None:
        cluster = self.installation.cluster
        cluster.service.process.kill()
        cluster.service.process.wait(20)
        time.sleep(self.chance.uniform(0, 1))
        cluster.start_again()

    def _redis(self) -> None:
        self.installation.kill("redis")
        time.sleep(self.chance.uniform(0, 1))
        self.installation.start_redis()

    def _seconds_until_it_serves(self) -> float:
        """Both web servers, with all that they need, from the moment at which what was killed runs again."""
        began = time.monotonic()
        while not all(self._is_ready(name) for name in ("web-1", "web-2")):
            assert time.monotonic() - began < RECOVERED_WITHIN_SECONDS, f"no recovery after {self.killed[-1]}"
            time.sleep(0.05)
        return time.monotonic() - began

    def _is_ready(self, name: str) -> bool:
        try:
            answer = requests.get(f"http://127.0.0.1:{self.installation.ports[name]}/readyz", timeout=5)
        except requests.RequestException:
            return False
        return answer.status_code == 200 and answer.json()["status"] == "ok"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("killed")
    try:
        with running_installation(
            directory, more_environment=ENVIRONMENT, commands={"worker": WORKER}
        ) as found:
            yield found
    finally:
        for log in sorted(directory.glob("*.log")):
            print(f"--- {log.name}\n{tail(log, 12)}")  # noqa: T201 - pytest shows it when something failed


def test_what_was_acknowledged_outlives_every_kill(installation: Installation) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")  # noqa: T201 - as above
    password = new_password()
    for number in range(3):
        installation.command(
            *("users", "create", "--username", f"person{number}", "--password-stdin"), input=password
        )
    installation.command(
        *("users", "create", "--username", "boss", "--admin", "--password-stdin"), input=password
    )
    client = json.loads(
        installation.command(
            *("clients", "create", "--name", "Soak", "--redirect-uri", REDIRECT_URI, "--first-party"),
            *("--scope", "openid offline_access", "--json"),
        )
    )
    load, stop = Load(installation), installation.directory / "stop"
    promised = installation.directory / "promised.jsonl"
    asking = _beside(installation, "tests.soak.asking", str(promised), str(stop))
    load.go_on("signing in", lambda: sign_in(load, 1, "person0", password).close())
    for number in (1, 2):
        load.go_on("refreshing", Family(load, 10 + number, (f"person{number}", password), client).step)
    load.go_on("administering", Administrator(load, 20, "boss", password).step)
    killer = Killer(installation, seed)
    try:
        killer.run()
        time.sleep(2)
    finally:
        load.end()
        stop.touch()
        asking.process.wait(60)

    deadline = time.monotonic() + ENDED_WITHIN_SECONDS
    while int(_told(installation, "open-jobs")):
        assert time.monotonic() < deadline, "a job is stuck"
        time.sleep(1)
    while (report := json.loads(installation.command("verify_audit_log", "--json")))["unsealed"]:
        assert time.monotonic() < deadline, report
        time.sleep(1)
    assert report["intact"] is True, report

    counted = Counter(each["action"] for each in load.acknowledged)
    print(f"acknowledged {dict(counted)}, not answered {dict(load.failed)}")  # noqa: T201 - as above
    for name, seconds in killer.recovered_after.items():
        print(  # noqa: T201 - as above
            f"{name}: killed {len(seconds)} times, serves after "
            f"{statistics.median(seconds):.1f} s (median), {max(seconds):.1f} s (longest)"
        )
    assert set(counted) == {"user.signed_in", "token.issued", "scope.created"}
    assert promised.read_text(encoding="utf-8").count("\n") > KILLS
    written = installation.directory / "acknowledged.jsonl"
    written.write_text("".join(f"{json.dumps(each)}\n" for each in load.acknowledged), encoding="utf-8")
    assert _told(installation, str(written), str(promised)) == ""
    # The judge is awake: what never happened is named.
    made_up = installation.directory / "made_up.jsonl"
    made_up.write_text('{"action": "user.signed_in", "request_id": "never", "job": "none", "name": "x"}\n')
    assert len(_told(installation, str(made_up), str(made_up)).splitlines()) == 2


def _beside(installation: Installation, module: str, *arguments: str) -> Service:
    return start(
        module,
        [sys.executable, "-m", module, *arguments],
        log=installation.directory / f"{module}.log",
        cwd=PROJECT_DIR,
        env=installation.env["worker"] | {"DJANGO_SETTINGS_MODULE": "identity.settings"},
    )


def _told(installation: Installation, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak.judging", *arguments],
        cwd=PROJECT_DIR,
        env=installation.env["worker"] | {"DJANGO_SETTINGS_MODULE": "identity.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
