"""An address cannot ask the administration for more than its pages offer, nor bring it down."""

from itertools import chain
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from unfold.paginator import InfinitePaginator

from apps.access.models import Application
from apps.audit.admin_audit import AuditedModelAdmin, NewestPaginator
from apps.directory.models import Group, User
from apps.signin.models import AddressThrottle
from tests.factories.clients import make_client
from tests.factories.people import make_user
from tests.integration.admin.desk import (
    adding,
    assign,
    at_desk,
    listing,
    make_role,
    make_staff,
    make_superuser,
    page_of,
)
from tests.integration.directory.test_units import make_unit

pytestmark = pytest.mark.django_db

ADMINS = {model._meta.label_lower: one for model, one in admin.site._registry.items()}
# The others are a single page, without rows.
LISTS = {label: one for label, one in ADMINS.items() if one.model._meta.managed}
SECRET_WORDS = ("password", "secret", "token", "digest", "checksum", "jwk", "salt", "commitment", "session")
FORMS = ("", "__exact", "__in", "__startswith", "__contains", "__regex", "__gt", "__isnull")
DEPTH = 2


def fields_within_reach(model: Any, depth: int = DEPTH) -> list[tuple[str, Any]]:
    """Every field of the row and of the rows that it leads to, either way, as a lookup names them."""
    found = []
    for field in model._meta.get_fields():
        name = field.name if field.concrete else field.get_accessor_name() or field.name
        for path in {field.name, name}:
            found.append((path, field))
            if field.is_relation and field.related_model is not None and depth:
                found += [
                    (f"{path}__{inner}", end)
                    for inner, end in fields_within_reach(field.related_model, depth - 1)
                ]
    return found


def offered(one: Any) -> set[str]:
    return {
        str(item.parameter_name)
        if isinstance(item, type) and issubclass(item, SimpleListFilter)
        else str(item[0] if isinstance(item, tuple) else item)
        for item in one.list_filter
    } | set(one.linked_lookups)


@pytest.mark.parametrize("label", ADMINS)
def test_no_list_is_searched_by_a_field_that_it_does_not_filter_by(label: str, rf: Any) -> None:
    one, request = ADMINS[label], rf.get("/")
    open_ones = {
        f"{path}{form}"
        for path, _field in fields_within_reach(one.model)
        for form in FORMS
        if one.lookup_allowed(f"{path}{form}", "x", request)
    }
    stems = {name.partition("__")[0] for name in open_ones}
    assert stems <= offered(one)
    assert not any(word in name for name in open_ones for word in SECRET_WORDS)
    # What a filter has is one value at a time: nothing that compares a part of it.
    assert not any(
        name.endswith(("__in", "__startswith", "__contains", "__regex", "__gt")) for name in open_ones
    )


def test_the_secrets_of_every_table_are_among_what_was_tried() -> None:
    tried = set(
        chain.from_iterable((path for path, _ in fields_within_reach(one.model)) for one in ADMINS.values())
    )
    assert {
        "password",
        "user__password",
        "client_secret",
        "client__client_secret",
        "private_jwk",
        "token_digest",
        "salt",
        "commitment",
    } <= tried


@pytest.mark.parametrize(
    "lookup",
    [
        "password__regex",
        "user__password__startswith",
        "owner__password__startswith",
        "client_secret__startswith",
        "client__client_secret__startswith",
        "private_jwk__contains",
        "token_digest__startswith",
        "salt__isnull",
        "commitment__startswith",
        "authorizations__access_tokens__token_checksum__startswith",
        "id__gt",
        "pk__in",
        "no_such_field",
    ],
)
def test_every_list_refuses_such_an_address(lookup: str) -> None:
    browser = at_desk(make_superuser())
    answers = {label: browser.get(listing(label), {lookup: "^a"}).status_code for label in ADMINS}
    assert answers == dict.fromkeys(ADMINS, 400)


def test_password_cannot_be_guessed_letter_by_letter() -> None:
    make_user(username="goal")
    browser = at_desk(make_staff("directory.view_user"))
    for guess in ("^argon2", "^nothing"):
        answer = browser.get(listing("directory.user"), {"q": "goal", "password__regex": guess})
        assert answer.status_code == 400


