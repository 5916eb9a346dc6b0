"""The form of a role offers the rights that mean something here, and leaves the others as they are."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from apps.access.models import Role
from apps.directory.models import Group
from tests.integration.admin.desk import (
    adding,
    at_desk,
    events,
    make_role,
    make_staff,
    make_superuser,
    page_of,
    save,
    text_of,
)

pytestmark = pytest.mark.django_db

# What neither a page nor an action of the administration asks for.
BEYOND = "oauth.view_accesstoken"
HEAD_OF_IT = "Other rights, which stay as they are"


def names(rights: Any) -> set[str]:
    return {f"{right.content_type.app_label}.{right.codename}" for right in rights}


def rights_of(role: Role) -> set[str]:
    return names(role.admin_permissions.select_related("content_type"))


def offered(answer: Any) -> set[str]:
    return names(answer.context["adminform"].form.fields["admin_permissions"].queryset)


def key_of(right: str) -> int:
    app_label, codename = right.split(".")
    return Permission.objects.get(content_type__app_label=app_label, codename=codename).pk


def test_saving_a_role_drops_none_of_its_rights() -> None:
    held = ("directory.view_membership", "audit.view_auditevent", "keys.view_signingkey", BEYOND)
    role = make_role(*held)
    browser = at_desk(make_superuser())
    save(browser, page_of(role))
    assert rights_of(role) == set(held)
    assert events("role.changed") == []
    save(browser, page_of(role), description="Reads")
    assert rights_of(role) == set(held)


def test_rights_beyond_the_form_are_shown_and_survive_a_change_of_the_others() -> None:
    role = make_role("directory.view_user", BEYOND)
    browser = at_desk(make_superuser())
    page = browser.get(page_of(role))
    assert BEYOND not in offered(page)
    assert HEAD_OF_IT in text_of(page)
    assert "Access tokens: see" in text_of(page)
    save(browser, page_of(role), admin_permissions=[key_of("directory.view_group")])
    assert rights_of(role) == {"directory.view_group", BEYOND}
    save(browser, page_of(role), admin_permissions=[])
    assert rights_of(role) == {BEYOND}


def test_right_that_is_not_offered_cannot_be_given() -> None:
    role = make_role()
    browser = at_desk(make_superuser())
    answer = browser.post(page_of(role), {"name": "A", "slug": "a", "admin_permissions": [key_of(BEYOND)]})
    assert "admin_permissions" in answer.context["adminform"].form.errors
    assert rights_of(role) == set()


def test_nothing_is_said_of_other_rights_where_there_are_none() -> None:
    browser = at_desk(make_superuser())
    assert HEAD_OF_IT not in text_of(browser.get(page_of(make_role("directory.view_user"))))
    assert HEAD_OF_IT not in text_of(browser.get(adding("access.role")))


def test_only_rights_that_mean_something_are_offered() -> None:
    found = offered(at_desk(make_superuser()).get(adding("access.role")))
    assert {
        "directory.add_user",
        "directory.view_membership",
        "directory.add_membership",
        "directory.delete_membership",
        "oauth.delete_client",
        "oauth.change_authorization",
        "signin.change_session",
        "signin.delete_recognisedbrowser",
        "signin.change_addressthrottle",
        "keys.change_signingkey",
        "audit.view_auditevent",
    } <= found
    assert (
        not {
            "directory.delete_user",
            "directory.change_membership",
            "audit.add_auditevent",
            "audit.delete_auditevent",
            "keys.add_signingkey",
            "keys.delete_signingkey",
            "oauth.add_authorization",
            "signin.add_session",
            "signin.delete_session",
            "auth.view_permission",
            BEYOND,
        }
        & found
    )


def test_every_right_that_opens_a_page_is_offered() -> None:
    """With all that is offered, one gets as far as a superuser does; nothing needs a right that nobody can give."""
    browser = at_desk(make_superuser())
    everything = sorted(offered(browser.get(adding("access.role"))))
    role = make_role("directory.view_user")
    group = Group.objects.create(name="Crew")
    helper = at_desk(make_staff(*everything))
    for page in (page_of(role), page_of(group), page_of(group, "delete"), adding("oauth.client")):
        assert browser.get(page).status_code == helper.get(page).status_code == 200, page


def test_rights_stand_under_their_area_in_plain_words() -> None:
    page = text_of(at_desk(make_superuser()).get(adding("access.role")))
    legends = re.findall(r"<legend>\s*(.*?)\s*</legend>", page)
    assert legends == ["People", "Access", "Applications", "Security", "Audit", "System"]
    picker = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<legend>") :]))
    for words in ("Sessions: End sessions", "Authorizations: Revoke", "People: see People: add"):
        assert words in picker
    assert "Can view" not in page


def test_page_that_is_only_read_says_rights_in_the_same_words() -> None:
    role = make_role("directory.view_user", BEYOND)
    page = text_of(at_desk(make_staff("access.view_role")).get(page_of(role)))
    for words in ("People: see", "Access tokens: see"):
        assert words in page
    assert "Can view" not in page


def test_right_over_what_is_no_longer_installed_is_kept() -> None:
    gone = ContentType.objects.create(app_label="removed", model="thing")
    right = Permission.objects.create(content_type=gone, codename="polish_thing", name="Can polish things")
    role = make_role()
    role.admin_permissions.add(right)
    browser = at_desk(make_superuser())
    assert "Can polish things" in text_of(browser.get(page_of(role)))
    save(browser, page_of(role))
    assert role.admin_permissions.get() == right
