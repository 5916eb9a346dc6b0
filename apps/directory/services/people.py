"""Creating people, setting their passwords, their status and their locks: each with its audit event."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.errors import PasswordHashRefused, PersonRefused
from apps.directory.events import DirectoryAction
from apps.directory.foreign_hashes import accept_foreign_hash
from apps.directory.models import FormerPassword, User
from apps.directory.selectors import password_policy, subject_of

PASSWORD_FIELDS = ("password", "password_changed_at", "password_expires_at", "sign_ins_valid_since")
# As many as any policy may ask about, so that a longer history finds what it asks for.
KEPT = 24


@dataclass(frozen=True)
class NewPerson:
    username: str
    email: str = ""
    given_name: str = ""
    family_name: str = ""
    department: str = ""
    job_title: str = ""
    is_staff: bool = False
    is_superuser: bool = False
    is_email_verified: bool = False


@dataclass(frozen=True)
class ForeignHash:
    """In place of a password: what another system kept of it, as `accept_foreign_hash` reads it."""

    text: str


@transaction.atomic
def create_person(
    *,
    details: NewPerson,
    password: str | ForeignHash | None,
    actor: Subject,
    origin: Origin,
    now: datetime,
) -> User:
    """A new person; without a password they cannot sign in until one is set.

    Raises: PersonRefused, naming the first field that was not accepted.
    """
    user = User(**vars(details), created_at=now)
    if password is None:
        user.set_unusable_password()
    elif isinstance(password, ForeignHash):
        _accept_hash(user, password.text, now=now)
    else:
        _accept_password(user, password, now=now)
    try:
        user.full_clean()
    except ValidationError as error:
        raise _refusal(error) from error
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        raise PersonRefused(
            "Somebody was given this user name or e-mail address at this very moment."
        ) from error
    record_event(
        action=DirectoryAction.USER_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(user),
        after=vars(details),
    )
    return user


@transaction.atomic
def set_password(*, user: User, password: str, actor: Subject, origin: Origin, now: datetime) -> None:
    """A new password, in place of whatever the person has by now.

    Raises: PersonRefused when the password breaks the policy.
    """
    # One after the other: none is left out of the history, and none passes by it.
    user.password = User.objects.select_for_update().values_list("password", flat=True).get(pk=user.pk)
    _replace_password(user, password, now=now)
    _record_password(DirectoryAction.USER_PASSWORD_SET, user, actor=actor, origin=origin, now=now)


@transaction.atomic
def change_own_password(*, user: User, password: str, origin: Origin, now: datetime) -> bool:
    """Whether the person still had the password that `user` has, and so this call changed it.

    Raises: PersonRefused when the password breaks the policy.
    """
    if not User.objects.select_for_update().filter(pk=user.pk, password=user.password).exists():
        return False
    _replace_password(user, password, now=now)
    _record_password(
        DirectoryAction.USER_PASSWORD_CHANGED, user, actor=subject_of(user), origin=origin, now=now
    )
    return True


def _replace_password(user: User, password: str, *, now: datetime) -> None:
    """The row is locked by the caller."""
    former = user.password
    _accept_password(user, password, now=now)
    user.save(update_fields=[*PASSWORD_FIELDS, "updated_at"])
    if is_password_usable(former):
        FormerPassword.objects.create(user=user, password=former, replaced_at=now)
    kept = FormerPassword.objects.filter(user=user).order_by("-replaced_at", "-pk").values("pk")
    FormerPassword.objects.filter(user=user).exclude(
        pk__in=list(kept.values_list("pk", flat=True)[:KEPT])
    ).delete()


def _record_password(
    action: DirectoryAction, user: User, *, actor: Subject, origin: Origin, now: datetime
) -> None:
    record_event(
        action=action,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(user),
    )


@transaction.atomic
def change_status(*, user: User, status: User.Status, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether the person still had the status that `user` has, and so this call changed it.

    What they had open ends with the change: a suspension that is lifted brings no session and no token back.
    """
    changed = User.objects.filter(pk=user.pk, status=user.status).update(
        status=status, sign_ins_valid_since=now, updated_at=now
    )
    if changed:
        record_event(
            action=DirectoryAction.USER_CHANGED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=subject_of(user),
            before={"status": user.status},
            after={"status": status.value},
        )
    return bool(changed)


def note_gap(*, user: User, before: User, now: datetime) -> None:
    """Marks, for the caller to save, that new dates begin or end a time in which the person cannot sign in."""
    if not (before.may_sign_in(now=now) and user.may_sign_in(now=now)):
        user.sign_ins_valid_since = now


@transaction.atomic
def unlock_person(*, user: User, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether there was a lock to lift."""
    lifted = User.objects.filter(pk=user.pk, locked_until__gt=now).update(
        locked_until=None, failed_sign_ins=0, first_failed_at=None, updated_at=now
    )
    if lifted:
        record_event(
            action=DirectoryAction.USER_UNLOCKED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=subject_of(user),
        )
    return bool(lifted)


def _accept_password(user: User, password: str, *, now: datetime) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise PersonRefused(
            "; ".join(error.messages), field="password", reasons=tuple(error.messages)
        ) from error
    user.set_password(password)
    _note_password(user, now=now)


def _accept_hash(user: User, text: str, *, now: datetime) -> None:
    try:
        user.password = accept_foreign_hash(text)
    except PasswordHashRefused as error:
        raise PersonRefused(error.detail, field="password") from error
    _note_password(user, now=now)


def _note_password(user: User, *, now: datetime) -> None:
    user.password_changed_at = now
    user.password_expires_at = password_policy().expiry_of(now)
    user.sign_ins_valid_since = now


def _refusal(error: ValidationError) -> PersonRefused:
    field, messages = next(iter(error.message_dict.items()))
    return PersonRefused("; ".join(messages), field="" if field == "__all__" else field)