@pytest.mark.parametrize("label", LISTS)
def test_every_choice_that_a_filter_offers_works(label: str) -> None:
    person, group = make_user(department="Sales"), Group.objects.create(name="Crew")
    application = Application.objects.create(name="Wiki", slug="wiki")
    role = make_role("directory.view_user", application=application)
    assign(role, person)
    assign(role, group)
    make_client()
    browser = at_desk(make_superuser())
    page = browser.get(listing(label)).context["cl"]
    choices = [choice for spec in page.filter_specs for choice in spec.choices(page)]
    assert len(choices) >= len(page.filter_specs)
    for choice in choices:
        answer = browser.get(f"{listing(label)}{choice['query_string']}")
        assert answer.status_code == 200, choice


def autocomplete(browser: Browser, term: str, **more: str) -> Any:
    asked = {"app_label": "access", "model_name": "assignment", "field_name": "user", "term": term, **more}
    return browser.get(reverse("admin:autocomplete"), asked)


def test_autocompletion_finds_by_name_and_by_nothing_else() -> None:
    person = make_user(username="goal")
    browser = at_desk(make_superuser())

    def found(term: str, **more: str) -> list[str]:
        return [row["id"] for row in autocomplete(browser, term, **more).json()["results"]]

    assert str(person.pk) in found("goal")
    assert found(person.password) == found("argon2") == found(person.password[:12]) == []
    assert found("goal", password__startswith="x") == found("goal")


def test_searching_a_list_never_looks_at_secrets() -> None:
    person, client = make_user(), make_client().row
    browser = at_desk(make_superuser())
    for label, one in ADMINS.items():
        assert not any(word in name for name in one.search_fields for word in SECRET_WORDS), label
    for label, value in (("directory.user", person.password), ("oauth.client", client.client_secret)):
        assert not browser.get(listing(label), {"q": value}).context["cl"].result_list


@pytest.mark.parametrize("field", ["password", "username", "email"])
def test_page_of_a_person_is_found_by_id_only(field: str) -> None:
    person = make_user(email="p@example.org")
    browser = at_desk(make_superuser())
    address = reverse("admin:directory_user_change", args=(getattr(person, field),))
    assert browser.get(address, {"_to_field": field}).status_code == 400
    assert browser.get(listing("directory.user"), {"_to_field": field}).status_code == 400


@pytest.mark.parametrize(
    ("label", "query"),
    [
        ("directory.user", {"username__regex": "("}),
        ("directory.user", {"is_staff__exact": "("}),
        ("directory.user", {"department": "x\0"}),
        ("directory.user", {"status__exact": "\0"}),
        ("directory.user", {"o": "99.-99.x"}),
        ("directory.user", {"p": "99999999999999999999999"}),
        ("signin.session", {"amr__contains": "x"}),
        ("signin.session", {"started_at__year": "99999"}),
        ("signin.session", {"p": "99999999999999999999999"}),
        ("signin.session", {"p": "9999999"}),
        ("signin.session", {"state": "\0"}),
        ("audit.auditevent", {"details__contains": "x"}),
        ("audit.auditevent", {"when": "9999-12-31"}),
        ("audit.auditevent", {"when": "0001-01-01"}),
        ("audit.auditevent", {"when": "1969-12-31"}),
        ("audit.auditevent", {"outcome": "\0"}),
        ("audit.auditevent", {"action": "\0"}),
        ("audit.auditevent", {"p": "99999999999999999999999"}),
        ("keys.signingkey", {"public_jwk__contains": "x"}),
        ("access.role", {"application__id__exact": "x"}),
        ("access.role", {"application__isnull": "x"}),
        *((label, {"q": "a\0b"}) for label in ADMINS),
        *((label, {"\0": "\0"}) for label in ADMINS),
    ],
)
def test_odd_question_gets_a_list_or_a_refusal(label: str, query: dict[str, str]) -> None:
    answer = at_desk(make_superuser()).get(listing(label), query, follow=True)
    assert answer.status_code in {200, 400}


