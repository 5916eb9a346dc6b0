"""`manage.py serve`, as operators run it: it starts whole or not at all, and stops when told."""

import http.client
import json
import signal
import sqlite3
import stat
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.services.environment import isolated_environment
from tests.services.gatehouse import Gatehouse, run_manage, start_gatehouse
from tests.services.process import free_port

pytestmark = pytest.mark.any_database
PASSWORD = "Wooden-Gate-Opens-7!"
SEALED_WITHIN_SECONDS = 30


def test_serve_refuses_a_database_that_is_not_up_to_date(tmp_path: Path) -> None:
    env = isolated_environment(data_dir=tmp_path, base_url="http://localhost:8000")
    done = run_manage("serve", "--port", str(free_port()), env=env, check=False)
    assert done.returncode == 1
    assert "run `manage.py migrate` first" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_says_that_there_is_no_database(tmp_path: Path) -> None:
    env = isolated_environment(
        data_dir=tmp_path,
        base_url="http://localhost:8000",
        database_url=f"postgresql://gatehouse:hunter2@127.0.0.1:{free_port()}/gatehouse",
    )
    done = run_manage("serve", "--port", str(free_port()), env=env, check=False)
    assert done.returncode == 1
    assert "The database does not answer: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_serve_refuses_an_unsafe_environment_in_words(tmp_path: Path) -> None:
    env = isolated_environment(data_dir=tmp_path, base_url="http://localhost:8000")
    done = run_manage("serve", env=env | {"EMBEDDED": "no", "SECRET_KEY": "x"}, check=False)
    assert done.returncode == 1
    assert "SECRET_KEY is missing or guessable" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["99999", "0", "-1", "http"])
def test_serve_refuses_what_is_no_port(tmp_path: Path, port: str) -> None:
    env = isolated_environment(data_dir=tmp_path, base_url="http://localhost:8000")
    done = run_manage("serve", f"--port={port}", env=env, check=False)
    assert done.returncode == 2
    assert "expected 1 to 65535" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_answers_and_stops_when_told(tmp_path: Path) -> None:
    server = start_gatehouse(tmp_path, server_url=None)
    try:
        with urllib.request.urlopen(f"{server.base_url}/login/", timeout=10) as answer:
            assert answer.status == 200
        server.service.process.send_signal(signal.SIGTERM)
        assert server.service.process.wait(20) == 0
    finally:
        server.stop()
    assert "Traceback" not in server.log_tail(200)


def test_events_are_sealed_without_anybody_asking(gatehouse: Gatehouse) -> None:
    gatehouse.manage("users", "create", "--username", "sealed.soon")
    deadline = time.monotonic() + SEALED_WITHIN_SECONDS
    while (report := json.loads(gatehouse.manage("verify_audit_log", "--json").stdout))["unsealed"]:
        assert time.monotonic() < deadline, report
    assert report["sealed"] > 0
    assert report["intact"] is True


def test_what_embedded_mode_keeps_is_for_its_owner_only(tmp_path: Path) -> None:
    env = isolated_environment(data_dir=tmp_path / "data", base_url="http://localhost:8000")
    run_manage("migrate", "--verbosity=0", env=env)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    with sqlite3.connect(tmp_path / "data" / "gatehouse.sqlite3") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# Behind a proxy that speaks https ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def behind_https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    server = start_gatehouse(
        tmp_path_factory.mktemp("https"),
        server_url=None,
        extra_env={"BASE_URL": "https://login.example.com", "TRUSTED_PROXIES": "127.0.0.0/8,::1/128"},
    )
    server.manage("users", "create", "--username", "kim", "--password-stdin", input=f"{PASSWORD}\n")
    yield server
    server.stop()


class Proxied:
    """Requests as the proxy sends them on; cookies are kept by name alone."""

    def __init__(self, server: Gatehouse) -> None:
        self.port = int(server.env["PORT"])
        self.cookies: dict[str, str] = {}

    def request(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, list[str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {
            "Host": "login.example.com",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.5",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection.request(method, path, urlencode(form or {}), sent | headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        set_cookies = answer.headers.get_all("Set-Cookie") or []
        for cookie in set_cookies:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        self.headers = answer.headers
        return answer.status, set_cookies


def test_cookies_are_bound_to_the_host_and_to_https(behind_https: Gatehouse) -> None:
    person = Proxied(behind_https)
    set_cookies = person.request("GET", "/login/")[1]
    form = {
        "identifier": "kim",
        "password": PASSWORD,
        "csrfmiddlewaretoken": person.cookies["__Host-gatehouse-csrf"],
    }
    status, more = person.request("POST", "/login/", form, Origin="https://login.example.com")
    assert status == 302
    set_cookies += more
    names = {cookie.partition("=")[0] for cookie in set_cookies}
    assert names >= {"__Host-gatehouse", "__Host-gatehouse-csrf", "__Host-gatehouse-browser"}
    for cookie in set_cookies:
        flags = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert cookie.startswith("__Host-")
        assert flags >= {"secure", "httponly", "samesite=lax", "path=/"}
        assert not [flag for flag in flags if flag.startswith("domain")]
    assert person.request("GET", "/")[0] == 200


def test_https_is_demanded_for_good(behind_https: Gatehouse) -> None:
    person = Proxied(behind_https)
    for path in (
        "/login/",
        "/oauth/token",
        "/.well-known/jwks.json",
        "/static/css/gatehouse.css",
        "/nowhere",
    ):
        person.request("GET", path)
        assert person.headers["Strict-Transport-Security"].startswith("max-age=31536000"), path


def test_sign_in_form_of_another_site_is_refused(behind_https: Gatehouse) -> None:
    person = Proxied(behind_https)
    person.request("GET", "/login/")
    form = {
        "identifier": "kim",
        "password": PASSWORD,
        "csrfmiddlewaretoken": person.cookies["__Host-gatehouse-csrf"],
    }
    for origin in ("https://evil.example", "http://login.example.com", "null"):
        assert person.request("POST", "/login/", form, Origin=origin)[0] == 403


def test_host_that_is_not_ours_is_refused_by_the_running_server(behind_https: Gatehouse) -> None:
    person = Proxied(behind_https)
    assert person.request("GET", "/login/", Host="evil.example")[0] == 400
    assert person.request("GET", "/login/", None, **{"X-Forwarded-Host": "evil.example"})[0] == 200


def test_headers_that_pose_as_others_are_dropped(behind_https: Gatehouse) -> None:
    """With an underscore a proxy hands on what it would have replaced; others are variables of the gateway's."""
    person = Proxied(behind_https)
    assert person.request("GET", "/metrics", None, **{"X-Forwarded-For": "127.0.0.1"})[0] == 200
    assert person.request("GET", "/metrics", None, X_Forwarded_For="127.0.0.1")[0] == 403
    for name in ("SCRIPT_NAME", "Script-Name", "PATH_INFO", "Path-Info", "X-Original-URL", "X-Rewrite-URL"):
        assert person.request("GET", "/nowhere", None, **{name: "/login/"})[0] == 404, name
        assert person.request("GET", "/admin/", None, **{name: "/login/"})[0] == 302, name


def test_body_without_a_length_is_not_read(behind_https: Gatehouse) -> None:
    # Nothing of the body is ever sent: an answer shows that nobody waits for it.
    connection = http.client.HTTPConnection("127.0.0.1", int(behind_https.env["PORT"]), timeout=30)
    with closing(connection):
        connection.putrequest("POST", "/oauth/token", skip_host=True)
        connection.putheader("Host", "login.example.com")
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders()
        assert 400 <= connection.getresponse().status < 500
