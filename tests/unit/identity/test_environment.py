"""Production refuses to start with anything missing or unsafe, and says why; embedded mode makes what it needs."""

import base64
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from identity.env import SETTINGS, _write_once, load
from identity.in_force import settings_in_force
from identity.settings.mail_server import MailServer, mail_server
from tests.services.environment import DEPLOYMENT_VARIABLES

KEY = "k1:" + base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what a container listens on; nothing is bound here
SAFE = {
    "EMBEDDED": "no",
    "BASE_URL": "https://login.example.com",
    "DATABASE_URL": "postgresql://gatehouse@db.example.com/gatehouse",
    "REDIS_URL": "rediss://redis.example.com/0",
    "SECRET_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "FIELD_ENCRYPTION_KEYS": KEY,
    "AUDIT_WITNESS_FILE": "/var/lib/gatehouse/audit_witness",
}


class Shell:
    """The environment that the next `load()` finds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        for name in (*DEPLOYMENT_VARIABLES, *(setting.name for setting in SETTINGS)):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(f"{name}_FILE", raising=False)

    def set(self, **values: str) -> None:
        for name, value in values.items():
            self._monkeypatch.setenv(name, value)

    def unset(self, name: str) -> None:
        self._monkeypatch.delenv(name)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(monkeypatch)


@pytest.fixture
def production(shell: Shell) -> Shell:
    shell.set(**SAFE)
    return shell


@pytest.fixture
def embedded(shell: Shell, tmp_path: Path) -> Shell:
    shell.set(DATA_DIR=str(tmp_path / "data"))
    return shell


def test_single_rate_limits_get_other_numbers(embedded: Shell) -> None:
    defaults = load().rate_limits
    embedded.set(RATE_LIMITS="sign-in=20/30, api=600/60/120")
    found = load().rate_limits
    assert str(found["sign-in"]) == "20/30/300"
    assert str(found["api"]) == "600/60/120"
    assert {**found, "sign-in": defaults["sign-in"], "api": defaults["api"]} == defaults


@pytest.mark.usefixtures("production")
def test_safe_production_environment_is_accepted() -> None:
    environment = load()
    assert not environment.embedded
    assert environment.allowed_hosts == ["login.example.com"]
    assert (environment.bind, environment.web_workers) == (EVERYWHERE, 2)
    assert environment.broker_url == SAFE["REDIS_URL"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is missing or guessable"),
        ("SECRET_KEY", "short", "SECRET_KEY is missing or guessable"),
        ("SECRET_KEY", "a" * 60, "SECRET_KEY is missing or guessable"),
        ("FIELD_ENCRYPTION_KEYS", "", "FIELD_ENCRYPTION_KEYS is missing"),
        ("FIELD_ENCRYPTION_KEYS", ",", "holds no key"),
        ("EMAIL_URL", "smtp.example.com", "EMAIL_URL is not smtp://"),
        ("EMAIL_URL", "http://smtp.example.com", "EMAIL_URL is not smtp://"),
        ("EMAIL_URL", "smtp://", "EMAIL_URL is not smtp://"),
        ("EMAIL_URL", "smtp://host:port", "EMAIL_URL is not smtp://"),
        ("EMAIL_URL", "smtps://host/path", "more than user, password, host and port"),
        ("EMAIL_URL", "smtps://host?ssl=1", "more than user, password, host and port"),
        ("EMAIL_URL", "smtp://u:p@smtp.example.com", "sends its password in clear"),
        ("MAIL_FROM", "nobody", "MAIL_FROM is 'nobody'"),
        ("MAIL_FROM", "a@example.com, b@example.com", "MAIL_FROM is"),
        ("MAIL_FROM", "A <a@example.com> b", "MAIL_FROM is"),
        ("MAIL_FROM", "Ä <ä@example.com>", "MAIL_FROM is"),
        ("FIELD_ENCRYPTION_KEYS", "k1:c2hvcnQ", "key 1 is not id:base64url of 32 bytes"),
        ("FIELD_ENCRYPTION_KEYS", f"{KEY},k2:{'!' * 43}", "key 2 is not id:base64url of 32 bytes"),
        ("FIELD_ENCRYPTION_KEYS", f"{KEY},{KEY}", "uses one id twice"),
        ("FIELD_ENCRYPTION_KEYS", f"k1:{'A' * 43}", "key 1 is guessable"),
        ("DEBUG", "yes", "DEBUG is on"),
        ("DEBUG", "perhaps", "expected yes or no"),
        ("EMBEDDED", "maybe", "expected yes or no"),
        ("DATABASE_URL", "", "DATABASE_URL must name PostgreSQL"),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "DATABASE_URL must name PostgreSQL"),
        ("DATABASE_URL", "mysql://db/gatehouse", "DATABASE_URL must name PostgreSQL"),
        ("REDIS_URL", "", "REDIS_URL is missing"),
        ("REDIS_URL", "memory://", "REDIS_URL is missing"),
        ("BASE_URL", "", "expected an address such as"),
        ("BASE_URL", "login.example.com", "expected an address such as"),
        ("BASE_URL", "ftp://login.example.com", "expected an address such as"),
        ("BASE_URL", "https://[::1", "expected an address such as"),
        ("BASE_URL", "https://login.example.com:port", "expected an address such as"),
        ("BASE_URL", "https://kim@login.example.com", "expected an address such as"),
        ("BASE_URL", "https://login.example.com/?x=1", "expected an address such as"),
        ("BASE_URL", "http://login.example.com", "BASE_URL must be https"),
        ("BASE_URL", "https://example.com/login", "BASE_URL must have no path"),
        ("ALLOWED_HOSTS", "login.example.com,*", "ALLOWED_HOSTS must not contain *"),
        ("ALLOWED_HOSTS", "other.example.com", "ALLOWED_HOSTS must hold login.example.com"),
        ("ALLOWED_HOSTS", "gin.example.com,example.com", "ALLOWED_HOSTS must hold login.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,0.0.0.0/0", "TRUSTED_PROXIES must not name the whole Internet"),
        ("TRUSTED_PROXIES", "::/0", "TRUSTED_PROXIES must not name the whole Internet"),
        ("METRICS_ALLOWED", "0.0.0.0/0", "METRICS_ALLOWED must not name the whole Internet"),
        ("OUTBOUND_ALLOWED_NETWORKS", "::/0", "OUTBOUND_ALLOWED_NETWORKS must not name the whole"),
        ("AUDIT_WITNESS_FILE", "", "AUDIT_WITNESS_FILE is missing"),
        ("AUDIT_WITNESS_FILE", " ", "AUDIT_WITNESS_FILE is missing"),
        ("AUDIT_WITNESS_FILE", "none", "expected an absolute path, or the word no-witness"),
        ("AUDIT_WITNESS_FILE", "var/audit_witness", "expected an absolute path, or the word no-witness"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy", "TRUSTED_PROXIES holds 'proxy'"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES holds '10.0.0.1/8'"),
        ("OUTBOUND_ALLOWED_NETWORKS", "everything", "OUTBOUND_ALLOWED_NETWORKS holds 'everything'"),
        ("METRICS_ALLOWED", "10.0.0.1/8", "METRICS_ALLOWED holds '10.0.0.1/8'"),
        ("METRICS_TOKEN", "guessable", "METRICS_TOKEN is guessable"),
        ("RATE_LIMITS", "sign_in=10/60", "RATE_LIMITS holds 'sign_in=10/60'; expected name=quota/window"),
        ("RATE_LIMITS", "sign-in=10", "RATE_LIMITS holds 'sign-in=10'; expected name=quota/window"),
        ("RATE_LIMITS", "sign-in=-1/60", "RATE_LIMITS holds 'sign-in=-1/60'; expected name=quota/window"),
        ("RATE_LIMITS", "signin=10/60", "RATE_LIMITS names 'signin'; there are sign-in, sign-in-address"),
        ("RATE_LIMITS", "api=1/60,api=2/60", "RATE_LIMITS names api twice"),
        ("RATE_LIMITS", "api=0/60", "RATE_LIMITS holds 'api=0/60'; expected a quota of 1 to 1000000"),
        ("RATE_LIMITS", "api=1/60/0", "expected spans of 1 to 604800 seconds"),
        ("PORT", "http", "PORT is 'http'; expected a whole number"),
        ("PORT", "70000", "expected 1 to 65535"),
        ("WEB_WORKERS", "0", "expected 1 to 64"),
        ("WEB_THREADS", "1.5", "expected a whole number"),
    ],
)
def test_production_refuses_what_is_unsafe_and_says_why(
    production: Shell, name: str, value: str, reason: str
) -> None:
    production.set(**{name: value})
    with pytest.raises(ImproperlyConfigured) as refusal:
        load()
    assert reason in str(refusal.value)


def test_production_goes_without_a_witness_only_when_that_is_said(production: Shell) -> None:
    assert load().audit_witness_file == Path("/var/lib/gatehouse/audit_witness").resolve()
    production.set(AUDIT_WITNESS_FILE="no-witness")
    assert load().audit_witness_file is None


def test_metrics_are_for_nobody_in_production_and_for_this_machine_embedded(
    production: Shell, tmp_path: Path
) -> None:
    assert (load().metrics_allowed, load().metrics_token) == ([], "")
    (tmp_path / "token").write_text(f"{'scraper-' * 5}\n")
    production.set(METRICS_TOKEN_FILE=str(tmp_path / "token"), METRICS_ALLOWED="10.9.0.0/16")
    assert (load().metrics_allowed, load().metrics_token) == (["10.9.0.0/16"], "scraper-" * 5)
    production.set(EMBEDDED="yes", METRICS_ALLOWED="", DATA_DIR=str(tmp_path / "data"))
    assert load().metrics_allowed == ["127.0.0.0/8", "::1/128"]


def test_limits_of_signing_in_are_settings(production: Shell) -> None:
    named = {
        "LOCKOUT_ACCOUNT_FAILURES": "10",
        "LOCKOUT_BROWSER_FAILURES": "12",
        "LOCKOUT_ADDRESS_FAILURES": "200",
        "LOCKOUT_WINDOW_MINUTES": "15",
        "LOCKOUT_MINUTES": "20",
        "SESSION_HOURS": "12",
        "PRIVILEGED_IDLE_MINUTES": "45",
        "PASSWORD_RESET_MINUTES": "90",
        "RECOGNISED_BROWSER_DAYS": "30",
    }
    production.set(**named)
    environment = load()
    shown = {line.name: line for line in settings_in_force(environment)}
    assert {name: shown[name].value for name in named} == named
    assert not any(shown[name].is_default for name in named)
    found = {name: str(getattr(environment, name.lower())) for name in named}
    assert found == named


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("STATIC_DIR", "static", "expected an absolute path"),
        ("LOCKOUT_ACCOUNT_FAILURES", "0", "expected 3 to 100"),
        ("LOCKOUT_ADDRESS_FAILURES", "4", "must not be less than LOCKOUT_ACCOUNT_FAILURES"),
        ("LOCKOUT_MINUTES", "half an hour", "expected a whole number"),
        ("SESSION_HOURS", "1000", "expected 1 to 168"),
        ("PRIVILEGED_IDLE_MINUTES", "0", "expected 5 to 1440"),
        ("RECOGNISED_BROWSER_DAYS", "401", "expected 1 to 400"),
    ],
)
def test_settings_out_of_their_range_are_refused(
    production: Shell, name: str, value: str, reason: str
) -> None:
    production.set(**{name: value})
    with pytest.raises(ImproperlyConfigured) as refusal:
        load()
    assert name in str(refusal.value)
    assert reason in str(refusal.value)


def test_every_problem_is_named_at_once(production: Shell) -> None:
    production.set(SECRET_KEY="", REDIS_URL="", DEBUG="1")
    with pytest.raises(ImproperlyConfigured) as refusal:
        load()
    assert str(refusal.value).count("\n  - ") == 3


@pytest.mark.parametrize(
    "malformed", ["dGhpc2lzYXZlcnlzZWNyZXRrZXl3aXRob3V0YW5pZGF0YWxs", "k1:dGhpc2lzYXZlcnlzZWNyZXRrZXk"]
)
def test_refusal_shows_nothing_of_a_malformed_key(production: Shell, malformed: str) -> None:
    production.set(FIELD_ENCRYPTION_KEYS=malformed, SECRET_KEY="guessable-secret")
    with pytest.raises(ImproperlyConfigured) as refusal:
        load()
    assert "dGhpc2lz" not in str(refusal.value)
    assert "guessable-secret" not in str(refusal.value)


@pytest.mark.parametrize("mark", ["DATABASE_URL", "DATABASE_REPLICA_URL", "REDIS_URL", "CELERY_BROKER_URL"])
@pytest.mark.parametrize("suffix", ["", "_FILE"])
def test_whoever_names_a_server_is_never_put_into_embedded_mode_by_accident(
    embedded: Shell, tmp_path: Path, mark: str, suffix: str
) -> None:
    (tmp_path / "url").write_text("redis://localhost/0")
    embedded.set(**{f"{mark}{suffix}": str(tmp_path / "url") if suffix else "redis://localhost/0"})
    with pytest.raises(ImproperlyConfigured, match="will not start"):
        load()
    assert not (tmp_path / "data").exists()


def test_empty_variable_is_an_unset_one(production: Shell) -> None:
    """`NAME=` in an env file must not open the server to the world or close it to everybody."""
    production.set(ALLOWED_HOSTS="", BIND=" ", PORT="", WEB_THREADS="")
    environment = load()
    assert environment.allowed_hosts == ["login.example.com"]
    assert (environment.bind, environment.port, environment.web_threads) == (EVERYWHERE, 8000, 8)


@pytest.mark.parametrize("hosts", ["login.example.com", ".example.com", "a.example,.Example.com"])
def test_names_that_cover_the_base_url_are_accepted(production: Shell, hosts: str) -> None:
    production.set(ALLOWED_HOSTS=hosts)
    assert load().allowed_hosts == hosts.split(",")


# Secrets in files ----------------------------------------------------------------------------------------------------


def test_secrets_are_read_from_files(production: Shell, tmp_path: Path) -> None:
    for name in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS"):
        (tmp_path / name).write_text(f"{SAFE[name]}\n")
        production.unset(name)
        production.set(**{f"{name}_FILE": str(tmp_path / name)})
    environment = load()
    assert environment.secret_key == SAFE["SECRET_KEY"]
    assert environment.field_encryption_keys == [KEY]


# By what holds them; a new setting with a secret in it belongs here.
SECRET_SETTINGS = {
    "SECRET_KEY": "secret_key",
    "FIELD_ENCRYPTION_KEYS": "field_encryption_keys",
    "METRICS_TOKEN": "metrics_token",
    "DATABASE_URL": "database_url",
    "DATABASE_REPLICA_URL": "database_replica_url",
    "REDIS_URL": "redis_url",
    "CELERY_BROKER_URL": "broker_url",
    "EMAIL_URL": "email_url",
}


@pytest.mark.parametrize("name", SECRET_SETTINGS)
def test_whatever_holds_a_secret_can_come_from_a_file(production: Shell, tmp_path: Path, name: str) -> None:
    addresses = {
        "DATABASE_URL": "postgresql://gatehouse:hunter2@db/gatehouse",
        "DATABASE_REPLICA_URL": "postgresql://gatehouse:hunter2@replica/gatehouse",
        "REDIS_URL": "rediss://:hunter2@redis/0",
        "CELERY_BROKER_URL": "rediss://:hunter2@redis/1",
        "EMAIL_URL": "smtps://gatehouse:hunter2@mail.example.com",
        "METRICS_TOKEN": "hunter2-" * 5,
    }
    secret = addresses.get(name) or SAFE[name]
    (tmp_path / name).write_text(f"{secret}\n")
    production.set(**{name: "", f"{name}_FILE": str(tmp_path / name), "MAIL_FROM": "login@example.com"})
    environment = load()
    assert getattr(environment, SECRET_SETTINGS[name]) == (
        [KEY] if name == "FIELD_ENCRYPTION_KEYS" else secret
    )
    assert "hunter2" not in str(settings_in_force(environment))
    # And what is refused does not show them.
    production.set(DEBUG="yes")
    with pytest.raises(ImproperlyConfigured) as refusal:
        load()
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe\x00", "not UTF-8")],
)
@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS"])
def test_named_file_that_gives_nothing_is_fatal_even_embedded(
    embedded: Shell, tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    """A new secret made up in its place would lock everybody out of what the old one protects."""
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    embedded.set(**{f"{name}_FILE": str(path), name: SAFE[name]})
    with pytest.raises(ImproperlyConfigured, match=f"{name}_FILE names .*{reason}"):
        load()


@pytest.mark.parametrize(("content", "reason"), [(None, "cannot be read"), (b"", "is empty")])
def test_list_of_common_passwords_that_cannot_be_used_stops_the_start(
    production: Shell, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "passwords.txt"
    if content is not None:
        path.write_bytes(content)
    production.set(COMMON_PASSWORDS_FILE=str(path))
    with pytest.raises(ImproperlyConfigured, match=f"COMMON_PASSWORDS_FILE names .*{reason}"):
        load()
    path.write_bytes(b"one")
    assert load().common_passwords_file == path


# Embedded ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("embedded")
def test_embedded_mode_needs_nothing_and_stays_local() -> None:
    environment = load()
    assert environment.embedded
    assert environment.bind == "127.0.0.1"
    assert environment.base_url == "http://localhost:8000"
    assert "*" not in environment.allowed_hosts
    assert not environment.debug


def test_embedded_mode_keeps_a_witness_unless_told_otherwise(embedded: Shell, tmp_path: Path) -> None:
    assert load().audit_witness_file == tmp_path / "data" / "audit_witness"
    embedded.set(AUDIT_WITNESS_FILE=str(tmp_path / "elsewhere"))
    assert load().audit_witness_file == tmp_path / "elsewhere"
    embedded.set(AUDIT_WITNESS_FILE="no-witness")
    assert load().audit_witness_file is None


def test_base_url_follows_the_port(embedded: Shell) -> None:
    embedded.set(PORT="8123")
    assert load().base_url == "http://localhost:8123"


@pytest.mark.usefixtures("embedded")
def test_made_up_secrets_are_kept_for_their_owner_only(tmp_path: Path) -> None:
    first = load()
    assert len(first.secret_key) >= 50
    assert len(first.field_encryption_keys) == 1
    for name in ("secret_key", "field_encryption_keys"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600
    second = load()
    assert second.secret_key == first.secret_key
    assert second.field_encryption_keys == first.field_encryption_keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("embedded")
def test_folder_that_an_older_start_left_open_is_closed(tmp_path: Path) -> None:
    first = load()
    data = tmp_path / "data"
    names = ("secret_key", "field_encryption_keys", "gatehouse.sqlite3", "demo_clients.json")
    for name in names:
        (data / name).touch()
        (data / name).chmod(0o644)
    data.chmod(0o755)
    assert load().secret_key == first.secret_key
    assert mode(data) == 0o700
    assert {mode(data / name) for name in names} == {0o600}


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize("folder", ["data", "data/log"])
def test_empty_folder_that_somebody_made_is_closed(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data").chmod(0o755)
    load()
    assert mode(tmp_path / "data") == 0o700


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize("before", [0o755, 0o1777])
def test_folder_of_other_things_is_refused_and_left_as_it_is(tmp_path: Path, before: int) -> None:
    data = tmp_path / "data"
    data.mkdir()
    if before == 0o755:
        (data / "letters.txt").touch()
    data.chmod(before)
    with pytest.raises(ImproperlyConfigured, match=r"\AGatehouse will not start: DATA_DIR is [^\n]+\Z"):
        load()
    assert mode(data) == before
    assert not (data / "secret_key").exists()


@pytest.mark.usefixtures("embedded")
def test_what_belongs_to_others_and_is_open_to_all_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    data = tmp_path / "data"
    data.chmod(0o755)
    monkeypatch.setattr("os.geteuid", lambda: data.stat().st_uid + 1)
    with pytest.raises(ImproperlyConfigured, match="belongs to another user"):
        load()
    data.chmod(0o770)
    load()
    (data / "secret_key").chmod(0o644)
    with pytest.raises(ImproperlyConfigured, match="secret_key belongs to another user"):
        load()
    assert mode(data / "secret_key") == 0o644


@pytest.mark.usefixtures("embedded")
def test_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(ImproperlyConfigured, match=r"\AGatehouse will not start: [^\n]+\Z"):
        load()


def test_two_installations_make_up_different_secrets(embedded: Shell, tmp_path: Path) -> None:
    first = load()
    embedded.set(DATA_DIR=str(tmp_path / "other"))
    second = load()
    assert first.secret_key != second.secret_key
    assert first.field_encryption_keys != second.field_encryption_keys


def test_processes_that_start_together_end_with_the_same_secret(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        for number in range(10):
            path = tmp_path / f"secret{number}"
            results = list(pool.map(_write_once, [path] * 8, [f"draft {n}" for n in range(8)]))
            assert len(set(results)) == 1
            assert results[0] == path.read_text()
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith("secret")]


# Mail --------------------------------------------------------------------------------------------------------------


def test_sender_of_mails_is_at_the_host_unless_named(production: Shell) -> None:
    assert load().mail_from == "Gatehouse <no-reply@login.example.com>"
    production.set(MAIL_FROM="Zoë at Acme <it@acme.example>")
    assert load().mail_from == "Zoë at Acme <it@acme.example>"


def test_password_in_clear_may_go_to_the_own_machine(production: Shell) -> None:
    production.set(EMAIL_URL="smtp://u:p@localhost:2525")
    assert load().email_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://relay", MailServer("relay", 25)),
        ("smtp+tls://u%40x:p%2Fw@relay", MailServer("relay", 587, "u@x", "p/w", starts_tls=True)),
        ("smtps://u:p@relay:4650", MailServer("relay", 4650, "u", "p", is_tls=True)),
        ("", MailServer()),
    ],
)
def test_mail_server_is_read_from_its_address(url: str, expected: MailServer) -> None:
    assert mail_server(url) == expected
