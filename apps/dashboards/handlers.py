"""Who reads the log for the dashboards."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import LogReader
from apps.dashboards.activity_places import ACTIVITY_READER, COUNTED
from apps.dashboards.services.activity import count_activity

ACTIVITY = LogReader(
    name=ACTIVITY_READER,
    title=_("Counts of the overview"),
    actions=COUNTED,
    handle=count_activity,
)
