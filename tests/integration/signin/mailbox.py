"""Jobs done at once, and what then lies in somebody's mailbox."""

import re
from typing import Any

from django.utils import timezone

from apps.jobs.models import Job
from apps.jobs.services.work import run_job

LINK = re.compile(r"http://localhost:8000(/account/set-password/([\w-]+))")


def work() -> None:
    """Also what the jobs themselves ask for."""
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED, attempts=0)):
        for job in waiting:
            run_job(job.pk, now=timezone.now())


def links_in(mails: list[Any]) -> list[str]:
    """The path of the one link of each mail, oldest first."""
    return [found.group(1) for mail in mails if (found := LINK.search(mail.body))]
