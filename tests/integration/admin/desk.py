"""Somebody at the administration's desk, what they may do there, and what the log says afterwards."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from apps.access.models import Assignment, Role
from apps.audit.models import AuditEvent
from apps.directory.models import Group, User
from tests.factories.people import make_user, sign_in


def make_role(*rights: str, **fields: Any) -> Role:
    """A role with rights such as "directory.view_user"."""
    number = Role.objects.count() + 1
    role = Role.objects.create(**({"name": f"Role {number}", "slug": f"role-{number}"} | fields))
    for right in rights:
        app, codename = right.split(".")
        role.admin_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return role


def assign(role: Role, holder: User | Group) -> Assignment:
    return Assignment.objects.create(
        role=role, valid_from=timezone.now(), **{"user" if isinstance(holder, User) else "group": holder}
    )


def make_staff(*rights: str, **fields: Any) -> User:
    user = make_user(is_staff=True, **fields)
    if rights:
        assign(make_role(*rights), user)
    return user


def make_superuser(**fields: Any) -> User:
    return make_user(is_staff=True, is_superuser=True, **fields)


def at_desk(user: User) -> Browser:
    browser = Browser()
    sign_in(browser, user)
    return browser


def listing(model: str) -> str:
    """Address of a list, by "app.model"."""
    return reverse(f"admin:{model.replace('.', '_')}_changelist")


def adding(model: str) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_add")


def page_of(obj: Any, what: str = "change") -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{what}", args=(obj.pk,))


def action_page(obj: Any, action: str) -> str:
    name = f"admin:{obj._meta.app_label}_{obj._meta.model_name}_object_action"
    return reverse(name, args=(obj.pk, action))


def submission(answer: Any, **changes: Any) -> dict[str, Any]:
    """The form of a page as a browser would send it back, with some fields filled in otherwise."""
    context = answer.context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    sent: dict[str, Any] = {"_as_opened": context["as_opened"]} if context.get("as_opened") else {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is None or value is False:
                continue
            sent |= _as_sent(bound, value)
    sent |= changes
    return {name: value for name, value in sent.items() if value is not None}


def _as_sent(bound: Any, value: Any) -> dict[str, Any]:
    widget = bound.field.widget
    if hasattr(widget, "decompress"):
        parts = widget.decompress(bound.field.to_python(value) if isinstance(value, str) else value)
        return {
            f"{bound.html_name}_{number}": "" if part is None else str(part)
            for number, part in enumerate(parts)
        }
    if isinstance(value, Iterable) and not isinstance(value, str):
        return {bound.html_name: [getattr(item, "pk", item) for item in value]}
    return {bound.html_name: value}


def errors_of(answer: Any) -> str:
    """What was wrong with a form that was shown again; for the message of a failing assertion."""
    context = answer.context or {}
    form = context["adminform"].form.errors if "adminform" in context else ""
    rows = [inline.formset.errors for inline in context.get("inline_admin_formsets", [])]
    return f"{form} {rows}"


def save(browser: Browser, address: str, **changes: Any) -> Any:
    """Open the page, fill in, save; the answer is the redirect of a form that was accepted."""
    answer = browser.get(address)
    assert answer.status_code == 200
    answer = browser.post(address, submission(answer, **changes))
    assert answer.status_code == 302, errors_of(answer)
    return answer


def events(*actions: str) -> list[Any]:
    """Oldest first; Any, because their JSON is read freely in assertions."""
    found = AuditEvent.objects.order_by("id")
    return list(found.filter(action__in=actions) if actions else found)


def the_event(action: str) -> Any:
    found = events(action)
    assert len(found) == 1, [(event.action, event.personal) for event in events()]
    return found[0]


def text_of(answer: Any) -> str:
    content: str = answer.content.decode()
    return content
