"""What a person's row keeps of their sign-ins: the last one, their number, and the failures that lock."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

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
