"""The navigation that every page of one's own account has."""

from typing import Any

from django import template
from django.urls import reverse

from apps.signin.ports import account_pages

register = template.Library()


@register.inclusion_tag("components/account_navigation.html")
def account_navigation(path: str) -> dict[str, Any]:
    """`path`: where the reader is; a page below one of those listed counts as that one."""
    pages = [
        (reverse(page.url_name), page.title) for page in sorted(account_pages, key=lambda page: page.position)
    ]
    return {
        "pages": [
            {"address": address, "title": title, "is_here": f"{path}/".startswith(f"{address}/")}
            for address, title in pages
        ]
    }
