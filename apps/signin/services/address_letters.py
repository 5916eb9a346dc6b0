"""The mails with a link for one's own e-mail address. Names in them are no links, whoever chose them."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.directory.selectors import person
from apps.directory.selectors.links import Purpose, others_who_sign_in_with
from apps.directory.services.one_time_links import make_link
from apps.mail.ports import Button, Fact, Letter, MailKind, Order, not_a_link
from apps.signin.services.notice_letters import moment_in, when_and_where

LINK_LIFETIME = timedelta(hours=24)
OBJECTION_LIFETIME = timedelta(days=7)


def _account(order: Order) -> Fact:
    return Fact(_("Account of"), not_a_link(order.to.name))


def _lead(token: str, label: str) -> Button:
    return Button(label, reverse("signin:open_address_link", args=(token,)))


def _once() -> str:
    return _("The link works once, for 24 hours from now.")


def write_verification(order: Order) -> Letter | None:
    user = person(order.to.person.id)
    if user is None or user.status != user.Status.ACTIVE or user.is_email_verified or not user.email:
        return None
    token = make_link(
        user=user,
        purpose=Purpose.ADDRESS_VERIFICATION,
        address=user.email,
        lifetime=LINK_LIFETIME,
        now=order.now,
    )
    return Letter(
        subject=_("Confirm your e-mail address"),
        paragraphs=(_("Confirm that this address is yours. Then mails about your account can come here."),),
        facts=(_account(order),),
        button=_lead(token, _("Confirm this address")),
        after=(_once(), _("If this is not your account, do nothing.")),
    )


def write_change(order: Order) -> Letter | None:
    """To the new address. Whoever reads it learns whether it can be used, and nobody else."""
    user, facts = person(order.to.person.id), order.facts
    asked_at = datetime.fromisoformat(facts["at"])
    if user is None or user.email != facts["former"] or not user.may_sign_in(now=order.now):
        return None
    if not user.sign_in_counts(asked_at):
        return None
    # Made in either case: the person's own pages must not tell either.
    token = make_link(
        user=user,
        purpose=Purpose.ADDRESS_CHANGE,
        address=order.to.address,
        other_address=user.email,
        lifetime=LINK_LIFETIME,
        now=order.now,
    )
    if others_who_sign_in_with(order.to.address, but=user.pk).exists():
        return Letter(
            subject=_("This address cannot be used for another account"),
            paragraphs=(
                _(
                    "Somebody, perhaps you, wanted to make this address that of an account. Somebody signs in with it "
                    "already, so nothing was changed."
                ),
            ),
            facts=(Fact(_("When"), moment_in(order, "at")),),
            after=(_("If it was not you, do nothing. If you need help, ask your administrator."),),
        )
    return Letter(
        subject=_("Confirm your new e-mail address"),
        paragraphs=(_("You asked to make this the e-mail address of your account."),),
        facts=(_account(order), *when_and_where(order)),
        button=_lead(token, _("Confirm this address")),
        after=(_once(), _("If it was not you, do nothing: the address is not used then.")),
    )


def write_objection(order: Order) -> Letter | None:
    """To the address that is left, before the change and after it. The new one is not named."""
    user, facts = person(order.to.person.id), order.facts
    if user is None or user.status != user.Status.ACTIVE or facts["former"] != order.to.address:
        return None
    token = make_link(
        user=user,
        purpose=Purpose.ADDRESS_OBJECTION,
        address=order.to.address,
        other_address=facts["new"],
        lifetime=OBJECTION_LIFETIME,
        now=order.now,
    )
    if facts.get("changed"):
        subject = _("The e-mail address of your account was changed")
        what = _("Your account has another e-mail address now. This one gets no more mails about it.")
    else:
        subject = _("Somebody wants to change the e-mail address of your account")
        what = _(
            "Somebody, most likely you, entered your password and another e-mail address. It becomes that of your "
            "account once it is confirmed there."
        )
    return Letter(
        subject=subject,
        paragraphs=(what,),
        facts=when_and_where(order),
        button=_lead(token, _("This was not me")),
        after=(
            _("If it was you, there is nothing to do."),
            _(
                "If it was not: this link keeps your address, or puts it back, and signs out whoever is signed in. It "
                "works for 7 days."
            ),
        ),
    )


def write_changed(order: Order) -> Letter | None:
    return Letter(
        subject=_("This is now the e-mail address of your account"),
        paragraphs=(_("You confirmed this address. Mails about your account come here from now on."),),
        facts=when_and_where(order),
        after=(_("If it was not you, tell your administrator at once."),),
    )


VERIFY_ADDRESS = MailKind(
    name="address.verify",
    title=gettext_lazy("Link to confirm an address"),
    write=write_verification,
    needs_verified_address=False,
)
CHANGE_ADDRESS = MailKind(
    name="address.change", title=gettext_lazy("Link to confirm a new address"), write=write_change
)
OBJECT_TO_CHANGE = MailKind(
    name="address.object",
    title=gettext_lazy("Link to object to a new address"),
    write=write_objection,
)
ADDRESS_CHANGED = MailKind(
    name="address.changed", title=gettext_lazy("Address changed by the person"), write=write_changed
)
ADDRESS_MAILS = (VERIFY_ADDRESS, CHANGE_ADDRESS, OBJECT_TO_CHANGE, ADDRESS_CHANGED)
