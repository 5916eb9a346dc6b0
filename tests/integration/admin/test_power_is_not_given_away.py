"""Nobody makes more of themselves, or less of those above them, through the administration."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Application, Assignment, Role
from apps.directory.models import Group, Membership, User
from apps.oauth.models import Client, Scope
from apps.signin.models import RecognisedBrowser
from tests.factories.clients import make_client
from tests.factories.people import PASSWORD, make_user
from tests.integration.admin.desk import (
    action_page,
    adding,
    assign,
    at_desk,
    listing,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    save,
    submission,
)
from tests.integration.admin.test_actions_say_what_they_do import authorize, start_sessions

pytestmark = pytest.mark.django_db

HELP_DESK = (
    "directory.view_user",
    "directory.add_user",
    "directory.change_user",
    "directory.set_password",
    "directory.view_group",
    "directory.change_group",
    "directory.view_membership",
    "directory.add_membership",
    "directory.delete_membership",
    "access.view_role",
    "access.add_role",
    "access.change_role",
    "access.view_assignment",
    "access.add_assignment",
    "access.change_assignment",
    "access.delete_assignment",
)
STRONGER = "oauth.change_client"
OWN_ROLE = "You hold this role yourself, so somebody else has to change this."


def test_staff_cannot_make_anybody_staff_or_superuser() -> None:
    helper = make_staff(*HELP_DESK)
    person = make_user()
    for target in (person, helper):
        save(at_desk(helper), page_of(target), is_staff="on", is_superuser="on", given_name="Chief")
        target.refresh_from_db()
        assert target.given_name == "Chief"
        assert not target.is_superuser
    person.refresh_from_db()
    assert not person.is_staff


def test_superuser_can() -> None:
    person = make_user()
    save(at_desk(make_superuser()), page_of(person), is_staff="on")
    person.refresh_from_db()
    assert person.is_staff


def _is_out_of_reach(helper: User, target: User) -> bool:
    browser = at_desk(helper)
    shown = browser.get(page_of(target))
    refused = [
        browser.post(page_of(target), {"username": target.username, "job_title": "Gone"}),
        browser.post(page_of(target, "set_password"), {"password": "Helpful-Hand-Opens-1"}),
    ]
    browser.post(action_page(target, "suspend"), {"confirmed": "1"})
    bulk = {"action": "suspend", "_selected_action": [str(target.pk)], "confirmed": "1"}
    browser.post(listing("directory.user"), bulk)
    target.refresh_from_db()
    assert shown.status_code == 200
    return (
        [answer.status_code for answer in refused] == [403, 403]
        and target.status == User.Status.ACTIVE
        and target.job_title == ""
        and target.check_password(PASSWORD)
    )


def test_superusers_are_out_of_reach_of_other_staff() -> None:
    assert _is_out_of_reach(make_staff(*HELP_DESK), make_superuser())


def test_staff_who_hold_more_are_out_of_reach() -> None:
    assert _is_out_of_reach(make_staff(*HELP_DESK), make_staff(STRONGER))


def test_staff_who_will_hold_more_tomorrow_are_out_of_reach() -> None:
    stronger = make_staff(STRONGER)
    Assignment.objects.filter(user=stronger).update(valid_from="2099-01-01T00:00Z")
    assert _is_out_of_reach(make_staff(*HELP_DESK), stronger)


def test_staff_who_hold_more_through_a_group_are_out_of_reach() -> None:
    stronger, group = make_staff(), Group.objects.create(name="Operators")
    Membership.objects.create(user=stronger, group=group)
    assign(make_role(STRONGER), group)
    assert _is_out_of_reach(make_staff(*HELP_DESK), stronger)


def test_suspended_staff_who_held_more_stay_out_of_reach() -> None:
    stronger = make_staff(STRONGER, status=User.Status.SUSPENDED)
    browser = at_desk(make_staff(*HELP_DESK))
    answer = browser.post(page_of(stronger, "set_password"), {"password": "Helpful-Hand-Opens-1"})
    assert answer.status_code == 403


def test_staff_who_hold_no_more_are_within_reach() -> None:
    colleague = make_staff("directory.view_user")
    save(at_desk(make_staff(*HELP_DESK)), page_of(colleague), job_title="Clerk")
    colleague.refresh_from_db()
    assert colleague.job_title == "Clerk"


def test_role_with_rights_one_lacks_cannot_be_assigned() -> None:
    helper, role = make_staff(*HELP_DESK), make_role(STRONGER)
    browser = at_desk(helper)
    page = browser.get(adding("access.assignment"))
    answer = browser.post(
        adding("access.assignment"), submission(page, role=str(role.pk), user=str(helper.pk))
    )
    assert "carries rights that you do not hold" in answer.content.decode()
    assert not Assignment.objects.filter(role=role).exists()


@pytest.mark.parametrize("owner", ["user", "group"])
def test_page_of_a_person_or_group_gives_no_roles_itself(owner: str) -> None:
    helper, role = make_staff(*HELP_DESK), make_role()
    target: Any = make_user() if owner == "user" else Group.objects.create(name="Friends")
    browser = at_desk(helper)
    save(browser, page_of(target), **_given(role, 0))
    assert not Assignment.objects.filter(role=role).exists()


def test_assignment_of_a_stronger_role_cannot_be_taken_away() -> None:
    assignment = assign(make_role(STRONGER), make_user())
    browser = at_desk(make_staff(*HELP_DESK))
    assert browser.post(page_of(assignment, "delete"), {"confirmed": "1"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [str(assignment.pk)], "confirmed": "1"}
    assert browser.post(listing("access.assignment"), bulk).status_code == 403
    assert Assignment.objects.filter(pk=assignment.pk).exists()


def test_nobody_joins_a_group_that_carries_more() -> None:
    helper, group = make_staff(*HELP_DESK), Group.objects.create(name="Operators")
    assign(make_role(STRONGER), group)
    browser = at_desk(helper)
    sent = submission(
        browser.get(page_of(helper)),
        **{"group_memberships-TOTAL_FORMS": "1", "group_memberships-0-group": str(group.pk)},
    )
    answer = browser.post(page_of(helper), sent)
    assert "carries rights that you do not hold" in answer.content.decode()
    assert browser.post(page_of(group), {"name": "Mine"}).status_code == 403
    assert not Membership.objects.exists()


def test_role_cannot_be_given_rights_one_lacks() -> None:
    helper = make_staff(*HELP_DESK)
    right = Permission.objects.get(codename="change_client", content_type__app_label="oauth")
    browser = at_desk(helper)
    sent = submission(
        browser.get(adding("access.role")), name="Mine", slug="mine", admin_permissions=[right.pk]
    )
    answer = browser.post(adding("access.role"), sent)
    assert "You can only give rights that you hold yourself" in answer.content.decode()
    assert not Role.objects.filter(slug="mine").exists()


def test_role_with_rights_one_lacks_is_read_only() -> None:
    role = make_role(STRONGER)
    assert at_desk(make_staff(*HELP_DESK)).post(page_of(role), {"name": "Mine"}).status_code == 403


def _application(name: str) -> Application:
    return Application.objects.create(name=name, slug=name.lower())


def _hold(role: Role, helper: User, how: str) -> None:
    if how == "directly":
        assign(role, helper)
        return
    crew = Group.objects.create(name="Crew")
    Membership.objects.create(user=helper, group=crew)
    held = assign(role, crew)
    if how == "through a group from tomorrow on":
        Assignment.objects.filter(pk=held.pk).update(valid_from="2099-01-01T00:00Z")


def _answer_to(browser: Browser, role: Role, **changes: Any) -> Any:
    return browser.post(page_of(role), submission(browser.get(page_of(role)), **changes))


@pytest.mark.parametrize("how", ["directly", "through a group", "through a group from tomorrow on"])
def test_nobody_points_a_role_of_their_own_at_another_application(how: str) -> None:
    wiki, payroll = _application("Wiki"), _application("Payroll")
    helper, role = make_staff(*HELP_DESK), make_role(application=wiki)
    _hold(role, helper, how)
    answer = _answer_to(at_desk(helper), role, application=str(payroll.pk), description="Mine")
    assert OWN_ROLE in str(answer.context["adminform"].form.errors["application"])
    role.refresh_from_db()
    assert (role.application, role.description) == (wiki, "")


def test_nobody_changes_the_rights_of_a_role_of_their_own() -> None:
    helper, role = make_staff(*HELP_DESK), make_role()
    assign(role, helper)
    right = Permission.objects.get(codename="view_user", content_type__app_label="directory")
    answer = _answer_to(at_desk(helper), role, admin_permissions=[right.pk])
    assert OWN_ROLE in str(answer.context["adminform"].form.errors["admin_permissions"])
    assert not role.admin_permissions.exists()


def test_rest_of_a_role_of_ones_own_can_be_changed() -> None:
    helper, role = make_staff(*HELP_DESK), make_role("directory.view_user", application=_application("Wiki"))
    assign(role, helper)
    save(at_desk(helper), page_of(role), description="What it is for")
    role.refresh_from_db()
    assert role.description == "What it is for"
    assert role.admin_permissions.count() == 1


def test_role_that_one_no_longer_holds_can_be_pointed_elsewhere() -> None:
    helper, role, payroll = make_staff(*HELP_DESK), make_role(), _application("Payroll")
    ended = assign(role, helper)
    Assignment.objects.filter(pk=ended.pk).update(
        valid_from="2000-01-01T00:00Z", valid_until="2001-01-01T00:00Z"
    )
    save(at_desk(helper), page_of(role), application=str(payroll.pk))
    role.refresh_from_db()
    assert role.application == payroll


def test_superuser_may_change_a_role_of_their_own() -> None:
    admin, role, payroll = make_superuser(), make_role(), _application("Payroll")
    assign(role, admin)
    save(at_desk(admin), page_of(role), application=str(payroll.pk))
    role.refresh_from_db()
    assert role.application == payroll


@pytest.mark.parametrize("may_change_applications", [False, True])
def test_client_is_moved_to_another_application_by_those_who_may_change_applications(
    may_change_applications: bool,
) -> None:
    client, payroll = make_client().row, _application("Payroll")
    was = client.application
    rights = ["oauth.view_client", "oauth.change_client", "access.view_application"]
    more = ["access.change_application"] if may_change_applications else []
    browser = at_desk(make_staff(*rights, *more))
    save(browser, page_of(client), application=str(payroll.pk), name="Renamed")
    client.refresh_from_db()
    assert client.name == "Renamed"
    assert client.application == (payroll if may_change_applications else was)


CONNECTING = ("oauth.view_client", "oauth.add_client", "oauth.change_client", "access.view_application")
OVER_ALL = "access.change_application"


def _add_client(browser: Browser, application: Application, **fields: Any) -> Any:
    page = adding("oauth.client")
    sent = {
        "name": "Wiki client",
        "kind": "web",
        "application": str(application.pk),
        "redirect_uris": "https://wiki.example.org/callback",
        "scopes": ["openid", "email", "offline_access"],
    }
    return browser.post(page, submission(browser.get(page), **(sent | fields)))


def test_client_is_put_into_no_application_but_ones_own() -> None:
    helper = make_staff(*CONNECTING)
    payroll, wiki = _application("Payroll"), _application("Wiki")
    Application.objects.filter(pk=wiki.pk).update(owner=helper)
    browser = at_desk(helper)
    offered = browser.get(adding("oauth.client")).context["adminform"].form.fields["application"].choices
    assert {name for _key, name in offered} & {"Payroll", "Wiki"} == {"Wiki"}
    for kind in ("web", "service"):
        answer = _add_client(browser, payroll, kind=kind)
        assert "one that you own" in str(answer.context["adminform"].form.errors["application"])
    assert not Client.objects.exists()
    assert _add_client(browser, wiki).status_code == 302
    client = Client.objects.get()
    answer = browser.post(
        page_of(client), submission(browser.get(page_of(client)), application=str(payroll.pk))
    )
    assert "one that you own" in str(answer.context["adminform"].form.errors["application"])
    assert _add_client(at_desk(make_staff(*CONNECTING, OVER_ALL)), payroll).status_code == 302


@pytest.mark.parametrize("is_over_all", [False, True])
def test_what_reaches_beyond_an_application_is_given_by_those_who_answer_for_all(is_over_all: bool) -> None:
    Scope.objects.create(name="payroll:read", title="Read pay slips")
    helper = make_staff(*CONNECTING, *([OVER_ALL] if is_over_all else []))
    wiki = _application("Wiki")
    Application.objects.filter(pk=wiki.pk).update(owner=helper)
    browser = at_desk(helper)
    answer = _add_client(browser, wiki, scopes=["payroll:read"])
    assert (answer.status_code == 302) == is_over_all
    if not is_over_all:
        assert "payroll:read" in str(answer.context["adminform"].form.errors["scopes"])
        _add_client(browser, wiki, skip_authorization="on", is_resource_server="on")
        client = Client.objects.get()
        save(browser, page_of(client), skip_authorization="on", is_resource_server="on")
        client.refresh_from_db()
        assert (client.skip_authorization, client.is_resource_server) == (False, False)
        return
    save(browser, page_of(Client.objects.get()), skip_authorization="on", is_resource_server="on")
    client = Client.objects.get()
    assert client.skip_authorization
    assert client.is_resource_server


def test_scope_that_a_client_has_stays_when_others_are_changed() -> None:
    Scope.objects.create(name="payroll:read", title="Read pay slips")
    client = make_client().row
    Client.objects.filter(pk=client.pk).update(scopes="openid payroll:read", skip_authorization=True)
    save(
        at_desk(make_staff(*CONNECTING)),
        page_of(client),
        scopes=["openid", "payroll:read", "email"],
    )
    client.refresh_from_db()
    assert (set(client.allowed_scopes), client.skip_authorization) == (
        {"openid", "payroll:read", "email"},
        True,
    )


def test_last_superuser_keeps_the_power() -> None:
    last = make_superuser()
    browser = at_desk(last)
    for field in ("is_superuser", "is_staff"):
        sent = submission(browser.get(page_of(last)), **{field: None})
        answer = browser.post(page_of(last), sent)
        assert "there is no other superuser" in answer.content.decode()
    second = make_superuser()
    save(browser, page_of(second), is_superuser=None)


@pytest.mark.parametrize("field", ["starts_on", "ends_on"])
def test_last_superuser_gets_no_date_that_would_lock_everybody_out(field: str) -> None:
    last = make_superuser()
    days = {"starts_on": timedelta(days=1), "ends_on": timedelta(days=-1)}
    browser = at_desk(last)
    sent = submission(browser.get(page_of(last)), **{field: str(timezone.now().date() + days[field])})
    assert "there is no other superuser" in browser.post(page_of(last), sent).content.decode()
    last.refresh_from_db()
    assert getattr(last, field) is None
    second = make_superuser()
    save(browser, page_of(second), **{field: sent[field]})


def test_superuser_who_is_about_to_leave_is_no_other_superuser() -> None:
    make_superuser(ends_on=timezone.now().date() + timedelta(days=30))
    last = make_superuser()
    browser = at_desk(last)
    sent = submission(browser.get(page_of(last)), is_superuser=None)
    assert "there is no other superuser" in browser.post(page_of(last), sent).content.decode()


def test_nobody_suspends_themselves_or_the_last_superuser() -> None:
    last = make_superuser()
    browser = at_desk(last)
    answer = browser.post(action_page(last, "suspend"), {"confirmed": "1"}, follow=True)
    assert "You cannot suspend yourself" in answer.content.decode()
    last.refresh_from_db()
    assert last.status == User.Status.ACTIVE


def test_people_are_never_deleted() -> None:
    person, browser = make_user(), at_desk(make_superuser())
    assert browser.post(page_of(person, "delete"), {"confirmed": "1"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [str(person.pk)], "confirmed": "1"}
    browser.post(listing("directory.user"), bulk)
    assert User.objects.filter(pk=person.pk).exists()


def test_stronger_role_is_not_taken_away_on_a_persons_page() -> None:
    person = make_user()
    assignment = assign(make_role(STRONGER), person)
    browser = at_desk(make_staff(*HELP_DESK))
    sent = {"assignments-0-id": str(assignment.pk), "assignments-0-DELETE": "on"}
    answer = browser.post(page_of(person), _of_one_row("assignments", sent))
    assert answer.status_code == 403
    assert Assignment.objects.filter(pk=assignment.pk).exists()


def _of_one_row(rows: str, sent: dict[str, str]) -> dict[str, str]:
    return sent | {"username": "x", f"{rows}-TOTAL_FORMS": "1", f"{rows}-INITIAL_FORMS": "1"}


def test_role_that_is_no_stronger_is_taken_away_there() -> None:
    person = make_user()
    assignment = assign(make_role("directory.view_user"), person)
    save(at_desk(make_staff(*HELP_DESK)), page_of(person), **{"assignments-0-DELETE": "on"})
    assert not Assignment.objects.filter(pk=assignment.pk).exists()


def test_membership_of_a_stronger_group_is_not_taken_away() -> None:
    person, group = make_user(), Group.objects.create(name="Operators")
    assign(make_role(STRONGER), group)
    membership = Membership.objects.create(user=person, group=group)
    browser = at_desk(make_staff(*HELP_DESK))
    sent = {"group_memberships-0-id": str(membership.pk), "group_memberships-0-DELETE": "on"}
    for page in (page_of(person), page_of(group)):
        assert browser.post(page, _of_one_row("group_memberships", sent)).status_code == 403
    assert Membership.objects.filter(pk=membership.pk).exists()


NOT_TO_SELF = "You cannot give a role to yourself"


def _given(role: Role, number: int) -> dict[str, str]:
    return {
        "assignments-TOTAL_FORMS": str(number + 1),
        f"assignments-{number}-role": str(role.pk),
        f"assignments-{number}-valid_from_0": "2026-01-01",
        f"assignments-{number}-valid_from_1": "00:00",
    }


@pytest.mark.parametrize("through_group", [False, True])
def test_nobody_gives_a_role_to_themselves(through_group: bool) -> None:
    helper, role = make_staff(*HELP_DESK), make_role()
    group = Group.objects.create(name="Crew")
    Membership.objects.create(user=helper, group=group)
    browser, holder = at_desk(helper), {"group": str(group.pk)} if through_group else {"user": str(helper.pk)}
    sent = submission(browser.get(adding("access.assignment")), role=str(role.pk), **holder)
    assert NOT_TO_SELF in browser.post(adding("access.assignment"), sent).content.decode()
    assert not Assignment.objects.filter(role=role).exists()
    assert "Give a role" not in browser.get(page_of(group if through_group else helper)).content.decode()
    person = make_user()
    assert f"?user={person.pk}" in browser.get(page_of(person)).content.decode()
    save(browser, adding("access.assignment"), role=str(role.pk), user=str(person.pk))
    assert Assignment.objects.get(role=role).user == person


def test_nobody_prolongs_a_role_of_their_own() -> None:
    helper, role = make_staff(*HELP_DESK), make_role()
    own = assign(role, helper)
    browser = at_desk(helper)
    sent = submission(browser.get(page_of(own)), valid_until_0="2099-01-01", valid_until_1="00:00")
    assert NOT_TO_SELF in browser.post(page_of(own), sent).content.decode()
    own.refresh_from_db()
    assert own.valid_until is None


def test_superuser_may_hold_any_role() -> None:
    admin, role = make_superuser(), make_role()
    save(at_desk(admin), adding("access.assignment"), role=str(role.pk), user=str(admin.pk))
    assert Assignment.objects.get().user == admin


@pytest.mark.parametrize("side", ["person", "group"])
def test_nobody_joins_a_group_that_holds_roles(side: str) -> None:
    helper, role = make_staff(*HELP_DESK), make_role()
    crew, club = Group.objects.create(name="Crew"), Group.objects.create(name="Club")
    assign(role, crew)
    browser = at_desk(helper)

    def joining(group: Group) -> tuple[str, dict[str, str]]:
        field, value = ("group", group.pk) if side == "person" else ("user", helper.pk)
        page = page_of(helper if side == "person" else group)
        return page, {"group_memberships-TOTAL_FORMS": "1", f"group_memberships-0-{field}": str(value)}

    page, change = joining(crew)
    answer = browser.post(page, submission(browser.get(page), **change))
    assert "you cannot put yourself into it" in answer.content.decode()
    assert not Membership.objects.exists()
    page, change = joining(club)
    save(browser, page, **change)
    assert Membership.objects.get().group == club


def test_others_are_put_into_a_group_that_holds_roles() -> None:
    person, crew = make_user(), Group.objects.create(name="Crew")
    assign(make_role(), crew)
    change = {"group_memberships-TOTAL_FORMS": "1", "group_memberships-0-group": str(crew.pk)}
    save(at_desk(make_staff(*HELP_DESK)), page_of(person), **change)
    assert Membership.objects.get().user == person


def test_sessions_of_superusers_are_ended_by_superusers_only() -> None:
    (theirs,), (other,) = start_sessions(make_superuser(), 1), start_sessions(make_user(), 1)
    helper = at_desk(make_staff(*HELP_DESK, "signin.view_session", "signin.change_session"))
    bulk = {"action": "end", "_selected_action": [str(theirs.pk), str(other.pk)], "confirmed": "1"}
    of_person = {"action": "end-sessions", "_selected_action": [str(theirs.user_id)], "confirmed": "1"}
    assert action_page(theirs, "end") not in helper.get(page_of(theirs)).content.decode()
    helper.post(action_page(theirs, "end"), {"confirmed": "1"})
    helper.post(listing("signin.session"), bulk)
    helper.post(action_page(theirs.user, "end-sessions"), {"confirmed": "1"})
    helper.post(listing("directory.user"), of_person)
    theirs.refresh_from_db()
    assert theirs.ended_at is None
    helper.post(action_page(other, "end"), {"confirmed": "1"})
    other.refresh_from_db()
    assert other.ended_at is not None
    at_desk(make_superuser()).post(action_page(theirs, "end"), {"confirmed": "1"})
    theirs.refresh_from_db()
    assert theirs.ended_at is not None


def _stronger_people() -> list[User]:
    return [make_superuser(), make_staff(STRONGER)]


@pytest.mark.parametrize("which", [0, 1], ids=["superuser", "staff with more rights"])
def test_what_stronger_people_have_open_is_left_alone(which: int) -> None:
    stronger, other = _stronger_people()[which], make_user()
    client = make_client().row
    rights = ("signin.view_session", "signin.change_session", "signin.view_recognisedbrowser")
    more = ("signin.delete_recognisedbrowser", "oauth.view_authorization", "oauth.change_authorization")
    helper = at_desk(make_staff(*HELP_DESK, *rights, *more))
    for person, is_in_reach in ((stronger, False), (other, True)):
        (session,) = start_sessions(person, 1)
        now = timezone.now()
        browser = RecognisedBrowser.objects.create(user=person, created_at=now, last_used_at=now)
        authorization = authorize(client, person)
        for one, action in ((session, "end"), (browser, "forget"), (authorization, "revoke")):
            assert (action_page(one, action) in helper.get(page_of(one)).content.decode()) == is_in_reach
            bulk = {"action": action, "_selected_action": [str(one.pk)], "confirmed": "1"}
            helper.post(listing(one._meta.label_lower), bulk)
            helper.post(action_page(one, action), {"confirmed": "1"})
        session.refresh_from_db()
        authorization.refresh_from_db()
        assert (session.ended_at is not None) == is_in_reach
        assert (authorization.revoked_at is not None) == is_in_reach
        assert RecognisedBrowser.objects.filter(pk=browser.pk).exists() != is_in_reach
