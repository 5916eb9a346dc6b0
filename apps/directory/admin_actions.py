"""What administrators do to people, in the words in which it is announced before and reported after."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import By, ObjectAction
from apps.audit.services.changes import Writing
from apps.directory.models import User
from apps.directory.person_rules import LAST_SUPERUSER
from apps.directory.selectors.links import may_be_invited, with_invitation
from apps.directory.services.invitations import invite_person, lifetime, withdraw_invitation
from apps.directory.services.people import change_status, unlock_person
from apps.directory.services.standing import depart
from apps.directory.services.superusers import leaves_no_superuser
from apps.mail.selectors import is_mail_sent

Status = User.Status
CHANGE = "directory.change_user"


def _set_status(people: Iterable[User], status: Status, own: By) -> int:
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
    if leaves_no_superuser(people, now=own.now):
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
    leaving = list(_standing(people))
    for person in leaving:
        depart(person=person, writing=Writing(actor=own.actor, origin=own.origin, now=own.now))
    count = _set_status(leaving, Status.DEPROVISIONED, own)
    return ngettext("Deprovisioned %(count)d person.", "Deprovisioned %(count)d people.", count) % {
        "count": count
    }


def _deprovisioning_obstacle(people: QuerySet[User], own: By) -> str:
    if people.filter(pk=own.actor.id).exists():
        return _("You cannot deprovision yourself.")
    if leaves_no_superuser(people, now=own.now):
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


def _invitable(people: QuerySet[User], now: datetime) -> list[User]:
    without_password = people.filter(status=Status.ACTIVE, password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return [person for person in without_password.exclude(email="") if may_be_invited(person, now=now)]


def _inviting(people: QuerySet[User], now: datetime) -> str:
    count = len(_invitable(people, now))
    if not count:
        return ""
    days = lifetime().days
    return ngettext(
        "Sends %(count)d person a link with which they choose their first password, within %(days)d days. Links of "
        "former invitations end.",
        "Sends %(count)d people a link each with which they choose their first password, within %(days)d days. Links "
        "of former invitations end.",
        count,
    ) % {"count": count, "days": days}


def _invite(people: QuerySet[User], own: By) -> str:
    count = sum(
        invite_person(user=person, actor=own.actor, origin=own.origin, now=own.now)
        for person in _invitable(people, own.now)
    )
    return ngettext("Invited %(count)d person.", "Invited %(count)d people.", count) % {"count": count}


def _invitation_obstacle(people: QuerySet[User], own: By) -> str:
    if not is_mail_sent():
        return _(
            "No mail is sent: EMAIL_URL names no mail server. manage.py users invite can print the link."
        )
    return ""


def _invited(people: QuerySet[User], now: datetime) -> list[User]:
    return list(with_invitation(people, now=now).filter(invited_until__isnull=False))


def _withdrawing(people: QuerySet[User], now: datetime) -> str:
    count = len(_invited(people, now))
    if not count:
        return ""
    return ngettext(
        "Ends the link that %(count)d person was sent. Until they are invited again they cannot sign in.",
        "Ends the links that %(count)d people were sent. Until they are invited again they cannot sign in.",
        count,
    ) % {"count": count}


def _withdraw(people: QuerySet[User], own: By) -> str:
    count = sum(
        withdraw_invitation(user=person, actor=own.actor, origin=own.origin, now=own.now)
        for person in _invited(people, own.now)
    )
    return ngettext("Withdrew %(count)d invitation.", "Withdrew %(count)d invitations.", count) % {
        "count": count
    }


INVITE = ObjectAction(
    "invite",
    gettext_lazy("Invite"),
    "forward_to_inbox",
    CHANGE,
    _inviting,
    _invite,
    obstacle=_invitation_obstacle,
)
PERSON_ACTIONS = (
    INVITE,
    ObjectAction(
        "withdraw_invitation",
        gettext_lazy("Withdraw invitation"),
        "unsubscribe",
        CHANGE,
        _withdrawing,
        _withdraw,
    ),
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
