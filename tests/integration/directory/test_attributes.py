"""The organisation's own attributes of people: typed, held to rules, recorded, and never lost by a definition."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import ProtectedError
from pytest_django import DjangoAssertNumQueries

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.errors import PersonRefused
from apps.directory.models import Attribute, AttributeValue, User
from apps.directory.selectors.attributes import attributes_in_use, attributes_of, values_of, with_attribute
from apps.directory.services import attributes
from apps.directory.services.attributes import check_change, lock_definition, why_not_deleted
from apps.directory.services.people import NewPerson, change_person, create_person
from tests.factories.people import make_user
from tests.integration.signin.together import at_once
from tests.services.soak import times

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
BY: dict[str, Any] = {"actor": SYSTEM, "origin": SYSTEM_ORIGIN, "now": NOW}


def make_attribute(slug: str, kind: str = "text", **fields: Any) -> Attribute:
    attribute = Attribute(**({"slug": slug, "label": slug.capitalize(), "kind": kind} | fields))
    attribute.full_clean()
    attribute.save()
    return attribute


def give(user: User, **given: list[str]) -> bool:
    return change_person(user=user, changes={}, attributes=given, **BY)


KINDS = {
    "text": (["  Window seat "], "Window seat", "Window seat"),
    "number": (["0042.50"], Decimal("42.5"), "42.5"),
    "boolean": (["Yes"], True, True),
    "date": (["2026-12-31"], date(2026, 12, 31), "2026-12-31"),
    "choice": (["Red"], "Red", "Red"),
    "email": (["kim@example.org"], "kim@example.org", "kim@example.org"),
    "url": (["https://example.org/kim"], "https://example.org/kim", "https://example.org/kim"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_value_is_stored_in_its_type(kind: str) -> None:
    typed, value, plain = KINDS[kind]
    attribute = make_attribute("thing", kind, choices=["Red", "Blue"] if kind == "choice" else [])
    user, other = make_user(), make_user()
    assert give(user, thing=typed)
    assert values_of(user_ids=[user.pk, other.pk]) == {user.pk: {"thing": [value]}, other.pk: {}}
    assert attributes_of(user_id=user.pk) == {"thing": plain}
    found: Any = value
    assert list(with_attribute(User.objects.all(), attribute, found)) == [user]
    assert not give(user, thing=typed)
    event = AuditEvent.objects.get()
    assert (event.action, event.target_id) == ("user.changed", str(user.pk))
    assert event.personal is not None
    assert (event.personal["before"], event.personal["after"]) == (
        {"attributes.thing": None},
        {"attributes.thing": plain},
    )


def test_reference_to_a_person_is_by_name_or_id_and_stays_when_they_are_renamed() -> None:
    make_attribute("buddy", "person")
    user, buddy = make_user(), make_user(username="Robin")
    assert give(user, buddy=["robin"])
    User.objects.filter(pk=buddy.pk).update(username="robina")
    assert attributes_of(user_id=user.pk) == {"buddy": str(buddy.pk)}
    assert not give(user, buddy=[str(buddy.pk)])
    with pytest.raises(PersonRefused, match="nobody called robin"):
        give(user, buddy=["robin"])


@pytest.mark.parametrize(
    ("kind", "rules", "typed", "reason"),
    [
        ("number", {}, "twelve", "not a number"),
        ("number", {}, "NaN", "not a number"),
        ("number", {}, "1e400", "at most 12 digits"),
        ("number", {}, "0.0000001", "at most 12 digits"),
        ("number", {"minimum": 1}, "0", "less than 1"),
        ("number", {"maximum": Decimal("1.5")}, "1.6", "more than 1.5"),
        ("boolean", {}, "maybe", "true or false"),
        ("date", {}, "31.12.2026", "as 2026-12-31"),
        ("date", {}, "1492-01-01", "between 1900 and 2199"),
        ("choice", {"choices": ["Red"]}, "red", "none of the choices"),
        ("email", {}, "kim", "valid email"),
        ("url", {}, "javascript:alert(1)", "valid URL"),
        ("text", {"pattern": "[A-Z]{2}-[0-9]{4}"}, "AB-12345", "does not match"),
        ("text", {"minimum": 3}, "ab", "3 characters at least"),
        ("text", {"maximum": 3}, "abcd", "3 characters at most"),
        ("text", {}, "x" * 501, "longer than 500"),
        ("text", {}, "a\x00b", "character that no text has"),
        ("person", {}, "nobody", "nobody called nobody"),
        ("person", {}, "a\x00b", "nobody called"),
    ],
)
def test_value_that_is_none_is_refused(kind: str, rules: dict[str, Any], typed: str, reason: str) -> None:
    make_attribute("thing", kind, **rules)
    user = make_user()
    with pytest.raises(PersonRefused, match=reason) as refusal:
        give(user, thing=[typed])
    assert refusal.value.field == "attributes.thing"
    assert not AttributeValue.objects.exists()
    assert not AuditEvent.objects.exists()


def test_several_values_keep_their_order_and_are_not_doubled() -> None:
    make_attribute("skills", is_multivalued=True)
    user = make_user()
    give(user, skills=["Welding", "Sewing", "Welding", " "])
    assert attributes_of(user_id=user.pk) == {"skills": ["Welding", "Sewing"]}
    give(user, skills=["Sewing"])
    assert attributes_of(user_id=user.pk) == {"skills": ["Sewing"]}
    with pytest.raises(PersonRefused, match="At most 20"):
        give(user, skills=[str(number) for number in range(21)])
    make_attribute("desk")
    with pytest.raises(PersonRefused, match="one value only"):
        give(user, desk=["A", "B"])


def test_attribute_that_is_required_is_asked_of_new_people_and_not_taken_away() -> None:
    user = make_user()
    make_attribute("badge", is_required=True)
    make_attribute("desk")
    with pytest.raises(PersonRefused, match="A value is needed"):
        create_person(details=NewPerson(username="kim"), password=None, **BY)
    assert not User.objects.filter(username="kim").exists()
    made = create_person(details=NewPerson(username="kim", attributes={"badge": ["7"]}), password=None, **BY)
    event = AuditEvent.objects.get(action="user.created")
    assert event.personal is not None
    assert event.personal["after"]["attributes.badge"] == "7"
    with pytest.raises(PersonRefused, match="A value is needed"):
        give(made, badge=[])
    assert give(user, desk=["4.12"])


@pytest.mark.parametrize("slug", ["unknown", "old"])
def test_attribute_that_is_unknown_or_out_of_use_is_refused_and_not_shown(slug: str) -> None:
    old, user = make_attribute("old"), make_user()
    give(user, old=["kept"])
    Attribute.objects.filter(pk=old.pk).update(is_active=False)
    with pytest.raises(PersonRefused, match="no such attribute"):
        give(user, **{slug: ["new"]})
    assert attributes_of(user_id=user.pk) == {}
    assert AttributeValue.objects.get().text == "kept"


def test_stricter_rules_leave_what_people_have() -> None:
    attribute, user = make_attribute("desk"), make_user()
    give(user, desk=["old style"])
    Attribute.objects.filter(pk=attribute.pk).update(pattern="[0-9]+")
    assert change_person(user=user, changes={"job_title": "Smith"}, attributes={"desk": ["old style"]}, **BY)
    with pytest.raises(PersonRefused, match="does not match"):
        give(user, desk=["new style"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "other"}, "slug"),
        ({"kind": "number"}, "kind"),
        ({"is_multivalued": False}, "is_multivalued"),
        ({"choices": ["Blue", "Green"]}, "choices"),
    ],
)
def test_definition_is_not_changed_from_under_values(change: dict[str, Any], field: str) -> None:
    stored = make_attribute("colours", "choice", choices=["Red", "Blue"], is_multivalued=True)
    wanted = Attribute.objects.get()
    for name, value in change.items():
        setattr(wanted, name, value)
    if field != "slug":
        check_change(stored=stored, wanted=wanted)
    give(make_user(), colours=["Red", "Blue"])
    with pytest.raises(ValidationError) as refusal:
        check_change(stored=stored, wanted=wanted)
    assert list(refusal.value.message_dict) == [field]


def test_definition_that_somebody_has_is_not_deleted() -> None:
    attribute = make_attribute("desk")
    assert why_not_deleted(attribute) == ""
    give(make_user(), desk=["4.12"])
    assert why_not_deleted(attribute).startswith("1 person has a value of Desk.")
    with pytest.raises(ProtectedError):
        Attribute.objects.all().delete()


@pytest.mark.parametrize(
    "columns", [{}, {"text": "a", "number": 1}, {"is_true": True, "day": date(2026, 1, 1)}]
)
def test_database_keeps_one_value_a_row(columns: dict[str, Any]) -> None:
    attribute, user = make_attribute("desk"), make_user()
    with pytest.raises(IntegrityError), transaction.atomic():
        AttributeValue.objects.create(user=user, attribute=attribute, **columns)


def test_values_of_many_people_are_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_attribute("desk")
    people = [make_user() for _number in range(3)]
    for user in people:
        give(user, desk=["1"])
    with django_assert_num_queries(1):
        assert len(values_of(user_ids=[user.pk for user in people])) == 3


# The rest of the record -----------------------------------------------------------------------------------------


def test_change_is_one_event_with_what_is_not_the_same() -> None:
    user, manager = make_user(job_title="Clerk"), make_user()
    make_attribute("desk")
    assert change_person(
        user=user,
        changes={"job_title": "Head clerk", "manager": manager, "given_name": user.given_name},
        attributes={"desk": ["2"]},
        **BY,
    )
    event = AuditEvent.objects.get()
    assert event.personal is not None
    assert event.personal["before"] == {"job_title": "Clerk", "manager": None, "attributes.desk": None}
    assert event.personal["after"] == {
        "job_title": "Head clerk",
        "manager": str(manager.pk),
        "attributes.desk": "2",
    }
    assert not change_person(user=user, changes={"job_title": "Head clerk"}, **BY)


def test_new_address_is_not_verified() -> None:
    user = make_user()
    change_person(user=user, changes={"email": "new@example.org"}, **BY)
    user.refresh_from_db()
    assert not user.is_email_verified


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "no spaces please"}, "username"),
        ({"is_superuser": True}, "is_superuser"),
        ({"status": "suspended"}, "status"),
        ({"password": "x"}, "password"),
        ({"starts_on": date(2026, 2, 1), "ends_on": date(2026, 1, 1)}, ""),
    ],
)
def test_change_that_is_not_accepted_changes_nothing(changes: dict[str, Any], field: str) -> None:
    user = make_user()
    with pytest.raises(PersonRefused) as refusal:
        change_person(user=user, changes=changes, **BY)
    assert refusal.value.field == field
    assert not AuditEvent.objects.exists()


def test_gap_ends_what_is_open() -> None:
    user = make_user()
    change_person(user=user, changes={"ends_on": date(2026, 11, 25)}, **BY)
    assert User.objects.get(pk=user.pk).sign_ins_valid_since == NOW


# While others change the definition -----------------------------------------------------------------------------


def drop_choice(attribute: Attribute) -> None:
    stored = lock_definition(attribute)
    wanted = Attribute.objects.get(pk=attribute.pk)
    wanted.choices = ["Blue"]
    check_change(stored=stored, wanted=wanted)
    wanted.save()


def change_kind(attribute: Attribute) -> None:
    stored = lock_definition(attribute)
    wanted = Attribute.objects.get(pk=attribute.pk)
    wanted.kind = Attribute.Kind.TEXT
    check_change(stored=stored, wanted=wanted)
    wanted.save()


def take_several_away(attribute: Attribute) -> None:
    stored = lock_definition(attribute)
    wanted = Attribute.objects.get(pk=attribute.pk)
    wanted.is_multivalued = False
    check_change(stored=stored, wanted=wanted)
    wanted.save()


def delete_definition(attribute: Attribute) -> None:
    lock_definition(attribute)
    if refusal := why_not_deleted(attribute):
        raise ValidationError(refusal)
    attribute.delete()


CHANGES = (drop_choice, change_kind, take_several_away, delete_definition)
Change = Callable[[Attribute], None]


def is_refused(change: Change, attribute: Attribute) -> bool:
    try:
        with transaction.atomic():
            change(attribute)
    except ValidationError:
        return True
    finally:
        connections.close_all()
    return False


def until_it_waits_or_is_done(change: Future[bool]) -> None:
    """On SQLite whoever writes waits for the other's transaction, which nothing there tells."""
    waiting = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
    while connection.vendor == "postgresql" and not change.done():
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_definition_waits_for_a_value_that_is_being_given(change: Change) -> None:
    attribute = make_attribute("colours", "choice", choices=["Red", "Blue"], is_multivalued=True)
    user = make_user()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert give(user, colours=["Blue", "Red"])
            changed = pool.submit(is_refused, change, attribute)
            until_it_waits_or_is_done(changed)
        assert changed.result(timeout=60)
    assert values_of(user_ids=[user.pk])[user.pk] == {"colours": ["Blue", "Red"]}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES)
