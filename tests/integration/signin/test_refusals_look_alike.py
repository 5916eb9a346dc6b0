"""Nobody learns from a refused sign-in whether the account exists, or what state it is in."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.directory.foreign_hashes import accept_foreign_hash
from apps.directory.models import User
from apps.directory.password_hashing import OwaspArgon2Hasher
from apps.signin.models import AddressThrottle
from tests.factories.foreign_hashes import FOREIGN_HASHES
from tests.factories.people import PASSWORD, make_user
from tests.integration.signin.attempts import page_without_token, refusal_reasons

pytestmark = pytest.mark.django_db

TABLE = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)"')
LOCKED_ADDRESS = "198.51.100.9"
# They tell one answer from the next, not one account from another.
CHANGING = {"X-Request-Id", "Expires"}


def _plain(username: str) -> None:
    make_user(username=username)


def _locked(username: str) -> None:
    make_user(username=username, failed_sign_ins=5, locked_until=timezone.now() + timedelta(minutes=5))


def _from_locked_address(username: str) -> None:
    make_user(username=username)
    AddressThrottle.objects.create(
        address=LOCKED_ADDRESS, failed_sign_ins=50, locked_until=timezone.now() + timedelta(minutes=5)
    )


def _without_password(username: str) -> None:
    user = make_user(username=username)
    user.set_unusable_password()
    user.save()


def _imported(username: str, **fields: Any) -> None:
    make_user(username=username, password=accept_foreign_hash(FOREIGN_HASHES["bcrypt"]()), **fields)


# name of the situation: how it comes about, the password typed, the address, the reason in the log
SITUATIONS: dict[str, tuple[Callable[[str], Any], str, str, str]] = {
    "unknown": (lambda username: None, PASSWORD, "192.0.2.1", "unknown_identifier"),
    "wrong password": (_plain, "Wooden-Gate-Stays-7!", "192.0.2.2", "wrong_password"),
    "no password": (_without_password, PASSWORD, "192.0.2.3", "wrong_password"),
    "imported hash": (_imported, "Wooden-Gate-Stays-7!", "192.0.2.8", "wrong_password"),
    "imported hash, locked": (
        lambda username: _imported(username, locked_until=timezone.now() + timedelta(minutes=5)),
        PASSWORD,
        "192.0.2.9",
        "locked",
    ),
    "imported hash, suspended": (
        lambda username: _imported(username, status=User.Status.SUSPENDED),
        PASSWORD,
        "192.0.2.10",
        "not_active",
    ),
    "locked account": (_locked, PASSWORD, "192.0.2.4", "locked"),
    "locked address": (_from_locked_address, PASSWORD, LOCKED_ADDRESS, "address_locked"),
    "suspended": (
        lambda username: make_user(username=username, status=User.Status.SUSPENDED),
        PASSWORD,
        "192.0.2.5",
        "not_active",
    ),
    "not yet started": (
        lambda username: make_user(username=username, starts_on=timezone.now().date() + timedelta(days=2)),
        PASSWORD,
        "192.0.2.6",
        "not_active",
    ),
    "left": (
        lambda username: make_user(username=username, ends_on=timezone.now().date() - timedelta(days=2)),
        PASSWORD,
        "192.0.2.7",
        "not_active",
    ),
}


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password hash that is computed."""
    computed: list[str] = []
    verify, encode = OwaspArgon2Hasher.verify, OwaspArgon2Hasher.encode

    def counted_verify(hasher: OwaspArgon2Hasher, password: str, encoded: str) -> bool:
        computed.append("verify")
        return verify(hasher, password, encoded)

    def counted_encode(hasher: OwaspArgon2Hasher, password: str, salt: str) -> str:
        computed.append("encode")
        return encode(hasher, password, salt)

    monkeypatch.setattr(OwaspArgon2Hasher, "verify", counted_verify)
    monkeypatch.setattr(OwaspArgon2Hasher, "encode", counted_encode)
    return computed


def _statements(captured: CaptureQueriesContext) -> list[tuple[str, ...]]:
    """What each statement does and to which table, without its values."""
    return [
        (query["sql"].split()[0], *TABLE.findall(query["sql"])[:1]) for query in captured.captured_queries
    ]


def _outcome(situation: str, number: int, hashes: list[str]) -> dict[str, Any]:
    prepare, password, address, reason = SITUATIONS[situation]
    username = f"somebody{number}"
    prepare(username)
    browser = Client(REMOTE_ADDR=address)
    browser.get("/login/")
    hashes.clear()
    with CaptureQueriesContext(connection) as captured:
        answer = browser.post("/login/", {"identifier": username, "password": password})
    assert refusal_reasons()[-1] == reason
    headers = {name: value for name, value in answer.headers.items() if name not in CHANGING}
    return {
        "status": answer.status_code,
        "headers": headers,
        "cookies": sorted(answer.cookies),
        "page": page_without_token(answer).replace(username, "IDENTIFIER"),
        "statements": _statements(captured),
        "hashes": list(hashes),
    }


def test_every_refusal_answers_alike_and_does_the_same_work(hashes: list[str]) -> None:
    # The dummy hash is made at the first attempt of a process, whoever makes it.
    Client().post("/login/", {"identifier": "nobody", "password": "nothing"})
    outcomes = {name: _outcome(name, number, hashes) for number, name in enumerate(SITUATIONS, start=10)}
    expected = outcomes["unknown"]
    assert expected["status"] == 401
    assert expected["hashes"] == ["verify"]
    assert "IDENTIFIER" in expected["page"]
    for name, outcome in outcomes.items():
        for aspect, value in expected.items():
            assert outcome[aspect] == value, f"{name}: {aspect}"


def test_refusal_names_the_person_it_was_about_but_never_what_was_typed() -> None:
    user = make_user()
    Client().post("/login/", {"identifier": user.username.upper(), "password": "wrong"})
    event = AuditEvent.objects.get(action="user.sign_in_refused")
    assert (event.target_kind, event.target_id, event.actor_kind) == ("user", str(user.pk), "anonymous")
    assert event.outcome == "refused"


def test_nothing_that_was_typed_is_stored_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    """People type passwords into the field for their name."""
    typed = {"identifier": "Secret-In-The-Wrong-Field", "password": "Secret-In-The-Right-Field"}
    with caplog.at_level("DEBUG"), CaptureQueriesContext(connection) as captured:
        answer = Client().post("/login/", {**typed, "next": "/"})
    assert answer.status_code == 401
    assert typed["password"] not in answer.content.decode()
    stored = [
        str(row)
        for model in apps.get_models()
        if model._meta.managed
        for row in model._default_manager.values_list()
    ]
    assert len(stored) > 10
    assert not [row for row in stored if "Secret-In" in row]
    writes = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith("SELECT")]
    assert not [sql for sql in writes if "Secret-In" in sql]
    assert not [
        record.getMessage()
        for record in caplog.records
        if "Secret-In" in record.getMessage() and record.name != "django.db.backends"
    ]


def test_password_is_not_given_back_to_the_page() -> None:
    answer = Client().post("/login/", {"identifier": "kim", "password": "Something-Typed-1"})
    assert "Something-Typed-1" not in answer.content.decode()
    assert 'value="kim"' in answer.content.decode()
