"""What an address may ask of the administration: nothing but what its own pages offer."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial, reduce
from operator import or_
from typing import Any

from django.contrib.admin import ListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import FieldDoesNotExist, SuspiciousOperation, ValidationError
from django.db.models import DateTimeField, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import smart_split, unescape_string_literal

from apps.audit.admin_unfold import ThemedInlineFormSet, ThemedModelAdmin
from apps.core.sensible_dates import validate_moment

NUL = "\x00"


class CarefulAutocomplete(AutocompleteSelect):
    """A form that is shown again looks up what was sent as a key, and some of it is none."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        key = self.field.remote_field.model._meta.pk
        return super().optgroups(name, [one for one in value if not one or _fits(key, one)], attr)


def picked_as(model_admin: Any, obj: Any) -> str:
    """What pickers call an object: as its own admin says, for two may have one name."""
    return model_admin.picked_as(obj) if isinstance(model_admin, CarefulAdmin) else str(obj)


class CarefulRelations:
    """Mixed into admins and inlines, before those of the theme."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        admin: Any = self
        if "widget" not in kwargs and db_field.name in admin.get_autocomplete_fields(request):
            kwargs["widget"] = CarefulAutocomplete(db_field, admin.admin_site, using=kwargs.get("using"))
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # a mixin
        target = admin.admin_site._registry.get(db_field.remote_field.model)
        if field is not None and target is not None:
            field.label_from_instance = partial(picked_as, target)
        return field


class CarefulInlineFormSet(ThemedInlineFormSet):
    def get_page_num(self) -> int:
        """The first page where an address or a form names one that is none, such as a number of 5 000 digits."""
        try:
            number: int = super().get_page_num()
        except ValueError:
            return 1
        return number


class CarefulAdmin(ThemedModelAdmin):
    """Django takes lookups on any field, even `password__startswith`, and hands odd values on as they are."""

    # Fields by which pages elsewhere link to the list, beside its filters.
    linked_lookups: tuple[str, ...] = ()

    def picked_as(self, obj: Any) -> str:
        return str(obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Whether one of the list's filters, or a link to the list, offers it."""
        filters = self.get_list_filter(request) if request is not None else self.list_filter
        return lookup in self.linked_lookups or any(lookup in _parameters(self.model, one) for one in filters)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        for values in (*dict(request.GET.lists()).values(), request.POST.getlist(ACTION_CHECKBOX_NAME)):
            if any(NUL in value for value in values):
                raise SuspiciousOperation("A NUL character in a query.")
        for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
            if not _fits(self.model._meta.pk, key):
                raise SuspiciousOperation("Something was selected that is not a key.")
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if NUL in search_term:
            return queryset.none(), False
        fields = self.get_search_fields(request)
        if any("__" in field for field in fields):
            return queryset.filter(found_through_relations(self.model, fields, search_term)), False
        found: tuple[QuerySet[Any], bool] = super().get_search_results(request, queryset, search_term)
        return found

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        return None if NUL in object_id else super().get_object(request, object_id, from_field)

    def get_changeform_initial_data(self, request: HttpRequest) -> Any:
        """What an address fills into a new form, without what cannot be the key of anything."""
        initial: dict[str, Any] = {}
        for name, value in super().get_changeform_initial_data(request).items():
            try:
                field = self.opts.get_field(name)
            except FieldDoesNotExist:
                continue
            # A relation always has its model by now; the stubs allow for one that is not resolved yet.
            target = field.related_model._meta.pk if field.is_relation else field  # type: ignore[union-attr]  # a model
            if not all(_fits(target, one) for one in (value if isinstance(value, list) else [value])):
                continue
            if isinstance(field, DateTimeField):
                initial |= _moment(name, field, value)
            else:
                initial[name] = value
        return initial


def found_through_relations(model: Any, fields: Iterable[str], search_term: str) -> Q:
    """What Django's own search finds in plain fields (`field` or `relation__field`), each relation asked by itself.

    Over a join, every row is read with all that it refers to; this way the names are looked up first.
    """
    own = [field for field in fields if "__" not in field]
    related: dict[str, list[str]] = {}
    for relation, field in (field.split("__") for field in fields if "__" in field):
        related.setdefault(relation, []).append(field)
    found = Q()
    for word in _words(search_term):
        in_a_field = _any_holds(own, word)
        for relation, names in related.items():
            objects = model._meta.get_field(relation).related_model._base_manager
            in_a_field |= Q(**{f"{relation}__in": objects.filter(_any_holds(names, word))})
        found &= in_a_field
    return found


def _words(search_term: str) -> Iterator[str]:
    """As Django's own search takes them: several in quotation marks are one."""
    for bit in smart_split(search_term):
        is_quoted = bit[0] in "\"'" and bit[0] == bit[-1]
        yield unescape_string_literal(bit) if is_quoted else bit


def _any_holds(fields: Iterable[str], word: str) -> Q:
    return reduce(or_, (Q(**{f"{field}__icontains": word}) for field in fields), Q())


def _parameters(model: Any, list_filter: Any) -> Iterator[str]:
    """The names that a filter has in an address. Spec: those of Django's own filters on fields."""
    if isinstance(list_filter, type) and issubclass(list_filter, ListFilter):
        yield from getattr(list_filter, "parameter_names", (getattr(list_filter, "parameter_name", ""),))
        return
    path = list_filter[0] if isinstance(list_filter, tuple | list) else list_filter
    field = model._meta.get_field(path)
    yield from (path, f"{path}__exact", f"{path}__isnull")
    if field.is_relation:
        yield f"{path}__{field.related_model._meta.pk.name}__exact"


def _moment(name: str, field: Any, value: Any) -> dict[str, datetime]:
    """As the form shows it; nothing for one that not every time zone has."""
    at: datetime = field.to_python(value)
    try:
        validate_moment(at if timezone.is_aware(at) else timezone.make_aware(at))
    except ValidationError:
        return {}
    return {name: at}


def _fits(field: Any, value: str) -> bool:
    try:
        field.to_python(value)
    except (ValidationError, ValueError):
        return False
    return NUL not in value
