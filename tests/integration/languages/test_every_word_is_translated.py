"""No page shows a word past the catalogues: each stands in the brackets of a made-up language, or is data."""

import re
from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.contrib import admin
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from pytest_django import Settings

from apps.audit.admin_acting import ActingAdmin
from apps.audit.ports import SYSTEM
from apps.directory.models import User
from apps.mail.message import build_message
from apps.mail.ports import Order, mail_kinds, recipients
from tests.factories.clients import authorization_parameters, make_client, make_pkce
from tests.factories.people import sign_in
from tests.factories.terms import make_version
from tests.integration.admin.desk import submission
from tests.integration.languages.greek_organisation import BROWSER, make_organisation, make_person
from tests.integration.languages.pseudo import PSEUDO, Pseudo, leftovers, pseudo_language, untranslated

pytestmark = pytest.mark.django_db

LINK = re.compile(r'(?<=\s)(?:href|action)="([^"#]+)')
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/)|(?<=/)[A-Za-z0-9_-]{30,}(?=/)")
MOST_PAGES = 400


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pseudo]:
    with pseudo_language(monkeypatch) as language:
        yield language


@pytest.fixture
def root(pseudo: Pseudo) -> User:
    return make_organisation()


@pytest.fixture
def browser(root: User) -> Browser:
    browser = Browser(HTTP_ACCEPT_LANGUAGE=PSEUDO, HTTP_USER_AGENT=BROWSER)
    sign_in(browser, root)
    return browser


def assert_nothing_is_left(answer: Any, where: str) -> None:
    found = leftovers(answer.content.decode())
    assert not found, f"{where} shows words past the catalogue:\n  " + "\n  ".join(found)


def kind_of(address: str) -> str:
    """The same for addresses that lead to the same kind of page."""
    parts = urlsplit(address)
    query = sorted({item.partition("=")[0] for item in parts.query.split("&")})
    return f"{ID.sub('ID', parts.path)}?{query}"


def pages_of_admin() -> Iterator[str]:
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for what in ("changelist", "add"):
            try:
                yield reverse(f"{name}_{what}")
            except NoReverseMatch:
                continue
        for obj in model._default_manager.all()[:3] if model._meta.managed else ():
            for what in ("change", "delete", "history"):
                try:
                    yield reverse(f"{name}_{what}", args=(obj.pk,))
                except NoReverseMatch:
                    continue


def walk(browser: Browser, *first: str) -> dict[str, list[str]]:
    """Leftovers by page, of every page that links lead to; one of each kind."""
    waiting, seen, found = list(first), {kind_of(address) for address in first}, {}
    while waiting:
        address = waiting.pop(0)
        answer = browser.get(address)
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        page = answer.content.decode()
        assert answer.status_code in {200, 301, 302, 303, 403, 404, 405}, f"{address}: {answer.status_code}"
        if left := leftovers(page):
            found[address] = left
        links = [*LINK.findall(page), *([answer["Location"]] if answer.has_header("Location") else [])]
        for link in links:
            target = urljoin(address, link.replace("&amp;", "&"))
            is_ours = target.startswith("/") and not target.startswith(("/static/", "/oauth/", "/logout/"))
            if is_ours and kind_of(target) not in seen:
                seen.add(kind_of(target))
                waiting.append(target)
    assert len(seen) < MOST_PAGES, sorted(seen)
    return found


def in_words(found: dict[str, list[str]]) -> str:
    lines = [f"{address}\n    " + "\n    ".join(left) for address, left in found.items()]
    return "words past the catalogue:\n  " + "\n  ".join(lines)


def test_pages_of_portal_and_administration(browser: Browser, pseudo: Pseudo) -> None:
    found = walk(browser, "/", "/admin/", *pages_of_admin())
    assert not found, in_words(found)
    # Django brings German of its own, the theme none: what these pages ask for is in one of the catalogues.
    assert not untranslated(pseudo)


