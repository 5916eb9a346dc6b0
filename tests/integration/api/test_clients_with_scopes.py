"""To let a client call the API is to give its rights away: only those who hold them can."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client as Browser

from apps.oauth.models import Client, Scope
from tests.factories.api import make_administrator, make_superuser
from tests.factories.clients import make_client
from tests.factories.people import sign_in

pytestmark = pytest.mark.django_db
CLIENTS = ("oauth.view_client", "oauth.add_client", "oauth.change_client", "access.change_application")
SCOPE = "gatehouse:users.write"


def _administration(*rights: str) -> Browser:
    browser = Browser()
    sign_in(browser, make_administrator(*rights) if rights else make_superuser())
    return browser


def _choices(browser: Browser, path: str) -> set[str]:
    answer = browser.get(path)
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    if "scopes" not in form.fields:
        return set()
    entries = dict(form.fields["scopes"].choices)
    groups = [group for group in entries.values() if isinstance(group, list)]
    alone = {name for name, words in entries.items() if not isinstance(words, list)}
    assert not any(name.startswith("gatehouse:") for name in alone), "they stand under their own heading"
    return alone | {name for group in groups for name, _title in group}


def test_only_scopes_whose_rights_the_administrator_holds_are_offered() -> None:
    address = "/admin/oauth/client/add/"
    assert SCOPE in _choices(_administration(), address)
    assert SCOPE not in _choices(_administration(*CLIENTS), address)
    people = ("directory.view_user", "directory.add_user", "directory.change_user")
    assert SCOPE in _choices(_administration(*CLIENTS, *people), address)
    assert SCOPE not in _choices(_administration(*CLIENTS, *people[:2]), address)


def test_client_that_may_do_more_than_the_administrator_is_closed_to_them() -> None:
    client = make_client(
        kind=Client.Kind.SERVICE, redirect_uris=[], post_logout_redirect_uris=[], scopes=SCOPE
    ).row
    browser = _administration(*CLIENTS)
    page = f"/admin/oauth/client/{client.pk}"
    assert _choices(browser, f"{page}/change/") == set()
    assert browser.post(f"{page}/new-secret/").status_code == 403
    before = Client.objects.get(pk=client.pk).client_secret
    browser.post(f"{page}/actions/disable/", {"confirmed": "1"})
    after = Client.objects.get(pk=client.pk)
    assert (after.client_secret, after.is_enabled) == (before, True)


def test_nobody_defines_a_scope_of_gatehouse_itself() -> None:
    with pytest.raises(ValidationError, match="for scopes of Gatehouse itself"):
        Scope(name="gatehouse:users.write", title="Read the menu").full_clean()
