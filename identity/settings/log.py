"""Structured JSON logs on standard error, one object a line, each with its request id."""

import re
from typing import Any

import structlog

# Addresses that end in the token of a one-time link. docker/nginx leaves the tokens of the same ones out of its log.
TOKEN_PATHS = ("/account/set-password/", "/account/email/link/")
# Of a line as it is written: up to where its text or the JSON around it goes on.
TOKEN_IN_LINE = re.compile(rf"({'|'.join(map(re.escape, TOKEN_PATHS))})[^\s\"\\]+")


def without_tokens(_logger: Any, _method: str, line: str) -> str:
    """Django names the path that it refuses; whoever reads the log must not be able to open it."""
    return TOKEN_IN_LINE.sub(r"\1-", line)


def logging_configuration(*, debug: bool) -> dict[str, Any]:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                    without_tokens,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # oauthlib's debug lines carry codes and tokens: they are never written, whatever the level.
            "oauthlib": {"level": "WARNING"},
            "oauth2_provider": {"level": "WARNING"},
            "django": {"level": "INFO"},
            # A wrong Host header is answered and needs no stack trace.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "django.server": {"level": "WARNING"},
            "django.db.backends": {"level": "DEBUG" if debug else "WARNING"},
            "celery": {"level": "WARNING"},
            "kombu": {"level": "WARNING"},
        },
    }
