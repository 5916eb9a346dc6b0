"""Filters of the list of people by where they belong; other pages link to them."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from apps.directory.models import Group, Unit
from apps.directory.selectors.groups import user_ids_in
from apps.directory.selectors.units import units_below


def as_key(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def people_list_of(request: HttpRequest, parameter: str, key: object) -> str:
    """The list of those who belong; empty for those who may not see people."""
    if not any(request.user.has_perm(f"directory.{verb}_user") for verb in ("view", "change")):
        return ""
    return f"{reverse('admin:directory_user_changelist')}?{urlencode({parameter: str(key)})}"


class BelongsFilter(SimpleListFilter):
    """Offers only what the address asks for: there may be thousands."""

    of_model: type[Model]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found = self._found()
        return [(str(found.pk), str(found))] if found is not None else []

    def has_output(self) -> bool:
        return self.value() is not None

    def _found(self) -> Any:
        key = as_key(self.value())
        return self.of_model._base_manager.filter(pk=key).first() if key else None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = self._found()
        return queryset.none() if found is None else self.belonging(queryset, found)

    def belonging(self, people: QuerySet[Any], found: Any) -> QuerySet[Any]:
        raise NotImplementedError


class GroupFilter(BelongsFilter):
    title = gettext_lazy("group, or one within it")
    parameter_name = "group"
    of_model = Group

    def belonging(self, people: QuerySet[Any], found: Any) -> QuerySet[Any]:
        return people.filter(pk__in=user_ids_in(group_ids=[found.pk]))


class UnitFilter(BelongsFilter):
    title = gettext_lazy("organisation unit, or one below it")
    parameter_name = "unit"
    of_model = Unit

    def belonging(self, people: QuerySet[Any], found: Any) -> QuerySet[Any]:
        return people.filter(unit__in=units_below(found).order_by().values("pk"))
