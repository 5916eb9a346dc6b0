"""Keys that follow one another by themselves."""

from celery import shared_task
from django.utils import timezone

from apps.keys.services.rotation import rotate_due


@shared_task(name="keys.rotate", ignore_result=True)
def rotate() -> None:
    rotate_due(now=timezone.now())
