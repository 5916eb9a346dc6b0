"""Actions on one object or many: each says what it will do on a page of its own before it does it."""

from collections.abc import Mapping
from contextlib import nullcontext
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext as _

from apps.audit.admin_pages import DELETE, By, ObjectAction, OfOneKind, additions_to
from apps.audit.admin_unfold import ThemedModelAdmin
from apps.audit.ports import Subject
from apps.core.origin import origin_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OBJECTS_NAMED = 20
# Each is an event of its own, in one transaction, while the administrator waits and holds the rows.
OBJECTS_AT_ONCE = 500
REASON_LENGTH = 300


def administrator(request: HttpRequest) -> Subject:
    return Subject(kind="user", id=str(request.user.pk), label=request.user.get_username())


def session_id_of(request: HttpRequest) -> str:
    """The single sign-on session of the request; whoever judged it lives in an upper layer."""
    session = getattr(getattr(request, "signed_in", None), "session", None)
    return str(session.pk) if session is not None else ""


def by(request: HttpRequest) -> By:
    reason = request.POST.get("reason", "").strip()[:REASON_LENGTH]
    return By(actor=administrator(request), origin=origin_of(request), now=timezone.now(), reason=reason)


class ActingAdmin(OfOneKind, ThemedModelAdmin):
    """Offers `object_actions`, and those that upper apps add, in lists and on pages."""

    object_actions: tuple[ObjectAction, ...] = ()
    # Rights beside those to see, add, change and delete: by codename, what the form of a role calls them.
    further_rights: ClassVar[Mapping[str, "StrOrPromise"]] = MappingProxyType({})

    def offered_actions(self, request: HttpRequest) -> list[ObjectAction]:
        offered = (*self.object_actions, *additions_to(self.kind()).actions)
        return [action for action in offered if request.user.has_perm(action.permission)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)
        for action in self.offered_actions(request):
            found[action.name] = (_runner(action), action.name, action.title)
        return found

    def get_urls(self) -> list[Any]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}_object_action"
        own = path(
            "<path:object_id>/actions/<slug:action_name>/",
            self.admin_site.admin_view(self.action_view),
            name=name,
        )
        return [own, *super().get_urls()]

    def action_view(self, request: HttpRequest, object_id: str, action_name: str) -> HttpResponseBase:
        action = next((a for a in self.offered_actions(request) if a.name == action_name), None)
        if action is None:
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        page = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=(obj.pk,))
        objects = self.get_queryset(request).filter(pk=obj.pk)
        return self.act(request, objects, action, back=page)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj is not None and not kwargs.get("add"):
            context["actions_detail"] = [
                *(context.get("actions_detail") or []),
                *self.page_links(request, obj),
                *self._buttons(request, obj),
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def _buttons(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        one, now = self.model._base_manager.filter(pk=obj.pk), timezone.now()
        name = f"admin:{obj._meta.app_label}_{obj._meta.model_name}_object_action"
        return [
            button(action.title, action.icon, reverse(name, args=(obj.pk, action.name)))
            for action in self.offered_actions(request)
            if self.may_act_on(request, obj, action) and action.effect(one, now)
        ]

    def page_links(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """Buttons in the head of an object's page that lead to other pages."""
        return []

    def may_act_on(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        """Whether the administrator's standing allows this action on this object."""
        return True

    def may_be_done_to(self, request: HttpRequest, obj: Any, action: ObjectAction) -> bool:
        return self.may_act_on(request, obj, action)

    def act(
        self, request: HttpRequest, objects: QuerySet[Any], action: ObjectAction, *, back: str, done: str = ""
    ) -> HttpResponse:
        """The page that says what would happen, or, once it was read and confirmed, what did happen.

        `done` is where that leads, if not `back`.
        """
        if problem := _too_many(objects):
            messages.error(request, problem)
            return redirect(back)
        own = by(request)
        is_confirmed = request.method == "POST" and "confirmed" in request.POST
        lacks_reason = is_confirmed and action.asks_reason and not own.reason
        is_run = is_confirmed and not lacks_reason
        report = ""
        # What is judged of the objects stays so until the action has run: others act at the same moment.
        with transaction.atomic() if is_run else nullcontext():
            if is_run:
                self._hold(objects, action)
            problem = self._problem_with(request, objects, action, own)
            if is_run and not problem:
                report = self._run(objects, action, own)
        if problem:
            messages.error(request, problem)
            return redirect(back)
        if is_run:
            messages.success(request, report)
            return redirect(done or back)
        consequences = additions_to(self.kind()).consequences[action.name]
        effects = [action.effect(objects, own.now), *(one.effect(objects, own.now) for one in consequences)]
        context = {"effects": [*filter(None, effects)], "back": back, "lacks_reason": lacks_reason}
        return self._confirmation(request, objects, action, context)

    def _hold(self, objects: QuerySet[Any], action: ObjectAction) -> None:
        """Against deletion also those who are about to refer to the rows wait."""
        rows: QuerySet[Any] = self.model._base_manager.filter(pk__in=objects.order_by().values("pk"))
        list(rows.select_for_update(no_key=action.name != DELETE).order_by("pk").values_list("pk"))

    def _problem_with(
        self, request: HttpRequest, objects: QuerySet[Any], action: ObjectAction, own: By
    ) -> str:
        """Why this is not done; empty when it may be."""
        refused = [str(obj) for obj in objects if not self.may_be_done_to(request, obj, action)]
        if refused:
            return _("You may not do this to %(names)s.") % {"names": ", ".join(refused[:OBJECTS_NAMED])}
        if not action.effect(objects, own.now):
            return _("There is nothing to do for what was selected.")
        consequences = additions_to(self.kind()).consequences[action.name]
        obstacles = [action.obstacle(objects, own), *(one.obstacle(objects, own) for one in consequences)]
        return next(filter(None, obstacles), "")

    def _run(self, objects: QuerySet[Any], action: ObjectAction, own: By) -> str:
        # First: what they count by may no longer be so once the action has run.
        for consequence in additions_to(self.kind()).consequences[action.name]:
            if consequence.run is not None:
                consequence.run(objects, own)
        return action.run(objects, own)

    def _confirmation(
        self, request: HttpRequest, objects: QuerySet[Any], action: ObjectAction, more: dict[str, Any]
    ) -> HttpResponse:
        count, named = objects.count(), list(objects[:OBJECTS_NAMED])
        only = named[0] if count == 1 else None
        context = {
            **self.admin_site.each_context(request),
            "title": action.title,
            "subtitle": str(only) if only else None,
            "opts": self.model._meta,
            "original": only,
            "action": action,
            "objects": named,
            "more_objects": max(count - OBJECTS_NAMED, 0),
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", ""),
            "checkbox": ACTION_CHECKBOX_NAME,
            "reason_length": REASON_LENGTH,
            **more,
        }
        return TemplateResponse(request, "admin/confirm_action.html", context)


def _too_many(objects: QuerySet[Any]) -> str:
    """Why so many are not even looked at; empty when they are few enough."""
    count = objects.count()
    if count <= OBJECTS_AT_ONCE:
        return ""
    return _(
        "You selected %(count)s. At most %(most)s can be done at once: select fewer, or filter the list first."
    ) % {"count": localize(count), "most": localize(OBJECTS_AT_ONCE)}


def button(title: "StrOrPromise", icon: str, address: str) -> dict[str, Any]:
    """As django-unfold draws it in the head of a page."""
    return {"title": title, "icon": icon, "path": address, "attrs": {}}


def _runner(action: ObjectAction) -> Any:
    def run(admin: ActingAdmin, request: HttpRequest, objects: QuerySet[Any]) -> HttpResponse:
        return admin.act(request, objects, action, back=request.get_full_path())

    return run
