"""Deleting, as one more action that says what it will do: Django's own page lists rows, not what people lose."""

from datetime import datetime
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.admin_acting import ActingAdmin
from apps.audit.admin_pages import DELETE, By, ObjectAction


class DeletingAdmin(ActingAdmin):
    def deletion_effects(self, objects: QuerySet[Any], now: datetime) -> list[str]:
        """What goes with the objects, a sentence each."""
        return []

    def deletion_obstacle(self, objects: QuerySet[Any], now: datetime) -> str:
        """Why they cannot be deleted; empty when they can."""
        return ""

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            raise Http404
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return self.act(
            request,
            self.get_queryset(request).filter(pk=obj.pk),
            self._deletion(request),
            back=reverse(f"{name}_change", args=(obj.pk,)),
            done=reverse(f"{name}_changelist"),
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        if DELETE in found:
            _function, name, description = found[DELETE]
            found[DELETE] = (_delete_selected, name, description)
        return found

    def delete_selected(self, request: HttpRequest, objects: QuerySet[Any]) -> HttpResponse:
        if "confirmed" in request.POST and not all(
            self.has_delete_permission(request, obj) for obj in objects
        ):
            raise PermissionDenied
        return self.act(request, objects, self._deletion(request), back=request.get_full_path())

    def may_be_done_to(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        if action.name == DELETE:
            return self.has_delete_permission(request, obj)
        return super().may_be_done_to(request, obj, action)

    def _deletion(self, request: HttpRequest) -> ObjectAction:
        def effect(objects: QuerySet[Any], now: datetime) -> str:
            first = _("Deletes %(what)s.") % {"what": self._named(objects)}
            return " ".join([first, *self.deletion_effects(objects, now)])

        def run(objects: QuerySet[Any], own: By) -> str:
            what = self._named(objects)
            self.delete_queryset(request, objects)
            return _("Deleted %(what)s.") % {"what": what}

        def obstacle(objects: QuerySet[Any], own: By) -> str:
            return self.deletion_obstacle(objects, own.now)

        return ObjectAction(
            DELETE,
            gettext_lazy("Delete"),
            "delete",
            "",
            effect,
            run,
            is_dangerous=True,
            obstacle=obstacle,
        )

    def _named(self, objects: QuerySet[Any]) -> str:
        count = objects.count()
        if count == 1:
            return str(objects[0])
        return f"{count} {self.opts.verbose_name_plural}"


def _delete_selected(admin: DeletingAdmin, request: HttpRequest, objects: QuerySet[Any]) -> HttpResponse:
    return admin.delete_selected(request, objects)
