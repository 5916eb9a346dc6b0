"""After signing in people go on where they wanted to, and never to where a stranger's link wants them."""

import re
from html import escape, unescape
from urllib.parse import quote, urlencode, urlsplit

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.signin.way_back import safe_next
from tests.factories.people import PASSWORD, make_user, sign_in

ELSEWHERE = [
    "//evil.example",
    "//evil.example/path",
    "///evil.example",
    "////evil.example",
    "https://evil.example",
    "HTTPS://evil.example",
    "http:evil.example",
    "https:///evil.example",
    "\\evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x08//evil.example",
    "\x1b//evil.example",
    "/\r\n/evil.example",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "//evil.example@login.example.com",
    "//localhost:8000@evil.example",
    "//[::1",
    "",
]
LINKS = re.compile(r'href="([^"]*)"')
# They look dangerous and are paths of ours all the same.
PATHS_HERE = [
    "/%2F/evil.example",
    "/%5Cevil.example",
    "/?next=//evil.example",
    "/@evil.example",
    "/;//evil.example",
]


def _origin_after(location: str) -> tuple[str, str]:
    """Where a browser goes: it drops tabs and line breaks, and reads a backslash as a slash."""
    for dropped in "\t\r\n":
        location = location.replace(dropped, "")
    parts = urlsplit(location.strip("\x00\x1f ").replace("\\", "/"))
    return parts.scheme, parts.netloc


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_in_never_leads_to_another_site(target: str) -> None:
    answer = Client().post(
        "/login/", {"identifier": make_user().username, "password": PASSWORD, "next": target}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_signed_in_person_is_not_sent_to_another_site_either(target: str) -> None:
    browser = Client()
    sign_in(browser, make_user())
    answer = browser.get("/login/?" + urlencode({"next": target}))
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target", [*ELSEWHERE, "//[", "http://[::1", "/oauth/authorize?client_id=%ff&redirect_uri=//["]
)
def test_page_comes_whatever_the_link_says(target: str) -> None:
    browser = Client()
    assert browser.get("/login/?" + urlencode({"next": target})).status_code == 200
    answer = browser.post("/login/", {"identifier": "nobody", "password": "wrong", "next": target})
    assert answer.status_code == 401


@pytest.mark.parametrize("target", PATHS_HERE)
def test_encoded_forms_stay_paths_of_this_site(target: str) -> None:
    assert safe_next(target) == target
    assert _origin_after(target) == ("", "")


@given(
    st.text(alphabet=st.sampled_from("/\\:@%.?#;\t\r\n\x00\x0b ahtps25CF[]\u2028\uff0f\u3002"), max_size=12)
)
def test_no_way_of_writing_leaves_the_site(target: str) -> None:
    assert _origin_after(safe_next(target)) == ("", "")


@pytest.mark.django_db
def test_person_comes_back_to_the_page_they_wanted() -> None:
    browser, user = Client(), make_user()
    away = browser.get("/?q=pay+slips")
    assert away["Location"] == "/login/?next=%2F%3Fq%3Dpay%2Bslips"
    page = browser.get(away["Location"])
    target = page.context["form"].initial["next"]
    answer = browser.post("/login/", {"identifier": user.username, "password": PASSWORD, "next": target})
    assert answer["Location"] == "/?q=pay+slips"


@pytest.mark.django_db
def test_target_survives_a_wrong_password() -> None:
    answer = Client().post("/login/", {"identifier": "kim", "password": "wrong", "next": "/?q=pay"})
    assert b'value="/?q=pay"' in answer.content


@pytest.mark.django_db
def test_somebody_else_comes_back_to_what_was_asked_for() -> None:
    browser, first, second = Client(), make_user(), make_user()
    sign_in(browser, first)
    target = "/?q=pay+slips&page=2"
    asked = browser.get("/logout/?" + urlencode({"next": target}))
    assert ("next", target) in asked.context["fields"]
    assert f'href="{escape(target)}"'.encode() in asked.content  # staying signed in leads there too
    out = browser.post("/logout/", dict(asked.context["fields"]))
    again = f"/login/?{urlencode({'next': target}, quote_via=quote, safe='')}"
    assert f'href="{again}"'.encode() in out.content
    page = browser.get(again)
    form = {"identifier": second.username, "password": PASSWORD, "next": page.context["form"].initial["next"]}
    assert browser.post("/login/", form)["Location"] == target


@pytest.mark.django_db
def test_link_to_sign_out_keeps_its_target_for_whoever_is_signed_out_already() -> None:
    page = Client().get("/logout/?next=%2F%3Fq%3Dpay")
    assert b'href="/login/?next=%2F%3Fq%3Dpay"' in page.content


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_sign_out_never_leads_to_another_site(target: str) -> None:
    browser = Client()
    sign_in(browser, make_user())
    asked = browser.get("/logout/?" + urlencode({"next": target}))
    assert asked.context["fields"] == []
    assert b"evil.example" not in asked.content
    out = browser.post("/logout/", {"next": target})
    afterwards = browser.get("/logout/?" + urlencode({"next": target}))
    for page in (out, afterwards):
        assert b'href="/login/"' in page.content
        assert b"evil.example" not in page.content


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_confirmation_page_carries_no_other_site_to_sign_out(target: str) -> None:
    browser = Client()
    sign_in(browser, make_user())
    page = browser.get("/login/?" + urlencode({"reauthenticate": "yes", "next": target}))
    follow = next(href for href in LINKS.findall(page.content.decode()) if href.startswith("/logout/"))
    assert browser.get(unescape(follow)).context["fields"] in ([], [("next", "/")])


@pytest.mark.django_db
def test_form_is_never_the_page_to_come_back_to() -> None:
    answer = Client().post("/account/sessions/00000000-0000-4000-8000-000000000000/end")
    assert answer["Location"] == "/login/?next=%2F"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["//evil.example/login", "//evil.example//", "/\\evil.example/login"])
def test_missing_slash_is_not_added_towards_another_site(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code in {301, 404}
    assert _origin_after(answer.headers.get("Location", "/")) == ("", "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("user", "status"),
    [({}, 403), ({"is_staff": True}, 200), ({"is_staff": True, "is_superuser": True}, 200)],
)
def test_administration_tells_whoever_may_not_enter_instead_of_sending_them_round(
    user: dict[str, bool], status: int
) -> None:
    browser = Client()
    sign_in(browser, make_user(**user))
    assert browser.get("/admin/", follow=True).status_code == status


@pytest.mark.django_db
def test_administration_sends_strangers_to_sign_in_and_back() -> None:
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/login/?next=%2Fadmin%2F"
