"""The rights that mean something in this administration, by area and in the words of its pages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.access.models import Role

VERBS = {
    "view": gettext_lazy("see"),
    "add": gettext_lazy("add"),
    "change": gettext_lazy("change"),
    "delete": gettext_lazy("delete"),
}


@dataclass(frozen=True)
class Page:
    area: str
    title: str
    admin: Any


@dataclass(frozen=True)
class RightWords:
    area: str
    thing: str
    verb: str
    # "view", "add", "change" or "delete"; empty for others.
    code: str = ""

    def __str__(self) -> str:
        return f"{self.thing}: {self.verb}"


def rights_in_words() -> dict[str, RightWords]:
    """By "app_label.codename", in the order of the sidebar: what some page or action of the administration asks for."""
    request = _request_that_may_do_anything()
    pages = _pages()
    with_a_page = {page.admin.model for page in pages}
    found: dict[str, RightWords] = {}
    for page in pages:
        found |= _of_page(request, page)
        for made in page.admin.get_inlines(request, page.admin.model):
            if made.model not in with_a_page:
                found |= _of_rows(request, made(page.admin.model, page.admin.admin_site), page)
    return found


def offered_rights() -> QuerySet[Permission]:
    by_app: dict[str, list[str]] = {}
    for right in rights_in_words():
        app_label, codename = right.split(".")
        by_app.setdefault(app_label, []).append(codename)
    offered = Q(pk__in=())
    for app_label, codenames in by_app.items():
        offered |= Q(content_type__app_label=app_label, codename__in=codenames)
    return Permission.objects.filter(offered).select_related("content_type")


def rights_beyond_form(role: Role) -> QuerySet[Permission]:
    """What the role carries and the form does not offer: given elsewhere, and not the form's to take away."""
    offered = offered_rights().order_by().values("pk")
    return role.admin_permissions.exclude(pk__in=offered).select_related("content_type")


def name_of_right(right: Permission) -> str:
    return f"{right.content_type.app_label}.{right.codename}"


def list_of_rights(rights: Iterable[Permission]) -> SafeString:
    """A line each, for a page that only shows them."""
    known = rights_in_words()
    lines = sorted(
        str(known[name]) if (name := name_of_right(right)) in known else _unknown(right) for right in rights
    )
    return format_html_join("", "<div>{}</div>", ((line,) for line in lines))


def _unknown(right: Permission) -> str:
    """For what this administration asks for nowhere."""
    model, verb = right.content_type.model_class(), VERBS.get(right.codename.partition("_")[0])
    if model is None or verb is None:
        return str(right.name)
    return f"{_plural(model)}: {verb}"


def _request_that_may_do_anything() -> HttpRequest:
    """What admins refuse even to it is offered nowhere."""
    request = HttpRequest()
    request.user = get_user_model()(is_staff=True, is_superuser=True)
    return request


def _pages() -> list[Page]:
    by_address = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"): one
        for model, one in admin.site._registry.items()
    }
    found = []
    theme: Any = settings.UNFOLD
    for section in theme["SIDEBAR"]["navigation"]:
        for item in section["items"]:
            one = by_address.pop(str(item["link"]), None)
            if one is not None:
                found.append(Page(str(section["title"]), str(item["title"]), one))
    return [*found, *(Page(_("Other"), _plural(one.model), one) for one in by_address.values())]


def _of_page(request: HttpRequest, page: Page) -> dict[str, RightWords]:
    one = page.admin
    allowed = {
        "view": True,
        "add": one.has_add_permission(request),
        "change": one.has_change_permission(request),
        "delete": one.has_delete_permission(request),
    }
    found = dict(_verbs(one.model, allowed, page.area, page.title))
    for codename, verb in one.further_rights.items():
        found[f"{one.model._meta.app_label}.{codename}"] = RightWords(page.area, page.title, str(verb))
    for action in one.offered_actions(request):
        # On the pages of another kind of object, some actions ask for a right of their own kind.
        if _is_on(one.model, action.permission):
            found.setdefault(action.permission, RightWords(page.area, page.title, str(action.title)))
    return found


def _of_rows(request: HttpRequest, inline: Any, page: Page) -> dict[str, RightWords]:
    allowed = {
        "view": True,
        "add": inline.has_add_permission(request, page.admin.model),
        "change": inline.has_change_permission(request),
        "delete": inline.has_delete_permission(request),
    }
    return dict(_verbs(inline.model, allowed, page.area, _plural(inline.model)))


def _verbs(model: Any, allowed: dict[str, bool], area: str, thing: str) -> Iterator[tuple[str, RightWords]]:
    for verb, is_allowed in allowed.items():
        if is_allowed:
            right = f"{model._meta.app_label}.{verb}_{model._meta.model_name}"
            yield right, RightWords(area, thing, str(VERBS[verb]), verb)


def _is_on(model: Any, right: str) -> bool:
    app_label, _separator, codename = right.partition(".")
    return app_label == model._meta.app_label and codename.endswith(f"_{model._meta.model_name}")


def _plural(model: Any) -> str:
    return capfirst(str(model._meta.verbose_name_plural))
