"""What administrators do to signing keys, with what follows said beforehand."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import By, ObjectAction
from apps.keys.models import SigningKey
from apps.keys.services.rotation import retire_compromised, rotate_now

CHANGE = "keys.change_signingkey"


def _active(keys: QuerySet[SigningKey]) -> QuerySet[SigningKey]:
    return keys.filter(state=SigningKey.State.ACTIVE)


def _uncompromised(keys: QuerySet[SigningKey]) -> QuerySet[SigningKey]:
    return keys.filter(compromised_at__isnull=True)


def _rotating(keys: QuerySet[SigningKey], now: datetime) -> str:
    count = _active(keys).count()
    if not count:
        return ""
    return ngettext(
        "Another key signs in the place of %(count)d key, at once. What it signed stays valid until it expires.",
        "Other keys sign in the place of %(count)d keys, at once. What they signed stays valid until it expires.",
        count,
    ) % {"count": count}


def _rotate(keys: QuerySet[SigningKey], own: By) -> str:
    steps = rotate_now(keys=list(_active(keys)), actor=own.actor, origin=own.origin, now=own.now)
    count = sum(step.state == SigningKey.State.RETIRING for step in steps)
    return ngettext("%(count)d key was replaced.", "%(count)d keys were replaced.", count) % {"count": count}


_AUDIT_COMPROMISED = gettext_lazy(
    "Checkpoints that the audit log's key signed before stand, and each verification names them in a warning."
)


def _compromising(keys: QuerySet[SigningKey], now: datetime) -> str:
    count = _uncompromised(keys).count()
    if not count:
        return ""
    is_audit = _uncompromised(keys).filter(purpose=SigningKey.Purpose.AUDIT).exists()
    return " ".join(
        [
            ngettext(
                "Retires %(count)d key at once, as one that somebody else may have.",
                "Retires %(count)d keys at once, as ones that somebody else may have.",
                count,
            )
            % {"count": count},
            _(
                "Every token signed with it is refused here, and by relying parties as soon as they fetch the keys "
                "again. Another key signs. It cannot be undone."
            ),
            *([str(_AUDIT_COMPROMISED)] if is_audit else []),
        ]
    )


def _compromise(keys: QuerySet[SigningKey], own: By) -> str:
    count = sum(
        bool(retire_compromised(kid=key.kid, actor=own.actor, origin=own.origin, now=own.now))
        for key in list(_uncompromised(keys))
    )
    return ngettext("Retired %(count)d key.", "Retired %(count)d keys.", count) % {"count": count}


KEY_ACTIONS = (
    ObjectAction("rotate", gettext_lazy("Replace now"), "autorenew", CHANGE, _rotating, _rotate),
    ObjectAction(
        "compromised",
        gettext_lazy("Somebody else has it"),
        "gpp_bad",
        CHANGE,
        _compromising,
        _compromise,
        is_dangerous=True,
    ),
)
