"""The demonstration: set up once, found as it is the next time, and never outside embedded mode."""

import json
import stat
from datetime import timedelta
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
from apps.access.services.applications import create_application
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import (
    Attribute,
    AttributeValue,
    Group,
    GroupNesting,
    Membership,
    Unit,
    User,
)
from apps.directory.selectors.attributes import attributes_of
from apps.directory.services.people import set_password
from apps.oauth.models import Client
from apps.signin.models import AddressThrottle, RecognisedBrowser
from apps.transfer.clock import ticking_from
from apps.transfer.services.demo_people import make_people
from tests.factories.clients import post_form
from tests.factories.people import make_user
from tests.integration.admin.desk import action_page, page_of, save
from tests.integration.directory.test_attributes import make_attribute
from tests.integration.directory.test_units import make_unit

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


@pytest.mark.parametrize("model", ["recognisedbrowser", "addressthrottle", "session"])
def test_auditor_reads_where_people_sign_in_from_and_changes_nothing(model: str) -> None:
    accounts = {account["username"]: account for account in demo_data()["people"]}
    auditor = sign_in_with(accounts["auditor"])
    now, bob = timezone.now(), User.objects.get(username="bob")
    known = RecognisedBrowser.objects.create(user=bob, token_digest="d", created_at=now, last_used_at=now)
    office = AddressThrottle.objects.create(
        address="192.0.2.7", failed_sign_ins=50, locked_until=now + timedelta(minutes=9)
    )
    assert auditor.get(f"/admin/signin/{model}/").status_code == 200
    assert auditor.post(action_page(known, "forget"), {"confirmed": "1"}).status_code == 403
    assert auditor.post(action_page(office, "release"), {"confirmed": "1"}).status_code == 403


def test_auditors_role_keeps_its_rights_when_it_is_saved() -> None:
    accounts = {account["username"]: account for account in demo_data()["people"]}
    role = Role.objects.get(slug="auditor")

    def rights() -> set[str]:
        return set(role.admin_permissions.values_list("codename", flat=True))

    held = rights()
    assert {"view_membership", "view_recognisedbrowser", "view_addressthrottle"} <= held
    save(sign_in_with(accounts["admin"]), page_of(role), description="Reads")
    assert rights() == held


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


def test_everybody_belongs_somewhere_and_has_something_of_their_own_to_say() -> None:
    accounts = {account["username"]: account for account in demo_data()["people"]}
    assert not User.objects.filter(unit=None).exists()
    assert Unit.objects.get(name="Platform").path.count("/") == 4
    bob = User.objects.get(username="bob")
    assert str(bob.unit) == "Product"
    assert attributes_of(user_id=bob.pk)["languages"] == ["English", "German"]
    browser = sign_in_with(accounts["bob"])
    assert "Change your details" in browser.get("/account/profile").content.decode()
    assert "Floor and desk" in browser.get("/account/details").content.decode()
    # Somebody holds a role by way of a group within a group.
    zoe, expenses = User.objects.get(username="zoe"), Application.objects.get(slug="acme-expenses")
    assert decide_access(user=zoe, application=expenses, now=timezone.now()).is_allowed


def test_tree_and_attributes_that_somebody_made_are_theirs() -> None:
    make_attribute("desk", "number")
    make_attribute("size", label="t-shirt size")
    make_unit("Our own")
    make_user(username="emma", email="emma@example.org")
    demo_data()
    assert [unit.name for unit in Unit.objects.all()] == ["Our own"]
    assert set(Attribute.objects.values_list("slug", flat=True)) >= {"desk", "size", "languages", "badge"}
    assert not Attribute.objects.filter(slug="tshirt").exists()
    assert not AttributeValue.objects.filter(attribute__slug="desk").exists()
    assert User.objects.get(username="emma").unit is None


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
    models = (
        User,
        Group,
        Membership,
        GroupNesting,
        Unit,
        Attribute,
        AttributeValue,
        Application,
        Role,
        Assignment,
        Client,
        AuditEvent,
    )
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
        ("group.group_added", GroupNesting),
        ("unit.created", Unit),
        ("attribute.created", Attribute),
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


def withheld(printed: dict[str, Any]) -> dict[str, str]:
    return {person["username"]: person["reason"] for person in printed["withheld"]}


def names(printed: dict[str, Any]) -> list[str]:
    return [account["username"] for account in printed["people"]]


def test_account_with_another_password_is_left_alone_and_not_printed() -> None:
    assert demo_data()["withheld"] == []
    bob = User.objects.get(username="bob")
    set_password(
        user=bob, password="Own-Choice-Of-Bob-4", actor=SYSTEM, origin=SYSTEM_ORIGIN, now=timezone.now()
    )
    printed = demo_data()
    assert names(printed) == ["admin", "auditor", "anna"]
    assert withheld(printed) == {"bob": "the password was changed"}
    bob.refresh_from_db()
    assert bob.check_password("Own-Choice-Of-Bob-4")


def test_existing_administrator_keeps_the_account() -> None:
    mine = make_user(username="admin", email="me@example.org")
    printed = demo_data()
    assert "admin" not in names(printed)
    assert "taken" in withheld(printed)["admin"]
    password = mine.password
    mine.refresh_from_db()
    assert (mine.password, mine.is_superuser, mine.email) == (password, False, "me@example.org")


def test_renamed_people_are_printed_under_their_new_names_and_stay_renamed() -> None:
    demo_data()
    before = counts()
    for old, new in (("admin", "root.of.acme"), ("clara", "clara.weiss"), ("bob", "robert")):
        User.objects.filter(username=old).update(username=new, email=f"{new}@example.org", employee_number="")
    printed = demo_data()
    assert names(printed) == ["root.of.acme", "auditor", "anna", "robert"]
    for account in printed["people"]:
        sign_in_with(account)
    demo_data()
    assert counts()[:-1] == before[:-1]
    assert not User.objects.filter(username__in=["admin", "clara", "bob"]).exists()


