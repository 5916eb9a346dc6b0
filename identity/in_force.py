"""The environment as it may be shown: addresses without their credentials, secrets only as set or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from identity.env import NO_WITNESS, SETTINGS, Environment
from identity.words import gettext_noop


@dataclass(frozen=True)
class SettingInForce:
    name: str
    value: str
    is_default: bool
    # Whether the value is a message of the catalogue, as the meaning is.
    is_word: bool
    meaning: str


def settings_in_force(environment: Environment) -> tuple[SettingInForce, ...]:
    """One line for each documented setting, in their order."""
    shown = ((setting, SHOWN[setting.name](environment)) for setting in SETTINGS)
    return tuple(
        SettingInForce(
            name=setting.name,
            value=value,
            is_default=setting.name not in environment.given,
            is_word=value in WORDS,
            meaning=setting.meaning,
        )
        for setting, value in shown
    )


# What stands for a value, and is a message of the catalogue; all others are as the environment has them.
YES, NO, NONE = gettext_noop("yes"), gettext_noop("no"), gettext_noop("none")
SET, NOT_SET = gettext_noop("set"), gettext_noop("not set")
SHORT_LIST = gettext_noop("a list of 20,000")
WORDS = frozenset({YES, NO, NONE, SET, NOT_SET, SHORT_LIST})


def _whether(value: object) -> str:
    return YES if value else NO


def _joined(values: list[str]) -> str:
    return ", ".join(dict.fromkeys(values)) or NONE


def _secret(value: object) -> str:
    return SET if value else NOT_SET


def _address(url: str) -> str:
    """Scheme, host, port and path; user, password and query may hold secrets."""
    if not url:
        return NOT_SET
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return SET
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}" if parts.scheme else SET


SHOWN: Mapping[str, Callable[[Environment], str]] = {
    "EMBEDDED": lambda e: _whether(e.embedded),
    "DATA_DIR": lambda e: str(e.data_dir),
    "PORT": lambda e: str(e.port),
    "BIND": lambda e: e.bind,
    "WEB_WORKERS": lambda e: str(e.web_workers),
    "WEB_THREADS": lambda e: str(e.web_threads),
    "WEB_REQUEST_SECONDS": lambda e: str(e.web_request_seconds),
    "RATE_LIMIT_PERCENT": lambda e: str(e.rate_limit_percent),
    "RATE_LIMITS": lambda e: ", ".join(f"{name}={numbers}" for name, numbers in e.rate_limits.items()),
    "BASE_URL": lambda e: e.base_url,
    "ALLOWED_HOSTS": lambda e: _joined(e.allowed_hosts),
    "TRUSTED_PROXIES": lambda e: _joined(e.trusted_proxies),
    "DATABASE_URL": lambda e: _address(e.database_url),
    "DATABASE_REPLICA_URL": lambda e: _address(e.database_replica_url),
    "REDIS_URL": lambda e: _address(e.redis_url),
    "CELERY_BROKER_URL": lambda e: _address(e.broker_url),
    "SECRET_KEY": lambda e: _secret(e.secret_key),
    "FIELD_ENCRYPTION_KEYS": lambda e: _secret(e.field_encryption_keys),
    "SIGNING_KEY_DAYS": lambda e: str(e.signing_key_days),
    "SIGNING_KEY_PUBLISHED_DAYS": lambda e: str(e.signing_key_published_days),
    "AUDIT_WITNESS_FILE": lambda e: str(e.audit_witness_file or NO_WITNESS),
    "COMMON_PASSWORDS_FILE": lambda e: str(e.common_passwords_file or SHORT_LIST),
    "EMAIL_URL": lambda e: _address(e.email_url),
    "MAIL_FROM": lambda e: e.mail_from,
    "GEOIP_PATH": lambda e: str(e.geoip_path or NONE),
    "INVITATION_DAYS": lambda e: str(e.invitation_days),
    "PASSWORD_RESET_MINUTES": lambda e: str(e.password_reset_minutes),
    "LOCKOUT_ACCOUNT_FAILURES": lambda e: str(e.lockout_account_failures),
    "LOCKOUT_BROWSER_FAILURES": lambda e: str(e.lockout_browser_failures),
    "LOCKOUT_ADDRESS_FAILURES": lambda e: str(e.lockout_address_failures),
    "LOCKOUT_WINDOW_MINUTES": lambda e: str(e.lockout_window_minutes),
    "LOCKOUT_MINUTES": lambda e: str(e.lockout_minutes),
    "SESSION_HOURS": lambda e: str(e.session_hours),
    "PRIVILEGED_IDLE_MINUTES": lambda e: str(e.privileged_idle_minutes),
    "RECOGNISED_BROWSER_DAYS": lambda e: str(e.recognised_browser_days),
    "OUTBOUND_ALLOWED_NETWORKS": lambda e: _joined(e.outbound_allowed_networks),
    "METRICS_ALLOWED": lambda e: _joined(e.metrics_allowed),
    "METRICS_TOKEN": lambda e: _secret(e.metrics_token),
    "STATIC_DIR": lambda e: str(e.static_dir or NONE),
    "DEBUG": lambda e: _whether(e.debug),
}
