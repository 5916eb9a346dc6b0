"""The way to a page of the administration, in the sections and names of the sidebar."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model
from django.template import Context, Library
from django.urls import reverse
from django.utils.text import capfirst

register = Library()


@dataclass(frozen=True)
class Step:
    title: str
    link: str = ""


@dataclass(frozen=True)
class Way:
    """`title` is the page itself; `back` the page above it, where there is one."""

    title: str
    steps: list[Step] = field(default_factory=list)
    back: Step | None = None


@register.simple_tag(takes_context=True)
def way_here(context: Context) -> Way:
    title = capfirst(str(context.get("title") or ""))
    opts = context.get("opts")
    if not opts:
        return Way(title)
    section, own_list = _place(context.get("sidebar_navigation") or [], opts)
    steps = [Step(section)] if section and section != own_list.title else []
    if "cl" in context or title == own_list.title:
        return Way(own_list.title, steps)
    shown = context.get("original") or context.get("object")
    if not isinstance(shown, Model):
        return Way(title, [*steps, own_list], own_list)
    if "adminform" in context:
        return Way(str(shown), [*steps, own_list], own_list)
    page = Step(str(shown), reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(shown.pk,)))
    return Way(title, [*steps, own_list, page], page)


def _place(sidebar: list[dict[str, Any]], opts: Any) -> tuple[str, Step]:
    """The section and the line of the sidebar that lead to the list; a list it does not name goes by its own name."""
    link = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    for section in sidebar:
        for item in section["items"]:
            if str(item["link"]) == link:
                return str(section.get("title", "")), Step(str(item["title"]), link)
    return "", Step(capfirst(str(opts.verbose_name_plural)), link)
