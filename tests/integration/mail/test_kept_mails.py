"""/mail/: what embedded mode keeps instead of sending it, for this machine only."""

import re
from typing import Any

import pytest
from django.test import Client as Browser
from pytest_django import Settings
from pytest_django.asserts import assertNumQueries

from apps.mail.conf import KEPT_MAILS
from apps.mail.models import KeptMail
from apps.mail.ports import Button, Letter
from tests.factories.people import make_user
from tests.integration.mail.conftest import Writer, try_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(settings: Settings) -> None:
    settings.MAIL_DELIVERY = "kept"
    settings.EMAIL_BACKEND = "apps.mail.keeping.KeepingBackend"


@pytest.fixture
def mail(kept: None, writer: Writer) -> KeptMail:
    writer.letter = Letter(
        subject="A <b>link</b>",
        paragraphs=("Hello <script>alert(1)</script>.",),
        button=Button("Go", "/link/abc"),
    )
    try_job(writer.ask(make_user(email="kim@example.org")))
    return KeptMail.objects.get()


def pages(mail: KeptMail) -> tuple[str, str, str]:
    return "/mail/", f"/mail/{mail.pk}/", f"/mail/{mail.pk}/letter"


def test_list_names_the_mails(mail: KeptMail) -> None:
    page = Browser().get("/mail/").content.decode()
    assert "A &lt;b&gt;link&lt;/b&gt;" in page
    assert "kim@example.org" in page
    assert f"/mail/{mail.pk}/" in page


def test_page_shows_the_text_with_its_link_and_frames_the_letter(mail: KeptMail) -> None:
    answer = Browser().get(f"/mail/{mail.pk}/")
    page = answer.content.decode()
    assert 'href="http://localhost:8000/link/abc"' in page
    assert "<script>alert" not in page
    (frame,) = re.findall(r"<iframe[^>]*>", page)
    assert re.search(r"\ssandbox\s", frame)
    policy = answer["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "unsafe" not in policy


def test_letter_can_do_nothing_and_stands_in_our_frame_only(mail: KeptMail) -> None:
    answer = Browser().get(f"/mail/{mail.pk}/letter")
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline';")
    assert "frame-ancestors 'self'" in policy
    assert "script" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["Cache-Control"].count("no-store")


@pytest.mark.parametrize("delivery", ["server", "none"])
def test_there_are_no_such_pages_without_keeping(mail: KeptMail, settings: Settings, delivery: str) -> None:
    settings.MAIL_DELIVERY = delivery
    assert {Browser().get(page).status_code for page in pages(mail)} == {404}


@pytest.mark.parametrize(
    "request_facts",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "2001:db8::7"},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"REMOTE_ADDR": "nonsense"},
    ],
)
def test_there_are_no_such_pages_for_other_machines(mail: KeptMail, request_facts: dict[str, Any]) -> None:
    assert {Browser().get(page, **request_facts).status_code for page in pages(mail)} == {404}


@pytest.mark.usefixtures("mail")
def test_pages_are_only_read() -> None:
    assert Browser().post("/mail/").status_code == 405


@pytest.mark.usefixtures("kept")
def test_unknown_mail_is_not_found() -> None:
    unknown = "/mail/01a218fa-eae2-7004-8311-ba6e5057e727/"
    assert {Browser().get(page).status_code for page in (unknown, f"{unknown}letter")} == {404}


def test_what_is_kept_cannot_be_read_from_the_table(mail: KeptMail) -> None:
    raw = str(list(KeptMail.objects.extra(select={"stored": "text || html"}).values_list("stored")))
    assert "/link/abc" not in raw
    assert "/link/abc" in mail.text
    assert "/link/abc" in mail.html


@pytest.mark.usefixtures("kept")
def test_only_the_newest_are_kept(writer: Writer) -> None:
    user = make_user()
    KeptMail.objects.bulk_create(
        KeptMail(address="x", subject=f"old {n}", text="", html="", kept_at=user.created_at)
        for n in range(KEPT_MAILS)
    )
    try_job(writer.ask(user))
    assert KeptMail.objects.count() == KEPT_MAILS
    assert KeptMail.objects.first() == KeptMail.objects.get(subject="Hello")
    assert not KeptMail.objects.filter(subject="old 0").exists()
    with assertNumQueries(1):
        Browser().get("/mail/")
