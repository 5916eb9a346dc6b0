"""What an administrator may do about addresses and browsers that the lock-out keeps an eye on."""

from datetime import datetime

from django.db import transaction

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.selectors import subject_of
from apps.signin.events import SignInAction
from apps.signin.lockout import clear
from apps.signin.models import AddressThrottle, RecognisedBrowser


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
