"""What may be done about addresses and browsers that the lock-out keeps an eye on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.selectors import subject_of
from apps.signin.events import SignInAction
from apps.signin.lockout import clear
from apps.signin.models import AddressThrottle, RecognisedBrowser
from apps.signin.services.recognised_browsers import other_browser_rows

if TYPE_CHECKING:
    from apps.directory.models import User


@transaction.atomic
def release_address(*, address: str, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether there was a lock to lift, as on the one address of a whole office."""
    locked = AddressThrottle.objects.select_for_update().filter(address=address, locked_until__gt=now)
    if not locked.exists():
        return False
    clear(AddressThrottle.objects.filter(address=address))
    record_event(
        action=SignInAction.ADDRESS_RELEASED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        # An address is personal: it belongs to the label, which can be erased.
        target=Subject(kind="address", id="", label=address),
    )
    return True


@transaction.atomic
def forget_browser(*, browser_id: int, actor: Subject, origin: Origin, now: datetime) -> bool:
    """From now on the browser's failures count on the account, like a stranger's."""
    browser = RecognisedBrowser.objects.select_related("user").filter(pk=browser_id).first()
    if browser is None or not RecognisedBrowser.objects.filter(pk=browser_id).delete()[0]:
        return False
    record_event(
        action=SignInAction.BROWSER_FORGOTTEN,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(browser.user),
    )
    return True


@transaction.atomic
def forget_browsers_of(*, user: User, origin: Origin, now: datetime) -> int:
    """The person wants none of them recognised any more; of how many that was so."""
    return _forget(RecognisedBrowser.objects.filter(user=user), user, origin=origin, now=now)


@transaction.atomic
def forget_other_browsers(*, user: User, browser_token: str, origin: Origin, now: datetime) -> int:
    """The person takes the account back in this browser: in any other, also an intruder's, the next sign-in is news."""
    others = other_browser_rows(user_id=user.pk, browser_token=browser_token)
    return _forget(others, user, origin=origin, now=now)


def _forget(browsers: QuerySet[RecognisedBrowser], user: User, *, origin: Origin, now: datetime) -> int:
    return sum(
        forget_browser(browser_id=browser_id, actor=subject_of(user), origin=origin, now=now)
        for browser_id in list(browsers.order_by("pk").values_list("pk", flat=True))
    )