def test_bounds_of_time_are_days_like_others() -> None:
    browser = at_desk(make_staff("audit.view_auditevent"))
    today = f"{timezone.now():%Y-%m-%d}"
    assert browser.get(listing("audit.auditevent"), {"when": today}).context["cl"].result_list
    for day in ("1970-01-01", "9998-12-31", "9999-12-31", "0001-01-01"):
        assert browser.get(listing("audit.auditevent"), {"when": day}).context["cl"].result_list == []


def test_odd_keys_lead_nowhere() -> None:
    browser = at_desk(make_superuser())
    AddressThrottle.objects.create(address="192.0.2.7", failed_sign_ins=1, first_failed_at=timezone.now())
    for label in LISTS:
        for key in ("a\0b", "x"):
            address = reverse(f"admin:{label.replace('.', '_')}_change", args=(key,))
            assert browser.get(address).status_code in {302, 404}
    assert autocomplete(browser, "a\0b").json()["results"] == []
    for key in ("a\0b", "x", ""):
        sent = {"action": "suspend", "_selected_action": [key], "index": "0"}
        assert browser.post(listing("directory.user"), sent).status_code in {302, 400}


def test_new_form_takes_what_fits_from_the_address() -> None:
    person = make_user()
    browser = at_desk(make_superuser())
    for name in ("user", "role", "group"):
        for odd in ("x", "a\0b"):
            assert browser.get(adding("access.assignment"), {name: odd}).status_code == 200
    assert browser.get(adding("access.role"), {"admin_permissions": "x,y"}).status_code == 200
    shown = browser.get(adding("access.assignment"), {"user": str(person.pk)})
    assert shown.context["adminform"].form.initial["user"] == str(person.pk)


def test_every_page_is_careful_and_audited() -> None:
    """Also those that Django and its libraries register by themselves."""
    assert [label for label, one in ADMINS.items() if not isinstance(one, AuditedModelAdmin)] == []


def test_lists_have_no_fields_of_secret_rows() -> None:
    """Tables that hold nothing but secrets have no page at all."""
    for label in ("oauth.AccessToken", "oauth.RefreshToken", "oauth.AuthorizationCode", "oauth.IDToken"):
        assert apps.get_model(label) not in admin.site._registry


def test_people_of_one_name_are_told_apart_by_their_user_names() -> None:
    browser = at_desk(make_superuser(display_name="Root", username="root"))
    one, other = (make_user(display_name="Anna Keller", username=f"anna.keller{n}") for n in ("", "2"))
    found = [row["text"] for row in autocomplete(browser, "Anna Keller").json()["results"]]
    assert sorted(found) == ["Anna Keller (anna.keller)", "Anna Keller (anna.keller2)"]
    assert [row["text"] for row in autocomplete(browser, "root").json()["results"]] == ["root"]
    make_user(manager=other)
    chosen = {
        page_of(User.objects.get(manager=other)): "Anna Keller (anna.keller2)",
        page_of(assign(make_role(), one)): "Anna Keller (anna.keller)",
        page_of(
            Application.objects.create(name="Wiki", slug="wiki", owner=other)
        ): "Anna Keller (anna.keller2)",
        page_of(make_unit("Sales", head=one)): "Anna Keller (anna.keller)",
    }
    for page, words in chosen.items():
        assert f">{words}</option>" in " ".join(browser.get(page).content.decode().split()), page


UNCOUNTED = sorted(label for label, one in LISTS.items() if issubclass(one.paginator, InfinitePaginator))


@pytest.mark.parametrize("label", UNCOUNTED)
def test_list_that_is_not_counted_says_no_number_and_has_an_end(label: str) -> None:
    browser = at_desk(make_superuser())
    for query in ({}, {"q": "x"}):
        listed = browser.get(listing(label), query)
        assert "10000 results" not in " ".join(listed.content.decode().split())
        assert listed.context["cl"].result_count == listed.context["cl"].full_result_count
    assert LISTS[label].paginator is NewestPaginator
    answer = browser.get(listing(label), {"p": "1000000"})
    assert (answer.status_code, answer["Location"].partition("?")[2]) == (302, "e=1")
