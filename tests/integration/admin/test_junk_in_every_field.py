"""Whatever is sent to the administration gets a page or a refusal, and what is refused leaves nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client as Browser

from apps.access.models import Application
from apps.audit.admin_audit import ReadOnlyAdmin, stored_snapshot
from apps.audit.models import AuditEvent
from apps.directory.models import Group, Membership, PasswordPolicy
from apps.oauth.models import Scope
from apps.signin.models import NoticePolicy
from apps.terms.models import TermsVersion
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    action_page,
    adding,
    assign,
    at_desk,
    errors_of,
    listing,
    make_role,
    make_superuser,
    page_of,
)
from tests.integration.directory.test_attributes import make_attribute
from tests.integration.directory.test_units import make_unit
from tests.services.soak import IS_SOAK

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.soak]

ADMINS = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
FORM_DATA = "application/x-www-form-urlencoded"
# As it stands in a form that is sent.
JUNK = {
    "nul": "a%00b",
    "megabyte": "x" * 1_000_000,
    "no uuid": "00000000-0000-0000-0000-00000000000g",
    "huge": "9" * 5_000,
    "negative": "-1",
    "no date": "9999-99-99",
    "first date": "0001-01-01",
    "last date": "9999-12-31",
    "lone surrogate": "%ED%A0%80",
    "markup": quote_plus("<script>'\"%s{{x}}"),
}
# What each kind of field is sent by itself, beside all of it in all fields at once.
ALONE: dict[str, tuple[str, ...]] = {
    "text": ("nul",),
    "number": ("huge",),
    "date": ("last date",),
    "choice": ("no uuid",),
}
if IS_SOAK:
    ALONE = {
        "text": ("nul", "megabyte"),
        "number": ("huge", "negative"),
        "date": ("first date", "last date", "no date"),
        "choice": ("no uuid", "nul"),
    }
NEVER_TAKEN = {"nul", "no date"}
# Those that count the rows of an inline.
COUNTS = ("-TOTAL_FORMS", "-INITIAL_FORMS", "-page")
ASKED = ("nul", "huge", "lone surrogate")
SKIPPED = ("csrfmiddlewaretoken", "_save", "_addanother", "_continue", "MIN_NUM_FORMS", "MAX_NUM_FORMS")


class FieldsOfPage(HTMLParser):
    """The fields of every form that is sent by POST, with what a browser would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.kinds: dict[str, str] = {}
        self.actions: list[str] = []
        self._inside = False
        self._select = self._textarea = ""
        self.feed(page)

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        match tag:
            case "form":
                self._inside = attributes.get("method", "").lower() == "post" and "logout" not in str(pairs)
            case _ if not self._inside:
                return
            case "input" if name and not name.endswith(SKIPPED):
                values = self.sent.setdefault(name, [])
                is_choice = attributes.get("type") in {"checkbox", "radio", "hidden"}
                is_date = "Date" in attributes.get("class", "") or "Time" in attributes.get("class", "")
                self.kinds[name] = "choice" if is_choice else "date" if is_date else "text"
                if attributes.get("type") not in {"checkbox", "radio"} or "checked" in attributes:
                    values.append(value or ("on" if attributes.get("type") == "checkbox" else ""))
            case "select":
                self._select = name
                self.sent.setdefault(name, [])
                self.kinds[name] = "choice"
            case "option" if self._select:
                if self._select == "action" and value:
                    self.actions.append(value)
                if "selected" in attributes:
                    self.sent[self._select].append(value)
            case "textarea":
                self._textarea = name
                self.sent[name], self.kinds[name] = [""], "text"

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._inside = False
            case "select":
                self._select = ""
            case "textarea":
                self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.sent[self._textarea] = [self.sent[self._textarea][0] + data]


@pytest.fixture
def desk() -> Browser:
    browser = at_desk(make_superuser())
    browser.raise_request_exception = False
    return browser


