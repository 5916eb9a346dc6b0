"""Housekeeping of tokens."""

from celery import shared_task
from django.utils import timezone

from apps.oauth.services.housekeeping import remove_expired_tokens


@shared_task(name="oauth.remove_expired")
def remove_expired() -> None:
    remove_expired_tokens(now=timezone.now())
