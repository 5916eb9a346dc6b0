"""Sessions, recognised browsers and addresses under watch in the administration."""

from datetime import datetime
from ipaddress import ip_address
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.admin_audit import (
    BAD,
    GOOD,
    NOTHING,
    AuditedChangeList,
    By,
    Consequence,
    NewestPaginator,
    ObjectAction,
    ReadOnlyAdmin,
    ReadOnlyTabularInline,
    add_to_pages,
    badge,
    clock,
    know_details,
    moment,
)
from apps.core.guards import passes_guards
from apps.mail.selectors import is_mail_sent
from apps.signin.admin_notice_policy import NoticePolicyAdmin
from apps.signin.device_name import device_name
from apps.signin.models import AddressThrottle, NoticePolicy, RecognisedBrowser, Session
from apps.signin.services.own_address import send_verification
from apps.signin.services.password_sign_in import Refusal
from apps.signin.services.sso_sessions import end_session
from apps.signin.services.throttles import forget_browser, release_address

END = "signin.change_session"
SIGNED_IN_WITH = gettext_lazy("Signed in with")
# Spec: RFC 8176 §2.
AMR_WORDS = {"pwd": gettext_lazy("password")}
REFUSAL_WORDS = {
    Refusal.UNKNOWN_IDENTIFIER.value: gettext_lazy("There is no such person"),
    Refusal.WRONG_PASSWORD.value: gettext_lazy("Wrong password"),
    Refusal.LOCKED.value: gettext_lazy("The account or the browser is locked"),
    Refusal.ADDRESS_LOCKED.value: gettext_lazy("The address is locked"),
    Refusal.NOT_ACTIVE.value: gettext_lazy("The person may not sign in"),
    Refusal.RATE_LIMITED.value: gettext_lazy("Too many tries in a short time; not tried any more"),
}

admin.site.register(NoticePolicy, NoticePolicyAdmin)


def _as_address(text: str) -> str:
    """In the form that is stored; empty for what is no whole address."""
    try:
        # A zone, as in fe80::1%eth0, is no part of an address that is kept.
        return "" if "%" in text else str(ip_address(text))
    except ValueError:
        return ""


def state_of(session: Session) -> str:
    if session._state.adding:
        return NOTHING  # a row that somebody made up
    if session.ended_at is not None:
        return badge(session.get_end_reason_display() or _("Ended"))
    if session.expires_at <= timezone.now():
        return badge(Session.EndReason.EXPIRED.label)
    return badge(_("Live"), GOOD)


def _live(sessions: QuerySet[Session], now: datetime) -> QuerySet[Session]:
    return sessions.filter(ended_at__isnull=True, expires_at__gt=now)


def _ending(sessions: QuerySet[Session], now: datetime) -> str:
    live = _live(sessions, now)
    count, people = live.count(), live.order_by().values("user").distinct().count()
    if not count:
        return ""
    number = ngettext("%(count)d session", "%(count)d sessions", count) % {"count": count}
    owners = ngettext("%(count)d person", "%(count)d people", people) % {"count": people}
    return _(
        "Ends %(sessions)s of %(people)s at once. Applications lose the access that hangs on them at their next "
        "request; access that was granted for offline use stays until it is revoked."
    ) % {"sessions": number, "people": owners}


def _end(sessions: QuerySet[Session], own: By) -> str:
    count = sum(
        end_session(
            session_id=session_id,
            reason=Session.EndReason.ENDED_BY_ADMINISTRATOR,
            actor=own.actor,
            origin=own.origin,
            now=own.now,
        )
        for session_id in list(_live(sessions, own.now).values_list("pk", flat=True))
    )
    return ngettext("Ended %(count)d session.", "Ended %(count)d sessions.", count) % {"count": count}


def _count_of_live(people: QuerySet[Any], now: datetime) -> int:
    return _live(_of_people(people), now).count()


def _ending_with_suspension(people: QuerySet[Any], now: datetime) -> str:
    count = _count_of_live(people, now)
    if not count:
        return ""
    return ngettext(
        "%(count)d session ends at its next use.", "%(count)d sessions end at their next use.", count
    ) % {"count": count}


def _ending_with_person(people: QuerySet[Any], now: datetime) -> str:
    count = _count_of_live(people, now)
    if not count:
        return ""
    return ngettext("Ends %(count)d session at once.", "Ends %(count)d sessions at once.", count) % {
        "count": count
    }


def _of_people(people: QuerySet[Any]) -> QuerySet[Session]:
    return Session.objects.filter(user__in=people.order_by().values("pk"))


