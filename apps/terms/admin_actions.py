"""Publishing and withdrawing terms in the administration, with what follows said beforehand."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import By, ObjectAction
from apps.directory.selectors import people_who_sign_in
from apps.terms.models import Acceptance, TermsVersion
from apps.terms.services.publishing import publish_terms, withdraw_terms

PUBLISH = "publish_termsversion"
State = TermsVersion.State


def _publishing(versions: QuerySet[TermsVersion], now: datetime) -> str:
    if not versions.filter(state=State.DRAFT).exists():
        return ""
    count = people_who_sign_in(now=now).count()
    return ngettext(
        "Asks %(count)d person who can sign in, at the next page that they open or at their next sign-in, and nothing "
        "goes on for them until they accept. It takes the place of the version in force, and its words can no longer "
        "be changed.",
        "Asks all %(count)d people who can sign in, at the next page that they open or at their next sign-in, and "
        "nothing goes on for them until they accept. It takes the place of the version in force, and its words can no "
        "longer be changed.",
        count,
    ) % {"count": count}


def _publish(versions: QuerySet[TermsVersion], own: By) -> str:
    drafts = list(versions.filter(state=State.DRAFT).order_by("created_at").values_list("pk", flat=True))
    count = sum(
        publish_terms(version_id=pk, actor=own.actor, origin=own.origin, now=own.now) for pk in drafts
    )
    return ngettext("Published %(count)d version.", "Published %(count)d versions.", count) % {"count": count}


def _withdrawing(versions: QuerySet[TermsVersion], now: datetime) -> str:
    in_force = versions.filter(state=State.IN_FORCE)
    if not in_force.exists():
        return ""
    count = Acceptance.objects.filter(version__in=in_force.order_by().values("pk")).count()
    return ngettext(
        "Nobody is asked to accept it any more. That %(count)d person did stays on record.",
        "Nobody is asked to accept it any more. That %(count)d people did stays on record.",
        count,
    ) % {"count": count}


def _withdraw(versions: QuerySet[TermsVersion], own: By) -> str:
    in_force = list(versions.filter(state=State.IN_FORCE).order_by("pk").values_list("pk", flat=True))
    count = sum(
        withdraw_terms(version_id=pk, actor=own.actor, origin=own.origin, now=own.now) for pk in in_force
    )
    return ngettext("Withdrew %(count)d version.", "Withdrew %(count)d versions.", count) % {"count": count}


TERMS_ACTIONS = (
    ObjectAction("publish", gettext_lazy("Publish"), "campaign", f"terms.{PUBLISH}", _publishing, _publish),
    ObjectAction(
        "withdraw",
        gettext_lazy("Withdraw"),
        "unpublished",
        f"terms.{PUBLISH}",
        _withdrawing,
        _withdraw,
        is_dangerous=True,
    ),
)
