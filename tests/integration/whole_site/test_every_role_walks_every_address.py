"""Every address of the project, visited by an account of each role, gives what the table says and nothing more.

Each visit is undone before the next one, so that the order does not matter. A look (GET) writes nothing.
"""

import copy
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from tests.factories.people import sign_in
from tests.integration.whole_site.addresses import routes
from tests.integration.whole_site.organisation import (
    ANONYMOUS,
    EVERYBODY,
    PLAIN,
    SUPERUSER,
    Organisation,
    Visitor,
    visitor,
)
from tests.integration.whole_site.table import (
    ABSENT,
    ACTION_TAIL,
    ACTIONS,
    ADMIN_APP,
    ADMIN_SIGN_IN,
    API,
    FOR_ALL,
    FOR_STAFF,
    MODELS,
    MORE,
    MOVED,
    PAGE,
    REFUSED,
    SIGN_IN,
    model_of,
    row_of,
    tail_of,
)

pytestmark = pytest.mark.django_db

CSRF_COOKIE = "gatehouse-csrf"
# That somebody is there is noted once a minute, whatever they look at.
PRESENCE = 'UPDATE "signin_session" SET "last_seen_at" = '
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|TRUNCATE|ALTER|CREATE|DROP)\b", re.IGNORECASE)
# What a confirmation page sends, so that what may be done is done.
CONFIRMED = {"post": "yes", "confirmed": "yes"}


@dataclass(frozen=True)
class Visit:
    """One way to call one address, and what may come of it."""

    address: str
    look: set[str]
    form: set[str]
    form_without_token: set[str] = field(default_factory=lambda: {REFUSED})
    writes: str = ""


def visits(route: str, organisation: Organisation, who: Visitor) -> list[Visit]:
    row, place = row_of(route), 0 if who.user is None else 1
    if row is not None:
        post = {row.post[place]}
        without = post if row.without_token is None else {row.without_token}
        return [Visit(_filled(route, organisation), {row.get[place]}, post, without, row.writes)]
    return [
        Visit(f"/{address}", _as_met_by(who, look), _as_met_by(who, form))
        for address, look, form in _of_administration(route, organisation, who)
    ]


def _as_met_by(who: Visitor, outcomes: set[str]) -> set[str]:
    """`outcomes` are those of staff."""
    return {SIGN_IN} if who.user is None else {REFUSED} if not who.is_staff else outcomes


def _filled(route: str, organisation: Organisation) -> str:
    args = {
        "<uuid:session_id>": organisation.session.pk,
        "<int:browser_id>": organisation.browser.pk,
        "<uuid:client_id>": organisation.client.pk,
        "<uuid:mail_id>": uuid4(),
        "<uuid:version_id>": uuid4(),
        "<str:token>": "no-such-link",
        "<uuid:user_id>": organisation.person.pk,
    }
    for name, value in args.items():
        route = route.replace(name, str(value))
    if route.startswith(API):
        # Nobody gets as far as the object.
        route = re.sub(r"<int:\w+>", "1", route)
        route = re.sub(r"<\w+:\w+>", str(organisation.person.pk), route)
    assert "<" not in route, f"Nothing is known to fill {route} with."
    return f"/{route}"


def _of_administration(route: str, organisation: Organisation, who: Visitor) -> list[Any]:
    """(address, look, form) for staff."""
    if route in FOR_ALL or route == ADMIN_SIGN_IN:
        return []  # they have a test of their own
    if route in FOR_STAFF:
        look, form = FOR_STAFF[route]
        address = re.sub(r"<path:\w+>", "1", route).replace("(?P<url>.*)$", "nothing/here/")
        return [(address, {look}, {form})]
    if route.startswith(ADMIN_APP):
        labels = route[len(ADMIN_APP) :].partition(")")[0].split("|")
        return [
            (f"admin/{label}/", *([_if(_sees_anything_of(who, label), {PAGE}, otherwise=ABSENT)] * 2))
            for label in labels
        ]
    if route in MORE:
        right, look, form = MORE[route]
        label = ".".join(route.split("/")[1:3])
        address = route
        if "<" in route:
            address = re.sub(r"<\w+:object_id>", str(_object(label, organisation).pk), route)
        return [(address, _if(who.holds(right) or look == "405", {look}), _if(who.holds(right), {form}))]
    return _of_model(route, organisation, who)