END_SESSIONS = ObjectAction(
    "end", gettext_lazy("End sessions"), "logout", END, _ending, _end, is_dangerous=True
)
END_SESSIONS_OF_PEOPLE = ObjectAction(
    "end-sessions",
    gettext_lazy("End sessions"),
    "logout",
    END,
    lambda people, now: _ending(_of_people(people), now),
    lambda people, own: _end(_of_people(people), own),
    is_dangerous=True,
)


def _unverified(people: QuerySet[Any]) -> QuerySet[Any]:
    return people.filter(is_email_verified=False, status="active").exclude(email="")


def _asking_to_verify(people: QuerySet[Any], now: datetime) -> str:
    count = _unverified(people).count()
    if not count:
        return ""
    return ngettext(
        "Sends %(count)d person a link, with which they show within 24 hours that the address in their record is "
        "theirs.",
        "Sends %(count)d people a link each, with which they show within 24 hours that the address in their record is "
        "theirs.",
        count,
    ) % {"count": count}


def _ask_to_verify(people: QuerySet[Any], own: By) -> str:
    count = sum(
        send_verification(user=person, actor=own.actor, origin=own.origin, now=own.now)
        for person in _unverified(people).iterator()
    )
    return ngettext("Asked %(count)d person.", "Asked %(count)d people.", count) % {"count": count}


def _obstacle_to_mail(people: QuerySet[Any], own: By) -> str:
    return "" if is_mail_sent() else _("No mail is sent: EMAIL_URL names no mail server.")


ASK_TO_VERIFY = ObjectAction(
    "verify_address",
    gettext_lazy("Have the address confirmed"),
    "mark_email_read",
    "directory.change_user",
    _asking_to_verify,
    _ask_to_verify,
    obstacle=_obstacle_to_mail,
)


