"""Mails reach a mail server that runs: asked for in a transaction, tried again, given up in words, all in the log."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import User
from apps.directory.selectors import subject_of
from apps.jobs.models import Job
from apps.jobs.services.administration import retry_job
from apps.mail.conf import ATTEMPTS
from apps.mail.ports import Button, Fact, Letter
from apps.mail.services.sending import send
from tests.factories.people import make_user
from tests.integration.mail.conftest import LATER, NOW, Writer, try_job
from tests.services.mail_server import MailServer
from tests.services.process import free_port

pytestmark = pytest.mark.django_db


def events(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))


# What arrives --------------------------------------------------------------------------------------------------------


def test_mail_arrives_with_the_same_words_twice(writer: Writer, server: MailServer) -> None:
    writer.letter = Letter(
        subject="New device",
        paragraphs=("Somebody signed in.", "Was it you?"),
        facts=(Fact("When", "today"), Fact("Where", "203.0.113.7")),
        button=Button("See your sessions", "/account/sessions"),
        after=("Otherwise change your password.",),
    )
    user = make_user(email="kim@example.org")
    job = try_job(writer.ask(user))
    assert (job.state, job.outcome) == (Job.State.DONE, {"sent": True})
    (taken,) = server.taken
    assert taken.recipients == ("kim@example.org",)
    assert taken.sender == "no-reply@localhost"
    assert taken.message["Subject"] == "New device"
    assert taken.message["To"] == "kim@example.org"
    assert taken.message["From"] == "Gatehouse <no-reply@localhost>"
    assert taken.message["Auto-Submitted"] == "auto-generated"
    for words in (
        "Somebody signed in.",
        "Was it you?",
        "When",
        "today",
        "203.0.113.7",
        "http://localhost:8000/account/sessions",
        "Otherwise change your password.",
    ):
        assert words in taken.text()
        assert words in taken.html()
    assert "\n\n\n" not in taken.text()


def test_html_loads_nothing_and_tells_nobody_that_it_was_read(writer: Writer, server: MailServer) -> None:
    try_job(writer.ask(make_user()))
    html = server.taken[0].html()
    assert not re.findall(r"<(img|script|link|iframe|object|form)\b|url\(", html)
    assert {*re.findall(r'href="([^"]*)"', html)} == {"http://localhost:8000"}


def test_mail_exists_if_and_only_if_its_transaction_commits(writer: Writer) -> None:
    user = make_user()
    with transaction.atomic():
        writer.ask(user)
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_address_is_read_when_the_mail_is_sent(writer: Writer, server: MailServer) -> None:
    user = make_user(email="old@example.org")
    job = writer.ask(user)
    User.objects.filter(pk=user.pk).update(email="new@example.org")
    try_job(job)
    assert server.taken[0].recipients == ("new@example.org",)


def test_given_address_takes_the_place_of_the_persons_own(writer: Writer, server: MailServer) -> None:
    try_job(writer.ask(make_user(is_email_verified=False), address="given-up@example.org"))
    assert server.taken[0].recipients == ("given-up@example.org",)


def test_facts_and_actor_reach_who_writes_it(writer: Writer, server: MailServer) -> None:
    user, other = make_user(), make_user()
    try_job(writer.ask(user, facts={"n": 1}, actor=subject_of(other)))
    (order,) = writer.orders
    assert (order.facts, order.actor.id) == ({"n": 1}, str(other.pk))
    assert order.to.person == subject_of(user)


def test_it_is_written_in_the_time_zone_of_its_reader(writer: Writer, server: MailServer) -> None:
    seen: list[str] = []

    def write(order: Any) -> Letter:
        seen.append(str(timezone.get_current_timezone()))
        return Letter(subject="x", paragraphs=())

    object.__setattr__(writer.kind, "write", write)
    try_job(writer.ask(make_user(time_zone="Asia/Tokyo")))
    assert seen == ["Asia/Tokyo"]


def test_nothing_is_added_while_such_a_mail_waits(writer: Writer) -> None:
    user = make_user()
    writer.ask(user, once=True)
    writer.ask(user, once=True)
    assert Job.objects.count() == 1
    writer.ask(user)
    writer.ask(user)
    assert Job.objects.count() == 3


def test_no_longer_wanted_mail_is_not_sent(writer: Writer, server: MailServer) -> None:
    writer.letter = None
    job = try_job(writer.ask(make_user()))
    assert (job.state, job.outcome) == (Job.State.DONE, {"sent": False})
    assert not server.taken
    assert not events("mail.sent")


def test_without_a_mail_server_nothing_is_asked_for(writer: Writer, settings: Settings) -> None:
    settings.MAIL_DELIVERY = "none"
    assert not send(kind=writer.kind, to=subject_of(make_user()), actor=SYSTEM, now=NOW)
    assert not Job.objects.exists()


# What stays secret ---------------------------------------------------------------------------------------------------


def test_secret_is_made_by_the_worker_and_anew_by_each_try(writer: Writer, server: MailServer) -> None:
    links: list[str] = []

    def write(order: Any) -> Letter:
        links.append(f"/link/{len(links)}-s3cr3t")
        return Letter(subject="x", paragraphs=(), button=Button("Go", links[-1]))

    object.__setattr__(writer.kind, "write", write)
    server.refuse("CONTENT", "451 4.3.0 later")
    job = writer.ask(make_user())
    assert not links
    assert "s3cr3t" not in job.payload
    try_job(job)
    try_job(job, after=LATER)
    assert links == ["/link/0-s3cr3t", "/link/1-s3cr3t"]
    assert links[1] in server.taken[0].text()
    assert "s3cr3t" not in f"{job.payload}{job.outcome}{job.last_error}{job.position}"
    assert "s3cr3t" not in str(list(AuditEvent.objects.values()))


def test_log_says_which_mail_went_to_whom_and_not_what_it_said(writer: Writer, server: MailServer) -> None:
    user = make_user(email="kim@example.org")
    try_job(writer.ask(user))
    (event,) = events("mail.sent")
    assert (event.target_kind, event.target_id) == ("user", str(user.pk))
    assert event.details == {"mail": "test.hello", "attempts": 1}
    assert "kim@example.org" not in str((event.details, event.personal))
    assert "Good morning" not in str((event.details, event.personal))


# Failing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["CONNECT", "MAIL", "RCPT", "DATA", "CONTENT"])
def test_greylisted_mail_is_tried_again(writer: Writer, server: MailServer, command: str) -> None:
    server.refuse(command, "451 4.7.1 greylisted, kim@example.org", times=2)
    job = writer.ask(make_user())
    assert try_job(job).state == Job.State.QUEUED
    assert "451" in job.last_error
    assert "kim@" not in job.last_error
    assert job.next_attempt_at > NOW
    assert try_job(job).attempts == 1, "not before its time"
    assert try_job(job, after=LATER).state == Job.State.QUEUED
    assert try_job(job, after=LATER).state == Job.State.DONE
    assert len(server.taken) == 1
    assert [event.details["attempts"] for event in events("mail.sent")] == [3]


@pytest.mark.parametrize("command", ["RCPT", "CONTENT"])
def test_mail_refused_for_good_is_given_up_at_once(writer: Writer, server: MailServer, command: str) -> None:
    server.refuse(command, "550 5.1.1 nobody here called kim@example.org")
    user = make_user()
    job = try_job(writer.ask(user))
    assert (job.state, job.attempts) == (Job.State.DEAD, 1)
    assert "550 5.1.1" in job.last_error
    assert "kim@" not in job.last_error
    (event,) = events("mail.gave_up")
    assert event.target_id == str(user.pk)
    assert event.details["mail"] == "test.hello"
    assert "550 5.1.1" in event.details["cause"]
    assert len(events("job.gave_up")) == 1


def test_given_up_mail_is_sent_when_an_administrator_says_so(writer: Writer, server: MailServer) -> None:
    server.refuse("RCPT", "550 5.1.1 no")
    job = try_job(writer.ask(make_user()))
    assert retry_job(job=job, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW)
    assert try_job(job, after=LATER).state == Job.State.DONE
    assert len(server.taken) == 1


def test_wrong_set_up_is_not_the_mails_fault(writer: Writer, server: MailServer) -> None:
    server.refuse("MAIL", "553 5.7.1 not as this sender")
    job = try_job(writer.ask(make_user()))
    assert job.state == Job.State.QUEUED
    assert "553 5.7.1" in job.last_error


def test_mail_waits_for_a_server_that_is_away(writer: Writer, settings: Settings) -> None:
    settings.MAIL_DELIVERY = "server"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    job = try_job(writer.ask(make_user()))
    assert job.state == Job.State.QUEUED
    assert job.last_error == "The mail server cannot be spoken with: ConnectionRefusedError."
    for _attempt in range(ATTEMPTS - 1):
        try_job(job, after=LATER)
    assert (job.state, job.attempts) == (Job.State.DEAD, ATTEMPTS)
    assert len(events("mail.gave_up")) == 1


def test_starttls_is_not_done_without(writer: Writer, server: MailServer, settings: Settings) -> None:
    settings.EMAIL_USE_TLS = True
    job = try_job(writer.ask(make_user()))
    assert "SMTPNotSupportedError" in job.last_error
    assert not server.taken


@pytest.mark.parametrize("fields", [{"email": ""}, {"is_email_verified": False}])
def test_person_without_an_address_of_their_own_gets_none(
    writer: Writer, server: MailServer, fields: dict[str, Any]
) -> None:
    job = try_job(writer.ask(make_user(**fields)))
    assert job.state == Job.State.DEAD
    assert not writer.orders
    assert "address" in events("mail.gave_up")[0].details["cause"]


def test_kind_may_go_to_an_unverified_address(writer: Writer, server: MailServer) -> None:
    object.__setattr__(writer.kind, "needs_verified_address", False)
    try_job(writer.ask(make_user(is_email_verified=False)))
    assert len(server.taken) == 1


def test_person_who_is_gone_gets_none(writer: Writer, server: MailServer) -> None:
    user = make_user()
    job = writer.ask(user)
    user.delete()
    assert try_job(job).state == Job.State.DEAD
    assert events("mail.gave_up")[0].target_id == job.key.partition(" ")[0]


# Attacks -------------------------------------------------------------------------------------------------------------

HOSTILE = [
    "Kim\r\nBcc: victim@example.org",
    "Kim\nSubject: other\n\nbody",
    "Kim\r\n.\r\nMAIL FROM:<a@b>\r\n",
    "Kim\x00\x1b[31m\u202e",
    "K" * 100_000,
    "Kim <b>bold</b> <script>alert(1)</script> {{ settings.SECRET_KEY }}",
    "\u2028\u2029\x85Kim",
    "\ud800Kim",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_stay_words(writer: Writer, server: MailServer, name: str) -> None:
    writer.letter = Letter(
        subject=f"Hello {name}",
        paragraphs=(f"Hello {name}",),
        facts=(Fact(name, name),),
        button=Button(name, "/"),
        after=(name,),
    )
    job = try_job(writer.ask(make_user(email="kim@example.org")))
    assert job.state == Job.State.DONE, job.last_error
    (taken,) = server.taken
    assert taken.recipients == ("kim@example.org",)
    assert taken.message["Bcc"] is None
    assert taken.message.get_all("Subject") == [taken.message["Subject"]]
    assert len(taken.message["Subject"].strip()) <= 150
    assert len(taken.raw) < 100_000
    assert "<script" not in taken.html()
    assert "<b>" not in taken.html()
    assert not {"\x00", "\x1b", "\u202e"} & {*taken.text(), *taken.html()}


@pytest.mark.parametrize(
    "address",
    [
        "kim@example.org\r\nBcc: victim@example.org",
        "kim@example.org\nRCPT TO:<victim@example.org>",
        "kim@example.org, victim@example.org",
        "kim@example.org> BODY=8BITMIME\r\nRCPT TO:<victim@example.org",
        "kïm@example.org",
        '"\x1b[2Jkim"@example.org',
        "@example.org",
        "kim",
        "",
    ],
)
def test_address_that_is_none_gets_no_mail(writer: Writer, server: MailServer, address: str) -> None:
    user = make_user(is_email_verified=True)
    User.objects.filter(pk=user.pk).update(email=address)
    job = try_job(writer.ask(user))
    assert (job.state, job.attempts) == (Job.State.DEAD, 1), job.last_error
    assert not server.taken


def test_domain_that_is_not_ascii_is_reached_by_its_other_name(writer: Writer, server: MailServer) -> None:
    try_job(writer.ask(make_user(email="kim@bücher.example")))
    assert server.taken[0].recipients == ("kim@xn--bcher-kva.example",)


def test_name_that_is_not_ascii_arrives_whole(writer: Writer, server: MailServer) -> None:
    writer.letter = Letter(subject="Grüße an Łukasz 😀", paragraphs=("Łukasz 😀",))
    try_job(writer.ask(make_user()))
    assert server.taken[0].message["Subject"] == "Grüße an Łukasz 😀"
    assert "Łukasz 😀" in server.taken[0].text()


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_buttons_lead_nowhere_else(path: str) -> None:
    with pytest.raises(ValueError, match="this installation"):
        Button("Go", path)
