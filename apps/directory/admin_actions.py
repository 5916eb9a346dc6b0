"""What administrators do to people, in the words in which it is announced before and reported after."""

from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import By, ObjectAction
from apps.directory.models import User
from apps.directory.services.people import change_status, unlock_person

Status = User.Status
CHANGE = "directory.change_user"
LAST_SUPERUSER = gettext_lazy(
    "Nobody could undo it: there is no other superuser with a password and without an end date."
)


def last_superuser_among(people: QuerySet[User], *, now: datetime) -> bool:
    """Whether nobody who may do everything would be left if these people could no longer sign in.

    Somebody whose time is limited, or who has no password, is nobody to rely on.
    """
    lasting = (
        User.objects.get_queryset()
        .able_to_sign_in(now=now)
        .filter(is_superuser=True, is_staff=True, ends_on=None)
    )
    left = lasting.exclude(pk__in=people.values("pk")).exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return people.filter(is_superuser=True).exists() and not left.exists()


def _set_status(people: QuerySet[User], status: Status, own: By) -> int:
    """How many people this changed."""
    return sum(
        change_status(user=person, status=status, actor=own.actor, origin=own.origin, now=own.now)
        for person in list(people)
    )


def _active(people: QuerySet[User]) -> QuerySet[User]:
    return people.filter(status=Status.ACTIVE)


def _suspension(people: QuerySet[User], now: datetime) -> str:
    count = _active(people).count()
    if not count:
        return ""
    return ngettext(
        "Suspends %(count)d person. They cannot sign in until they are reactivated.",
        "Suspends %(count)d people. They cannot sign in until they are reactivated.",
        count,
    ) % {"count": count}


def _suspend(people: QuerySet[User], own: By) -> str:
    count = _set_status(_active(people), Status.SUSPENDED, own)
    return ngettext("Suspended %(count)d person.", "Suspended %(count)d people.", count) % {"count": count}


def _suspension_obstacle(people: QuerySet[User], own: By) -> str:
    if people.filter(pk=own.actor.id).exists():
        return _("You cannot suspend yourself.")
    if last_superuser_among(people, now=own.now):
        return str(LAST_SUPERUSER)
    return ""


def _standing(people: QuerySet[User]) -> QuerySet[User]:
    return people.exclude(status=Status.DEPROVISIONED)


def _deprovisioning(people: QuerySet[User], now: datetime) -> str:
    count = _standing(people).count()
    if not count:
        return ""
    return ngettext(
        "Deprovisions %(count)d person: they never sign in again, and all that they have open ends with it. "
        "Nothing here takes that back; their record and their name in the audit log stay.",
        "Deprovisions %(count)d people: they never sign in again, and all that they have open ends with it. "
        "Nothing here takes that back; their records and their names in the audit log stay.",
        count,
    ) % {"count": count}


def _deprovision(people: QuerySet[User], own: By) -> str:
    count = _set_status(_standing(people), Status.DEPROVISIONED, own)
    return ngettext("Deprovisioned %(count)d person.", "Deprovisioned %(count)d people.", count) % {
        "count": count
    }


def _deprovisioning_obstacle(people: QuerySet[User], own: By) -> str:
    if people.filter(pk=own.actor.id).exists():
        return _("You cannot deprovision yourself.")
    if last_superuser_among(people, now=own.now):
        return str(LAST_SUPERUSER)
    return ""


def _suspended(people: QuerySet[User]) -> QuerySet[User]:
    return people.filter(status=Status.SUSPENDED)


def _reactivation(people: QuerySet[User], now: datetime) -> str:
    count = _suspended(people).count()
    if not count:
        return ""
    return ngettext(
        "Lets %(count)d suspended person sign in again, with the access that is still assigned to them.",
        "Lets %(count)d suspended people sign in again, with the access that is still assigned to them.",
        count,
    ) % {"count": count}


def _reactivate(people: QuerySet[User], own: By) -> str:
    count = _set_status(_suspended(people), Status.ACTIVE, own)
    return ngettext("Reactivated %(count)d person.", "Reactivated %(count)d people.", count) % {
        "count": count
    }


def _locked(people: QuerySet[User], now: datetime) -> QuerySet[User]:
    return people.filter(locked_until__gt=now)


def _unlocking(people: QuerySet[User], now: datetime) -> str:
    count = _locked(people, now).count()
    if not count:
        return ""
    return ngettext(
        "Lifts the lock of %(count)d person at once, and forgets their failed sign-ins.",
        "Lifts the lock of %(count)d people at once, and forgets their failed sign-ins.",
        count,
    ) % {"count": count}


def _unlock(people: QuerySet[User], own: By) -> str:
    count = sum(
        unlock_person(user=person, actor=own.actor, origin=own.origin, now=own.now)
        for person in _locked(people, own.now)
    )
    return ngettext("Unlocked %(count)d person.", "Unlocked %(count)d people.", count) % {"count": count}


PERSON_ACTIONS = (
    ObjectAction("unlock", gettext_lazy("Unlock"), "lock_open", CHANGE, _unlocking, _unlock),
    ObjectAction(
        "reactivate", gettext_lazy("Reactivate"), "person_check", CHANGE, _reactivation, _reactivate
    ),
    ObjectAction(
        "suspend",
        gettext_lazy("Suspend"),
        "person_off",
        CHANGE,
        _suspension,
        _suspend,
        is_dangerous=True,
        obstacle=_suspension_obstacle,
    ),
    ObjectAction(
        "deprovision",
        gettext_lazy("Deprovision"),
        "person_cancel",
        CHANGE,
        _deprovisioning,
        _deprovision,
        is_dangerous=True,
        obstacle=_deprovisioning_obstacle,
    ),
)
