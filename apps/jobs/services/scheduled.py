"""Having a scheduled task run at once, beside its clock."""

from datetime import datetime

import structlog
from celery import current_app
from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.core.schedule import schedule
from apps.jobs.errors import UnknownTask
from apps.jobs.events import JobAction

WAITED_FOR_SECONDS = 300
log = structlog.get_logger(__name__)


def ask_for_task(*, task: str, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether a worker will be told of it. Who asked is in the log in either case.

    Raises: UnknownTask, for whatever is not on the schedule.
    """
    known = next((each for each in schedule() if each.task == task), None)
    if known is None:
        raise UnknownTask(task)
    with transaction.atomic():
        record_event(
            action=JobAction.TASK_ASKED_FOR,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=Subject(kind="scheduled_task", id=known.task, label=known.title),
        )
    try:
        current_app.send_task(known.task, retry=False, expires=WAITED_FOR_SECONDS)
    except OSError as error:  # kombu's OperationalError is one: the broker is not there
        log.warning("task_not_announced", task=known.task, error=type(error).__name__)
        return False
    return True
