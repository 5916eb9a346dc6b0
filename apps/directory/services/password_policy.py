"""Bringing a new version of the password policy into force."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.events import DirectoryAction
from apps.directory.models import PasswordPolicy, User
from apps.directory.selectors import password_policy

POLICY_FIELDS = ("style", "minimum_length", "history", "max_age_days")


def policy_subject(policy: PasswordPolicy) -> Subject:
    return Subject(kind="passwordpolicy", id=str(policy.pk))


@transaction.atomic
def adopt_password_policy(
    *, policy: PasswordPolicy, actor: Subject, origin: Origin, now: datetime
) -> PasswordPolicy:
    """`policy` is not saved yet. Passwords that are there already expire by its count from now on."""
    before = password_policy()
    policy.created_at = now
    policy.save(force_insert=True)
    if policy.max_age_days != before.max_age_days:
        _recount_expiry(policy)
    record_event(
        action=DirectoryAction.PASSWORD_POLICY_CHANGED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=policy_subject(policy),
        before={name: getattr(before, name) for name in POLICY_FIELDS},
        after={name: getattr(policy, name) for name in POLICY_FIELDS},
    )
    return policy


def _recount_expiry(policy: PasswordPolicy) -> None:
    # A password that somebody else gave the person is to be changed whatever the policy says.
    dated = User.objects.filter(password_changed_at__isnull=False).exclude(
        password_expires_at=F("password_changed_at")
    )
    if policy.max_age_days is None:
        dated.update(password_expires_at=None)
    else:
        dated.update(password_expires_at=F("password_changed_at") + timedelta(days=policy.max_age_days))
