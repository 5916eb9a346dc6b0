"""Inviting people who have no password yet: the link in the mail sets the first one and shows that they read it."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.directory.events import DirectoryAction
from apps.directory.models import OneTimeLink, User
from apps.directory.selectors import person, subject_of
from apps.directory.selectors.links import may_be_invited
from apps.directory.services.one_time_links import end_links, make_link
from apps.mail.ports import Button, Fact, Letter, MailKind, Order
from apps.mail.services.sending import send, take_back


def link_path(token: str) -> str:
    """Of the page that a one-time link opens; it belongs to the floor on which people sign in."""
    return f"{settings.ONE_TIME_LINK_PATH}/{token}"


def lifetime() -> timedelta:
    return timedelta(days=settings.INVITATION_DAYS)


def write_invitation(order: Order) -> Letter | None:
    user = person(order.to.person.id)
    if user is None or not may_be_invited(user, now=order.now):
        return None
    token = make_link(
        user=user,
        purpose=OneTimeLink.Purpose.INVITATION,
        address=order.to.address,
        lifetime=lifetime(),
        now=order.now,
    )
    days = lifetime().days
    return Letter(
        subject=_("Your account is ready"),
        paragraphs=(
            _("An account was made for you. Choose a password, and you can sign in to your applications."),
        ),
        facts=(Fact(_("Your user name"), user.username),),
        button=Button(_("Choose your password"), link_path(token)),
        after=(
            ngettext(
                "The link works once, for %(days)d day. Afterwards ask your administrator for another.",
                "The link works once, for %(days)d days. Afterwards ask your administrator for another.",
                days,
            )
            % {"days": days},
            _("If you do not know what this is about, do nothing: without a password nobody can sign in."),
        ),
    )


INVITATION = MailKind(
    name="directory.invitation",
    title=gettext_lazy("Invitation"),
    write=write_invitation,
    needs_verified_address=False,
)


@transaction.atomic
def invite_person(*, user: User, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether an invitation goes out; it ends the former one as it is sent. Not to somebody who has a password or no
    address, and not without a mail server."""
    if not (user.email and may_be_invited(user, now=now)):
        return False
    if not send(kind=INVITATION, to=subject_of(user), actor=actor, now=now, once=True):
        return False
    record_event(
        action=DirectoryAction.USER_INVITED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(user),
        details={"by": "mail"},
    )
    return True


@transaction.atomic
def withdraw_invitation(*, user: User, actor: Subject, origin: Origin, now: datetime) -> bool:
    """Whether there was one: the link works no more, and a mail that waits does not go out."""
    # After whoever makes a link for the person at this moment.
    User.objects.select_for_update().get(pk=user.pk)
    waited = take_back(kind=INVITATION, to=subject_of(user), now=now)
    ended = end_links(user=user, purposes=(OneTimeLink.Purpose.INVITATION,), now=now)
    if not (waited or ended):
        return False
    record_event(
        action=DirectoryAction.USER_INVITATION_WITHDRAWN,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(user),
    )
    return True


@transaction.atomic
def print_invitation(*, user: User, actor: Subject, origin: Origin, now: datetime) -> str:
    """The path of a link to hand over where there is no mail. It says nothing about the person's mailbox.

    Empty when the person has a password already.
    """
    if not may_be_invited(user, now=now):
        return ""
    token = make_link(
        user=user, purpose=OneTimeLink.Purpose.INVITATION, address="", lifetime=lifetime(), now=now
    )
    record_event(
        action=DirectoryAction.USER_INVITED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=subject_of(user),
        details={"by": "printed link"},
    )
    return link_path(token)
