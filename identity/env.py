"""The environment, read once: the only module that touches os.environ.

Deployment is environment, policy is database rows. Two profiles differ by what is found here:
embedded (no DATABASE_URL: SQLite, local cache, in-process worker, state under DATA_DIR) and production,
which refuses to start with anything missing or unsafe and says why.
"""

import base64
import ipaddress
import os
import secrets
import tempfile
from dataclasses import dataclass
from email.errors import ObsoleteHeaderDefect
from email.headerregistry import Address, HeaderRegistry
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from identity.data_dir import keep_private
from identity.rate_limits import Numbers, numbers_with

PROJECT_DIR = Path(__file__).resolve().parent.parent
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})
MINIMUM_SECRET_LENGTH = 50
MINIMUM_TOKEN_LENGTH = 32
ENCRYPTION_KEY_BYTES = 32
# Of 32 random ones; fewer are a matter of luck that nobody has.
FEWEST_DIFFERENT_BYTES = 16
LOOPBACK = "127.0.0.0/8,::1/128"
NO_WITNESS = "no-witness"
"""Said in place of a path by an operator who takes the audit log without proof from outside the database."""
# How the connection to the mail server is protected, and its usual port.
MAIL_SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

# Any of these means that somebody is deploying, so embedded mode is never entered by accident.
PRODUCTION_MARKS = ("DATABASE_URL", "DATABASE_REPLICA_URL", "REDIS_URL", "CELERY_BROKER_URL")


class EnvironmentRefused(ImproperlyConfigured):
    """This environment is not one to start in; the text says why, for the person who set it."""


