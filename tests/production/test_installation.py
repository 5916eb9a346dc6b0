"""The production profile as a whole: real nginx, PostgreSQL and Redis, two web servers, worker and clock."""

import json
import re
import secrets
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from shutil import copyfile
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import psycopg2
import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.factories.clients import make_pkce
from tests.factories.people import new_password
from tests.production.installation import Installation, running_installation
from tests.protocol.person import Forms, Person
from tests.services.postgresql import create_database
from tests.services.process import tail

pytestmark = pytest.mark.e2e
REDIRECT_URI = "https://rp.example/callback"
DISCOVERY = "/.well-known/openid-configuration"
SEALED_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("installation")
    try:
        with running_installation(directory) as found:
            yield found
    finally:
        for log in sorted(directory.glob("*.log")):
            print(f"--- {log.name}\n{tail(log, 15)}")  # noqa: T201 - pytest shows it when something failed


class FromAddress(HTTPAdapter):
    """Connections that come from one of this machine's loopback addresses."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> Any:
        return super().init_poolmanager(*args, **kwargs, source_address=(self.address, 0))


def browser(installation: Installation, address: str = "127.0.0.1", **headers: str) -> requests.Session:
    http = requests.Session()
    # The machine's own list of authorities would win over the certificate named here.
    http.trust_env = False
    http.verify = installation.certificate
    http.mount("https://", FromAddress(address))
    http.headers.update(headers)
    return http


@pytest.fixture(scope="module")
def password(installation: Installation) -> str:
    made = new_password()
    installation.command("users", "create", "--username", "kim", "--password-stdin", input=made)
    return made


@pytest.fixture(scope="module")
def client(installation: Installation) -> dict[str, str]:
    made: dict[str, str] = json.loads(
        installation.command(
            *("clients", "create", "--name", "Payroll", "--redirect-uri", REDIRECT_URI, "--first-party"),
            *("--scope", "openid offline_access", "--json"),
        )
    )
    return made


@pytest.fixture(scope="module")
def service(installation: Installation) -> tuple[str, str]:
    made = json.loads(
        installation.command(
            *("clients", "create", "--name", "Nightly", "--kind", "service", "--scope", "reports", "--json")
        )
    )
    return made["client_id"], made["client_secret"]


def ask_for_token(installation: Installation, service: tuple[str, str]) -> int:
    form = {"grant_type": "client_credentials", "scope": "reports"}
    answer = browser(installation).post(
        f"{installation.base_url}/oauth/token", data=form, auth=service, timeout=30
    )
    return answer.status_code


def attempt(http: requests.Session, base_url: str, name: str) -> requests.Response:
    """A wrong password, typed into the page."""
    form = Forms(http.get(f"{base_url}/login/", timeout=30)).with_field("password")
    assert form is not None
    return http.post(
        form.action,
        data=form.carried | {"identifier": name, "password": secrets.token_urlsafe(8)},
        headers={"Origin": base_url, "Referer": form.action},
        timeout=30,
    )


def test_person_signs_in_through_the_proxy_and_an_application_gets_tokens(
    installation: Installation, password: str, client: dict[str, str]
) -> None:
    http, pkce = browser(installation), make_pkce()
    person = Person(username="kim", password=password, http=http)
    request = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": REDIRECT_URI,
        "scope": "openid offline_access",
        "code_challenge": pkce.challenge,
        "code_challenge_method": "S256",
    }
    answer = person.reach(REDIRECT_URI, f"{installation.base_url}/oauth/authorize?{urlencode(request)}")
    code = parse_qs(urlsplit(answer).query)["code"][0]
    tokens = http.post(
        f"{installation.base_url}/oauth/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": pkce.verifier,
        },
        auth=(client["client_id"], client["client_secret"]),
        timeout=30,
    )
    assert tokens.status_code == 200, tokens.text
    bearer = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
    about = http.get(f"{installation.base_url}/oauth/userinfo", headers=bearer, timeout=30)
    assert about.status_code == 200
    assert {cookie.name for cookie in http.cookies if cookie.secure} >= {"__Host-gatehouse"}
    page = http.get(f"{installation.base_url}/", timeout=30)
    assert "max-age=31536000; includeSubDomains; preload" in page.headers["Strict-Transport-Security"]
    assert page.headers["X-Frame-Options"] == "DENY"
    # Neither the code nor what led to it is in the proxy's log.
    log = (installation.directory / "access.log").read_text(encoding="utf-8")
    assert '"path":"/oauth/authorize"' in log
    assert pkce.challenge not in log
    assert code not in log


def test_address_in_the_log_is_the_clients_whatever_it_claims(
    installation: Installation, password: str
) -> None:
    claims = {
        "X-Forwarded-For": "198.51.100.7, 127.0.0.1",
        "X-Real-IP": "198.51.100.7",
        "Forwarded": "for=198.51.100.7",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.example",
    }
    person = Person(username="kim", password=password, http=browser(installation, "127.0.0.5", **claims))
    home = person.reach(f"{installation.base_url}/account/", f"{installation.base_url}/login/?next=/account/")
    assert home
    addresses = installation.command(
        "shell",
        *("--no-imports", "-c"),
        "from apps.signin.models import Session; print(*Session.objects.values_list('ip', flat=True))",
    ).split()
    assert "127.0.0.5" in addresses
    assert "198.51.100.7" not in addresses


def test_guesses_are_counted_for_the_address_that_they_come_from(installation: Installation) -> None:
    name = f"nobody-{secrets.token_hex(4)}"
    answers = []
    for number in range(11):
        http = browser(installation, "127.0.0.6", **{"X-Forwarded-For": f"198.51.100.{number}"})
        answers.append(attempt(http, installation.base_url, name).status_code)
    assert answers == [401] * 10 + [429]
    assert attempt(browser(installation, "127.0.0.7"), installation.base_url, name).status_code == 401


def test_what_is_for_operators_stays_inside(installation: Installation) -> None:
    token = {"Authorization": f"Bearer {installation.secret('metrics_token')}"}
    for path in ("/metrics", "/health", "/healthz", "/readyz"):
        answer = browser(installation).get(f"{installation.base_url}{path}", headers=token, timeout=30)
        assert answer.status_code == 404, path
    web = f"http://127.0.0.1:{installation.ports['web-1']}"
    assert requests.get(f"{web}/metrics", timeout=30).status_code == 401
    told = requests.get(f"{web}/metrics", headers=token, timeout=30)
    assert told.status_code == 200
    assert 'gatehouse_dependency_up{dependency="cache"} 1.0' in told.text
    assert requests.get(f"{web}/readyz", timeout=30).json()["status"] == "ok"


def test_styles_and_scripts_are_kept_by_browsers_until_they_change(installation: Installation) -> None:
    http = browser(installation)
    page = http.get(f"{installation.base_url}/login/", timeout=30).text
    named = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page))
    assert any(path.endswith(".css") for path in named)
    for path in named:
        answer = http.get(f"{installation.base_url}{path}", timeout=30)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["Cache-Control"], path
        if path.endswith((".css", ".js")):
            assert answer.headers["Content-Encoding"] == "gzip", path


def test_what_is_the_same_for_everybody_is_compressed_and_no_page_is(installation: Installation) -> None:
    web = f"http://127.0.0.1:{installation.ports['web-1']}"
    host = {"Host": "localhost", "X-Forwarded-Proto": "https"}
    for path in ("/static/css/gatehouse.css", "/static/js/page.js", "/api/schema/", DISCOVERY):
        plain = requests.get(f"{web}{path}", headers={**host, "Accept-Encoding": "identity"}, timeout=30)
        packed = browser(installation).get(f"{installation.base_url}{path}", timeout=30)
        assert packed.headers["Content-Encoding"] == "gzip", path
        assert "Accept-Encoding" in packed.headers["Vary"], path
        assert packed.content == plain.content, path
    for path in ("/login/", "/api/docs/", "/account/reset", "/no/such/page", "/static/no/such/page"):
        answer = browser(installation).get(f"{installation.base_url}{path}", timeout=30)
        assert "Content-Encoding" not in answer.headers, path


def test_other_names_and_plain_http_lead_nowhere(installation: Installation) -> None:
    plain = f"http://localhost:{installation.ports['http']}"
    answer = requests.get(f"{plain}/login/?next=/", allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://localhost/login/?next=/")
    with pytest.raises(requests.ConnectionError):
        requests.get(plain, headers={"Host": "evil.example"}, timeout=30)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://127.0.0.1:{installation.ports['https']}/", verify=False, timeout=30)  # noqa: S501 - no name, so no certificate
    answer = browser(installation).get(
        f"{installation.base_url}/login/", headers={"Host": "evil.example"}, timeout=30
    )
    assert answer.status_code == 421


def test_bodies_are_refused_by_their_size_before_they_are_sent_on(installation: Installation) -> None:
    login = f"{installation.base_url}/login/"
    # Nothing larger than this passes the proxy; what is smaller, the web server judges by its address.
    for size, by in ((3_000_000, "nginx"), (20_000, "gatehouse")):
        answer = browser(installation).post(login, data="x" * size, timeout=30)
        assert answer.status_code == 413
        assert ("X-Request-Id" in answer.headers) == (by == "gatehouse")


def test_events_are_sealed_and_witnessed_by_worker_and_clock(installation: Installation) -> None:
    deadline = time.monotonic() + SEALED_WITHIN_SECONDS
    while (report := json.loads(installation.command("verify_audit_log", "--json")))["unsealed"]:
        assert time.monotonic() < deadline, report
        time.sleep(1)
    assert report["intact"] is True
    assert report["sealed"] > 0
    assert (installation.directory / "witness" / "audit_witness").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "UPDATE audit_event SET action = 'nothing.happened'",
        "UPDATE audit_seal_batch SET tree_size = 1",
        "DELETE FROM audit_sealed_event",
        "TRUNCATE audit_seal_subtree",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_event_no_delete ON audit_event",
        "DROP TABLE audit_event",
        "DROP FUNCTION audit_refuse_change CASCADE",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('audit', '0002_x', now())",
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "SET session_replication_role = replica",
        "SET ROLE gatehouse_owner",
        "GRANT gatehouse_owner TO gatehouse",
    ],
)
def test_role_that_serves_cannot_change_the_log_or_what_guards_it(
    installation: Installation, statement: str
) -> None:
    connection = psycopg2.connect(installation.secret("database_url"))
    try:
        with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as refusal:
            cursor.execute(statement)
    finally:
        connection.close()
    # insufficient_privilege; what is not even seen does not exist.
    assert refusal.value.pgcode in {"42501", "42704"}, refusal.value


def test_partitions_of_events_are_closed_to_the_role_that_serves(installation: Installation) -> None:
    connection = psycopg2.connect(installation.secret("database_url"))
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass"
            )
            partitions = [name for (name,) in cursor.fetchall()]
            assert partitions
            for partition in partitions:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(f"DELETE FROM {partition}")  # noqa: S608 - a name from the catalogue
                connection.rollback()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        ("nobody_of_this_name", "there is no role"),
        ("gatehouse_owner", "owns the tables"),
        ("postgres", "superuser"),
    ],
)
def test_roles_that_nothing_would_hold_back_are_not_given_anything(
    installation: Installation, role: str, reason: str
) -> None:
    with pytest.raises(Exception, match=reason):
        installation.command("grant_serving_role", role, service="migrate")


def test_migrating_again_changes_nothing_that_is_granted(installation: Installation) -> None:
    assert "only add to the log" in installation.command("migrate", service="migrate")
    assert installation.is_healthy("web-1")


def test_backup_that_is_restored_verifies_and_serves(installation: Installation, password: str) -> None:
    dump, witness = (installation.directory / name for name in ("gatehouse.dump", "witness_of_the_dump"))
    # Before: sealing goes on, and a witness of what came after the dump would say, rightly, that it is missing.
    copyfile(installation.env["worker"]["AUDIT_WITNESS_FILE"], witness)
    source = _other_database(installation.cluster.url, "gatehouse")
    _run("pg_dump", "--format=custom", f"--file={dump}", source)
    target = create_database(installation.cluster.url, "restored")
    _run("pg_restore", "--exit-on-error", f"--dbname={target}", str(dump))
    restored = {}
    for name in ("owner_database_url", "database_url"):
        restored[name] = installation.directory / f"restored_{name}"
        address = _other_database(installation.secret(name), "restored")
        restored[name].write_text(address, encoding="utf-8")
    elsewhere = replace(
        installation,
        env={
            "migrate": installation.env["migrate"]
            | {"DATABASE_URL_FILE": str(restored["owner_database_url"])},
            "worker": installation.env["worker"]
            | {"DATABASE_URL_FILE": str(restored["database_url"]), "AUDIT_WITNESS_FILE": str(witness)},
        },
    )
    elsewhere.command("migrate", service="migrate")
    report = json.loads(elsewhere.command("verify_audit_log", "--json"))
    assert report["intact"] is True
    assert report["sealed"] > 0
    assert "kim" in elsewhere.command("users", "list", "--json")


def _other_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# Last: from here on a web server is gone, and comes back --------------------------------------------------------------


def test_server_that_dies_takes_nobody_with_it(installation: Installation, service: tuple[str, str]) -> None:
    ended = False

    def look(_: int) -> list[int]:
        http, seen = browser(installation), list[int]()
        while not ended:
            seen.append(http.get(f"{installation.base_url}/.well-known/jwks.json", timeout=30).status_code)
        return seen

    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(look, number) for number in range(3)]
        try:
            time.sleep(1)
            installation.kill("web-1")
            tokens = [ask_for_token(installation, service) for _ in range(10)]
        finally:
            ended = True
        looks = [status for found in looking for status in found.result()]
    assert set(tokens) == {200}
    assert set(looks) == {200}
    assert not installation.is_healthy("web-1")

    installation.start("web-1").wait_until(lambda: installation.is_healthy("web-1"))
    before = _requests_of(installation, "web-1")
    deadline = time.monotonic() + 30
    while _requests_of(installation, "web-1") <= before + 1:
        assert ask_for_token(installation, service) == 200
        assert time.monotonic() < deadline, "the proxy does not come back to it"


def _requests_of(installation: Installation, name: str) -> float:
    token = {"Authorization": f"Bearer {installation.secret('metrics_token')}"}
    text = requests.get(
        f"http://127.0.0.1:{installation.ports[name]}/metrics", headers=token, timeout=30
    ).text
    counted = [
        line for line in text.splitlines() if line.startswith('gatehouse_tokens_issued_total{grant="client')
    ]
    return float(counted[0].rpartition(" ")[2])