def _of_model(route: str, organisation: Organisation, who: Visitor) -> list[Any]:
    label, tail = model_of(route), tail_of(route)
    app, model = label.split(".")
    offered = MODELS[label]

    def may(verb: str) -> bool:
        return verb in offered and who.holds(f"{app}.{verb}_{model}")

    sees = may("view") or may("change")
    if tail == "":
        return [(route, _if(sees, {PAGE}), _if(sees, {PAGE, MOVED}))]
    if tail == "add/":
        return [(route, _if(may("add"), {PAGE}), _if(may("add"), {PAGE, MOVED}))]
    address = route.replace("<path:object_id>", str(_object(label, organisation).pk))
    if tail == ACTION_TAIL:
        return [
            (
                address.replace("<slug:action_name>", name),
                *([_if(right is not None and who.holds(right), {PAGE, MOVED})] * 2),
            )
            for name, right in {**ACTIONS.get(label, {}), "no-such-action": None}.items()
        ]
    if tail.endswith("/change/"):
        return [(address, _if(sees, {PAGE}), _if(may("change"), {PAGE, MOVED}))]
    if tail.endswith("/delete/"):
        return [(address, *([_if(may("delete"), {PAGE, MOVED})] * 2))]
    if tail.endswith("/history/"):
        return [(address, *([_if(who.holds("audit.view_auditevent"), {MOVED})] * 2))]
    return []


def _object(label: str, organisation: Organisation) -> Any:
    return organisation.one(next(model for model in admin.site._registry if model._meta.label_lower == label))


def _if(may: bool, outcomes: set[str], *, otherwise: str = REFUSED) -> set[str]:
    return outcomes if may else {otherwise}


def _sees_anything_of(who: Visitor, app: str) -> bool:
    verbs = ((label, verb) for label, offered in MODELS.items() for verb in offered)
    return any(
        who.holds(f"{app}.{verb}_{label.partition('.')[2]}")
        for label, verb in verbs
        if label.startswith(f"{app}.")
    )


class Walk:
    """One account in one browser; what each visit changes is undone."""

    def __init__(self, who: Visitor) -> None:
        # Forms are refused before anybody asks for a role: the two ends of the scale will do.
        self.asks_without_token = who.user is None or who.is_superuser
        self.browser = Browser(enforce_csrf_checks=True, raise_request_exception=False)
        self.who = who
        if who.user is not None:
            free = Browser()
            sign_in(free, who.user)
            self.browser.cookies = free.cookies
        self.browser.get("/" if who.user else "/login/")
        self.complaints: list[str] = []

    def call(
        self, address: str, expected: set[str], *, has_token: bool | None = None, writes: str = ""
    ) -> None:
        """A look, or a form with or without our token."""
        jar = copy.deepcopy(self.browser.cookies)
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            answer: Any = self.browser.get(address) if has_token is None else self._post(address, has_token)
            outcome = self._outcome(answer)
            transaction.set_rollback(True)
        self.browser.cookies = jar
        name = f"{'GET' if has_token is None else 'POST'} {address}"
        if outcome not in expected:
            self.complaints.append(f"{name}: {outcome} instead of {' or '.join(sorted(expected))}")
        if answer.status_code >= 500:
            self.complaints.append(f"{name}: broke with {answer.exc_info}")
        written = [
            query["sql"]
            for query in queries
            if WRITES.match(query["sql"]) and not query["sql"].startswith(PRESENCE)
        ]
        if has_token is None and [sql for sql in written if not (writes and f'"{writes}"' in sql)]:
            self.complaints.append(f"{name} wrote: {written}")

    def _post(self, address: str, has_token: bool) -> Any:
        token = {"X-CSRFToken": self.browser.cookies[CSRF_COOKIE].value} if has_token else {}
        return self.browser.post(address, CONFIRMED, headers=token)

    def _outcome(self, answer: Any) -> str:
        if not 300 <= answer.status_code < 400:
            return str(answer.status_code)
        target = answer["Location"]
        if target.startswith("/admin/login/") and self.who.user is not None:
            return self._outcome(self.browser.get(target))
        return SIGN_IN if target.startswith(("/login/?next=", "/admin/login/")) else MOVED

    def visit(self, one: Visit) -> None:
        self.call(one.address, one.look, writes=one.writes)
        self.call(one.address, one.form, has_token=True)
        if self.asks_without_token:
            self.call(one.address, one.form_without_token, has_token=False)


@pytest.mark.parametrize("name", EVERYBODY)
def test_account_gets_what_the_table_says(name: str) -> None:
    organisation, who = Organisation(), visitor(name)
    walk = Walk(who)
    for route in routes():
        for one in visits(route, organisation, who):
            walk.visit(one)
    assert not walk.complaints, "\n".join(walk.complaints)


def test_doors_of_djangos_administration_lead_to_ours() -> None:
    for name in (ANONYMOUS, PLAIN, SUPERUSER):
        walk = Walk(visitor(name))
        walk.call(f"/{ADMIN_SIGN_IN}", {SIGN_IN if name == ANONYMOUS else REFUSED})
        for route, (look, form) in FOR_ALL.items():
            walk.visit(Visit(f"/{route}", {look}, {form}))
        assert not walk.complaints, "\n".join(walk.complaints)
