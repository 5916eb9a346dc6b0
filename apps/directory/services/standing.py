"""Suspending people, letting them in again, and saying goodbye to them."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.changes import Writing
from apps.directory.errors import StandingRefused
from apps.directory.models import User
from apps.directory.person_rules import LAST_SUPERUSER
from apps.directory.ports import departures
from apps.directory.services.people import change_status
from apps.directory.services.superusers import leaves_no_superuser

Status = User.Status
LEADS_FROM = {
    Status.ACTIVE: frozenset({Status.SUSPENDED}),
    Status.SUSPENDED: frozenset({Status.ACTIVE}),
    Status.DEPROVISIONED: frozenset({Status.ACTIVE, Status.SUSPENDED}),
}


@transaction.atomic
def change_standing(*, person: User, status: User.Status, by: Any, writing: Writing) -> None:
    """The row is locked by the caller, and read since.

    Raises: StandingRefused: for oneself, for the last superuser, and from a status that does not lead there.
    """
    if Status(person.status) not in LEADS_FROM[status]:
        raise StandingRefused(_("Their status is %(status)s.") % {"status": person.status})
    if status is not Status.ACTIVE:
        if person.pk == by.pk:
            raise StandingRefused(_("You cannot do this to yourself."))
        if leaves_no_superuser(User.objects.filter(pk=person.pk), now=writing.now):
            raise StandingRefused(str(LAST_SUPERUSER))
    if status is Status.DEPROVISIONED:
        depart(person=person, writing=writing)
    change_status(user=person, status=status, actor=writing.actor, origin=writing.origin, now=writing.now)


def depart(*, person: User, writing: Writing) -> None:
    """Whatever upper apps have open for the person ends."""
    for departure in departures:
        departure(person.pk, writing)
