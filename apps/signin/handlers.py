"""Who reads the log to tell people by mail what happened to their account."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.audit.ports import LoggedEvent, LogReader
from apps.signin.services.notices import TOLD, tell_of_events


def _handle(events: Sequence[LoggedEvent]) -> None:
    tell_of_events(events=events, now=timezone.now())


NOTICES = LogReader(
    name="signin.notices", title=_("Notices by mail"), actions=frozenset(TOLD), handle=_handle
)