def furnish() -> dict[str, Any]:
    """One of each kind that has a form."""
    person, group = make_user(department="Sales"), Group.objects.create(name="Crew")
    Membership.objects.create(user=person, group=group)
    application = Application.objects.create(name="Wiki", slug="wiki", owner=person)
    role = make_role("directory.view_user", application=application)
    assign(role, group)
    return {
        "access.application": application,
        "access.role": role,
        "access.assignment": assign(role, person),
        "directory.user": person,
        "directory.group": group,
        "directory.unit": make_unit("Works"),
        "directory.attribute": make_attribute("shoe_size", "number"),
        "directory.passwordpolicy": PasswordPolicy.objects.create(),
        "signin.noticepolicy": NoticePolicy.objects.create(),
        "terms.termsversion": TermsVersion.objects.create(title_en="Terms", text_en="Be kind."),
        "oauth.client": make_client().row,
        "oauth.scope": Scope.objects.create(name="wiki:read", title="Read the wiki"),
    }


def asked(turn: int) -> tuple[str, ...]:
    """All of them under `make soak`, else one in turn."""
    return ASKED if IS_SOAK else (ASKED[turn % len(ASKED)],)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def as_sent(sent: dict[str, list[str]], junk: dict[str, str]) -> str:
    rest = {name: values for name, values in sent.items() if name not in junk}
    return "&".join(
        [urlencode(rest, doseq=True), *(f"{quote_plus(name)}={value}" for name, value in junk.items())]
    )


def trials(page: FieldsOfPage) -> Iterator[tuple[str, dict[str, str]]]:
    """What is sent in place of what the page holds."""
    for name, kind in page.kinds.items():
        for alone in ALONE["number" if name.endswith(COUNTS) else kind]:
            yield alone, {name: JUNK[alone]}
    filled = [name for name in page.kinds if not name.endswith(COUNTS)]
    for kind, junk in JUNK.items():
        if kind != "megabyte":
            yield kind, dict.fromkeys(filled, junk)
    longest = next(name for name in [*filled, ""] if page.kinds.get(name, "text") == "text")
    if longest:
        yield "megabyte", {longest: JUNK["megabyte"]}
    # Where one value is expected, the last counts.
    yield "several", {name: f"x&{quote_plus(name)}=y" for name in filled}


def stand_of(obj: Any) -> tuple[object, ...]:
    return stored_snapshot(obj), type(obj)._base_manager.count(), AuditEvent.objects.count()


def walk(browser: Browser, address: str, obj: Any, **filled: str) -> list[str]:
    """What went wrong on a page with a form that would be taken without the junk, in words."""
    page = FieldsOfPage(browser.get(address).content.decode())
    page.sent |= {name: [value] for name, value in filled.items()}
    before, wrong = stand_of(obj), []
    with undone():
        taken = browser.post(address, as_sent(page.sent, {}), content_type=FORM_DATA)
    assert taken.status_code == 302, errors_of(taken)
    for kind, junk in trials(page):
        with undone():
            answer = browser.post(address, as_sent(page.sent, junk), content_type=FORM_DATA)
            is_as_before = stand_of(obj) == before
        is_one_text = len(junk) == 1 and page.kinds[next(iter(junk))] in {"text", "date"}
        if answer.status_code >= 500:
            wrong.append(f"{address}: {kind} in {', '.join(junk)} brought the server down")
        elif answer.status_code != 302 and not is_as_before:
            wrong.append(f"{address}: {kind} in {', '.join(junk)} was refused and left something behind")
        elif answer.status_code == 302 and is_one_text and kind in NEVER_TAKEN:
            wrong.append(f"{address}: {kind} in {', '.join(junk)} was taken")
    return wrong


# With which a new one of each kind would be taken; relations by the kind of what they refer to.
ENOUGH: dict[str, dict[str, str]] = {
    "access.application": {"name": "New", "slug": "new"},
    "access.role": {"name": "New", "slug": "new"},
    "access.assignment": {"role": "access.role", "user": "directory.user"},
    "directory.user": {"username": "newcomer"},
    "directory.group": {"name": "New"},
    "directory.unit": {"name": "New"},
    "directory.attribute": {"label": "New", "slug": "new"},
    "directory.passwordpolicy": {},
    "signin.noticepolicy": {},
    "terms.termsversion": {"title_en": "New", "text_en": "Be kinder."},
    "oauth.client": {
        "name": "New",
        "application": "access.application",
        "redirect_uris": "https://new.example.org/callback",
    },
    "oauth.scope": {"name": "new:read", "title": "Read what is new"},
}


