"""What the audit log says about a person, in sentences for that person.

Of others it gives away a name and no more: never from where or with what they did it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access.selectors import role_names
from apps.audit.ports import Told, Topic, told_to_people
from apps.core.ids import is_uuid, uuid7_time
from apps.core.places import Place, place_of
from apps.directory.selectors import display_names, field_titles
from apps.signin.device_name import device_or_unknown

if TYPE_CHECKING:
    from apps.directory.models import User

TOPIC_WORDS = {
    Topic.SIGN_IN: gettext_lazy("Signing in and out"),
    Topic.SECURITY: gettext_lazy("Password and browsers"),
    Topic.RECORD: gettext_lazy("Your record"),
    Topic.ACCESS: gettext_lazy("Applications and roles"),
    Topic.ADMINISTRATION: gettext_lazy("What you administer"),
}
END_REASONS = {
    "signed_out": gettext_lazy("You signed out."),
    "ended_by_person": gettext_lazy("You signed out there from elsewhere."),
    "expired": gettext_lazy("You were signed out: the time of the session was over."),
    "idle": gettext_lazy("You were signed out: nothing was done for a while."),
    "replaced": gettext_lazy("You were signed out: another sign-in took the place."),
    "password_changed": gettext_lazy("You were signed out because your password was changed."),
    "standing_changed": gettext_lazy("You were signed out because you might not sign in at that time."),
    "objected": gettext_lazy("You were signed out because you said that a change was not yours."),
    # Whose it was, the event does not say: administrators end those of others.
    "ended_by_administrator": gettext_lazy("You ended a session in the administration."),
}
RECORDED = gettext_lazy("Something was recorded: %(action)s.")
WRONG_PRESENT_PASSWORD = gettext_lazy(
    "Your password was asked for where you are signed in, and what was typed was wrong."
)


@dataclass(frozen=True)
class Entry:
    at: datetime
    sentence: str
    is_alarming: bool
    device: str = ""
    place: Place | None = None
    ip: str = ""


def actions_told(topic: Topic | None) -> list[str]:
    """Those of one topic, or all that are told to anybody."""
    return [
        action
        for action, told in told_to_people.items()
        if told is not None and (topic is None or told.topic is topic)
    ]


def entries(events: Sequence[Any], *, user: User) -> list[Entry]:
    """One for each event; two queries however many there are."""
    names = _Names(user)
    people, roles = _referred_to(events)
    names.people = display_names(people)
    names.roles = role_names(roles)
    return [_entry(event, user, names) for event in events]


class _Names:
    def __init__(self, user: User) -> None:
        self.user = user
        self.people: Mapping[str, str] = {}
        self.roles: Mapping[str, str] = {}


def _referred_to(events: Iterable[Any]) -> tuple[Collection[str], Collection[str]]:
    people: set[str] = set()
    roles: set[str] = set()
    for event in events:
        pairs = ((event.actor_kind, event.actor_id), (event.target_kind, event.target_id))
        people.update(key for kind, key in pairs if kind == "user" and is_uuid(key))
        role = _details(event).get("role")
        if isinstance(role, str) and is_uuid(role):
            roles.add(role)
    return people, roles


def _entry(event: Any, user: User, names: _Names) -> Entry:
    is_own = event.actor_kind == "user" and event.actor_id == str(user.pk)
    personal = event.personal if isinstance(event.personal, dict) else {}
    # The row was found by the time in its id, so that there is one when the column cannot be read.
    at = event.occurred_at if isinstance(event.occurred_at, datetime) else uuid7_time(event.pk)
    sentence = _sentence(event, personal, names, is_own=is_own)
    is_alarming = event.action == "user.sign_in_refused" and not _is_confirmation(event)
    if not is_own:
        return Entry(at, sentence, is_alarming)
    ip = personal.get("ip") if isinstance(personal.get("ip"), str) else ""
    agent = personal.get("user_agent") if isinstance(personal.get("user_agent"), str) else ""
    return Entry(at, sentence, is_alarming, device_or_unknown(agent) if agent else "", place_of(ip), ip or "")


def _sentence(event: Any, personal: Mapping[str, Any], names: _Names, *, is_own: bool) -> str:
    told = told_to_people.get(event.action)
    if told is None:
        return str(RECORDED) % {"action": event.action}
    target = names.people.get(event.target_id) or personal.get("target_label")
    words = {
        "actor": _actor(event, personal, names),
        "target": target if isinstance(target, str) and target else _("that no longer has a name"),
        "role": names.roles.get(str(_details(event).get("role")), "") or _("that is no longer there"),
        "fields": _fields(personal),
        "action": event.action,
    }
    return str(_template(event, told, is_own=is_own)) % words


def _template(event: Any, told: Told, *, is_own: bool) -> Any:
    """Never empty: some words are for whoever did it, and what nobody thought of is at least named."""
    if event.action == "session.ended" and is_own:
        return END_REASONS.get(str(_details(event).get("reason")), told.by_you)
    if _is_confirmation(event):
        return WRONG_PRESENT_PASSWORD
    is_about_another = event.target_kind == "user" and event.target_id != event.actor_id
    if is_own:
        own = (told.by_you_to if is_about_another else "") or told.by_you or told.by_you_to
        return own or told.by_nobody or RECORDED
    if event.actor_kind in {"anonymous", "system"}:
        return told.by_nobody or told.by_another or RECORDED
    return told.by_another or told.by_nobody or RECORDED


def _is_confirmation(event: Any) -> bool:
    """Of a refused password: whether it was asked for in a browser in which the person is signed in."""
    return event.action == "user.sign_in_refused" and _details(event).get("confirming") is True


def _actor(event: Any, personal: Mapping[str, Any], names: _Names) -> str:
    if event.actor_kind in {"anonymous", "system"}:
        return "Gatehouse"
    label = personal.get("actor_label")
    known = names.people.get(event.actor_id) or (label if isinstance(label, str) else "")
    return known or _("Somebody")


def _fields(personal: Mapping[str, Any]) -> str:
    after = personal.get("after")
    titles = field_titles(after) if isinstance(after, dict) else []
    return ", ".join(titles) or _("record")


def _details(event: Any) -> Mapping[str, Any]:
    return event.details if isinstance(event.details, dict) else {}
