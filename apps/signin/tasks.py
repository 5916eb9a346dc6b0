"""Housekeeping of sign-in state."""

from celery import shared_task
from django.utils import timezone

from apps.signin.services.housekeeping import remove_expired_state


@shared_task(name="signin.remove_expired")
def remove_expired() -> None:
    remove_expired_state(now=timezone.now())
