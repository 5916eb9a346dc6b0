"""Empties append-only tables between tests that commit; anywhere else their triggers refuse it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.backends.base.operations import BaseDatabaseOperations

Flush = Callable[[Any, list[str]], None]


def allow_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets Django's flush past triggers, on every connection of this process."""
    original: Flush = BaseDatabaseOperations.execute_sql_flush

    def execute_sql_flush(operations: Any, sql_list: list[str]) -> None:
        alias = operations.connection.alias
        with transaction.atomic(using=alias), _triggers_off(alias):
            original(operations, _quick(operations, sql_list))

    monkeypatch.setattr(BaseDatabaseOperations, "execute_sql_flush", execute_sql_flush)


def _quick(operations: Any, sql_list: list[str]) -> list[str]:
    """On PostgreSQL, DELETE: a TRUNCATE makes new files for every table, and most tests leave few rows."""
    if operations.connection.vendor != "postgresql":
        return sql_list
    names = operations.connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [operations.quote_name(name) for name in names]
    return ["; ".join(f"DELETE FROM {table}" for table in tables)]  # noqa: S608  # names of our own models


@contextmanager
def _triggers_off(alias: str) -> Iterator[None]:
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield
            cursor.execute("SET LOCAL session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")
        yield
        for _, definition in triggers:
            cursor.execute(definition)
