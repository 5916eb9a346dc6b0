"""A person agrees to what is in force."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.audit.ports import Outcome
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.selectors import subject_of
from apps.terms.events import TermsAction
from apps.terms.models import Acceptance
from apps.terms.selectors import version_in_force
from apps.terms.services.publishing import terms_subject

if TYPE_CHECKING:
    from apps.access.models import Application
    from apps.directory.models import User


@transaction.atomic
def accept_terms(
    *,
    user: User,
    version_id: UUID,
    language: str,
    application: Application | None,
    session_id: str,
    origin: Origin,
    now: datetime,
) -> None:
    """Once, however often they say so. What is not in force, or not written in this language, cannot be accepted."""
    version = version_in_force(version_id)
    if version is None or language not in version.languages:
        return
    _row, is_new = Acceptance.objects.get_or_create(
        user=user,
        version=version,
        defaults={
            "accepted_at": now,
            "language": language,
            "application": application,
            "ip": origin.ip,
            "user_agent": origin.user_agent,
        },
    )
    if not is_new:
        return
    record_event(
        action=TermsAction.TERMS_ACCEPTED,
        outcome=Outcome.SUCCESS,
        actor=subject_of(user),
        origin=origin,
        now=now,
        target=terms_subject(version),
        session_id=session_id,
        details={
            "document": version.document,
            "number": version.number,
            "digest": version.digest,
            "language": language,
            "application": str(application.pk) if application else None,
        },
    )
