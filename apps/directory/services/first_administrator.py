"""The way in for whoever has the shell: the first administrator, and one more when all the others are locked out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.ports import SYSTEM, Outcome
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.errors import PersonRefused
from apps.directory.events import DirectoryAction
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import able_administrators, subject_of
from apps.directory.selectors.links import ADMINISTRATOR_PURPOSES
from apps.directory.services.invitations import link_path
from apps.directory.services.one_time_links import end_links, make_link
from apps.directory.services.people import NewPerson, create_person

LINK_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True)
class AdministratorLink:
    user: User
    path: str
    expires_at: datetime
    is_new: bool


@transaction.atomic
def make_administrator_link(
    *, username: str, email: str, is_recovery: bool, now: datetime
) -> AdministratorLink:
    """A link by which that administrator sets a password; the person is made, with `email`, if there is none of that
    name. Unless it is for recovery, it works as long as no other administrator can sign in.

    Nobody who is there becomes an administrator by it.

    Raises: PersonRefused.
    """
    if not is_recovery and able_administrators(now=now).exists():
        raise PersonRefused("An administrator can sign in already.", field="recover")
    user = User.objects.filter(username__iexact=username).first()
    is_new = user is None
    if user is None:
        user = create_person(
            details=NewPerson(username=username, email=email, is_staff=True, is_superuser=True),
            password=None,
            actor=SYSTEM,
            origin=SYSTEM_ORIGIN,
            now=now,
        )
    elif not (user.is_superuser and user.is_staff and user.may_sign_in(now=now)):
        raise PersonRefused(
            "There is somebody of that name who is no administrator, or may not sign in. Choose another name.",
            field="username",
        )
    end_links(user=user, purposes=ADMINISTRATOR_PURPOSES, now=now)
    purpose = OneTimeLink.Purpose.RECOVERY if is_recovery else OneTimeLink.Purpose.ADMINISTRATOR
    token = make_link(
        user=user,
        purpose=purpose,
        address="",
        lifetime=LINK_LIFETIME,
        now=now,
    )
    record_event(
        action=DirectoryAction.ADMINISTRATOR_LINK_MADE,
        outcome=Outcome.SUCCESS,
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=now,
        target=subject_of(user),
        details={"recovery": is_recovery, "new_person": is_new},
    )
    return AdministratorLink(user, link_path(token), now + LINK_LIFETIME, is_new)