def test_value_is_refused_that_the_definition_no_longer_takes(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It changes between the reading of the rules and the storing of the value."""
    attribute = make_attribute("colours", "choice", choices=["Red", "Blue"], is_multivalued=True)
    user = make_user()

    def read_before_the_change() -> list[Attribute]:
        found = attributes_in_use()
        change(attribute)
        return found

    monkeypatch.setattr(attributes, "attributes_in_use", read_before_the_change)
    with pytest.raises(PersonRefused) as refusal:
        give(user, colours=["Blue", "Red"])
    assert refusal.value.field == "attributes.colours"
    assert not AttributeValue.objects.exists()


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(times(2, soak=100)))
def test_no_value_is_left_that_its_definition_does_not_take(_round: int) -> None:
    attribute = make_attribute("colours", "choice", choices=["Red", "Blue"])
    people = [make_user() for _number in range(3)]

    def give_red(user: User) -> bool:
        try:
            return give(user, colours=["Red"])
        except PersonRefused:
            return False

    tries: list[Callable[[], bool]] = [partial(is_refused, drop_choice, attribute)]
    tries += [partial(give_red, one) for one in people]
    kept, *given = at_once(tries)
    attribute.refresh_from_db()
    assert AttributeValue.objects.count() == sum(given)
    assert ("Red" in attribute.choices) == kept == any(given)