@dataclass(frozen=True)
class Setting:
    """One documented environment variable; docs/operators/settings.md is generated from these."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting(
        "EMBEDDED",
        "yes unless a database, Redis or broker is named",
        "Everything in one process tree, on SQLite",
    ),
    Setting("DATA_DIR", "var/", "Where embedded mode keeps its database, made-up secrets and logs"),
    Setting("PORT", "8000", "Port of `manage.py serve`"),
    Setting("BIND", "127.0.0.1 embedded, 0.0.0.0 in production", "Address that `manage.py serve` listens on"),
    Setting("WEB_WORKERS", "1 embedded, 2 in production", "Processes of `manage.py serve`"),
    Setting("WEB_THREADS", "8", "Threads per process of `manage.py serve`"),
    Setting(
        "WEB_REQUEST_SECONDS",
        "20",
        "How long a request may take to arrive whole, and a reader of an answer may stand still",
    ),
    Setting(
        "RATE_LIMIT_PERCENT",
        "100",
        "Scales what is allowed at once, for load tests; 0 switches rate limits off (the lock-out stays)",
    ),
    Setting(
        "RATE_LIMITS",
        "those named below",
        "Other numbers for single rate limits, comma-separated: name=quota/window or name=quota/window/block, both in "
        "seconds",
    ),
    Setting(
        "BASE_URL",
        "http://localhost:PORT embedded",
        "Public address; it is the OAuth issuer, https in production",
    ),
    Setting(
        "ALLOWED_HOSTS", "host of BASE_URL", "Comma-separated host names that requests may name; never *"
    ),
    Setting("TRUSTED_PROXIES", "none", "Networks (CIDR) whose X-Forwarded-For and -Proto are believed"),
    Setting("DATABASE_URL", "SQLite embedded", "postgresql://… ; required in production"),
    Setting(
        "DATABASE_REPLICA_URL", "none", "Reserved for reports, which will read from it; it ends embedded mode"
    ),
    Setting("REDIS_URL", "local cache embedded", "redis://… or rediss://… ; required in production"),
    Setting("CELERY_BROKER_URL", "REDIS_URL, in-process embedded", "Where wake-ups travel"),
    Setting(
        "SECRET_KEY",
        "made up embedded",
        "Signs cookies and tokens; 50 characters or more; also SECRET_KEY_FILE",
    ),
    Setting(
        "FIELD_ENCRYPTION_KEYS",
        "made up embedded",
        "Comma-separated id:base64url of 32 bytes; the first encrypts, all decrypt; also FIELD_ENCRYPTION_KEYS_FILE",
    ),
    Setting("SIGNING_KEY_DAYS", "90", "How long a signing key signs before its successor does"),
    Setting(
        "SIGNING_KEY_PUBLISHED_DAYS",
        "7",
        "How long before it signs a key is published, so that no relying party meets it unprepared",
    ),
    Setting(
        "AUDIT_WITNESS_FILE",
        "DATA_DIR/audit_witness embedded, required in production",
        "Absolute path at which the sealer keeps the audit log's newest signed checkpoint, outside the database; "
        "the word `no-witness` to do without",
    ),
    Setting(
        "COMMON_PASSWORDS_FILE",
        "a list of 20,000",
        "Path of a list of passwords that nobody may choose, one a line, plain or gzip, in place of the one that comes "
        "along; it is held in memory by each process",
    ),
    Setting(
        "EMAIL_URL",
        "kept and shown at /mail/ embedded, no mail in production",
        "Mail server: smtp+tls://user:password@host:587 (STARTTLS), smtps://… (TLS from the first byte, port 465) or "
        "smtp://… (neither); also EMAIL_URL_FILE",
    ),
    Setting("MAIL_FROM", "no-reply@ the host of BASE_URL", "Sender of mails: an address, or Name <address>"),
    Setting(
        "GEOIP_PATH",
        "none: no places are shown",
        "Database of places in MaxMind's format (GeoLite2 City, say), or a directory that holds a *City*.mmdb; people "
        "see the place beside each of their sessions",
    ),
    Setting(
        "INVITATION_DAYS", "7", "How long the link in an invitation lets a person choose their first password"
    ),
    Setting("PASSWORD_RESET_MINUTES", "60", "How long the link for a forgotten password works"),
    Setting(
        "LOCKOUT_ACCOUNT_FAILURES",
        "5",
        "Wrong passwords for an account, from browsers that it does not know, before it is closed to such",
    ),
    Setting(
        "LOCKOUT_BROWSER_FAILURES",
        "5",
        "Wrong passwords for an account from one of its recognised browsers before that one is closed to it",
    ),
    Setting(
        "LOCKOUT_ADDRESS_FAILURES",
        "50",
        "Wrong passwords from one network address, whoever is meant, before it is closed",
    ),
    Setting("LOCKOUT_WINDOW_MINUTES", "30", "How long a wrong password counts"),
    Setting("LOCKOUT_MINUTES", "30", "How long an account, browser or address stays closed"),
    Setting("SESSION_HOURS", "8", "How long people stay signed in at most, however busy they are"),
    Setting(
        "PRIVILEGED_IDLE_MINUTES",
        "30",
        "How long those who may enter the administration stay signed in without doing anything",
    ),
    Setting(
        "RECOGNISED_BROWSER_DAYS",
        "180",
        "How long a browser is recognised in which its person does not sign in",
    ),
    Setting("OUTBOUND_ALLOWED_NETWORKS", "none", "Private networks (CIDR) that outbound fetches may reach"),
    Setting(
        "METRICS_ALLOWED",
        "loopback embedded, none in production",
        "Networks (CIDR) from which `/metrics` may be read without a token",
    ),
    Setting(
        "METRICS_TOKEN",
        "none",
        "Whoever sends it as a bearer token may read `/metrics` from anywhere; 32 characters or more",
    ),
    Setting(
        "STATIC_DIR",
        "none: served from where they lie; the image has them ready",
        "Absolute path of the folder into which `manage.py collectstatic` has put styles, scripts and icons: "
        "compressed, and under names that change with their content, so that browsers keep them for good",
    ),
    Setting("DEBUG", "no", "Django's debug pages; refused in production"),
)


def _text(name: str, default: str = "") -> str:
    """The variable, or the content of the file that NAME_FILE points at; a set but empty variable is not set.

    A named file that cannot be read or holds nothing is fatal: what it was to hold must not be made up instead.
    """
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return os.environ.get(name, "").strip() or default
    try:
        content = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise EnvironmentRefused(f"{name}_FILE names {path}, which cannot be read: {reason}") from error
    if not content:
        raise EnvironmentRefused(f"{name}_FILE names {path}, which is empty")
    return content


def _readable_file(name: str, path: str) -> Path | None:
    if not path:
        return None
    try:
        with Path(path).open("rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        raise EnvironmentRefused(f"{name} names {path}, which cannot be read: {error.strerror}") from error
    if is_empty:
        raise EnvironmentRefused(f"{name} names {path}, which is empty")
    return Path(path).resolve()


def _places_file(path: str) -> Path | None:
    """The file itself, or the first *City*.mmdb of the directory."""
    if path and Path(path).is_dir():
        found = sorted(Path(path).glob("*City*.mmdb"))
        if not found:
            raise EnvironmentRefused(f"GEOIP_PATH names the directory {path}, which holds no *City*.mmdb")
        path = str(found[0])
    return _readable_file("GEOIP_PATH", path)


def _flag(name: str, *, default: bool) -> bool:
    raw = os.environ.get(name)
    if raw is None:
        return default
    value = raw.strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise EnvironmentRefused(f"{name} is {raw!r}; expected yes or no")


def _number(name: str, default: int, *, low: int, high: int) -> int:
    raw = _text(name, str(default))
    try:
        value = int(raw)
    except ValueError:
        raise EnvironmentRefused(f"{name} is {raw!r}; expected a whole number") from None
    if not low <= value <= high:
        raise EnvironmentRefused(f"{name} is {value}; expected {low} to {high}")
    return value


def _list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in _text(name, default).split(",") if part.strip()]


def _rate_limits() -> dict[str, Numbers]:
    try:
        return numbers_with(_list("RATE_LIMITS"))
    except ValueError as error:
        raise EnvironmentRefused(f"RATE_LIMITS {error}") from None


def _networks(name: str, default: str = "") -> list[str]:
    networks = _list(name, default)
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise EnvironmentRefused(f"{name} holds {network!r}: {error}") from None
    return networks


def _write_once(path: Path, content: str) -> str:
    """Content of the file, made with owner-only permissions if it was not there; safe when two processes race."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as draft:
        draft.write(content)
    try:
        os.link(draft.name, path)
    except FileExistsError:
        pass
    finally:
        Path(draft.name).unlink()
    return path.read_text(encoding="utf-8").strip()


