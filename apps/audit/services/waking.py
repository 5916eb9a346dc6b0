"""Telling workers that a reader of the log has something to read."""

from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import transaction

from apps.audit.models import ReaderCursor
from apps.audit.ports import readers
from apps.audit.selectors import last_seal_number, waiting_cursors

READ_LOG = "audit.read_log"
EXPIRES_SECONDS = 60
# A cursor that moved so lately has a worker at it, which goes on by itself.
AT_WORK = timedelta(seconds=2)

log = structlog.get_logger(__name__)


def wake_readers(*, now: datetime) -> None:
    """All that are behind and may try. What this does not reach, the next one does."""
    ReaderCursor.objects.bulk_create(
        [ReaderCursor(name=reader.name) for reader in readers], ignore_conflicts=True
    )
    idle = waiting_cursors(now=now).exclude(moved_at__gt=now - AT_WORK)
    for name in idle.filter(position__lt=last_seal_number()).values_list("name", flat=True):
        wake_reader(name)


def wake_reader(name: str) -> None:
    """Once this transaction is committed."""
    transaction.on_commit(lambda: _tell(name), robust=True)


def _tell(name: str) -> None:
    try:
        current_app.send_task(READ_LOG, args=[name], retry=False, expires=EXPIRES_SECONDS)
    except OSError as error:  # kombu's OperationalError is one: the broker is not there
        log.warning("log_reader_not_woken", reader=name, error=type(error).__name__)
