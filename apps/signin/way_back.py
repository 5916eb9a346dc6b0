"""Where people go on to after signing in or out: paths of this site, never an address that somebody put into a link."""

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def is_on_this_site(target: str) -> bool:
    return target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)


def safe_next(target: str) -> str:
    """The path, or the portal."""
    return target if is_on_this_site(target) else reverse("signin:home")