def _witness_file(named: str, *, default_dir: Path | None) -> Path | None:
    if named == NO_WITNESS:
        return None
    if not named:
        return default_dir / "audit_witness" if default_dir else None
    # A relative path is another file for each working directory, and the name of one is what `none` would be.
    if not Path(named).is_absolute():
        raise EnvironmentRefused(
            f"AUDIT_WITNESS_FILE is {named!r}; expected an absolute path, or the word {NO_WITNESS}"
        )
    return Path(named).resolve()


def _static_dir(named: str) -> Path | None:
    if named and not Path(named).is_absolute():
        raise EnvironmentRefused(f"STATIC_DIR is {named!r}; expected an absolute path")
    return Path(named).resolve() if named else None


def _given() -> frozenset[str]:
    known = {setting.name for setting in SETTINGS}
    names = {name: name if name in known else name.removesuffix("_FILE") for name in os.environ}
    return frozenset(
        known & {names[name] for name in names if names[name] in known and os.environ[name].strip()}
    )


def _new_encryption_key() -> str:
    raw = base64.urlsafe_b64encode(secrets.token_bytes(ENCRYPTION_KEY_BYTES)).decode().rstrip("=")
    return f"k1:{raw}"


@dataclass(frozen=True)
class Environment:
    embedded: bool
    debug: bool
    data_dir: Path
    bind: str
    port: int
    web_workers: int
    web_threads: int
    web_request_seconds: int
    rate_limit_percent: int
    rate_limits: dict[str, Numbers]
    base_url: str
    allowed_hosts: list[str]
    trusted_proxies: list[str]
    outbound_allowed_networks: list[str]
    metrics_allowed: list[str]
    metrics_token: str
    database_url: str
    database_replica_url: str
    redis_url: str
    broker_url: str
    secret_key: str
    field_encryption_keys: list[str]
    signing_key_days: int
    signing_key_published_days: int
    common_passwords_file: Path | None
    geoip_path: Path | None
    audit_witness_file: Path | None
    static_dir: Path | None
    is_witness_chosen: bool
    """Either way: a file, or openly none."""
    email_url: str
    mail_from: str
    invitation_days: int
    password_reset_minutes: int
    lockout_account_failures: int
    lockout_browser_failures: int
    lockout_address_failures: int
    lockout_window_minutes: int
    lockout_minutes: int
    session_hours: int
    privileged_idle_minutes: int
    recognised_browser_days: int
    # The settings that the environment names; the others have their defaults.
    given: frozenset[str]

    def problems(self) -> list[str]:
        """Why this environment may not be served from, one plain sentence each; empty when it may."""
        found = list(_encryption_key_problems(self.field_encryption_keys))
        found.extend(_base_url_problems(self.base_url))
        found.extend(_mail_problems(self.email_url, self.mail_from))
        if self.signing_key_published_days >= self.signing_key_days:
            found.append("SIGNING_KEY_PUBLISHED_DAYS must be less than SIGNING_KEY_DAYS")
        if self.lockout_address_failures < self.lockout_account_failures:
            found.append(
                "LOCKOUT_ADDRESS_FAILURES must not be less than LOCKOUT_ACCOUNT_FAILURES: one person's mistakes would "
                "close the address to everybody there"
            )
        if self.metrics_token and len(self.metrics_token) < MINIMUM_TOKEN_LENGTH:
            found.append(
                f"METRICS_TOKEN is guessable; set {MINIMUM_TOKEN_LENGTH} or more random characters, or none"
            )
        if self.embedded:
            return found
        if len(self.secret_key) < MINIMUM_SECRET_LENGTH or len(set(self.secret_key)) < 10:
            found.append(
                f"SECRET_KEY is missing or guessable; set {MINIMUM_SECRET_LENGTH} or more random characters"
            )
        if not self.field_encryption_keys:
            found.append("FIELD_ENCRYPTION_KEYS is missing; set id:base64url-of-32-random-bytes")
        if self.debug:
            found.append("DEBUG is on; it shows secrets to visitors")
        if not self.database_url.startswith(("postgres://", "postgresql://")):
            found.append("DATABASE_URL must name PostgreSQL; SQLite serves embedded mode only")
        if not self.redis_url.startswith(("redis://", "rediss://")):
            found.append("REDIS_URL is missing; a local cache cannot be shared by several processes")
        if not self.base_url.startswith("https://"):
            found.append("BASE_URL must be https")
        if "*" in self.allowed_hosts:
            found.append("ALLOWED_HOSTS must not contain *")
        found.extend(_host_problems(self.base_url, self.allowed_hosts))
        for name, networks in (
            ("TRUSTED_PROXIES", self.trusted_proxies),
            ("METRICS_ALLOWED", self.metrics_allowed),
            ("OUTBOUND_ALLOWED_NETWORKS", self.outbound_allowed_networks),
        ):
            if any(ipaddress.ip_network(network).prefixlen == 0 for network in networks):
                found.append(f"{name} must not name the whole Internet")
        if _sends_password_in_clear(self.email_url):
            found.append("EMAIL_URL sends its password in clear; use smtp+tls:// or smtps://")
        if not self.is_witness_chosen:
            found.append(
                "AUDIT_WITNESS_FILE is missing; without it nobody notices an audit log that the owner of the database "
                f"cut or had sealed anew. Set an absolute path outside the database, or {NO_WITNESS} to accept that"
            )
        return found


