"""Settings of mail, typed."""

from datetime import timedelta
from enum import StrEnum

from django.conf import settings

# Greylisting, and an outage of some hours, are survived: the tries of a mail span about seven hours.
ATTEMPTS = 14
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
# Longer than a server may take that answers each line at the last moment.
LEASE = timedelta(minutes=10)
KEPT_MAILS = 200


class Delivery(StrEnum):
    SERVER = "server"
    KEPT = "kept"
    NONE = "none"


def delivery() -> Delivery:
    """How mails leave: to a server, to the pages under /mail/, or not at all."""
    return Delivery(settings.MAIL_DELIVERY)
