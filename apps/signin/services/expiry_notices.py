"""Telling people that their password expires, while there is time to choose a new one."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.ports import SYSTEM
from apps.directory.selectors import subject_of
from apps.directory.services.sign_in_record import expiring_passwords, note_expiry_told
from apps.mail.services.sending import send
from apps.signin.selectors import notice_policy
from apps.signin.services.notice_letters import PASSWORD_EXPIRY

AHEAD = timedelta(days=7)
BATCH = 500


def tell_of_expiry(*, now: datetime) -> int:
    """How many people are told. Nobody is told twice of the same moment, whoever else runs this."""
    if not notice_policy().password_expiry:
        return 0
    told = 0
    while batch := list(expiring_passwords(until=now + AHEAD, now=now)[:BATCH]):
        with transaction.atomic():
            for user in batch:
                if note_expiry_told(user=user):
                    facts = {
                        "expires_at": user.password_expires_at.isoformat() if user.password_expires_at else ""
                    }
                    told += send(
                        kind=PASSWORD_EXPIRY, to=subject_of(user), actor=SYSTEM, now=now, facts=facts
                    )
    return told