def _split(url: str) -> SplitResult | None:
    """Nothing for an address that no parser accepts."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return None
    return parts


def _base_url_problems(base_url: str) -> list[str]:
    base = _split(base_url)
    if (
        base is None
        or base.scheme not in {"http", "https"}
        or not base.hostname
        or "@" in base.netloc
        or base.query
        or base.fragment
    ):
        return [f"BASE_URL is {base_url!r}; expected an address such as https://login.example.com"]
    return ["BASE_URL must have no path: Gatehouse owns its host name"] if base.path else []


def _host_problems(base_url: str, allowed_hosts: list[str]) -> list[str]:
    base = _split(base_url)
    host = (base.hostname if base else None) or ""
    # As Django reads them: ".example.com" is the domain and all below it.
    is_allowed = any(
        allowed == "*"
        or host == allowed.lower().lstrip(".")
        or (allowed[0] == "." and host.endswith(allowed.lower()))
        for allowed in allowed_hosts
    )
    return [] if is_allowed or not host else [f"ALLOWED_HOSTS must hold {host}, the host of BASE_URL"]


def _mail_problems(url: str, sender: str) -> list[str]:
    """Never with the address itself: it may hold a password."""
    found = []
    if url:
        server = _split(url)
        if server is None or server.scheme not in MAIL_SCHEMES or not server.hostname:
            found.append("EMAIL_URL is not smtp://, smtp+tls:// or smtps:// with a host")
        elif server.path.strip("/") or server.query or server.fragment:
            found.append("EMAIL_URL has more than user, password, host and port")
    if not is_sender(sender):
        found.append(f"MAIL_FROM is {sender!r}; expected no-reply@example.com or Name <no-reply@example.com>")
    return found


def is_sender(text: str) -> bool:
    """Whether it is one address, with or without a name before it, that a header can carry."""
    parsed = HeaderRegistry()("From", text)
    addresses: tuple[Address, ...] = getattr(parsed, "addresses", ())
    return (
        len(addresses) == 1
        and bool(addresses[0].username and addresses[0].domain)
        and all(isinstance(defect, ObsoleteHeaderDefect) for defect in parsed.defects)
    )


def _sends_password_in_clear(url: str) -> bool:
    server = _split(url)
    return (
        server is not None
        and server.scheme == "smtp"
        and bool(server.password)
        and server.hostname not in LOOPBACK_NAMES
    )


def _encryption_key_problems(keys: list[str]) -> list[str]:
    found = []
    names = [key.partition(":")[0] for key in keys]
    if len(set(names)) != len(names):
        found.append("FIELD_ENCRYPTION_KEYS uses one id twice")
    for position, key in enumerate(keys, start=1):
        name, _, encoded = key.partition(":")
        try:
            raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raw = b""
        if not name or len(raw) != ENCRYPTION_KEY_BYTES:
            # Its place only: without its colon, what looks like the id is the secret.
            found.append(f"FIELD_ENCRYPTION_KEYS: key {position} is not id:base64url of 32 bytes")
        elif len(set(raw)) < FEWEST_DIFFERENT_BYTES:
            found.append(f"FIELD_ENCRYPTION_KEYS: key {position} is guessable; make one of random bytes")
    return found


def load() -> Environment:
    """The environment of this process.

    Raises: EnvironmentRefused, listing every problem at once.
    """
    is_deployment = any(os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in PRODUCTION_MARKS)
    embedded = _flag("EMBEDDED", default=not is_deployment)
    data_dir = Path(_text("DATA_DIR") or PROJECT_DIR / "var").resolve()
    port = _number("PORT", 8000, low=1, high=65535)
    base_url = (_text("BASE_URL") or (f"http://localhost:{port}" if embedded else "")).rstrip("/")
    secret_key = _text("SECRET_KEY")
    encryption_keys = _list("FIELD_ENCRYPTION_KEYS")
    if not encryption_keys and _text("FIELD_ENCRYPTION_KEYS"):
        raise EnvironmentRefused("FIELD_ENCRYPTION_KEYS is set but holds no key")
    if embedded:
        if problem := keep_private(data_dir):
            raise EnvironmentRefused(f"Gatehouse will not start: {problem}")
        secret_key = secret_key or _write_once(data_dir / "secret_key", secrets.token_urlsafe(64))
        encryption_keys = encryption_keys or _write_once(
            data_dir / "field_encryption_keys", _new_encryption_key()
        ).split(",")
    base = _split(base_url)
    host = (base.hostname if base else None) or ""
    local_names = "localhost,127.0.0.1,[::1]"
    redis_url = _text("REDIS_URL")
    # Not through _text: this variable is the path itself, and no content comes from yet another file.
    witness = os.environ.get("AUDIT_WITNESS_FILE", "").strip()
    common_passwords = os.environ.get("COMMON_PASSWORDS_FILE", "").strip()
    environment = Environment(
        embedded=embedded,
        debug=_flag("DEBUG", default=False),
        data_dir=data_dir,
        bind=_text("BIND", "127.0.0.1" if embedded else "0.0.0.0"),  # noqa: S104 - a container's only way in
        port=port,
        web_workers=_number("WEB_WORKERS", 1 if embedded else 2, low=1, high=64),
        web_threads=_number("WEB_THREADS", 8, low=1, high=256),
        web_request_seconds=_number("WEB_REQUEST_SECONDS", 20, low=1, high=600),
        rate_limit_percent=_number("RATE_LIMIT_PERCENT", 100, low=0, high=10_000),
        rate_limits=_rate_limits(),
        base_url=base_url,
        allowed_hosts=_list("ALLOWED_HOSTS", f"{host},{local_names}" if embedded else host),
        trusted_proxies=_networks("TRUSTED_PROXIES"),
        outbound_allowed_networks=_networks("OUTBOUND_ALLOWED_NETWORKS"),
        metrics_allowed=_networks("METRICS_ALLOWED", LOOPBACK if embedded else ""),
        metrics_token=_text("METRICS_TOKEN"),
        database_url=_text("DATABASE_URL"),
        database_replica_url=_text("DATABASE_REPLICA_URL"),
        redis_url=redis_url,
        broker_url=_text("CELERY_BROKER_URL") or redis_url,
        secret_key=secret_key,
        field_encryption_keys=encryption_keys,
        signing_key_days=_number("SIGNING_KEY_DAYS", 90, low=2, high=3_650),
        signing_key_published_days=_number("SIGNING_KEY_PUBLISHED_DAYS", 7, low=1, high=365),
        common_passwords_file=_readable_file("COMMON_PASSWORDS_FILE", common_passwords),
        geoip_path=_places_file(os.environ.get("GEOIP_PATH", "").strip()),
        audit_witness_file=_witness_file(witness, default_dir=data_dir if embedded else None),
        static_dir=_static_dir(os.environ.get("STATIC_DIR", "").strip()),
        is_witness_chosen=embedded or bool(witness),
        email_url=_text("EMAIL_URL"),
        mail_from=_text("MAIL_FROM") or f"Gatehouse <no-reply@{host or 'localhost'}>",
        invitation_days=_number("INVITATION_DAYS", 7, low=1, high=60),
        password_reset_minutes=_number("PASSWORD_RESET_MINUTES", 60, low=5, high=1_440),
        lockout_account_failures=_number("LOCKOUT_ACCOUNT_FAILURES", 5, low=3, high=100),
        lockout_browser_failures=_number("LOCKOUT_BROWSER_FAILURES", 5, low=3, high=100),
        lockout_address_failures=_number("LOCKOUT_ADDRESS_FAILURES", 50, low=3, high=10_000),
        lockout_window_minutes=_number("LOCKOUT_WINDOW_MINUTES", 30, low=5, high=1_440),
        lockout_minutes=_number("LOCKOUT_MINUTES", 30, low=1, high=1_440),
        session_hours=_number("SESSION_HOURS", 8, low=1, high=168),
        privileged_idle_minutes=_number("PRIVILEGED_IDLE_MINUTES", 30, low=5, high=1_440),
        recognised_browser_days=_number("RECOGNISED_BROWSER_DAYS", 180, low=1, high=400),
        given=_given(),
    )
    problems = environment.problems()
    if problems:
        raise EnvironmentRefused("Gatehouse will not start:\n" + "\n".join(f"  - {p}" for p in problems))
    return environment
