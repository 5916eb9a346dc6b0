"""Giving people values of attributes, and changing what attributes are without losing what people have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.directory.attribute_values import Value, ValueRefused, ValueRules, plain_value, read_value
from apps.directory.errors import AttributeRefused
from apps.directory.models import MOST_VALUES, Attribute, AttributeValue, User
from apps.directory.selectors.attributes import (
    PREFIX,
    attributes_in_use,
    column_of,
    people_having,
    rules_of,
    values_of,
)

# By the attribute's name what was typed for it; nothing, to have no value.
Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ValuesReplaced:
    """What an event keeps: by name, with `attributes.` before it, only what is not the same."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


def replace_values(*, user: User, given: Given, is_new: bool = False) -> ValuesReplaced:
    """Stores the values and says what changed, for the caller's event; attributes that are not named stay as they are.

    The caller has locked the person's row, or just made it.

    Raises: AttributeRefused, whose field is the attribute's name.
    """
    attributes = {attribute.slug: attribute for attribute in attributes_in_use()}
    for slug in given:
        if slug not in attributes:
            raise AttributeRefused(_("There is no such attribute."), field=slug)
    wanted = {slug: [one for one in map(str.strip, typed) if one] for slug, typed in given.items()}
    for attribute in attributes.values():
        is_asked = is_new or attribute.slug in wanted
        if attribute.is_required and is_asked and not wanted.get(attribute.slug):
            raise AttributeRefused(_("A value is needed."), field=attribute.slug)
    stored = {} if is_new else values_of(user_ids=[user.pk])[user.pk]
    people = _people_named(
        typed
        for slug, values in wanted.items()
        for typed in values
        if attributes[slug].kind == Attribute.Kind.PERSON
    )
    changed: dict[str, list[Value]] = {}
    for slug, typed in wanted.items():
        values = _read(attributes[slug], typed, stored.get(slug, []), people)
        if values != stored.get(slug, []):
            changed[slug] = values
    if changed:
        _store(user, {attributes[slug]: values for slug, values in changed.items()})
    return ValuesReplaced(
        before={PREFIX + slug: _plain(attributes[slug], stored.get(slug, [])) for slug in changed},
        after={PREFIX + slug: _plain(attributes[slug], values) for slug, values in changed.items()},
    )


def why_not_values(*, attribute: Attribute, typed: Sequence[str], stored: Sequence[Value] = ()) -> str:
    """The reason why these are none of the attribute; empty when they are. For forms, before they are saved."""
    try:
        people = _people_named(typed) if attribute.kind == Attribute.Kind.PERSON else {}
        _read(attribute, typed, stored, people)
    except AttributeRefused as error:
        return error.detail
    return ""


def _read(
    attribute: Attribute, typed: Sequence[str], stored: Sequence[Value], people: Mapping[str, UUID]
) -> list[Value]:
    """What somebody has already may stay, also where the rules have become stricter since."""
    if len(typed) > (MOST_VALUES if attribute.is_multivalued else 1):
        message = (
            _("At most %(count)d values are kept.") % {"count": MOST_VALUES}
            if attribute.is_multivalued
            else _("It takes one value only.")
        )
        raise AttributeRefused(message, field=attribute.slug)
    kept = {str(plain_value(value)): value for value in stored}
    values: list[Value] = []
    for one in typed:
        if one in kept:
            value = kept[one]
        elif attribute.kind == Attribute.Kind.PERSON:
            found = people.get(one.lower())
            if found is None:
                raise AttributeRefused(
                    _("There is nobody called %(name)s.") % {"name": one}, field=attribute.slug
                )
            value = found
        else:
            try:
                value = read_value(rules_of(attribute), one)
            except ValueRefused as error:
                raise AttributeRefused(str(error), field=attribute.slug) from error
        if value not in values:
            values.append(value)
    return values