# A new version is added; their pages only show them.
NEVER_CHANGED = {"directory.passwordpolicy", "signin.noticepolicy"}


def test_every_admin_that_has_a_form_is_walked() -> None:
    assert {label for label, one in ADMINS.items() if not isinstance(one, ReadOnlyAdmin)} == set(ENOUGH)


@pytest.mark.parametrize("label", ENOUGH)
def test_junk_in_a_form_is_an_error_of_the_form(label: str, desk: Browser) -> None:
    made = furnish()
    obj, filled = made[label], {**ENOUGH[label]}
    for name in filled.keys() & {"application", "role", "user"}:
        filled[name] = str(made[filled[name]].pk)
    wrong = walk(desk, adding(label), obj, **filled)
    if label not in NEVER_CHANGED:
        wrong += walk(desk, page_of(obj), obj)
    assert wrong == []


def test_junk_as_a_password_is_an_error_of_the_form(desk: Browser) -> None:
    person = furnish()["directory.user"]
    assert walk(desk, page_of(person, "set_password"), person, password="Helpful-Hand-Opens-1") == []


@pytest.mark.parametrize("label", ADMINS)
def test_junk_asked_of_a_list_is_refused_or_finds_nothing(label: str, desk: Browser) -> None:
    furnish()
    page = desk.get(listing(label))
    listed = page.context.get("cl")  # the page of the system's state is no list and takes nothing
    choices = [one for spec in listed.filter_specs for one in spec.choices(listed)] if listed else []
    offered = {name for one in choices for name in parse_qs(str(one.get("query_string", "")).lstrip("?"))}
    names = sorted({"q", "o", "p", "e", "all", "_popup", "_changelist_filters", *offered})
    answers = {
        f"{name} = {kind}": desk.get(f"{listing(label)}?{name}={JUNK[kind]}").status_code
        for turn, name in enumerate(names)
        for kind in asked(turn)
    }
    assert {what: status for what, status in answers.items() if status not in {200, 302, 400}} == {}


@pytest.mark.parametrize("label", ADMINS)
def test_junk_in_an_action_does_nothing(label: str, desk: Browser) -> None:
    made = furnish().get(label)
    page = FieldsOfPage(desk.get(listing(label)).content.decode())
    known = str(made.pk) if made is not None else "1"
    wrong = []
    for turn, action in enumerate([*page.actions, "nonsense"]):
        sent = {
            "action": [action],
            "_selected_action": [known],
            "index": ["0"],
            "confirmed": ["1"],
            "reason": ["x"],
        }
        for name in ("action", "_selected_action", "index", "select_across"):
            for kind in asked(turn):
                with undone():
                    recorded = AuditEvent.objects.count()
                    answer = desk.post(
                        listing(label), as_sent(sent, {name: JUNK[kind]}), content_type=FORM_DATA
                    )
                    did = AuditEvent.objects.count() - recorded
                if answer.status_code not in {200, 302, 400} or (
                    did and name in {"action", "_selected_action"}
                ):
                    wrong.append(f"{action}: {kind} in {name}: {answer.status_code}, {did} events")
    assert wrong == []


def test_junk_as_a_reason_is_kept_or_refused(desk: Browser) -> None:
    held = furnish()["access.assignment"]
    for kind in ("nul", "megabyte", "huge", "lone surrogate", "markup"):
        with undone():
            body = as_sent({"confirmed": ["1"]}, {"reason": JUNK[kind]})
            answer = desk.post(action_page(held, "end"), body, content_type=FORM_DATA)
        assert answer.status_code in {200, 302, 400}, kind