def test_pages_of_signing_in(root: User, pseudo: Pseudo) -> None:
    browser = Browser(HTTP_ACCEPT_LANGUAGE=PSEUDO, HTTP_USER_AGENT=BROWSER)
    client = make_client(name="Αίτηση", audience="everyone")
    denied = make_client(name="Κλειστό", audience="assigned")
    address = f"/oauth/authorize?{urlencode(authorization_parameters(client, make_pkce()))}"
    closed = f"/oauth/authorize?{urlencode(authorization_parameters(denied, make_pkce()))}"
    wrong = {"identifier": root.username, "password": "wrong", "next": address}

    for where in (
        "/login/",
        f"/login/?{urlencode({'next': address})}",
        "/logout/",
        "/oauth/authorize",
        "/no-such",
    ):
        assert_nothing_is_left(browser.get(where), where)
    assert_nothing_is_left(browser.post("/login/", wrong), "a wrong password")
    assert_nothing_is_left(browser.post("/login/", {}), "an empty sign-in")
    assert_nothing_is_left(browser.post("/login/", {"identifier": "x" * 300, "password": "\x00"}), "too long")
    assert_nothing_is_left(browser.post("/login/", {"next": "x" * 9000}), "400")
    assert_nothing_is_left(browser.get("/language"), "405")
    assert_nothing_is_left(browser.post("/login/", {"password": "x" * 20_000}), "413")
    sign_in(browser, root)
    assert_nothing_is_left(browser.get(address), "consent")
    assert_nothing_is_left(browser.get(f"{address}&prompt=login", follow=True), "signing in once more")
    assert_nothing_is_left(browser.post("/login/", wrong), "a wrong password once more")
    assert_nothing_is_left(browser.get(closed), "no access")
    assert_nothing_is_left(browser.get("/logout/"), "signing out")
    assert_nothing_is_left(browser.get("/oauth/logout?id_token_hint=x"), "a wrong sign-out")
    assert_nothing_is_left(
        browser.get(f"/oauth/logout?client_id={client.client_id}"), "signing out of a client"
    )
    assert_nothing_is_left(
        browser.post("/account/password", {"present": "a", "chosen": "b", "again": "c"}), "password"
    )
    make_version(document="privacy", title_en="Απόρρητο", text_en="Διαβάστε.")
    assert_nothing_is_left(browser.get(address, follow=True), "terms to accept")
    assert_nothing_is_left(browser.post("/logout/"), "signed out")


def test_page_of_too_many_tries(root: User, pseudo: Pseudo, settings: Settings) -> None:
    settings.RATE_LIMIT_PERCENT = 1
    browser = Browser(HTTP_ACCEPT_LANGUAGE=PSEUDO)
    tries = [browser.post("/login/", {"identifier": "nobody", "password": "wrong"}) for _ in range(5)]
    answer = tries[-1]
    assert answer.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert_nothing_is_left(answer, "429")


def test_page_of_a_forged_form(root: User, pseudo: Pseudo) -> None:
    browser = Browser(enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE=PSEUDO)
    answer = browser.post("/login/", {})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert_nothing_is_left(answer, "a forged form")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500, 503])
def test_error_pages(pseudo: Pseudo, status: int) -> None:
    left = leftovers(render_to_string(f"errors/{status}.html", {"request_id": "1"}))
    assert not left, left


def test_refused_forms_of_the_administration(browser: Browser) -> None:
    found = {}
    for address in [one for one in pages_of_admin() if one.endswith(("/add/", "/change/"))]:
        answer = browser.get(address)
        if answer.status_code != HTTPStatus.OK or not answer.context.get("adminform"):
            continue
        emptied = {
            name: "?" if value == "on" else ""
            for name, value in submission(answer).items()
            if isinstance(value, str)
        }
        if left := leftovers(browser.post(address, submission(answer) | emptied).content.decode()):
            found[address] = left
    assert not found, in_words(found)


def test_effects_of_actions(browser: Browser, root: User) -> None:
    """Each action on all there is, so that sentences with numbers come in both their forms."""
    found = {}
    for model, shown in admin.site._registry.items():
        if not model._meta.managed or not isinstance(shown, ActingAdmin):
            continue
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        everything = [str(pk) for pk in model._default_manager.values_list("pk", flat=True)[:50]]
        request = RequestFactory().get(address)
        request.user = root
        for action in shown.offered_actions(request):
            for chosen in (everything[:1], everything):
                sent = {"action": action.name, "_selected_action": chosen, "index": "0"}
                answer = browser.post(address, sent, follow=True)
                if left := leftovers(answer.content.decode()):
                    found[f"{address} {action.name}"] = left
    assert not found, in_words(found)


FACTS: dict[str, Any] = {
    "at": "2026-11-26T09:00:00+00:00",
    "asked_at": "2026-11-26T09:00:00+00:00",
    "expires_at": "2026-12-26T09:00:00+00:00",
    "starts_at": "2026-12-01T09:00:00+00:00",
    "ip": "192.0.2.7",
    "user_agent": BROWSER,
    "role": "Ελεγκτές",
    "recognised": True,
}


def test_mails(root: User, pseudo: Pseudo) -> None:
    """Each kind there is, to somebody whom it may go to."""
    people = [
        make_person(password_expires_at=datetime.fromisoformat(FACTS["expires_at"])),
        make_person(password="!"),
        make_person(is_email_verified=False),
    ]
    written = set()
    for kind in mail_kinds:
        for one in people:
            to = recipients.get().find(str(one.pk))
            assert to is not None
            facts = {**FACTS, "former": one.email, "new": "nea@example.org"}
            letter = kind.write(Order(to=to, facts=facts, actor=SYSTEM, now=timezone.now()))
            if letter is None:
                continue
            message = build_message(letter, to=to)
            html = next(
                content for content, kind_of_part in message.alternatives if kind_of_part == "text/html"
            )
            for part in (message.subject, message.body, html):
                left = leftovers(str(part))
                assert not left, f"{kind.name}: {left}"
            written.add(kind.name)
    assert written == {kind.name for kind in mail_kinds}
