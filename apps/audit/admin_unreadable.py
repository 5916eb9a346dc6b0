"""Lists and pages of the log that stand, and say so, when a row holds what the program never writes."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.audit.admin_newest import UncountedChangeList
from apps.audit.shown_rows import shown_rows, unreadable_values


class CarefulChangeList(UncountedChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = shown_rows(self.result_list)
        self.result_list = rows
        if any(unreadable_values(row) for row in rows):
            say_it_does_not_verify(request)


class ShowsUnreadable:
    """Mixed into the admins of the log's tables."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return CarefulChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        admin: Any = self
        try:
            key = admin.model._meta.pk.to_python(object_id)
        except (ValidationError, ValueError):
            return None
        row = next(iter(shown_rows(admin.get_queryset(request).filter(pk=key)[:1])), None)
        found = unreadable_values(row) if row else {}
        if found:
            say_it_does_not_verify(request)
        return row


def say_it_does_not_verify(request: HttpRequest) -> None:
    words = _(
        "Something here was changed past the program and cannot be read: the log does not verify. "
        "Run manage.py verify_audit_log; it names every row."
    )
    messages.error(request, words)
