"""The demonstration: set up once, found as it is the next time, and never outside embedded mode."""

import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.access.selectors import decide_access
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, Membership, User
from apps.directory.services.people import set_password
from apps.oauth.models import Client
from tests.factories.clients import post_form
from tests.factories.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def demo_data(*options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("demo_data", "--json", *options, stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def sign_in_with(account: dict[str, str]) -> Browser:
    browser = Browser()
    sent = {"identifier": account["username"], "password": account["password"]}
    assert browser.post("/login/", sent).status_code == 302
    return browser


def test_everybody_named_can_sign_in_and_does_what_is_said() -> None:
    accounts = {account["username"]: account for account in demo_data()["people"]}
    assert set(accounts) == {"admin", "auditor", "anna", "bob"}
    admin, auditor = sign_in_with(accounts["admin"]), sign_in_with(accounts["auditor"])
    assert admin.get("/admin/directory/user/add/").status_code == 200
    assert auditor.get("/admin/audit/auditevent/").status_code == 200
    assert auditor.get("/admin/directory/user/add/").status_code == 403
    payroll, now = Application.objects.get(name="Acme Payroll"), timezone.now()
    anna, bob = User.objects.get(username="anna"), User.objects.get(username="bob")
    assert decide_access(user=anna, application=payroll, now=now).is_allowed
    assert not decide_access(user=bob, application=payroll, now=now).is_allowed
    assert "Acme Payroll" in sign_in_with(accounts["anna"]).get("/").content.decode()
    assert "Acme Payroll" not in sign_in_with(accounts["bob"]).get("/").content.decode()


def test_organisation_is_believable() -> None:
    demo_data()
    people = User.objects.all()
    assert people.count() >= 35
    assert people.values("department").distinct().count() >= 6
    assert people.values("time_zone").distinct().count() >= 3
    assert people.filter(manager__isnull=True).count() == 1
    assert people.filter(status=User.Status.SUSPENDED).count() == 1
    assert people.filter(employee_type="contractor", ends_on__isnull=False).count() == 1
    assert people.filter(starts_on__gt=timezone.now().date()).count() == 1
    assert not people.filter(employee_number="").exists()


def test_people_share_one_hash_of_the_demo_password() -> None:
    printed = demo_data()
    (encoded,) = set(User.objects.values_list("password", flat=True))
    assert check_password(printed["people"][0]["password"], encoded)


def test_clients_get_tokens_with_the_printed_secrets() -> None:
    api = demo_data()["clients"]["payroll-api"]
    sent = {"token": "unknown", **api}
    assert post_form(Browser(), "/oauth/introspect", sent).json() == {"active": False}
    wrong = {"token": "unknown", "client_id": "payroll-api", "client_secret": "gcs_wrong"}
    assert post_form(Browser(), "/oauth/introspect", wrong).status_code == 401


def counts() -> list[int]:
    models = (User, Group, Membership, Application, Role, Assignment, Client, AuditEvent)
    return [model.objects.count() for model in models]


def test_second_run_changes_nothing() -> None:
    first = demo_data()
    before = counts()
    assert demo_data() == first
    assert counts() == before


def test_everything_made_is_in_the_log() -> None:
    demo_data()
    recorded = list(AuditEvent.objects.values_list("action", flat=True))
    for action, model in (
        ("user.created", User),
        ("group.created", Group),
        ("group.member_added", Membership),
        ("application.created", Application),
        ("role.created", Role),
        ("assignment.created", Assignment),
        ("client.created", Client),
    ):
        assert recorded.count(action) == model.objects.count(), action
    assert "user.signed_in" not in recorded


def test_log_reads_in_the_order_in_which_things_were_made() -> None:
    demo_data()
    bob = str(User.objects.get(username="bob").pk)
    about_bob = AuditEvent.objects.filter(target_id=bob).order_by("id").values_list("action", flat=True)
    assert list(about_bob) == ["user.created", "user.changed", "user.password_set"]


def test_sample_application_may_move(data_dir: Path) -> None:
    first = demo_data()
    client = Client.objects.get(client_id="payroll")
    assert client.redirect_uris == "http://localhost:8001/callback"
    second = demo_data("--relying-party", "http://localhost:9001/")
    client.refresh_from_db()
    client.application.refresh_from_db()
    assert second == first
    assert client.redirect_uris == "http://localhost:9001/callback"
    assert client.post_logout_redirect_uris == "http://localhost:9001/"
    assert client.application.launch_url == "http://localhost:9001/"
    assert AuditEvent.objects.filter(action="client.changed").count() == 1


def test_secrets_are_kept_for_their_owner_only(data_dir: Path) -> None:
    demo_data()
    assert stat.S_IMODE((data_dir / "demo_clients.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [None, "not json", "[]", '{"payroll": 7}', '{"payroll": "gcs_wrong"}'])
def test_lost_secrets_are_made_anew(data_dir: Path, content: str | None) -> None:
    first = demo_data()["clients"]
    path = data_dir / "demo_clients.json"
    path.unlink()
    if content is not None:
        path.write_text(content)
    second = demo_data()["clients"]
    assert second["payroll"]["client_secret"] != first["payroll"]["client_secret"]
    answer = post_form(Browser(), "/oauth/introspect", {"token": "unknown", **second["payroll-api"]})
    assert answer.status_code == 200


def test_account_with_another_password_is_left_alone_and_not_printed() -> None:
    demo_data()
    bob = User.objects.get(username="bob")
    set_password(
        user=bob, password="Own-Choice-Of-Bob-4", actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
    )
    assert [account["username"] for account in demo_data()["people"]] == ["admin", "auditor", "anna"]
    bob.refresh_from_db()
    assert bob.check_password("Own-Choice-Of-Bob-4")


def test_existing_administrator_keeps_the_account() -> None:
    mine = make_user(username="admin", email="me@example.org")
    printed = demo_data()
    assert "admin" not in [account["username"] for account in printed["people"]]
    password = mine.password
    mine.refresh_from_db()
    assert (mine.password, mine.is_superuser, mine.email) == (password, False, "me@example.org")


def test_production_gets_no_known_passwords(settings: Any) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="embedded mode only"):
        demo_data()
    assert not User.objects.exists()


@pytest.mark.parametrize("address", ["localhost:8001", "ftp://localhost", "http://"])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(CommandError, match="--relying-party"):
        demo_data("--relying-party", address)
