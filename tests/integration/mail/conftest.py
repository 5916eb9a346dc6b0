"""A mail server that runs, a kind of mail whose words a test sets, and jobs done by hand."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.audit.ports import SYSTEM
from apps.directory.models import User
from apps.directory.selectors import subject_of
from apps.jobs.models import Job
from apps.jobs.ports import kinds
from apps.jobs.services.work import run_job
from apps.mail.ports import Letter, MailKind, Order, mail_kinds
from apps.mail.services.registration import register_mail
from apps.mail.services.sending import send
from tests.services.mail_server import MailServer, mail_server

NOW = timezone.now()
LATER = timedelta(days=1)
"""Longer than between any two tries."""


class Writer:
    """One kind of mail, and what it says."""

    def __init__(self) -> None:
        self.letter: Letter | None = Letter(subject="Hello", paragraphs=("Good morning.",))
        self.orders: list[Order] = []
        self.kind = MailKind(name="test.hello", title="Hello", write=self.write)

    def write(self, order: Order) -> Letter | None:
        self.orders.append(order)
        return self.letter

    def ask(self, user: User, **fields: Any) -> Job:
        asked: dict[str, Any] = {"kind": self.kind, "to": subject_of(user), "actor": SYSTEM, "now": NOW}
        assert send(**(asked | fields))
        return Job.objects.latest("created_at", "pk")


@pytest.fixture
def writer() -> Iterator[Writer]:
    writer = Writer()
    with mail_kinds.replaced(), kinds.replaced():
        register_mail(writer.kind)
        yield writer


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.MAIL_DELIVERY = "server"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_TIMEOUT = 5
        yield running


def try_job(job: Job, *, after: timedelta = timedelta()) -> Job:
    """One attempt, if it is due by then."""
    run_job(job.pk, now=timezone.now() + after)
    job.refresh_from_db()
    return job