def _people_named(typed: Iterable[str]) -> dict[str, UUID]:
    """By what was typed, in small letters: a user name or an id."""
    names = {one.lower() for one in typed if one and "\x00" not in one}
    if not names:
        return {}
    keys = {key for key in map(_as_key, names) if key is not None}
    # One by one through the index on small letters; a value rarely names more than one person.
    named = Q(pk__in=keys)
    for name in names:
        named |= Q(username__iexact=name)
    rows = User.objects.filter(named).values_list("pk", "username")
    return {name: key for key, username in rows for name in (username.lower(), str(key))}


def _as_key(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _plain(attribute: Attribute, values: Sequence[Value]) -> Any:
    plain = [plain_value(value) for value in values]
    if attribute.is_multivalued:
        return plain
    return plain[0] if plain else None


def _store(user: User, changed: Mapping[Attribute, Sequence[Value]]) -> None:
    held = _hold_definitions(changed)
    for attribute in changed:
        # They may have been changed since the values were read by them.
        if attribute.pk not in held or _as_defined(held[attribute.pk]) != _as_defined(attribute):
            raise AttributeRefused(_("This attribute was changed at this very moment."), field=attribute.slug)
    AttributeValue.objects.filter(user=user, attribute__in=changed).delete()
    AttributeValue.objects.bulk_create(
        AttributeValue(user=user, attribute=attribute, position=position, **{column_of(attribute): value})
        for attribute, values in changed.items()
        for position, value in enumerate(values)
    )


def _hold_definitions(attributes: Iterable[Attribute]) -> dict[UUID, Attribute]:
    """By id, as they are stored; until the commit `lock_definition` and whoever deletes one wait.

    SQLite's write transactions exclude each other anyway.
    """
    keys = [one.pk for one in attributes]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            # Not select_for_update(): those who give values do not wait for each other. Nor the foreign key, which
            # takes this lock at the commit only.
            cursor.execute(
                "SELECT 1 FROM directory_attribute WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [keys]
            )
    return Attribute.objects.in_bulk(keys)


def _as_defined(attribute: Attribute) -> tuple[ValueRules, bool, bool]:
    """All that decides what a value of it may be."""
    return rules_of(attribute), attribute.is_multivalued, attribute.is_active


# Definitions ---------------------------------------------------------------------------------------------------------


def lock_definition(attribute: Attribute) -> Attribute:
    """As it is stored, with all values given to it by others at this moment either there or still to come."""
    return Attribute.objects.select_for_update().get(pk=attribute.pk)


def check_change(*, stored: Attribute, wanted: Attribute) -> None:
    """Whether the definition may become this without a value losing its meaning; `stored` is locked.

    Raises: ValidationError, by field.
    """
    refused: dict[str, str] = {}
    if wanted.slug != stored.slug:
        refused["slug"] = _("Programs know it by this name: it cannot be changed.")
    if wanted.kind != stored.kind and (having := people_having(stored)):
        refused["kind"] = ngettext(
            "%(count)d person has a value of the present type.",
            "%(count)d people have values of the present type.",
            having,
        ) % {"count": having}
    if stored.is_multivalued and not wanted.is_multivalued:
        several = (
            AttributeValue.objects.filter(attribute=stored, position__gt=0).values("user").distinct().count()
        )
        if several:
            refused["is_multivalued"] = ngettext(
                "%(count)d person has several values.", "%(count)d people have several values.", several
            ) % {"count": several}
    dropped = [choice for choice in stored.choices if choice not in wanted.choices]
    if stored.kind == wanted.kind == Attribute.Kind.CHOICE and dropped:
        chosen = AttributeValue.objects.filter(attribute=stored, text__in=dropped).values("user").distinct()
        if count := chosen.count():
            refused["choices"] = ngettext(
                "%(count)d person has one of the choices that are left out.",
                "%(count)d people have one of the choices that are left out.",
                count,
            ) % {"count": count}
    if refused:
        raise ValidationError(dict(refused))


def why_not_deleted(attribute: Attribute) -> str:
    """Empty while nobody has a value."""
    having = people_having(attribute)
    if not having:
        return ""
    return ngettext(
        "%(count)d person has a value of %(attribute)s. Take it out of use instead: the value stays on record.",
        "%(count)d people have a value of %(attribute)s. Take it out of use instead: the values stay on record.",
        having,
    ) % {"count": having, "attribute": attribute}
