"""The log read by whoever sends notices, and the mails that come of it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.audit.models import ReaderCursor
from apps.audit.services.reading import read_on
from apps.audit.services.sealing import seal_pending
from apps.jobs.models import Job
from apps.jobs.services.work import run_job
from apps.keys.models import SigningKey
from apps.signin.handlers import NOTICES
from tests.factories.keys import make_signing_keys

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


def read_log() -> None:
    """Seals what has happened, and reads it."""
    if not SigningKey.objects.exists():
        make_signing_keys()
    # Sealing leaves the newest moments alone: somebody may still be about to commit into them.
    later = timezone.now() + timedelta(minutes=1)
    seal_pending(now=later)
    ReaderCursor.objects.get_or_create(name=NOTICES.name)
    while read_on(reader=NOTICES, now=later):
        pass
    assert ReaderCursor.objects.get(name=NOTICES.name).last_error == ""


def work() -> None:
    """Also what the jobs themselves ask for."""
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED, attempts=0)):
        for job in waiting:
            run_job(job.pk, now=timezone.now())


def deliver(mailoutbox: list[Any]) -> list[Any]:
    """What arrives of all that has happened since the last time."""
    already = len(mailoutbox)
    read_log()
    work()
    return mailoutbox[already:]
