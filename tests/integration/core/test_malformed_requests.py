"""Malformed, oversized and repeated input at each form gives a clear refusal, never a fault."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.signin.models import Session
from tests.factories.people import PASSWORD, make_user, sign_in

FORM = "application/x-www-form-urlencoded"
FORMS = ["/login/", "/logout/", "/account/sessions/0b7c1c2e-5f0d-4c5e-9a54-2f1f1b8f6f10/end"]
# Lone surrogates cannot be sent: there are no bytes for them.
SENDABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
PAGES = ["/", "/login/", "/logout/"]

BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", FORM),
    "NUL": (b"identifier=k%00im&password=x%00&next=%00", FORM),
    "invalid UTF-8": (b"identifier=%ff%fe&password=%c3%28&next=%80", FORM),
    "raw bytes": (bytes(range(256)), FORM),
    "broken escapes": (b"identifier=%zz&password=%&next=%2", FORM),
    "5000 fields": (b"&".join(b"f%d=1" % n for n in range(1_800)), FORM),
    "JSON": (b'{"identifier": "kim", "password": "x"}', "application/json"),
    "XML": (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "application/xml"),
    "no type": (b"identifier=kim&password=x", ""),
    "nonsense type": (b"identifier=kim&password=x", "///;;=;"),
    "unknown charset": (b"identifier=kim&password=x", f"{FORM}; charset=klingon"),
    "UTF-16": ("identifier=kim&password=x".encode("utf-16"), f"{FORM}; charset=utf-16"),
    "multipart without boundary": (b"identifier=kim", "multipart/form-data"),
    "multipart with a broken boundary": (b"--x\r\nnonsense", "multipart/form-data; boundary=\xff"),
    "multipart cut short": (
        b'--x\r\nContent-Disposition: form-data; name="identifier"\r\n\r\nki',
        "multipart/form-data; boundary=x",
    ),
    "file in place of a field": (
        b'--x\r\nContent-Disposition: form-data; name="password"; filename="../../p"\r\n\r\nx\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "base64 that is none": (
        b'--x\r\nContent-Disposition: form-data; name="password"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--",
        "multipart/form-data; boundary=x",
    ),
}


def _is_clear(answer: Any) -> bool:
    """A page of ours or a redirect within the site, and never a fault."""
    if answer.status_code in {301, 302}:
        return str(answer["Location"]).startswith("/")
    page = answer.content.decode()
    return 200 <= answer.status_code < 500 and "<h1" in page and "Traceback" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_form_answers_clearly_whatever_it_is_sent(path: str, body: str, is_signed_in: bool) -> None:
    browser = Client()
    if is_signed_in:
        sign_in(browser, make_user())
    content, content_type = BODIES[body]
    answer = browser.generic("POST", path, content, content_type=content_type)
    assert _is_clear(answer), (answer.status_code, answer.content[:500])
    if path == "/login/":
        assert 400 <= answer.status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize("path", FORMS)
def test_too_many_fields_are_refused(path: str) -> None:
    many = "&".join(f"{n:x}=" for n in range(5_000))
    answer = Client(enforce_csrf_checks=True).generic("POST", path, many, content_type=FORM)
    assert 400 <= answer.status_code < 500
    assert _is_clear(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        "%00",
        "%ff%fe",
        "%",
        "%zz",
        "a" * 8000,
        "q=%00",
        "q=%00pay%00",
        "next=%00",
        "next=%ff",
        "login_hint=%00",
        "q=a&q=b",
        "next=/&next=//evil.example",
        "q[]=1",
        "=&=&=",
        "q=%F0%9F%92%A9",
        "q=%25%5F%27%22%5C",
    ],
)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_page_answers_clearly_whatever_its_address_says(path: str, query: str, is_signed_in: bool) -> None:
    browser = Client()
    if is_signed_in:
        sign_in(browser, make_user())
    assert _is_clear(browser.get(f"{path}?{query}"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/%00", "/%ff", "/login/%00", "/login/..%2f", "/account/sessions/x/end", "/admin/%00/"]
)
def test_malformed_path_is_not_found(path: str) -> None:
    assert Client().get(path, follow=True).status_code in {200, 404}


@pytest.mark.django_db
def test_repeated_field_counts_once() -> None:
    user = make_user()
    twice = f"identifier=nobody&identifier={user.username}&password=wrong&password={quote(PASSWORD)}"
    answer = Client().generic("POST", "/login/", twice, content_type=FORM)
    assert answer.status_code == 302
    assert Session.objects.get().user_id == user.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("identifier", "", "Enter your user name or e-mail address."),
        ("identifier", "   ", "Enter your user name or e-mail address."),
        ("identifier", "k" * 255, "That is too long for a user name or e-mail address."),
        ("identifier", "k\x00m", "Part of that cannot be read."),
        ("password", "", "Enter your password."),
        ("password", "p" * 1025, "That is too long for a password."),
        ("password", "p\x00w", "Part of that cannot be read."),
    ],
)
def test_sign_in_says_beside_the_field_what_is_wrong(field: str, value: str, words: str) -> None:
    answer = Client().post("/login/", {"identifier": "kim", "password": "x", field: value})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert words in page
    assert f'href="#id_{field}"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["/" + "a" * 9_000, "/\x00"])
def test_way_back_that_cannot_be_read_is_refused_on_a_page(target: str) -> None:
    answer = Client().post("/login/", {"identifier": "kim", "password": "x", "next": target})
    assert answer.status_code == 400
    assert "We could not read that request" in " ".join(answer.content.decode().split())


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", ["", "x", "\xff", "x" * 4_000, "%00", "../../etc/passwd"])
def test_made_up_cookies_are_worth_nothing(cookie: str) -> None:
    browser = Client()
    for name in ("gatehouse", "gatehouse-browser", "gatehouse-csrf", "messages", "django_language"):
        browser.cookies[name] = cookie
    assert browser.get("/").status_code == 302
    answer = browser.post("/login/", {"identifier": "kim", "password": "x"})
    assert answer.status_code == 401


class AnyBody(TestCase):
    @settings(max_examples=60)
    @given(
        st.binary(max_size=300),
        st.sampled_from([FORM, "multipart/form-data; boundary=x", "text/plain", "\x7f"]),
    )
    def test_no_body_is_a_fault(self, body: bytes, content_type: str) -> None:
        assert _is_clear(Client().generic("POST", "/login/", body, content_type=content_type))

    @settings(max_examples=60)
    @given(SENDABLE, SENDABLE)
    def test_no_text_is_a_fault(self, identifier: str, target: str) -> None:
        form = {"identifier": identifier, "password": "wrong", "next": target}
        answer = Client().post("/login/", urlencode(form), content_type=FORM)
        assert answer.status_code in {400, 401}
        assert _is_clear(Client().get("/login/", {"next": target}))
