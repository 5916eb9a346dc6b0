"""Scopes for background work."""

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, Need

JOBS_READ = ApiScope(
    "gatehouse:jobs.read",
    _("See background work"),
    _("How far it is, and what gave up; not what it was given to work on."),
    frozenset({"jobs.view_job"}),
)
SCOPES = (JOBS_READ,)
SEE_JOBS = Need(JOBS_READ, "jobs.view_job")
