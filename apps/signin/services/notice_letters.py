"""The words of the notices: what happened, when, from where, and what to do if it was not you.

Of what a stranger can choose, only the network address stands in them, and the kind of browser and system in words of
ours: nothing that was typed by them can become a link.
"""

from collections.abc import Callable
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.places import place_of
from apps.directory.selectors import person
from apps.mail.ports import Button, Fact, Letter, MailKind, Order, not_a_link
from apps.signin.conf import lockout_limits
from apps.signin.device_name import device_or_unknown

Write = Callable[[Order], Letter | None]


def _of_people_at_work(write: Write) -> Write:
    """Whoever was suspended or has left meanwhile is told nothing more."""

    def guarded(order: Order) -> Letter | None:
        user = person(order.to.person.id)
        return write(order) if user is not None and user.status == user.Status.ACTIVE else None

    return guarded


def moment_in(order: Order, name: str) -> str:
    """In the reader's time zone, which stands behind it."""
    return date_format(timezone.localtime(datetime.fromisoformat(order.facts[name])), "DATETIME_FORMAT")


def when_and_where(order: Order) -> tuple[Fact, ...]:
    facts = [Fact(_("When"), moment_in(order, "at"))]
    if order.facts.get("user_agent"):
        facts.append(Fact(_("Device"), device_or_unknown(order.facts["user_agent"])))
    if address := order.facts.get("ip"):
        place = place_of(address)
        facts.append(Fact(_("Where"), f"{place} ({address})" if place else address))
    return tuple(facts)


def _to_account() -> Button:
    return Button(_("Look at your account"), reverse("signin:account"))


def _to_password() -> Button:
    return Button(_("Change your password"), reverse("signin:password"))


def _tell_administrator() -> str:
    return _("If you did not expect this, tell your administrator at once.")


