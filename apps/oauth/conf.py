"""Lifetimes of what the authorization server issues, typed."""

from datetime import timedelta
from typing import Any

from django.conf import settings


def _seconds(name: str) -> timedelta:
    server: dict[str, Any] = settings.OAUTH2_PROVIDER
    return timedelta(seconds=server[name])


def code_lifetime() -> timedelta:
    return _seconds("AUTHORIZATION_CODE_EXPIRE_SECONDS")


def access_token_lifetime() -> timedelta:
    return _seconds("ACCESS_TOKEN_EXPIRE_SECONDS")


def id_token_lifetime() -> timedelta:
    return _seconds("ID_TOKEN_EXPIRE_SECONDS")


def refresh_token_lifetime() -> timedelta:
    return _seconds("REFRESH_TOKEN_EXPIRE_SECONDS")
