"""Bringing a version of terms into force, and taking it out again."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.terms.events import TermsAction
from apps.terms.models import TermsVersion

State = TermsVersion.State


def terms_subject(version: TermsVersion) -> Subject:
    return Subject(kind="termsversion", id=str(version.pk), label=str(version))


@transaction.atomic
def publish_terms(*, version_id: UUID, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether it was a draft until now. It takes the place of the version that was in force.

    One that says nothing in any language stays a draft: nobody could accept it, and so go on.
    """
    draft = _lock(version_id)
    if draft is None or not draft.is_draft or not draft.languages:
        return False
    versions = TermsVersion.objects.filter(document=draft.document)
    former = versions.filter(state=State.IN_FORCE).first()
    versions.filter(state=State.IN_FORCE).update(state=State.SUPERSEDED, ended_at=now)
    draft.number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
    draft.state, draft.published_at = State.IN_FORCE, now
    draft.save(update_fields=["number", "state", "published_at"])
    record_event(
        action=TermsAction.TERMS_PUBLISHED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=terms_subject(draft),
        details={
            "document": draft.document,
            "number": draft.number,
            "digest": draft.digest,
            "superseded": str(former.pk) if former else None,
        },
    )
    return True


@transaction.atomic
def withdraw_terms(*, version_id: UUID, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether it was in force until now."""
    version = _lock(version_id)
    if version is None or version.state != State.IN_FORCE:
        return False
    version.state, version.ended_at = State.WITHDRAWN, now
    version.save(update_fields=["state", "ended_at"])
    record_event(
        action=TermsAction.TERMS_WITHDRAWN,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=terms_subject(version),
        details={"document": version.document, "number": version.number},
    )
    return True


def _lock(version_id: UUID) -> TermsVersion | None:
    """With all versions of its document, so that whoever publishes another one comes before or after."""
    document = TermsVersion.objects.filter(pk=version_id).values("document")[:1]
    versions = TermsVersion.objects.filter(document__in=document).order_by("pk")
    list(versions.select_for_update(no_key=True).values_list("pk"))
    return TermsVersion.objects.filter(pk=version_id).first()
