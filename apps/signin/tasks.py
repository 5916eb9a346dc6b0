"""Housekeeping of sign-in state, and notices that their time brings."""

from celery import shared_task
from django.utils import timezone

from apps.signin.services.expiry_notices import tell_of_expiry
from apps.signin.services.housekeeping import remove_expired_state


@shared_task(name="signin.remove_expired")
def remove_expired() -> None:
    remove_expired_state(now=timezone.now())


@shared_task(name="signin.tell_of_expiry")
def tell_of_expiring_passwords() -> None:
    tell_of_expiry(now=timezone.now())
