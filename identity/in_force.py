"""The environment as it may be shown: addresses without their credentials, secrets only as set or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from identity.env import NO_WITNESS, SETTINGS, Environment


@dataclass(frozen=True)
class SettingInForce:
    name: str
    value: str
    is_default: bool
    meaning: str


def settings_in_force(environment: Environment) -> tuple[SettingInForce, ...]:
    """One line for each documented setting, in their order."""
    return tuple(
        SettingInForce(
            name=setting.name,
            value=SHOWN[setting.name](environment),
            is_default=setting.name not in environment.given,
            meaning=setting.meaning.replace("`", ""),
        )
        for setting in SETTINGS
    )


def _whether(value: object) -> str:
    return "yes" if value else "no"


def _joined(values: list[str]) -> str:
    return ", ".join(dict.fromkeys(values)) or "none"


def _secret(value: object) -> str:
    return "set" if value else "not set"


def _address(url: str) -> str:
    """Scheme, host, port and path; user, password and query may hold secrets."""
    if not url:
        return "not set"
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "set"
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}" if parts.scheme else "set"


SHOWN: Mapping[str, Callable[[Environment], str]] = {
    "EMBEDDED": lambda e: _whether(e.embedded),
    "DATA_DIR": lambda e: str(e.data_dir),
    "PORT": lambda e: str(e.port),
    "BIND": lambda e: e.bind,
    "WEB_WORKERS": lambda e: str(e.web_workers),
    "WEB_THREADS": lambda e: str(e.web_threads),
    "WEB_REQUEST_SECONDS": lambda e: str(e.web_request_seconds),
    "RATE_LIMIT_PERCENT": lambda e: str(e.rate_limit_percent),
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
    "COMMON_PASSWORDS_FILE": lambda e: str(e.common_passwords_file or "a list of 20,000"),
    "OUTBOUND_ALLOWED_NETWORKS": lambda e: _joined(e.outbound_allowed_networks),
    "DEBUG": lambda e: _whether(e.debug),
}
