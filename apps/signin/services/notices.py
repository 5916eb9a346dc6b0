"""Telling people by mail what happened to their account.

Most notices are sent as the log is read, so whichever way something was done, it is told once. For what strangers can
bring about there is another reason: no request takes longer because there is somebody to be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.access.events import AccessAction
from apps.access.selectors import assignment_of_rights, holders_of, roles_of_rights
from apps.audit.ports import SYSTEM, LoggedEvent, Subject
from apps.core.origin import Origin
from apps.directory.events import DirectoryAction
from apps.directory.selectors import person, subject_of
from apps.directory.selectors.groups import user_ids_in
from apps.mail.ports import MailKind
from apps.mail.services.sending import send
from apps.signin.events import SignInAction
from apps.signin.models import Session
from apps.signin.selectors import notice_policy
from apps.signin.services.notice_letters import (
    ADDRESS_GIVEN,
    ADDRESS_LEFT,
    LOCK_OUT,
    NEW_BROWSER,
    PASSWORD_CHANGED,
    PASSWORD_SET,
    RIGHTS_RECEIVED,
    SESSIONS_ENDED,
)
from apps.signin.services.notice_limits import may_be_sent

if TYPE_CHECKING:
    from apps.directory.models import User

LOCK_OUTS_A_DAY = 3
NEW_BROWSERS_A_DAY = 10
# What was imported, or happened before somebody set up mail, is no news.
NEWS = timedelta(days=1)
RIGHTS_IN_RECORD = ("is_staff", "is_superuser")


# In the transaction of what it is about --------------------------------------------------------------------------


def tell_of_new_browser(*, user: User, origin: Origin, now: datetime) -> None:
    """`user` is as they were before this sign-in: of their first one they are not told."""
    if user.last_sign_in_at is None or not notice_policy().new_browser:
        return
    if not _is_reachable(user):
        return
    if may_be_sent(user_id=user.pk, kind=NEW_BROWSER.name, limit=NEW_BROWSERS_A_DAY, now=now):
        facts = {"at": now.isoformat(), "ip": origin.ip, "user_agent": origin.user_agent}
        send(kind=NEW_BROWSER, to=subject_of(user), actor=SYSTEM, now=now, facts=facts)


def tell_of_ended_session(*, session_id: UUID, actor: Subject, now: datetime) -> None:
    """One mail, however many sessions an administrator ends. What they do to themselves they know."""
    session = Session.objects.select_related("user").get(pk=session_id)
    if str(session.user_id) == actor.id or not _is_reachable(session.user):
        return
    if notice_policy().sessions_ended:
        facts = {"at": now.isoformat()}
        send(kind=SESSIONS_ENDED, to=subject_of(session.user), actor=SYSTEM, now=now, facts=facts, once=True)


def _is_reachable(user: User) -> bool:
    return bool(user.email) and user.is_email_verified


# As the log is read ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Happened:
    """An event in the words of a notice."""

    event: LoggedEvent
    now: datetime

    @property
    def personal(self) -> Mapping[str, Any]:
        return self.event.personal or {}

    @property
    def before(self) -> Mapping[str, Any]:
        return self.personal.get("before") or {}

    @property
    def after(self) -> Mapping[str, Any]:
        return self.personal.get("after") or {}

    @property
    def is_by_person(self) -> bool:
        return self.event.actor_id == self.event.target_id

    def facts(self, *, has_place: bool = False, **more: Any) -> dict[str, Any]:
        place = {name: self.personal.get(name) for name in ("ip", "user_agent")} if has_place else {}
        return {"at": self.event.occurred_at.isoformat(), **place, **more}

    def tell(self, user: User | None, kind: MailKind, facts: Mapping[str, Any], *, address: str = "") -> None:
        if user is None or not (address or _is_reachable(user)):
            return
        send(kind=kind, to=subject_of(user), actor=SYSTEM, now=self.now, facts=facts, address=address)


def tell_of_events(*, events: Sequence[LoggedEvent], now: datetime) -> None:
    """Precondition: one caller at a time, in the transaction that moves the reader's cursor."""
    for event in events:
        if event.occurred_at > now - NEWS:
            TOLD[event.action](_Happened(event, now))


def _refused(happened: _Happened) -> None:
    event = happened.event
    if not (event.details.get("locked_now") and event.target_id and notice_policy().lock_out):
        return
    user = person(event.target_id)
    if user is None or not _is_reachable(user):
        return
    if may_be_sent(user_id=user.pk, kind=LOCK_OUT.name, limit=LOCK_OUTS_A_DAY, now=happened.now):
        facts = happened.facts(has_place=True, recognised=bool(event.details.get("recognised")))
        happened.tell(user, LOCK_OUT, facts)


def _password(happened: _Happened) -> None:
    user = person(happened.event.target_id)
    kind = PASSWORD_CHANGED if happened.is_by_person else PASSWORD_SET
    if kind is PASSWORD_SET and user is not None and user.last_sign_in_at is None:
        # Somebody new is given a password to begin with: nothing of theirs was replaced.
        return
    happened.tell(user, kind, happened.facts(has_place=happened.is_by_person))


def _record(happened: _Happened) -> None:
    """Of a person, changed by whoever may: the address, and what lets them into the administration."""
    user = person(happened.event.target_id)
    if user is None:
        return
    former, given = happened.before.get("email"), happened.after.get("email")
    if former and happened.before.get("is_email_verified", user.is_email_verified):
        happened.tell(user, ADDRESS_LEFT, happened.facts(), address=str(former))
    if given:
        happened.tell(user, ADDRESS_GIVEN, happened.facts(), address=str(given))
    if any(happened.after.get(name) is True for name in RIGHTS_IN_RECORD):
        happened.tell(user, RIGHTS_RECEIVED, happened.facts(role=""))


def _assignment(happened: _Happened) -> None:
    assignment = assignment_of_rights(assignment_id=happened.event.target_id)
    if assignment is None:
        return
    starts_at = assignment.valid_from.isoformat() if assignment.valid_from > happened.now else ""
    facts = happened.facts(role=assignment.role.name, starts_at=starts_at)
    for user in holders_of(assignment=assignment).iterator():
        happened.tell(user, RIGHTS_RECEIVED, facts)


def _member(happened: _Happened) -> None:
    _of_group(happened, [happened.event.details.get("user")])


def _nested(happened: _Happened) -> None:
    child = happened.event.details.get("child")
    _of_group(happened, user_ids_in(group_ids=[child]).values_list("user_id", flat=True).distinct())


def _of_group(happened: _Happened, user_ids: Any) -> None:
    """To belong to a group is to hold its roles, and those of the groups that it lies in."""
    roles = list(roles_of_rights(group_id=happened.event.target_id, now=happened.now))
    if not roles:
        return
    facts = happened.facts(role=", ".join(roles))
    for user_id in user_ids:
        happened.tell(person(user_id), RIGHTS_RECEIVED, facts)


TOLD: Mapping[str, Callable[[_Happened], None]] = {
    SignInAction.USER_SIGN_IN_REFUSED: _refused,
    DirectoryAction.USER_PASSWORD_SET: _password,
    DirectoryAction.USER_PASSWORD_CHANGED: _password,
    DirectoryAction.USER_PASSWORD_RESET: _password,
    DirectoryAction.USER_CHANGED: _record,
    AccessAction.ASSIGNMENT_CREATED: _assignment,
    DirectoryAction.GROUP_MEMBER_ADDED: _member,
    DirectoryAction.GROUP_GROUP_ADDED: _nested,
}
