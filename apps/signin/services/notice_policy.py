"""Bringing a new version into force of which notices people get by mail."""

from datetime import datetime

from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.signin.events import SignInAction
from apps.signin.models import NoticePolicy
from apps.signin.selectors import notice_policy

NOTICE_FIELDS = ("lock_out", "new_browser", "sessions_ended", "password_expiry")


def policy_subject(policy: NoticePolicy) -> Subject:
    return Subject(kind="noticepolicy", id=str(policy.pk))


@transaction.atomic
def adopt_notice_policy(
    *, policy: NoticePolicy, actor: Subject, origin: Origin, now: datetime
) -> NoticePolicy:
    """`policy` is not saved yet."""
    before = notice_policy()
    policy.created_at = now
    policy.save(force_insert=True)
    record_event(
        action=SignInAction.NOTICE_POLICY_CHANGED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=policy_subject(policy),
        before={name: getattr(before, name) for name in NOTICE_FIELDS},
        after={name: getattr(policy, name) for name in NOTICE_FIELDS},
    )
    return policy
