"""The environment of the tests and of the servers they start: made up, nothing taken from the machine."""

import base64
import os
import secrets
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]

# Whatever a developer's shell says about a real deployment must not reach a test.
DEPLOYMENT_VARIABLES = (
    "ALLOWED_HOSTS",
    "AUDIT_WITNESS_FILE",
    "BASE_URL",
    "BIND",
    "CELERY_BROKER_URL",
    "DATABASE_REPLICA_URL",
    "DATABASE_URL",
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "EMAIL_URL",
    "EMAIL_URL_FILE",
    "FIELD_ENCRYPTION_KEYS",
    "FIELD_ENCRYPTION_KEYS_FILE",
    "GEOIP_PATH",
    "MAIL_FROM",
    "METRICS_ALLOWED",
    "METRICS_TOKEN",
    "METRICS_TOKEN_FILE",
    "OUTBOUND_ALLOWED_NETWORKS",
    "PORT",
    "REDIS_URL",
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "STATIC_DIR",
    "TRUSTED_PROXIES",
    "WEB_THREADS",
    "WEB_WORKERS",
)


def made_up_secrets() -> dict[str, str]:
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    return {"SECRET_KEY": secrets.token_urlsafe(64), "FIELD_ENCRYPTION_KEYS": f"test:{key}"}


def isolated_environment(*, data_dir: Path, base_url: str, database_url: str | None = None) -> dict[str, str]:
    """This process's environment without any deployment's values, plus an embedded one of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in DEPLOYMENT_VARIABLES}
    environment = {
        **kept,
        **made_up_secrets(),
        "EMBEDDED": "1",
        # A test run signs in more often than people do.
        "RATE_LIMIT_PERCENT": "0",
        "DATA_DIR": str(data_dir),
        "BASE_URL": base_url,
    }
    if database_url is not None:
        environment["DATABASE_URL"] = database_url
    return environment
