"""Creating people, setting their passwords, their status and their locks: each with its audit event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.auth.hashers import is_password_usable
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.errors import AttributeRefused, PasswordHashRefused, PersonRefused
from apps.directory.events import DirectoryAction
from apps.directory.foreign_hashes import accept_foreign_hash
from apps.directory.models import FormerPassword, OneTimeLink, Unit, User
from apps.directory.selectors import password_policy, subject_of
from apps.directory.selectors.attributes import PREFIX
from apps.directory.selectors.links import PASSWORD_PURPOSES
from apps.directory.services.attributes import Given, ValuesReplaced, replace_values
from apps.directory.services.one_time_links import end_links

# Not the objection to a new address: whoever knows the password could end it.
ENDED_BY_NEW_PASSWORD = (*PASSWORD_PURPOSES, OneTimeLink.Purpose.ADDRESS_CHANGE)
PASSWORD_FIELDS = ("password", "password_changed_at", "password_expires_at", "sign_ins_valid_since")
TAKEN_MEANWHILE = "Somebody was given this user name or e-mail address at this very moment."
# As many as any policy may ask about, so that a longer history finds what it asks for.
KEPT = 24
# What is changed by saying what it shall be; status, password and power have services of their own.
CHANGEABLE = (
    "username",
    "email",
    "is_email_verified",
    "given_name",
    "family_name",
    "display_name",
    "department",
    "unit",
    "job_title",
    "manager",
    "employee_number",
    "employee_type",
    "starts_on",
    "ends_on",
    "time_zone",
    "locale",
)


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
    unit: Unit | None = None
    # By the attribute's name what was typed for it.
    attributes: Given = field(default_factory=dict)


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
    must_change: bool = False,
) -> User:
    """A new person; without a password they cannot sign in until one is set. `must_change` as in `set_password`.

    Raises: PersonRefused, naming the first field that was not accepted.
    """
    fields = {name: value for name, value in vars(details).items() if name != "attributes"}
    user = User(**fields, created_at=now)
    if password is None:
        user.set_unusable_password()
    elif isinstance(password, ForeignHash):
        _accept_hash(user, password.text, now=now)
    else:
        _accept_password(user, password, now=now)
    if must_change and password is not None:
        _have_it_changed(user)
    _validate(user)
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        raise PersonRefused(TAKEN_MEANWHILE) from error
    given = _replace_attributes(user, details.attributes, is_new=True)
    record_event(
        action=DirectoryAction.USER_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(user),
        after={**{name: _plain(value) for name, value in fields.items()}, **given.after},
    )
    return user


@transaction.atomic
def change_person(
    *,
    user: User,
    changes: Mapping[str, Any],
    attributes: Given | None = None,
    actor: Subject,
    origin: Origin,
    now: datetime,
) -> bool:
    """Whether this changed anything. `changes` are of the fields in CHANGEABLE; `user` becomes what is stored then.

    Raises: PersonRefused, naming the first field that was not accepted.
    """
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise PersonRefused("This is not changed here.", field=unknown[0])
    stored = User.objects.select_for_update().get(pk=user.pk)
    as_it_was = User(status=stored.status, starts_on=stored.starts_on, ends_on=stored.ends_on)
    before = {name: getattr(stored, name) for name in CHANGEABLE}
    for name, value in changes.items():
        setattr(stored, name, value)
    if stored.email != before["email"] and "is_email_verified" not in changes:
        # That the person reads the old address says nothing about the new one.
        stored.is_email_verified = False
    if stored.manager_id == stored.pk:
        raise PersonRefused("Nobody is their own manager.", field="manager")
    changed = [name for name in CHANGEABLE if getattr(stored, name) != before[name]]
    if {"starts_on", "ends_on"} & set(changed):
        note_gap(user=stored, before=as_it_was, now=now)
    _validate(stored)
    given = _replace_attributes(stored, attributes or {})
    if not (changed or given.after):
        return False
    try:
        stored.save()
    except IntegrityError as error:
        raise PersonRefused(TAKEN_MEANWHILE) from error
    record_event(
        action=DirectoryAction.USER_CHANGED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(stored),
        before={**{name: _plain(before[name]) for name in changed}, **given.before},
        after={**{name: _plain(getattr(stored, name)) for name in changed}, **given.after},
    )
    user.__dict__.update(stored.__dict__)
    return True


def _replace_attributes(user: User, given: Given, *, is_new: bool = False) -> ValuesReplaced:
    try:
        return replace_values(user=user, given=given, is_new=is_new)
    except AttributeRefused as error:
        raise PersonRefused(error.detail, field=f"{PREFIX}{error.field}") from error


def _validate(user: User) -> None:
    try:
        user.full_clean()
    except ValidationError as error:
        raise _refusal(error) from error


def _plain(value: Any) -> Any:
    """As the audit log keeps it: related rows by their keys."""
    if isinstance(value, Model):
        return str(value.pk)
    return value.isoformat() if isinstance(value, date) else value


@transaction.atomic
def set_password(
    *,
    user: User,
    password: str,
    actor: Subject,
    origin: Origin,
    now: datetime,
    must_change: bool = False,
) -> None:
    """A new password, in place of whatever the person has by now. With `must_change` it lets them in once, to the
    page on which they choose one that nobody else knows.

    Raises: PersonRefused when the password breaks the policy.
    """
    # One after the other: none is left out of the history, and none passes by it.
    user.password = User.objects.select_for_update().values_list("password", flat=True).get(pk=user.pk)
    replace_password(user, password, now=now)
    if must_change:
        _have_it_changed(user)
        user.save(update_fields=["password_expires_at", "updated_at"])
    _record_password(DirectoryAction.USER_PASSWORD_SET, user, actor=actor, origin=origin, now=now)


@transaction.atomic
def change_own_password(*, user: User, password: str, origin: Origin, now: datetime) -> bool:
    """Whether the person still had the password that `user` has, and so this call changed it.

    Raises: PersonRefused when the password breaks the policy.
    """
    if not User.objects.select_for_update().filter(pk=user.pk, password=user.password).exists():
        return False
    replace_password(user, password, now=now)
    _record_password(
        DirectoryAction.USER_PASSWORD_CHANGED, user, actor=subject_of(user), origin=origin, now=now
    )
    return True


def replace_password(user: User, password: str, *, now: datetime) -> None:
    """The row is locked by the caller, who records the event. Every link to set a password ends with it.

    Raises: PersonRefused when the password breaks the policy.
    """
    former = user.password
    _accept_password(user, password, now=now)
    user.save(update_fields=[*PASSWORD_FIELDS, "updated_at"])
    end_links(user=user, purposes=ENDED_BY_NEW_PASSWORD, now=now)
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
def lock_person(*, user: User, until: datetime, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether this made the lock last longer. As the one after too many wrong passwords, it ends nothing that is open.

    A browser in which the person has signed in before counts for itself, here as there.
    """
    free = Q(locked_until__isnull=True) | Q(locked_until__lt=until)
    locked = User.objects.filter(free, pk=user.pk).update(locked_until=until, updated_at=now)
    if locked:
        before = user.locked_until
        record_event(
            action=DirectoryAction.USER_LOCKED,
            outcome=Outcome.SUCCESS,
            actor=actor,
            origin=origin,
            now=now,
            target=subject_of(user),
            before={"locked_until": before.isoformat() if before else None},
            after={"locked_until": until.isoformat()},
        )
    return bool(locked)


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


def _have_it_changed(user: User) -> None:
    """Such a password expires in the moment in which it was set, and no policy makes that later."""
    user.password_expires_at = user.password_changed_at


def _refusal(error: ValidationError) -> PersonRefused:
    field, messages = next(iter(error.message_dict.items()))
    return PersonRefused("; ".join(messages), field="" if field == "__all__" else field)
