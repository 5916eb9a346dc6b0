"""What people are told about the lock-out, whether it holds for them or not, and about the limit on tries."""

from django.utils.translation import ngettext

from apps.core.rate_limits import Standing
from apps.signin.conf import lockout_limits


def pause_in_words() -> str:
    minutes = int(lockout_limits().duration.total_seconds() // 60)
    pause = ngettext(
        "After several wrong tries we pause the account for %(minutes)d minute.",
        "After several wrong tries we pause the account for %(minutes)d minutes.",
        minutes,
    )
    return pause % {"minutes": minutes}


def wait_in_words(limited: Standing) -> str:
    minutes = -(-limited.retry_after // 60)
    wait = ngettext("Try again in %(minutes)d minute.", "Try again in %(minutes)d minutes.", minutes)
    return wait % {"minutes": minutes}