class LiveFilter(SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("live", gettext_lazy("Live")), ("ended", gettext_lazy("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        if self.value() == "live":
            return _live(queryset, now)
        if self.value() == "ended":
            return queryset.filter(Q(ended_at__isnull=False) | Q(expires_at__lte=now))
        return queryset


class SessionColumns:
    @admin.display(description=gettext_lazy("Device"))
    def device(self, obj: Session) -> str:
        return device_name(obj.user_agent) or _("Unknown browser")

    @admin.display(description=gettext_lazy("State"))
    def state(self, obj: Session) -> str:
        return state_of(obj)

    @admin.display(description=gettext_lazy("Started"), ordering="started_at")
    def started(self, obj: Session) -> str:
        return moment(obj.started_at)

    @admin.display(description=gettext_lazy("Last seen"), ordering="last_seen_at")
    def last_seen(self, obj: Session) -> str:
        return moment(obj.last_seen_at)


@admin.register(Session)
class SessionAdmin(SessionColumns, ReadOnlyAdmin):
    object_actions = (END_SESSIONS,)
    list_display = ("user", "device", "ip", "started", "last_seen", "state")
    list_filter = (LiveFilter,)
    named_with = ("user",)
    search_fields = ("user__username", "user__display_name")
    search_help_text = gettext_lazy("Person, or a whole address")
    ordering = ("-last_seen_at",)
    paginator = NewestPaginator
    list_disable_select_all = True
    fields = (
        ("user", "state"),
        ("device", "ip"),
        "user_agent",
        ("started_at", "authenticated_at"),
        ("last_seen_at", "expires_at"),
        ("ended_at", "amr_words"),
        "id",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        address = _as_address(search_term.strip())
        if address:
            return queryset.filter(ip=address), False
        return super().get_search_results(request, queryset, search_term)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["device", "state", "amr_words", "id"]

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return passes_guards(request.user, "user", obj.user)

    @admin.display(description=SIGNED_IN_WITH)
    def amr_words(self, obj: Session) -> str:
        return ", ".join(str(AMR_WORDS.get(method, method)) for method in obj.amr) or NOTHING


class SessionsOfPersonInline(SessionColumns, ReadOnlyTabularInline):
    model = Session
    verbose_name_plural = gettext_lazy("sessions")
    fields = ("device", "ip", "started", "last_seen", "state")
    readonly_fields = fields
    ordering = ("-last_seen_at",)
    per_page = 20
    tab = True

    @admin.display(description=gettext_lazy("Device"))
    def device(self, obj: Session) -> str:
        page = reverse("admin:signin_session_change", args=(obj.pk,))
        return format_html('<a class="text-link" href="{}">{}</a>', page, super().device(obj))


class GuessingNow(SimpleListFilter):
    title = gettext_lazy("lock")
    parameter_name = "locked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("Locked now"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(locked_until__gt=timezone.now()) if self.value() == "yes" else queryset


class LockColumns:
    @admin.display(description=gettext_lazy("Lock"), ordering="locked_until")
    def lock(self, obj: Any) -> str:
        if obj.locked_until is None or obj.locked_until <= timezone.now():
            return NOTHING
        return badge(_("until %(time)s") % {"time": clock(obj.locked_until)}, BAD)

    @admin.display(description=gettext_lazy("First failure"), ordering="first_failed_at")
    def first_failed(self, obj: Any) -> str:
        return moment(obj.first_failed_at)


def _forgetting(browsers: QuerySet[RecognisedBrowser], now: datetime) -> str:
    count = browsers.count()
    return ngettext(
        "Forgets %(count)d browser: failed sign-ins in it count on the account from now on.",
        "Forgets %(count)d browsers: failed sign-ins in them count on the accounts from now on.",
        count,
    ) % {"count": count}


def _forget(browsers: QuerySet[RecognisedBrowser], own: By) -> str:
    count = sum(
        forget_browser(browser_id=pk, actor=own.actor, origin=own.origin, now=own.now)
        for pk in list(browsers.values_list("pk", flat=True))
    )
    return ngettext("Forgot %(count)d browser.", "Forgot %(count)d browsers.", count) % {"count": count}


def _releasing(addresses: QuerySet[AddressThrottle], now: datetime) -> str:
    count = addresses.filter(locked_until__gt=now).count()
    if not count:
        return ""
    return ngettext(
        "Lets people at %(count)d address sign in again at once, and whoever was guessing there, too.",
        "Lets people at %(count)d addresses sign in again at once, and whoever was guessing there, too.",
        count,
    ) % {"count": count}


def _release(addresses: QuerySet[AddressThrottle], own: By) -> str:
    count = sum(
        release_address(address=address, actor=own.actor, origin=own.origin, now=own.now)
        for address in list(addresses.values_list("pk", flat=True))
    )
    return ngettext("Released %(count)d address.", "Released %(count)d addresses.", count) % {"count": count}


FORGET_BROWSERS = ObjectAction(
    "forget",
    gettext_lazy("Forget"),
    "delete",
    "signin.delete_recognisedbrowser",
    _forgetting,
    _forget,
    is_dangerous=True,
)
RELEASE_ADDRESSES = ObjectAction(
    "release", gettext_lazy("Release"), "lock_open", "signin.change_addressthrottle", _releasing, _release
)


@admin.register(RecognisedBrowser)
class RecognisedBrowserAdmin(LockColumns, ReadOnlyAdmin):
    object_actions = (FORGET_BROWSERS,)
    list_display = ("user", "created", "last_used", "failed_sign_ins", "lock")
    list_filter = (GuessingNow,)
    named_with = ("user",)
    search_fields = ("user__username", "user__display_name")
    ordering = ("-last_used_at",)
    paginator = NewestPaginator
    fields = ("user", "created_at", "last_used_at", "failed_sign_ins", "first_failed_at", "lock")
    readonly_fields = ("lock",)

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return passes_guards(request.user, "user", obj.user)

    @admin.display(description=gettext_lazy("First seen"), ordering="created_at")
    def created(self, obj: RecognisedBrowser) -> str:
        return moment(obj.created_at)

    @admin.display(description=gettext_lazy("Last used"), ordering="last_used_at")
    def last_used(self, obj: RecognisedBrowser) -> str:
        return moment(obj.last_used_at)


class WatchedAddresses(AuditedChangeList):
    """Those at which sign-ins failed lately; a row is there of each from which anybody has signed in."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows.filter(failed_sign_ins__gt=0)


@admin.register(AddressThrottle)
class AddressThrottleAdmin(LockColumns, ReadOnlyAdmin):
    object_actions = (RELEASE_ADDRESSES,)
    list_display = ("address", "failed_sign_ins", "first_failed", "lock")
    list_filter = (GuessingNow,)
    search_fields = ("address",)
    ordering = ("-failed_sign_ins",)
    fields = ("address", "failed_sign_ins", "first_failed_at", "lock")
    readonly_fields = ("lock",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return WatchedAddresses


add_to_pages(
    "user",
    inlines=[SessionsOfPersonInline],
    actions=[END_SESSIONS_OF_PEOPLE, ASK_TO_VERIFY],
    consequences={
        "suspend": Consequence(effect=_ending_with_suspension),
        "deprovision": Consequence(effect=_ending_with_person),
    },
)
know_details(
    titles={
        "amr": SIGNED_IN_WITH,
        "expires_at": gettext_lazy("Expires"),
        "reason": gettext_lazy("Why"),
        "locked_now": gettext_lazy("Locked by this attempt"),
        "limit": gettext_lazy("Limit"),
        "recognised": gettext_lazy("In a recognised browser"),
        "confirming": gettext_lazy("Asked once more while signed in"),
    },
    values={"amr": AMR_WORDS, "reason": {**dict(Session.EndReason.choices), **REFUSAL_WORDS}},
)
