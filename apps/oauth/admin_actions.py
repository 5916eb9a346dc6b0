"""What administrators do to clients and authorizations, with what it ends said beforehand."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import By, ObjectAction
from apps.audit.services.changes import Writing
from apps.oauth.models import AccessToken, Authorization, Client, RefreshToken
from apps.oauth.services.authorizations import revoke_authorization
from apps.oauth.services.clients_in_name import switch_client

CHANGE = "oauth.change_client"


def _switch(clients: QuerySet[Client], own: By, *, on: bool) -> int:
    writing = Writing(actor=own.actor, origin=own.origin, now=own.now)
    return sum(switch_client(client=client, on=on, writing=writing) for client in list(clients))


def _disabling(clients: QuerySet[Client], now: datetime) -> str:
    enabled = clients.filter(is_enabled=True)
    count = enabled.count()
    if not count:
        return ""
    standing = Authorization.objects.filter(
        client__in=enabled.order_by().values("pk"), revoked_at__isnull=True
    )
    what = ngettext("Disables %(count)d client.", "Disables %(count)d clients.", count) % {"count": count}
    granted = standing.count()
    ends = ngettext(
        "%(count)d authorization that people gave stops working at its next use.",
        "%(count)d authorizations that people gave stop working at their next use.",
        granted,
    ) % {"count": granted}
    closed = _("Nobody can sign in through it until it is enabled again.")
    return " ".join([what, closed, ends] if granted else [what, closed])


def _disable(clients: QuerySet[Client], own: By) -> str:
    count = _switch(clients.filter(is_enabled=True), own, on=False)
    return ngettext("Disabled %(count)d client.", "Disabled %(count)d clients.", count) % {"count": count}


def _enabling(clients: QuerySet[Client], now: datetime) -> str:
    count = clients.filter(is_enabled=False).count()
    if not count:
        return ""
    return ngettext(
        "Enables %(count)d client. Authorizations that have not ended in the meantime work again.",
        "Enables %(count)d clients. Authorizations that have not ended in the meantime work again.",
        count,
    ) % {"count": count}


def _enable(clients: QuerySet[Client], own: By) -> str:
    count = _switch(clients.filter(is_enabled=False), own, on=True)
    return ngettext("Enabled %(count)d client.", "Enabled %(count)d clients.", count) % {"count": count}


def _revocation(authorizations: QuerySet[Authorization], now: datetime) -> str:
    standing = authorizations.filter(revoked_at__isnull=True)
    count, people = standing.count(), standing.order_by().values("user").distinct().count()
    if not count:
        return ""
    number = ngettext("%(count)d authorization", "%(count)d authorizations", count) % {"count": count}
    owners = ngettext("%(count)d person", "%(count)d people", people) % {"count": people}
    return _(
        "Revokes %(authorizations)s of %(people)s, with every access and refresh token that came from them. "
        "The application has to ask them again."
    ) % {"authorizations": number, "people": owners}


def _revoke(authorizations: QuerySet[Authorization], own: By) -> str:
    count = sum(
        revoke_authorization(
            authorization=authorization,
            reason=Authorization.RevokeReason.ADMINISTRATOR,
            actor=own.actor,
            origin=own.origin,
            now=own.now,
        )
        for authorization in list(authorizations.filter(revoked_at__isnull=True))
    )
    return ngettext("Revoked %(count)d authorization.", "Revoked %(count)d authorizations.", count) % {
        "count": count
    }


def _given_by(people: QuerySet[Any]) -> QuerySet[Authorization]:
    return Authorization.objects.filter(user__in=people.order_by().values("pk"), revoked_at__isnull=True)


def stopping_with_suspension(people: QuerySet[Any], now: datetime) -> str:
    count = _given_by(people).count()
    if not count:
        return ""
    return ngettext(
        "%(count)d authorization stops working until then.",
        "%(count)d authorizations stop working until then.",
        count,
    ) % {"count": count}


def revocation_with_person(people: QuerySet[Any], now: datetime) -> str:
    given = _given_by(people)
    count = given.count()
    if not count:
        return ""
    what = ngettext("Revokes %(count)d authorization", "Revokes %(count)d authorizations", count) % {
        "count": count
    }
    tokens = _tokens_of(given, now)
    if not tokens:
        return f"{what}."
    return _("%(revokes)s with %(tokens)s.") % {"revokes": what, "tokens": get_text_list(tokens, _("and"))}


def _tokens_of(given: QuerySet[Authorization], now: datetime) -> list[str]:
    """How many of each kind still live, in words; nothing for those of which there is none."""
    live = {"authorization__in": given.order_by().values("pk"), "expires__gt": now}
    access = AccessToken.objects.filter(revoked_at__isnull=True, **live).count()
    refresh = RefreshToken.objects.filter(revoked__isnull=True, **live).count()
    counted = (
        (access, ngettext("%(count)d access token", "%(count)d access tokens", access)),
        (refresh, ngettext("%(count)d refresh token", "%(count)d refresh tokens", refresh)),
    )
    return [words % {"count": count} for count, words in counted if count]


def clients_in_the_way(applications: QuerySet[Any], own: By) -> str:
    """Why the applications cannot be deleted: people could no longer be told what a client of theirs was."""
    client = Client.objects.filter(application__in=applications.order_by().values("pk")).first()
    if client is None:
        return ""
    return format_html(
        _(
            "{application} has a client. Delete its client {client} first, or disable the application instead."
        ),
        application=client.application.name,
        client=format_html(
            '<a class="underline" href="{}">{}</a>',
            reverse("admin:oauth_client_change", args=(client.pk,)),
            client.name,
        ),
    )


CLIENT_ACTIONS = (
    ObjectAction("enable", gettext_lazy("Enable"), "toggle_on", CHANGE, _enabling, _enable),
    ObjectAction(
        "disable", gettext_lazy("Disable"), "toggle_off", CHANGE, _disabling, _disable, is_dangerous=True
    ),
)
REVOKE = ObjectAction(
    "revoke",
    gettext_lazy("Revoke"),
    "block",
    "oauth.change_authorization",
    _revocation,
    _revoke,
    is_dangerous=True,
)
