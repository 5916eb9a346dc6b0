"""Questions about terms and who has accepted them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from apps.terms.models import Acceptance, TermsVersion

if TYPE_CHECKING:
    from apps.directory.models import User


def terms_to_accept(*, user_field: str) -> Subquery:
    """For a row that has a person in this field: the first version in force that they have not accepted, or NULL.

    Read along with a row that is read anyway, it costs no statement of its own.
    """
    accepted = Acceptance.objects.filter(version=OuterRef("pk"), user=OuterRef(OuterRef(user_field)))
    waiting = TermsVersion.objects.filter(~Exists(accepted), state=TermsVersion.State.IN_FORCE)
    return Subquery(waiting.order_by("published_at", "pk").values("pk")[:1])


def version_in_force(version_id: UUID | str) -> TermsVersion | None:
    return TermsVersion.objects.filter(pk=version_id, state=TermsVersion.State.IN_FORCE).first()


def newest_version(document: str) -> TermsVersion | None:
    """The one that a next draft starts from."""
    return TermsVersion.objects.filter(document=document, number__isnull=False).order_by("-number").first()


def readable_version(*, version_id: UUID, user: User) -> TermsVersion | None:
    """What is in force, what they accepted once, and drafts for those who work on them."""
    versions = TermsVersion.objects.filter(pk=version_id)
    if not user.has_perm("terms.view_termsversion"):
        own = Acceptance.objects.filter(version=OuterRef("pk"), user=user)
        versions = versions.filter(Q(state=TermsVersion.State.IN_FORCE) | Exists(own))
    return versions.first()


def accepted_at(*, user: User, version: TermsVersion) -> datetime | None:
    return Acceptance.objects.filter(user=user, version=version).values_list("accepted_at", flat=True).first()


def acceptances_of(*, user: User) -> QuerySet[Acceptance]:
    """What the person accepted, the newest first."""
    return Acceptance.objects.filter(user=user).select_related("version")