def write_lock_out(order: Order) -> Letter | None:
    minutes = int(lockout_limits().duration.total_seconds() // 60)
    pause = ngettext(
        "Somebody entered wrong passwords for your account several times. We paused sign-in for %(minutes)d minute.",
        "Somebody entered wrong passwords for your account several times. We paused sign-in for %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}
    if order.facts["recognised"]:
        scope = _("The pause holds in that browser, in which you have signed in before.")
    else:
        scope = _("Browsers in which you have signed in before are not affected.")
    return Letter(
        subject=_("Sign-in to your account is paused"),
        paragraphs=(pause, scope),
        facts=when_and_where(order),
        after=(
            _("If it was you, wait until the pause is over and try again."),
            _(
                "If it was not you: nobody got in, and you need not do anything. If such mails keep coming, tell your "
                "administrator."
            ),
        ),
    )


def write_new_browser(order: Order) -> Letter | None:
    return Letter(
        subject=_("New sign-in to your account"),
        paragraphs=(_("There was a sign-in with your password in a browser that we have not seen before."),),
        facts=when_and_where(order),
        button=_to_password(),
        after=(
            _("If it was you, there is nothing to do."),
            _(
                "If this was not you, somebody knows your password: change it now. That also signs them out. Then tell "
                "your administrator."
            ),
        ),
    )


def write_sessions_ended(order: Order) -> Letter | None:
    return Letter(
        subject=_("An administrator signed you out"),
        paragraphs=(_("An administrator ended sessions of yours. Sign in again to go on working."),),
        facts=(Fact(_("When"), moment_in(order, "at")),),
        button=_to_account(),
        after=(_("If you do not know why, ask your administrator."),),
    )


def write_password_expiry(order: Order) -> Letter | None:
    user = person(order.to.person.id)
    expires_at = datetime.fromisoformat(order.facts["expires_at"])
    if user is None or user.password_expires_at != expires_at:
        return None
    return Letter(
        subject=_("Your password expires soon"),
        paragraphs=(_("Choose a new password before then, and nothing will hold you up when you sign in."),),
        facts=(Fact(_("Expires"), moment_in(order, "expires_at")),),
        button=_to_password(),
    )


def write_password_changed(order: Order) -> Letter | None:
    return Letter(
        subject=_("Your password was changed"),
        paragraphs=(_("You have a new password, and are signed out wherever the old one was used."),),
        facts=when_and_where(order),
        after=(
            _("If it was you, there is nothing to do."),
            _("If this was not you, somebody got into your account: tell your administrator at once."),
        ),
    )


def write_password_set(order: Order) -> Letter | None:
    return Letter(
        subject=_("Your password was set by an administrator"),
        paragraphs=(
            _("An administrator gave your account a new password. The old one does not work any more."),
        ),
        facts=(Fact(_("When"), moment_in(order, "at")),),
        after=(_tell_administrator(),),
    )


def write_address_left(order: Order) -> Letter | None:
    """To the former address: the new one is not named in it."""
    return Letter(
        subject=_("The e-mail address of your account was changed"),
        paragraphs=(
            _(
                "An administrator gave your account another e-mail address. This one gets no more mails about it."
            ),
        ),
        facts=(Fact(_("When"), moment_in(order, "at")),),
        after=(_tell_administrator(),),
    )


def write_address_given(order: Order) -> Letter | None:
    return Letter(
        subject=_("This is now the e-mail address of your account"),
        paragraphs=(
            _("An administrator entered this address for your account. Mails about it come here now."),
        ),
        facts=(Fact(_("When"), moment_in(order, "at")),),
        after=(_("If you have no account here, or did not expect this, tell the administrator there."),),
    )


def write_rights_received(order: Order) -> Letter | None:
    role = order.facts["role"]
    return Letter(
        subject=_("You have rights in the administration"),
        paragraphs=(
            _("You were given rights to see or change things that concern other people. Use them with care."),
        ),
        facts=(
            *([Fact(_("Role"), not_a_link(role))] if role else []),
            Fact(_("When"), moment_in(order, "at")),
            *([Fact(_("From"), moment_in(order, "starts_at"))] if order.facts.get("starts_at") else []),
        ),
        button=_to_account(),
        after=(_tell_administrator(),),
    )


LOCK_OUT = MailKind("notice.lock_out", gettext_lazy("Wrong passwords"), _of_people_at_work(write_lock_out))
NEW_BROWSER = MailKind(
    "notice.new_browser", gettext_lazy("Sign-in in a new browser"), _of_people_at_work(write_new_browser)
)
SESSIONS_ENDED = MailKind(
    "notice.sessions_ended",
    gettext_lazy("Signed out by an administrator"),
    _of_people_at_work(write_sessions_ended),
)
PASSWORD_EXPIRY = MailKind(
    "notice.password_expiry", gettext_lazy("Password expires"), _of_people_at_work(write_password_expiry)
)
PASSWORD_CHANGED = MailKind(
    "notice.password_changed", gettext_lazy("Password changed"), _of_people_at_work(write_password_changed)
)
PASSWORD_SET = MailKind(
    "notice.password_set",
    gettext_lazy("Password set by an administrator"),
    _of_people_at_work(write_password_set),
)
ADDRESS_LEFT = MailKind(
    "notice.address_left", gettext_lazy("Former address"), _of_people_at_work(write_address_left)
)
ADDRESS_GIVEN = MailKind(
    "notice.address_given",
    gettext_lazy("New address"),
    _of_people_at_work(write_address_given),
    needs_verified_address=False,
)
RIGHTS_RECEIVED = MailKind(
    "notice.rights_received",
    gettext_lazy("Rights in the administration"),
    _of_people_at_work(write_rights_received),
)
NOTICES = (
    LOCK_OUT,
    NEW_BROWSER,
    SESSIONS_ENDED,
    PASSWORD_EXPIRY,
    PASSWORD_CHANGED,
    PASSWORD_SET,
    ADDRESS_LEFT,
    ADDRESS_GIVEN,
    RIGHTS_RECEIVED,
)
