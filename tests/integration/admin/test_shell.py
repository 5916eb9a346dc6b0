"""What surrounds every page of the administration: the way to it, empty lists, and what cannot be shown."""

from uuid import uuid4

import pytest
from django.test import Client as Browser
from django.urls import reverse

from apps.audit.models import SealBatch
from apps.audit.services.sealing import seal_pending
from apps.directory.models import Group
from apps.keys.services.signing_keys import ensure_signing_keys
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    at_desk,
    listing,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    text_of,
)
from tests.integration.audit.log_setup import NOW, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Browser:
    return at_desk(make_superuser())


def way_to(browser: Browser, address: str) -> tuple[list[str], str]:
    """The steps before the page, and the page."""
    way = browser.get(address).context["way"]
    return [step.title for step in way.steps], way.title


def test_way_follows_the_sidebar(browser: Browser) -> None:
    role = make_role(name="Auditor")
    assert way_to(browser, listing("audit.auditevent")) == (["Audit"], "Audit log")
    assert way_to(browser, listing("access.application")) == ([], "Applications")
    assert way_to(browser, listing("oauth.client")) == (["Applications"], "Clients")
    assert way_to(browser, page_of(role)) == (["Access", "Roles"], "Auditor")
    assert way_to(browser, adding("directory.user")) == (["People"], "Add person")
    assert way_to(browser, page_of(role, "delete"))[0] == ["Access", "Roles", "Auditor"]
    person = make_user(display_name="Ada")
    assert way_to(browser, page_of(person, "set_password")) == (["People", "Ada"], "Set the password of Ada")


def test_step_back_leads_to_the_list(browser: Browser) -> None:
    back = browser.get(page_of(make_user())).context["way"].back
    assert (back.title, back.link) == ("People", listing("directory.user"))


def test_empty_list_says_so_and_offers_to_add(browser: Browser) -> None:
    page = text_of(browser.get(listing("directory.group")))
    assert "No groups yet" in page
    assert "Nothing matches" not in page
    assert "Add group</a>" in page


def test_empty_list_offers_nothing_to_those_who_may_not_add() -> None:
    page = text_of(at_desk(make_staff("directory.view_group")).get(listing("directory.group")))
    assert "No groups yet" in page
    assert "Add group" not in page


def test_search_without_a_result_leads_back_to_all(browser: Browser) -> None:
    Group.objects.create(name="Payroll")
    page = text_of(browser.get(f"{listing('directory.group')}?q=nothing"))
    assert "Nothing matches" in page
    assert "Show all" in page
    assert "Add group</a>" not in page


def test_log_that_was_never_verified_says_how_to(browser: Browser) -> None:
    page = text_of(browser.get(listing("audit.auditverificationrun")))
    assert "No verification yet. Run manage.py verify_audit_log." in page


def test_missing_object_is_a_sentence_on_its_list(browser: Browser) -> None:
    address = reverse("admin:directory_user_change", args=(uuid4(),))
    answer = browser.get(address, follow=True)
    assert answer.redirect_chain == [(listing("directory.user"), 302)]
    assert "There is no such person. It may have been deleted." in text_of(answer)


def test_refusals_lead_back_to_the_administration() -> None:
    browser = at_desk(make_staff("directory.view_group"))
    for address, status in ((listing("directory.user"), 403), ("/admin/nothing/here/", 404)):
        answer = browser.get(address)
        assert answer.status_code == status
        assert "Back to the administration" in text_of(answer)
    assert "Back to the administration" not in text_of(browser.get("/nothing/here/"))


def test_page_is_left_by_signing_out_and_to_the_portal_once(browser: Browser) -> None:
    page = text_of(browser.get("/admin/"))
    assert "Sign out" in page
    assert "Log out" not in page
    assert "View site" not in page
    assert page.count('href="/"') == 1


def test_whoever_may_change_finds_the_list_in_the_sidebar() -> None:
    desk = at_desk(make_staff("directory.change_group"))
    page = text_of(desk.get(reverse("admin:index")))
    assert listing("directory.group") in page
    assert listing("directory.user") not in page


def test_newest_checkpoint_is_a_link_for_those_who_may_open_it() -> None:
    ensure_signing_keys(now=NOW)
    record()
    seal_pending(now=NOW)
    number = SealBatch.objects.get().number
    address = reverse("admin:audit_sealbatch_change", args=(number,))
    for rights, is_link in (
        (("audit.view_auditevent",), False),
        (("audit.view_auditevent", "audit.view_sealbatch"), True),
    ):
        desk = at_desk(make_staff(*rights))
        for page in (reverse("admin:index"), listing("audit.auditevent")):
            shown = text_of(desk.get(page))
            assert f"No. {number}" in shown
            assert (address in shown) is is_link
