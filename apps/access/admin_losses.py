"""Who loses which role when assignments go, in the words of a confirmation page."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.access.models import Assignment
from apps.access.selectors import holders_lost

ROLES_NAMED = 10


def losses(assignments: QuerySet[Assignment], now: datetime) -> list[str]:
    """A sentence for each role, the most people first."""
    lost = sorted(holders_lost(assignments=assignments, now=now).items(), key=lambda item: -item[1])
    sentences = [_loss(role, count) for role, count in lost[:ROLES_NAMED]]
    more = len(lost) - ROLES_NAMED
    if more > 0:
        words = ngettext("%(count)d more role goes too.", "%(count)d more roles go too.", more)
        sentences.append(words % {"count": more})
    return sentences


def _loss(role: str, count: int) -> str:
    if not count:
        return _("Nobody loses the role %(role)s.") % {"role": role}
    return ngettext(
        "%(count)d person loses the role %(role)s.", "%(count)d people lose the role %(role)s.", count
    ) % {"count": count, "role": role}


def losses_with_groups(groups: QuerySet[Any], now: datetime) -> str:
    return " ".join(losses(Assignment.objects.filter(group__in=groups.order_by().values("pk")), now))