def test_name_of_a_renamed_person_may_be_given_to_somebody_else() -> None:
    demo_data()
    User.objects.filter(username="bob").update(username="robert")
    make_user(username="bob", email="bob@example.org")
    assert names(demo_data()) == ["admin", "auditor", "anna", "robert"]


def test_people_who_were_let_go_are_not_taken_back() -> None:
    demo_data()
    User.objects.filter(username="admin").update(status=User.Status.DEPROVISIONED)
    User.objects.filter(username="auditor").update(status=User.Status.SUSPENDED)
    User.objects.filter(username="anna").update(ends_on=timezone.now().date() - timedelta(days=1))
    User.objects.filter(username="bob").delete()
    before = counts()
    printed = demo_data()
    assert printed["people"] == []
    assert withheld(printed) == {
        "admin": "deprovisioned",
        "auditor": "suspended",
        "anna": "outside the start and end dates",
        "bob": "deleted",
    }
    assert counts() == before


def test_what_an_account_shows_is_said_as_it_is_now() -> None:
    roles = {account["username"]: account["role"] for account in demo_data()["people"]}
    assert roles["admin"].endswith("administers everything")
    assert roles["anna"].endswith("may open Acme Payroll")
    assert roles["bob"].endswith("may not open Acme Payroll")
    User.objects.filter(username="admin").update(is_superuser=False)
    Assignment.objects.filter(role__slug="payroll-user").delete()
    Application.objects.filter(name="Acme Payroll").update(name="Wages")
    roles = {account["username"]: account["role"] for account in demo_data()["people"]}
    assert roles["admin"].endswith("may enter the administration")
    assert roles["anna"].endswith("may not open Wages")


def test_changed_and_deleted_roles_groups_and_applications_are_left_alone() -> None:
    demo_data()
    Role.objects.filter(slug="payroll-user").update(name="Payslips", slug="payslips")
    Role.objects.filter(slug="expenses-user").delete()
    Group.objects.filter(name="Finance").update(name="Money")
    Group.objects.filter(name="Service desk").delete()
    Application.objects.filter(slug="acme-wiki").update(name="Knowledge", slug="knowledge", owner=None)
    Application.objects.filter(slug="acme-expenses").delete()
    before = counts()
    demo_data()
    assert counts() == before
    assert Application.objects.get(slug="knowledge").owner is None


def test_deleted_clients_are_missed_and_not_made_again() -> None:
    demo_data()
    Client.objects.filter(client_id="payroll").delete()
    printed = demo_data("--relying-party", "http://localhost:9001")
    assert list(printed["clients"]) == ["payroll-api"]
    Client.objects.all().delete()
    assert demo_data()["clients"] == {}
    assert not Client.objects.exists()


def test_renamed_client_is_still_the_demonstrations() -> None:
    secret = demo_data()["clients"]["payroll-api"]["client_secret"]
    Client.objects.filter(client_id="payroll-api").update(client_id="wages-api")
    assert demo_data()["clients"]["payroll-api"] == {
        "client_id": "wages-api",
        "client_secret": secret,
        "application": "Acme Payroll API",
        "is_enabled": True,
    }


def test_application_goes_by_the_name_it_has_now_and_says_when_it_is_disabled() -> None:
    demo_data()
    Application.objects.filter(oauth_clients__client_id="payroll").update(name="Wages", is_enabled=False)
    payroll = demo_data()["clients"]["payroll"]
    assert (payroll["application"], payroll["is_enabled"]) == ("Wages", False)


def test_client_that_became_public_is_left_out() -> None:
    demo_data()
    Client.objects.filter(client_id="payroll").update(
        kind=Client.Kind.SPA, client_type=Client.CLIENT_PUBLIC, client_secret=""
    )
    assert list(demo_data()["clients"]) == ["payroll-api"]


def test_addresses_that_people_entered_survive_a_move() -> None:
    demo_data()
    client = Client.objects.get(client_id="payroll")
    mine = "https://payroll.example.org/callback"
    Client.objects.filter(pk=client.pk).update(redirect_uris=f"http://localhost:8001/callback {mine}")
    Application.objects.filter(pk=client.application_id).update(launch_url="https://payroll.example.org/")
    demo_data("--relying-party", "http://localhost:9001")
    demo_data("--relying-party", "http://localhost:9101")
    client.refresh_from_db()
    assert client.redirect_uris == f"http://localhost:9101/callback {mine}"
    assert client.application.launch_url == "https://payroll.example.org/"


def test_people_of_the_demonstration_are_known_by_their_employee_numbers() -> None:
    make_people(ticking_from(timezone.now()))
    User.objects.filter(username="clara").update(username="clara.weiss", email="clara@example.org")
    before = User.objects.count()
    assert names(demo_data()) == ["admin", "auditor", "anna", "bob"]
    assert User.objects.count() == before


def test_what_stands_in_the_way_is_named_in_one_line() -> None:
    make_user(username="somebody", email="")
    create_application(
        name="Payslips",
        slug="acme-payroll",
        description="",
        launch_url="",
        audience=Application.Audience.ASSIGNED,
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=timezone.now(),
    )
    with pytest.raises(CommandError, match=r"\AThe demonstration data could not be made: [^\n]+\Z"):
        demo_data()
    assert User.objects.count() == 1


def test_production_gets_no_known_passwords(settings: Any) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="embedded mode only"):
        demo_data()
    assert not User.objects.exists()


@pytest.mark.parametrize("address", ["localhost:8001", "ftp://localhost", "http://"])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(CommandError, match="--relying-party"):
        demo_data("--relying-party", address)
