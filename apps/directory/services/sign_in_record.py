"""What a person's row keeps of their sign-ins: the last one, their number, and the failures that lock."""

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import F, Q, QuerySet

from apps.directory.models import User


def failure_counter(user_id: UUID) -> QuerySet[User]:
    """The one row, or none, whose failures are counted for the account."""
    return User.objects.filter(pk=user_id)


def note_sign_in(*, user_id: UUID, now: datetime) -> None:
    User.objects.filter(pk=user_id).update(last_sign_in_at=now, sign_in_count=F("sign_in_count") + 1)


def replace_hash(*, user: User, encoded: str) -> None:
    """Store a hash of the same password made with today's parameters, unless the password was changed meanwhile.

    Another sign-in may have stored one at this very moment: then that is the person's, and `user` gets it.
    """
    if User.objects.filter(pk=user.pk, password=user.password).update(password=encoded):
        user.password = encoded
        return
    same_password = User.objects.filter(pk=user.pk, password_changed_at=user.password_changed_at)
    user.password = same_password.values_list("password", flat=True).first() or user.password


def expiring_passwords(*, until: datetime, now: datetime) -> QuerySet[User]:
    """People who can be told by mail that their password expires by then, and were not told of that moment yet.

    Not on the day on which they chose it.
    """
    return (
        User.objects.get_queryset()
        .able_to_sign_in(now=now)
        .filter(
            password_expires_at__gt=now,
            password_expires_at__lte=until,
            password_changed_at__lte=now - timedelta(days=1),
            is_email_verified=True,
        )
        .exclude(email="")
        .exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
        .filter(Q(expiry_told_for__isnull=True) | ~Q(expiry_told_for=F("password_expires_at")))
        .order_by("pk")
    )


def note_expiry_told(*, user: User) -> bool:
    """Whether this call is the one that tells them, and the password still expires when `user` says."""
    return bool(
        User.objects.filter(pk=user.pk, password_expires_at=user.password_expires_at)
        .filter(Q(expiry_told_for__isnull=True) | ~Q(expiry_told_for=F("password_expires_at")))
        .update(expiry_told_for=user.password_expires_at)
    )
