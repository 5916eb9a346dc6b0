"""Clients are registered safely, and their secrets are shown once."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application
from apps.audit.admin_audit import NOTHING
from apps.audit.models import AuditEvent
from apps.oauth.models import Client, Scope
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    at_desk,
    listing,
    make_staff,
    make_superuser,
    page_of,
    save,
    submission,
    text_of,
    the_event,
)
from tests.integration.admin.test_actions_say_what_they_do import authorize

pytestmark = pytest.mark.django_db

ADD = adding("oauth.client")
SECRET = re.compile(r"gcs_[\w-]{43}")


@pytest.fixture
def browser() -> Browser:
    return at_desk(make_superuser())


@pytest.fixture
def application() -> Application:
    return Application.objects.create(name="Wiki", slug="wiki")


def add(browser: Browser, application: Application, **fields: Any) -> Any:
    sent = {
        "name": "Wiki",
        "kind": "web",
        "application": str(application.pk),
        "redirect_uris": "https://wiki.example.org/callback\r\nhttps://wiki.example.org/other",
        "scopes": ["openid", "email"],
    }
    return browser.post(ADD, submission(browser.get(ADD), **(sent | fields)))


def secret_page(client: Client) -> str:
    return page_of(client, "secret")


def new_secret_page(client: Client) -> str:
    return page_of(client, "new_secret")


def kept_in_sessions() -> str:
    return str([row.get_decoded() for row in BrowserSession.objects.all()])


def test_secret_is_shown_on_a_page_of_its_own_and_never_again(
    browser: Browser, application: Application
) -> None:
    answer = add(browser, application)
    client = Client.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == secret_page(client)
    before_it_is_shown = kept_in_sessions()
    shown = browser.get(answer["Location"])
    (secret,) = set(SECRET.findall(text_of(shown)))
    assert client.client_secret == hashlib.sha256(secret.encode()).hexdigest()
    assert client.secret_changed_at is not None
    assert "no-store" in shown["Cache-Control"]
    assert secret not in before_it_is_shown
    assert "new_client_secret" in before_it_is_shown
    for address in (
        secret_page(client),
        page_of(client),
        listing("oauth.client"),
        page_of(client, "history"),
        "/admin/",
    ):
        page = text_of(browser.get(address, follow=True))
        assert secret not in page
        assert client.client_secret not in page
    log = str(list(AuditEvent.objects.values_list("details", "personal")))
    assert secret not in log
    assert client.client_secret not in log
    assert "new_client_secret" not in kept_in_sessions()


def test_second_look_says_so_and_offers_a_new_secret(browser: Browser, application: Application) -> None:
    add(browser, application)
    client = Client.objects.get()
    browser.get(secret_page(client))
    again = text_of(browser.get(secret_page(client)))
    assert not SECRET.search(again)
    assert "is not shown again" in again
    assert new_secret_page(client) in again
    assert Client.objects.count() == 1
    assert the_event("client.created")


def test_looking_at_the_head_of_the_page_does_not_use_it_up(
    browser: Browser, application: Application
) -> None:
    add(browser, application)
    client = Client.objects.get()
    assert browser.head(secret_page(client)).status_code == 405
    assert SECRET.search(text_of(browser.get(secret_page(client))))


def test_another_administrator_does_not_see_the_secret(browser: Browser, application: Application) -> None:
    add(browser, application)
    client = Client.objects.get()
    other = at_desk(make_superuser())
    assert not SECRET.search(text_of(other.get(secret_page(client))))
    waiting = browser.session[f"new_client_secret:{client.pk}"]
    session = other.session
    session[f"new_client_secret:{client.pk}"] = waiting
    session.save()
    assert not SECRET.search(text_of(other.get(secret_page(client))))
    assert SECRET.search(text_of(browser.get(secret_page(client))))


def test_secret_that_waited_too_long_is_not_shown(browser: Browser, application: Application) -> None:
    add(browser, application)
    client = Client.objects.get()
    session = browser.session
    session[f"new_client_secret:{client.pk}"]["until"] = timezone.now().timestamp() - 1
    session.save()
    assert not SECRET.search(text_of(browser.get(secret_page(client))))


def test_client_is_registered_as_filled_in(browser: Browser, application: Application) -> None:
    add(browser, application)
    client = Client.objects.get()
    assert client.redirect_uris.split() == [
        "https://wiki.example.org/callback",
        "https://wiki.example.org/other",
    ]
    assert client.allowed_scopes == {"openid", "email"}
    assert client.authorization_grant_type == Client.GRANT_AUTHORIZATION_CODE
    assert client.client_type == Client.CLIENT_CONFIDENTIAL
    event = the_event("client.created")
    assert event.client_id == str(client.pk)
    assert event.personal["after"]["redirect_uris"] == client.redirect_uris
    assert event.personal["after"]["client_secret"] == "(secret)"


def test_application_in_the_browser_gets_no_secret_and_must_use_pkce(
    browser: Browser, application: Application
) -> None:
    answer = add(browser, application, kind="spa", is_pkce_required=None)
    client = Client.objects.get()
    assert answer.status_code == 302
    assert (client.is_public, client.client_secret, client.is_pkce_required) == (True, "", True)


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("http://wiki.example.org/callback", "must be https"),
        ("https://user@wiki.example.org/callback", "must not contain a user name"),
        ("javascript:alert(1)", "must be https"),
        ("", "needs at least one"),
    ],
)
def test_redirect_uris_are_judged_where_they_are_typed(
    browser: Browser, application: Application, uri: str, problem: str
) -> None:
    answer = add(browser, application, redirect_uris=uri)
    assert answer.status_code == 200
    assert problem in str(answer.context["adminform"].form.errors["redirect_uris"])
    assert not Client.objects.exists()


def test_line_that_is_wrong_is_named(browser: Browser, application: Application) -> None:
    typed = "https://a.example.org/cb\r\n\r\nhttp://b.example.org/cb\r\n" + "x" * 5_000
    answer = add(browser, application, redirect_uris=typed, post_logout_redirect_uris="nonsense")
    errors = answer.context["adminform"].form.errors
    first, second = errors["redirect_uris"]
    assert first == "Line 3: http://b.example.org/cb must be https."
    assert second.startswith("Line 4: xxx")
    assert len(second) < 300
    assert errors["post_logout_redirect_uris"] == [
        "Line 1: nonsense is not an absolute URI without a fragment."
    ]


def test_pages_show_redirect_uris_one_a_line(browser: Browser) -> None:
    uris = ["https://a.example.org/cb", "https://b.example.org/cb"]
    client = make_client(redirect_uris=uris).row
    assert "\n".join(uris) in text_of(browser.get(page_of(client)))
    save(browser, page_of(client))
    client.refresh_from_db()
    assert client.redirect_uris.split() == uris
    assert not AuditEvent.objects.filter(action="client.changed").exists()


@pytest.mark.parametrize(("kind", "is_required"), [("web", True), ("spa", True), ("service", False)])
def test_redirect_uris_are_marked_as_needed_where_they_are(
    browser: Browser, kind: str, is_required: bool
) -> None:
    uris = ["https://a.example.org/cb"] if is_required else []
    client = make_client(kind=kind, redirect_uris=uris, scopes=None).row
    form = browser.get(page_of(client)).context["adminform"].form
    assert form.fields["redirect_uris"].required is is_required
    answer = browser.post(page_of(client), submission(browser.get(page_of(client)), redirect_uris=""))
    errors = [] if answer.status_code == 302 else answer.context["adminform"].form.errors["redirect_uris"]
    assert errors == (["A client that signs people in needs at least one."] if is_required else [])


def test_list_says_kind_age_of_the_secret_and_consent(browser: Browser) -> None:
    web = make_client(name="Wiki").row
    make_client(name="Phone", kind="native", redirect_uris=["http://127.0.0.1/cb"], skip_authorization=True)
    make_client(name="Robot", kind="service", redirect_uris=[], scopes=None)
    Client.objects.filter(pk=web.pk).update(secret_changed_at=timezone.now() - timedelta(days=400))
    page = text_of(browser.get(listing("oauth.client")))
    rows = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in page.split("data-row")[1:]]
    phone, robot, wiki = rows[:3]
    for row, words in (
        (
            wiki,
            ("Wiki", web.client_id, "Web application with a server", "1 year ago", "Asked for", "Enabled"),
        ),
        (phone, ("Mobile or desktop application", "None", "Not asked for", "Enabled")),
        (robot, ("Service or API without people", "just now", NOTHING, "Enabled")),
    ):
        for word in words:
            assert word in row, (word, row)


def test_scope_that_does_not_exist_is_refused(browser: Browser, application: Application) -> None:
    answer = add(browser, application, scopes=["openid", "wiki:write"])
    assert "scopes" in answer.context["adminform"].form.errors
    Scope.objects.create(name="wiki:write", title="Write")
    add(browser, application, scopes=["openid", "wiki:write"])
    assert Client.objects.get().allowed_scopes == {"openid", "wiki:write"}


def test_kind_stays_what_it_was(browser: Browser) -> None:
    client = make_client(kind="web").row
    save(browser, page_of(client), kind="spa", name="Renamed")
    client.refresh_from_db()
    assert (client.kind, client.name) == ("web", "Renamed")
    assert the_event("client.changed").personal["after"] == {"name": "Renamed"}


def test_new_secret_takes_the_place_of_the_old_once_confirmed(browser: Browser) -> None:
    made = make_client()
    asked = browser.get(new_secret_page(made.row))
    assert "stops working at once" in text_of(asked)
    assert not SECRET.search(text_of(asked))
    made.row.refresh_from_db()
    assert made.row.client_secret == hashlib.sha256(made.secret.encode()).hexdigest()
    answer = browser.post(new_secret_page(made.row))
    assert (answer.status_code, answer["Location"]) == (302, secret_page(made.row))
    (secret,) = set(SECRET.findall(text_of(browser.get(answer["Location"]))))
    made.row.refresh_from_db()
    assert made.row.client_secret == hashlib.sha256(secret.encode()).hexdigest()
    browser.get(answer["Location"])
    assert the_event("client.secret_rotated").target_id == str(made.row.pk)


def test_public_client_has_no_secret_to_renew(browser: Browser) -> None:
    client = make_client(kind="spa").row
    assert browser.post(new_secret_page(client)).status_code == 404
    assert browser.get(secret_page(client)).status_code == 404


def test_reader_of_clients_gets_no_secret() -> None:
    made = make_client()
    reader = at_desk(make_staff("oauth.view_client"))
    assert reader.get(page_of(made.row)).status_code == 200
    assert reader.get(secret_page(made.row)).status_code == 403
    assert reader.post(new_secret_page(made.row)).status_code == 403


def test_client_that_people_have_used_is_not_deleted(browser: Browser) -> None:
    used, unused = make_client().row, make_client().row
    authorize(used, make_user())
    assert browser.post(page_of(used, "delete"), {"confirmed": "1"}).status_code == 403
    assert browser.post(page_of(unused, "delete"), {"confirmed": "1"}).status_code == 302
    assert list(Client.objects.all()) == [used]


def test_page_that_is_only_read_explains_itself_as_the_form_does() -> None:
    client = make_client().row
    shown = text_of(at_desk(make_staff("oauth.view_client")).get(page_of(client)))
    for words in (
        "Where people return to after they have signed in",
        "Without them people stay on our page",
        "A request for anything else is refused",
        "Decides how the client proves itself",
        "Redirect URIs after sign-out",
        "Allowed scopes",
    ):
        assert words in shown, words
    assert "Allowed URIs list" not in shown


def test_client_can_be_held_to_push_its_requests(browser: Browser, application: Application) -> None:
    add(browser, application, is_par_required="on")
    client = Client.objects.get()
    assert client.is_par_required
    assert the_event("client.created").personal["after"]["is_par_required"] is True
