"""What an object's fields hold, as the plain values that an audit event keeps before and after."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.contrib.auth.models import Permission
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

from apps.audit.canonical import Json
from apps.core.fields import EncryptedTextField

Values = dict[str, Json]
MASK = "(secret)"


def snapshot(obj: Model) -> Values:
    """Every field but the key and those that the database fills itself, with many-to-many relations sorted."""
    values = {
        field.name: plain(field.value_from_object(obj))
        for field in obj._meta.concrete_fields
        if not (field.primary_key or field.generated or getattr(field, "auto_now", False))
    }
    for relation in obj._meta.many_to_many:
        # A relation with a model of its own has events of its own.
        through: Any = relation.remote_field.through
        if through._meta.auto_created:
            values[relation.name] = sorted(_names_of_related(getattr(obj, relation.name)))
    return values


def _names_of_related(related: Any) -> list[str]:
    """Keys; but rights by their names, as their keys are not the same in every database."""
    if related.model is Permission:
        pairs = related.order_by().values_list("content_type__app_label", "codename")
        return [f"{app_label}.{codename}" for app_label, codename in pairs]
    return [str(key) for key in related.order_by().values_list("pk", flat=True)]


def removed_with(obj: Model) -> Iterator[Model]:
    """All that the database removes along with the object, the innermost first."""
    collector = NestedObjects(using=obj._state.db or DEFAULT_DB_ALIAS)
    collector.collect([obj])
    for model, rows in reversed(list(collector.data.items())):
        if not model._meta.auto_created:
            yield from (row for row in rows if row != obj)


def stored_snapshot(obj: Model) -> Values:
    """As `snapshot`, of what the database holds now; empty when it holds nothing."""
    stored = type(obj)._base_manager.filter(pk=obj.pk).first()
    return snapshot(stored) if stored is not None else {}


def difference(before: Values, after: Values) -> tuple[Values, Values]:
    """The fields that are not the same on both sides."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def masked(values: Values, secrets: Collection[str]) -> Values:
    return {name: MASK if name in secrets and value else value for name, value in values.items()}


def secret_fields(model: type[Model]) -> frozenset[str]:
    """Fields that never go into the log, whatever the admin says: what is encrypted stays secret."""
    return frozenset(
        field.name for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)
    )


def plain(value: Any) -> Json:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
