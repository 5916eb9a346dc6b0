"""Recognised browsers as their person sees and forgets them."""

import pytest
from django.test import Client

from apps.audit.models import AuditEvent
from apps.signin.models import RecognisedBrowser
from tests.factories.people import make_user, sign_in

pytestmark = pytest.mark.django_db

ADDRESS = "/account/devices"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1"


def forgotten() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="browser.forgotten"))


def test_browsers_are_listed_in_words_with_this_one_marked() -> None:
    user, here = make_user(), Client(HTTP_USER_AGENT=FIREFOX)
    sign_in(Client(HTTP_USER_AGENT=SAFARI), user)
    sign_in(Client(), make_user())
    sign_in(here, user)
    shown = here.get(ADDRESS).context["browsers"]
    assert [(row.device, row.is_current) for row in shown] == [
        ("Firefox on Windows", True),
        ("Safari on iPhone", False),
    ]


def test_forgetting_one_leaves_the_others_and_the_session() -> None:
    user, here = make_user(), Client(HTTP_USER_AGENT=FIREFOX)
    there = Client(HTTP_USER_AGENT=SAFARI)
    sign_in(there, user)
    far = RecognisedBrowser.objects.get()
    sign_in(here, user)
    page = here.post(f"{ADDRESS}/{far.pk}/forget", follow=True).content.decode()
    assert "Forgotten: Safari on iPhone." in page
    assert list(RecognisedBrowser.objects.values_list("user_agent", flat=True)) == [FIREFOX]
    assert there.get("/").status_code == 200
    (event,) = forgotten()
    assert (event.actor_id, event.target_id) == (str(user.pk), str(user.pk))


def test_another_persons_browser_is_not_there_to_be_forgotten() -> None:
    sign_in(Client(), make_user())
    theirs = RecognisedBrowser.objects.get()
    browser = Client()
    sign_in(browser, make_user())
    for number in (theirs.pk, theirs.pk + 1000, 2**63, 10**30):
        assert browser.post(f"{ADDRESS}/{number}/forget").status_code == 404
    assert RecognisedBrowser.objects.filter(pk=theirs.pk).exists()
    assert forgotten() == []


def test_forgetting_all_asks_first_and_leaves_those_of_others() -> None:
    user, here = make_user(), Client()
    sign_in(Client(), make_user())
    for browser in (Client(), here):
        sign_in(browser, user)
    assert "Forget all browsers?" in here.get(f"{ADDRESS}/forget-all").content.decode()
    assert forgotten() == []
    assert "Forgot 2 browsers." in here.post(f"{ADDRESS}/forget-all", follow=True).content.decode()
    assert not RecognisedBrowser.objects.filter(user=user).exists()
    assert RecognisedBrowser.objects.count() == 1
    assert len(forgotten()) == 2
    assert "No browser is recognised" in here.get(ADDRESS).content.decode()
    assert here.get(f"{ADDRESS}/forget-all").status_code == 302


def test_forgetting_needs_a_form_of_ours() -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(f"{ADDRESS}/1/forget").status_code == 403
    assert browser.post(f"{ADDRESS}/forget-all").status_code == 403
    assert Client().get(f"{ADDRESS}/1/forget").status_code == 405
