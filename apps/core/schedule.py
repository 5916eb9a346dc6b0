"""What is done again and again, as the settings have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings


@dataclass(frozen=True)
class Scheduled:
    title: str
    task: str
    every: timedelta


def schedule() -> tuple[Scheduled, ...]:
    entries: Mapping[str, Mapping[str, object]] = settings.CELERY_BEAT_SCHEDULE
    return tuple(
        Scheduled(title, str(entry["task"]), timedelta(seconds=float(str(entry["schedule"]))))
        for title, entry in entries.items()
    )
