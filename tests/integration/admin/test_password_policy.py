"""The password policy in the administration: looked at by version, changed by adding one, held by every form."""

import pytest

from apps.audit.models import AuditEvent
from apps.directory.models import PasswordPolicy, User
from tests.factories.people import PASSWORD, make_user
from tests.integration.admin.desk import (
    adding,
    at_desk,
    errors_of,
    listing,
    make_staff,
    make_superuser,
    page_of,
    submission,
)

pytestmark = pytest.mark.django_db
POLICY = "directory.passwordpolicy"


def test_new_version_starts_from_the_one_in_force_and_is_recorded() -> None:
    desk = at_desk(make_superuser())
    PasswordPolicy.objects.create(minimum_length=14, history=5, max_age_days=None)
    page = desk.get(adding(POLICY))
    answer = desk.post(adding(POLICY), submission(page, max_age_days="30"))
    assert answer.status_code == 302, errors_of(answer)
    newest = PasswordPolicy.objects.latest()
    assert (newest.minimum_length, newest.history, newest.max_age_days) == (14, 5, 30)
    event = AuditEvent.objects.get(action="password_policy.changed")
    assert (event.target_kind, event.target_id) == ("passwordpolicy", str(newest.pk))
    assert "in force" in desk.get(listing(POLICY)).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minimum_length", "11"),
        ("minimum_length", "65"),
        ("minimum_length", ""),
        ("history", "25"),
        ("history", "-1"),
        ("max_age_days", "0"),
        ("max_age_days", "3651"),
        ("style", "anything"),
    ],
)
def test_policy_that_is_none_is_refused(field: str, value: str) -> None:
    desk = at_desk(make_superuser())
    answer = desk.post(adding(POLICY), submission(desk.get(adding(POLICY)), **{field: value}))
    assert answer.status_code == 200
    assert field in errors_of(answer)
    assert not PasswordPolicy.objects.exists()


def test_versions_are_never_changed_or_deleted() -> None:
    desk, version = at_desk(make_superuser()), PasswordPolicy.objects.create()
    assert desk.get(page_of(version)).status_code == 200
    assert desk.post(page_of(version), {"minimum_length": "64"}).status_code == 403
    assert desk.post(page_of(version, "delete"), {"post": "yes"}).status_code == 403
    assert PasswordPolicy.objects.get().minimum_length == 12


def test_only_those_with_the_right_look_or_change() -> None:
    PasswordPolicy.objects.create()
    stranger = at_desk(make_staff("directory.change_user", "directory.view_user"))
    assert stranger.get(listing(POLICY)).status_code == 403
    assert stranger.get(adding(POLICY)).status_code == 403
    reader = at_desk(make_staff("directory.view_passwordpolicy"))
    assert reader.get(listing(POLICY)).status_code == 200
    assert reader.post(adding(POLICY), {"minimum_length": "12"}).status_code == 403


def test_forms_say_the_rules_and_hold_to_them() -> None:
    desk, person = at_desk(make_superuser()), make_user()
    PasswordPolicy.objects.create(style=PasswordPolicy.Style.NIST, minimum_length=16)
    for address in (page_of(person, "set_password"), adding("directory.user")):
        assert "16 characters or more" in desk.get(address).content.decode()
    refused = desk.post(page_of(person, "set_password"), {"password": "fifteen letters"})
    assert "Add 1 more character, so that it has 16 or more." in refused.content.decode()
    refused = desk.post(page_of(person, "set_password"), {"password": PASSWORD})
    assert "It is one of the last 12 passwords." in refused.content.decode()
    taken = desk.post(page_of(person, "set_password"), {"password": "sixteen letters!"})
    assert taken.status_code == 302
    form = submission(desk.get(adding("directory.user")), username="new", password="fifteen letters")
    assert "Add 1 more character" in desk.post(adding("directory.user"), form).content.decode()
    assert not User.objects.filter(username="new").exists()
