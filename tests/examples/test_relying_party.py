"""Acme Payroll believes only what it has checked, and keeps tokens out of sight."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from examples.relying_party.errors import SessionEnded
from examples.relying_party.sessions import COOKIE
from examples.relying_party.tokens import TokenKeeper, Tokens
from examples.relying_party.vault import Vault, load_or_make_key
from tests.examples.conftest import Visitor
from tests.examples.untrustworthy_issuer import SUBJECT, Issuer


def test_signed_in_person_sees_name_and_payslips(visitor: Visitor) -> None:
    assert visitor.sign_in().location == "/"
    page = visitor.browser.get("/").text
    assert "Ada Example" in page
    assert "Paid out on" in page


def test_every_time_is_in_the_zone_of_the_person(visitor: Visitor, issuer: Issuer) -> None:
    issuer.lies.claims = {"auth_time": 1_795_000_000}
    issuer.lies.userinfo = {"zoneinfo": "Asia/Kolkata"}
    visitor.sign_in()
    page = visitor.browser.get("/").text
    # Signed in, ID token, access token.
    assert len(re.findall(r"\d\d:\d\d:\d\d IST", page)) == 3
    assert "UTC" not in page


def test_technical_facts_are_told_to_developers_only(visitor: Visitor, issuer: Issuer) -> None:
    visitor.sign_in()
    for_people, _, for_developers = visitor.browser.get("/").text.partition('id="tokens"')
    for words in ("Known there as", "Vouched for by", "ID token holds until"):
        assert words not in for_people
        assert words in for_developers
    assert SUBJECT not in for_people


def test_payslips_are_missed_in_words_when_the_scope_was_not_given(visitor: Visitor, issuer: Issuer) -> None:
    issuer.lies.scope = "openid profile"
    visitor.sign_in()
    page = visitor.browser.get("/")
    assert page.status_code == 200
    assert "that permission was not given" in page.text


@pytest.mark.spec("RFC 9207", "2.4")
@pytest.mark.parametrize("iss", ["https://attacker.example", None], ids=["another", "none"])
def test_answer_that_does_not_name_the_issuer_is_refused(
    visitor: Visitor, issuer: Issuer, iss: str | None
) -> None:
    issuer.lies.answer = {"iss": iss}
    assert visitor.sign_in().status_code == 400
    assert issuer.codes, "the code must not have been redeemed"


def test_answer_for_another_browser_is_refused(visitor: Visitor, issuer: Issuer) -> None:
    location = visitor.start()
    visitor.browser.delete_cookie(COOKIE)
    assert visitor.follow(location).status_code == 400
    assert issuer.codes, "the code must not have been redeemed"


def test_answer_is_refused_on_second_use(visitor: Visitor) -> None:
    location = visitor.start()
    assert visitor.follow(location).status_code == 302
    assert visitor.follow(location).status_code == 400


def test_refusal_at_the_issuer_is_told_with_a_next_step(visitor: Visitor, issuer: Issuer) -> None:
    issuer.lies.answer = {"code": None, "error": "access_denied", "error_description": "<script>"}
    page = visitor.sign_in()
    assert page.status_code == 403
    assert 'href="/sign-in"' in page.text
    assert "script" not in page.text


@pytest.mark.parametrize(
    ("description", "words", "next_step"),
    [
        ("The person did not consent.", "You chose not to share your details", "/sign-in"),
        ("The person may not use this application.", "Your account has no access", "/sign-in?prompt=login"),
    ],
)
def test_no_of_the_person_and_no_of_the_administrator_are_told_apart(
    visitor: Visitor, issuer: Issuer, description: str, words: str, next_step: str
) -> None:
    issuer.lies.answer = {"code": None, "error": "access_denied", "error_description": description}
    page = visitor.sign_in()
    assert page.status_code == 403
    assert words in page.text
    assert f'href="{next_step}"' in page.text


def test_somebody_else_is_asked_to_sign_in_anew(visitor: Visitor) -> None:
    asked = parse_qs(urlsplit(visitor.browser.get("/sign-in?prompt=login").location).query)
    assert asked["prompt"] == ["login"]
    for other in ("", "?prompt=none"):
        asked = parse_qs(urlsplit(visitor.browser.get(f"/sign-in{other}").location).query)
        assert "prompt" not in asked


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": "another-client", "azp": "payroll"},
        {"aud": ["payroll", "another-client"], "azp": "another-client"},
        {"iss": "https://attacker.example"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"at_hash": None},
    ],
    ids=str,
)
def test_id_token_with_a_wrong_claim_is_refused(
    visitor: Visitor, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.lies.claims = claims
    assert visitor.sign_in().status_code == 400
    assert "Sign in with Gatehouse" in visitor.browser.get("/").text


def test_id_token_signed_with_the_client_secret_is_refused(visitor: Visitor, issuer: Issuer) -> None:
    issuer.lies.is_signed_with_shared_secret = True
    assert visitor.sign_in().status_code == 400


def test_userinfo_about_another_person_is_refused(visitor: Visitor, issuer: Issuer) -> None:
    issuer.lies.userinfo = {"sub": "somebody-else"}
    assert visitor.sign_in().status_code == 400


def test_metadata_of_another_issuer_is_refused(visitor: Visitor, issuer: Issuer) -> None:
    issuer.lies.metadata = {"issuer": "https://attacker.example"}
    assert visitor.browser.get("/sign-in").status_code == 400
    issuer.lies.metadata = {}
    assert visitor.browser.get("/sign-in").status_code == 302


def test_tokens_are_neither_in_the_cookie_nor_readable_on_disk(visitor: Visitor, issuer: Issuer) -> None:
    visitor.sign_in()
    cookie = visitor.browser.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    stored = b"".join(file.read_bytes() for file in visitor.data_dir.iterdir())
    tokens = [*issuer.access_tokens, *issuer.refresh_tokens]
    assert tokens
    for secret in [*tokens, "Ada Example"]:
        assert secret not in cookie.value
        assert secret.encode() not in stored
    assert cookie.value.partition(".")[0].encode() not in stored


def test_key_file_is_for_its_owner_only(visitor: Visitor) -> None:
    assert (visitor.data_dir / "payroll.key").stat().st_mode & 0o077 == 0


def test_session_known_before_signing_in_is_worth_nothing_after(visitor: Visitor) -> None:
    location = visitor.start()
    before = visitor.browser.get_cookie(COOKIE)
    visitor.follow(location)
    assert before is not None
    visitor.browser.set_cookie(COOKIE, before.value)
    assert "Sign in with Gatehouse" in visitor.browser.get("/").text


def test_parallel_requests_spend_the_refresh_token_once(visitor: Visitor, issuer: Issuer) -> None:
    issuer.lies.expires_in = 30
    visitor.sign_in()
    issuer.lies.expires_in = 3600
    cookie = visitor.browser.get_cookie(COOKIE)
    assert cookie is not None
    barrier = threading.Barrier(8)

    def ask(_number: int) -> int:
        browser = visitor.browser.application.test_client()
        browser.set_cookie(COOKIE, cookie.value)
        barrier.wait()
        return browser.get("/").status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {200}
    assert issuer.refreshes == 1


def test_refused_access_token_is_renewed_and_the_request_repeated(visitor: Visitor, issuer: Issuer) -> None:
    visitor.sign_in()
    issuer.forget_access_tokens()
    assert "Paid out on" in visitor.browser.get("/").text
    assert issuer.refreshes == 1


def test_token_that_is_refused_again_is_not_renewed_for_ever(visitor: Visitor, issuer: Issuer) -> None:
    visitor.sign_in()
    issuer.forget_access_tokens()
    issuer.lies.expires_in = 0
    assert "cannot be shown right now" in visitor.browser.get("/").text
    assert issuer.refreshes <= 2


def test_person_is_asked_to_sign_in_again_when_the_issuer_ends_the_session(
    visitor: Visitor, issuer: Issuer
) -> None:
    visitor.sign_in()
    issuer.forget_access_tokens()
    issuer.refresh_tokens.clear()
    assert "Your session has ended" in visitor.browser.get("/").text
    assert "Sign in with Gatehouse" in visitor.browser.get("/").text


def test_fault_of_the_issuer_while_renewing_does_not_end_the_session(
    visitor: Visitor, issuer: Issuer
) -> None:
    visitor.sign_in()
    issuer.forget_access_tokens()
    issuer.lies.refresh_error = "temporarily_unavailable"
    assert visitor.browser.get("/").status_code == 400
    issuer.lies.refresh_error = ""
    assert visitor.browser.get("/").status_code == 200


def test_renewed_id_token_about_another_person_is_refused(visitor: Visitor, issuer: Issuer) -> None:
    visitor.sign_in()
    issuer.lies.renewed_claims = {"sub": "somebody-else"}
    assert visitor.post("/renew").status_code == 400


def test_signing_out_revokes_and_returns_with_the_state_that_was_sent(
    visitor: Visitor, issuer: Issuer
) -> None:
    visitor.sign_in()
    (refresh_token,) = issuer.refresh_tokens
    left = visitor.post("/sign-out")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(left.location).query).items()}
    assert issuer.revoked == [refresh_token]
    assert left.location.startswith(f"{issuer.url}/logout?")
    assert asked["id_token_hint"].count(".") == 2
    assert asked["post_logout_redirect_uri"] == "http://payroll.example/"
    visitor.browser.get(f"/?state={asked['state']}")
    assert "You are signed out" in visitor.browser.get("/").text
    assert "You are signed out" not in visitor.browser.get("/").text


def test_sign_out_that_nobody_asked_for_here_is_not_announced(visitor: Visitor) -> None:
    visitor.browser.get("/?state=made-up")
    assert "You are signed out" not in visitor.browser.get("/").text


@pytest.mark.parametrize("origin", ["http://payroll.example:9000", "null", None])
def test_form_of_another_origin_is_refused(visitor: Visitor, issuer: Issuer, origin: str | None) -> None:
    visitor.sign_in()
    assert visitor.post("/sign-out", origin=origin).status_code == 403
    assert not issuer.revoked


def test_every_page_forbids_scripts_and_framing(visitor: Visitor) -> None:
    for path in ("/", "/nowhere", "/callback?state=x", "/static/payroll.css"):
        with visitor.browser.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy


class CountingRenewer:
    def __init__(self) -> None:
        self.count = 0

    def renew(self, tokens: Tokens) -> Tokens:
        self.count += 1
        return replace(tokens, access_token=f"access-{self.count}", expires_at=tokens.expires_at + 600)


@pytest.mark.parametrize(("seconds_left", "renewals"), [(61, 0), (60, 1), (0, 1), (-5, 1)])
def test_tokens_are_renewed_a_minute_before_they_run_out(
    tmp_path: Any, seconds_left: int, renewals: int
) -> None:
    vault = Vault(path=tmp_path / "vault.sqlite3", key=load_or_make_key(tmp_path / "key"))
    renewer = CountingRenewer()
    keeper = TokenKeeper(vault=vault, renewer=renewer, clock=lambda: 1000.0)
    keeper.keep("session", Tokens("access", "refresh", "", "openid", 1000.0 + seconds_left, {"sub": "1"}))
    keeper.fresh("session")
    assert renewer.count == renewals


def test_tokens_are_lost_and_nothing_else_when_the_key_is_replaced(tmp_path: Any) -> None:
    path = tmp_path / "vault.sqlite3"
    keeper = TokenKeeper(
        vault=Vault(path=path, key=load_or_make_key(tmp_path / "one")), renewer=CountingRenewer()
    )
    keeper.keep("session", Tokens("access", "refresh", "", "openid", 9e9, {"sub": "1"}))
    other = TokenKeeper(
        vault=Vault(path=path, key=load_or_make_key(tmp_path / "two")), renewer=CountingRenewer()
    )
    with pytest.raises(SessionEnded):
        other.fresh("session")
