"""The worker of the soak: the installation's own, with one more kind of job that shows what became of it.

Run as `celery -A tests.soak.working worker`, and by the process that asks for jobs.
"""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import django
from django.db import transaction
from django.utils import timezone

from identity.celery import app

django.setup()

from apps.audit.ports import SYSTEM, Outcome, Subject  # noqa: E402 - models can be imported only now
from apps.audit.services.record import record_event  # noqa: E402
from apps.core.origin import SYSTEM_ORIGIN  # noqa: E402
from apps.jobs.ports import Attempt, JobKind, kinds  # noqa: E402
from apps.oauth.events import OAuthAction  # noqa: E402
from apps.oauth.models import Scope  # noqa: E402

__all__ = ("COUNTED", "app")


def _work(attempt: Attempt) -> Mapping[str, Any]:
    """A row and its event, once, however often it is tried; with time to be killed before and after."""
    name = str(attempt.payload["name"])
    time.sleep(0.2)
    with transaction.atomic():
        scope, is_new = Scope.objects.get_or_create(name=name, defaults={"title": name})
        if is_new:
            record_event(
                action=OAuthAction.SCOPE_CREATED,
                outcome=Outcome.SUCCESS,
                actor=SYSTEM,
                origin=SYSTEM_ORIGIN,
                now=timezone.now(),
                target=Subject(kind="scope", id=str(scope.pk), label=name),
            )
    time.sleep(0.2)
    return {"name": name}


COUNTED = JobKind(
    name="soak.count",
    title="Soak",
    run=_work,
    attempts=50,
    lease=timedelta(seconds=4),
    first_delay=timedelta(seconds=1),
    longest_delay=timedelta(seconds=2),
)
kinds.register(COUNTED)
