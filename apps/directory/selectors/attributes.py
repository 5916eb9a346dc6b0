"""What attributes there are, what people have of them, and who has what."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.audit.ports import Subject
from apps.directory.attribute_values import (
    Plain,
    Value,
    ValueRefused,
    ValueRules,
    plain_value,
    read_value,
    typed_value,
)
from apps.directory.models import Attribute, AttributeValue, User

# In which column a value of the kind is; all others are text.
COLUMN_OF: Mapping[str, str] = {
    Attribute.Kind.NUMBER: "number",
    Attribute.Kind.BOOLEAN: "is_true",
    Attribute.Kind.DATE: "day",
    Attribute.Kind.PERSON: "person_id",
}
TYPED_AS: Mapping[str, str] = {
    Attribute.Kind.NUMBER: "number",
    Attribute.Kind.BOOLEAN: "boolean",
    Attribute.Kind.DATE: "date",
}
# What stands before an attribute's name where fields of a person's record stand beside it.
PREFIX = "attributes."


def column_of(attribute: Attribute) -> str:
    return COLUMN_OF.get(attribute.kind, "text")


def attribute_subject(attribute: Attribute) -> Subject:
    return Subject(kind="attribute", id=str(attribute.pk), label=attribute.label)


def attributes_in_use() -> list[Attribute]:
    """In the order of forms."""
    return list(Attribute.objects.filter(is_active=True))


def rules_of(attribute: Attribute) -> ValueRules:
    return ValueRules(
        kind=attribute.kind,
        choices=tuple(attribute.choices),
        pattern=attribute.pattern,
        minimum=attribute.minimum,
        maximum=attribute.maximum,
    )


def stored_value(row: AttributeValue) -> Value:
    for column in ("text", "number", "is_true", "day", "person_id"):
        value: Value | None = getattr(row, column)
        if value is not None:
            return value
    raise ValueError("A row without a value.")


def _rows_in_use(user_ids: Collection[UUID]) -> QuerySet[AttributeValue]:
    return (
        AttributeValue.objects.filter(user_id__in=user_ids, attribute__is_active=True)
        .select_related("attribute")
        .order_by("attribute__position", "attribute__label", "position")
    )


def values_of(*, user_ids: Collection[UUID]) -> dict[UUID, dict[str, list[Value]]]:
    """By person and by the attribute's name, those in use; one statement however many people."""
    found: dict[UUID, dict[str, list[Value]]] = {user_id: {} for user_id in user_ids}
    for row in _rows_in_use(user_ids):
        found[row.user_id].setdefault(row.attribute.slug, []).append(stored_value(row))
    return found


def plain_values_of(*, user_ids: Collection[UUID]) -> dict[UUID, dict[str, Plain | list[Plain]]]:
    """By person, as `attributes_of` has it; one statement however many people."""
    found: dict[UUID, dict[str, Plain | list[Plain]]] = {user_id: {} for user_id in user_ids}
    for row in _rows_in_use(user_ids):
        value, has_several = plain_value(stored_value(row)), row.attribute.is_multivalued
        listed = found[row.user_id].setdefault(row.attribute.slug, [] if has_several else value)
        if has_several and isinstance(listed, list):
            listed.append(value)
    return found


def attributes_of(*, user_id: UUID) -> dict[str, Plain | list[Plain]]:
    """What the person has, as JSON: by name, a list where the attribute takes several values; what they lack is absent.

    People by their ids, numbers in digits, dates as 2026-12-31.
    """
    return plain_values_of(user_ids=[user_id])[user_id]


def with_attribute(people: QuerySet[User], attribute: Attribute, value: Value) -> QuerySet[User]:
    """Of these people those who have exactly this value; one look-up in an index."""
    having = AttributeValue.objects.filter(
        user=OuterRef("pk"), attribute=attribute, **{column_of(attribute): value}
    )
    return people.filter(Exists(having))


def with_value_typed(people: QuerySet[User], attribute: Attribute, typed: str) -> QuerySet[User]:
    """As `with_attribute`, for a value as people write it; all who have any where nothing is written."""
    having = AttributeValue.objects.filter(user=OuterRef("pk"), attribute=attribute)
    if not typed:
        return people.filter(Exists(having))
    if attribute.kind == Attribute.Kind.PERSON:
        named = User.objects.filter(username__iexact=typed).values("pk")
        return people.filter(Exists(having.filter(person__in=named)))
    try:
        # Not held to the definition's rules: what somebody has may be from before them.
        value = read_value(ValueRules(kind=TYPED_AS.get(attribute.kind, "text")), typed)
    except ValueRefused:
        return people.none()
    return with_attribute(people, attribute, value)


def people_having(attribute: Attribute) -> int:
    return AttributeValue.objects.filter(attribute=attribute).values("user").distinct().count()


def in_words(row: AttributeValue) -> str:
    if row.is_true is not None:
        return _("Yes") if row.is_true else _("No")
    if row.day is not None:
        return date_format(row.day)
    if row.person_id is not None:
        return str(row.person)
    return str(plain_value(stored_value(row)))


@dataclass(frozen=True)
class OwnAttribute:
    """An attribute as its person sees it, with what they have of it."""

    definition: Attribute
    rows: tuple[AttributeValue, ...]

    @property
    def is_editable(self) -> bool:
        return self.definition.for_person == Attribute.ForPerson.EDIT

    @property
    def words(self) -> list[str]:
        return [in_words(row) for row in self.rows]

    @property
    def values(self) -> list[Value]:
        return [stored_value(row) for row in self.rows]

    @property
    def typed(self) -> list[str]:
        """As they would type it: other people by their user names."""
        return [row.person.username if row.person else typed_value(stored_value(row)) for row in self.rows]


def own_attributes(*, user: User) -> list[OwnAttribute]:
    """Those in use that the person may see, in the order of forms."""
    shown = Attribute.objects.filter(is_active=True).exclude(for_person=Attribute.ForPerson.NOTHING)
    rows = AttributeValue.objects.filter(user=user, attribute__in=shown.order_by().values("pk"))
    found: dict[UUID, list[AttributeValue]] = {}
    for row in rows.select_related("person").order_by("position"):
        found.setdefault(row.attribute_id, []).append(row)
    return [OwnAttribute(one, tuple(found.get(one.pk, ()))) for one in shown]
