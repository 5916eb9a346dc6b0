"""Django's database sessions with the cookie's value stored only as its SHA-256 digest.

Whoever reads the table cannot use what is in it as a cookie.
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import SuspiciousOperation
from django.utils import timezone


def _digest(session_key: str) -> str:
    # 40 characters are what Django's table holds: 160 bits of the digest.
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    def _get_session_from_db(self) -> AbstractBaseSession | None:
        try:
            found: AbstractBaseSession = self.model.objects.get(
                session_key=_digest(self.session_key or ""), expire_date__gt=timezone.now()
            )
        except (self.model.DoesNotExist, SuspiciousOperation):
            self._session_key = None
            return None
        return found

    def exists(self, session_key: str) -> bool:
        return super().exists(_digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> AbstractBaseSession:
        instance = super().create_model_instance(data)
        instance.session_key = _digest(instance.session_key)
        return instance

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            super().delete(_digest(key))

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        return DatabaseStore.get_model_class()
