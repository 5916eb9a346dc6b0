"""No form overwrites what somebody else has changed since it was opened: it says so, and saves nothing."""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin.utils import unquote
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.audit.admin_marks import moment
from apps.audit.admin_pages import admin_of
from apps.audit.admin_recording import Audited
from apps.audit.admin_unfold import ThemedModelAdmin
from apps.audit.models import AuditEvent
from apps.core.ids import uuid7_floor

AS_OPENED = "_as_opened"
SALT = "audit.admin_as_opened"
EVENTS_READ = 20


class AsOpenedAdmin(Audited, ThemedModelAdmin):
    """Its forms carry a signed digest of each field as it was stored when the page was made.

    What is posted is compared with the row under a lock that holds until all is saved, so two who save at the
    same time come one after the other, and the second is refused.
    """

    change_form_before_template = "admin/as_opened.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            self._lock(object_id)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _lock(self, object_id: str) -> None:
        try:
            key = self.model._meta.pk.to_python(unquote(object_id))
        except ValidationError:
            return
        # By itself: the rows of a list are counted, and PostgreSQL locks no row that is counted.
        list(self.model._base_manager.select_for_update(no_key=True).filter(pk=key).values_list("pk"))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        if obj is None or not change or not self.has_change_permission(request, obj):
            return form
        # Before the form reads anything: what is changed in between is then refused, not missed.
        stored = self._digests(obj)
        if request.method != "POST":
            request.as_opened = signing.dumps(  # type: ignore[attr-defined]  # for the page that is made
                {"of": self._name_of(obj), "at": timezone.now().timestamp(), "fields": stored}, salt=SALT
            )
            return form
        sent = request.POST.get(AS_OPENED, "")
        request.as_opened = sent  # type: ignore[attr-defined]  # refused once, refused until it is opened anew
        refusal = self._refusal(obj, sent, stored)
        if refusal:
            # The class is this request's own.
            form.full_clean = _refusing(form.full_clean, refusal)
        return form

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        context["as_opened"] = getattr(request, "as_opened", "")
        return super().render_change_form(request, context, *args, **kwargs)

    def _digests(self, obj: Model) -> dict[str, str]:
        """Of what people may change; keyed, so that nothing can be guessed from them."""
        left_out = {field.name for field in obj._meta.concrete_fields if not field.editable}
        left_out |= set(self.audit_secrets)
        return {
            name: salted_hmac(
                f"{SALT}.{self._name_of(obj)}.{name}", json.dumps(value, sort_keys=True), algorithm="sha256"
            ).hexdigest()[:32]
            for name, value in self.audit_values(obj).items()
            if name not in left_out
        }

    def _name_of(self, obj: Model) -> str:
        return f"{obj._meta.label_lower}:{obj.pk}"

    def _refusal(self, obj: Model, sent: str, stored: dict[str, str]) -> str:
        """Why the form may not be saved, in words; empty when nothing was changed meanwhile."""
        try:
            opened = signing.loads(sent, salt=SALT)
        except signing.BadSignature:
            opened = None
        look = format_html(
            '{} <a class="text-link" href="" target="_blank" rel="noopener">{}</a>',
            _("Nothing was saved, and what you typed is still here."),
            _("Open the page as it is now"),
        )
        if not isinstance(opened, dict) or opened.get("of") != self._name_of(obj):
            return format_html("{} {}", _("It cannot be told how old this form is."), look)
        changed = [name for name, digest in stored.items() if opened["fields"].get(name) != digest]
        if not changed:
            return ""
        # A change that was under way then is in the log with an earlier time.
        since = datetime.fromtimestamp(opened["at"], tz=UTC) - timedelta(minutes=5)
        return format_html(
            "{} <ul>{}</ul> {}",
            _("This was changed since you opened the page:"),
            format_html_join("", "<li>{}</li>", ((line,) for line in self._who_changed(obj, changed, since))),
            look,
        )

    def _who_changed(self, obj: Model, names: Collection[str], since: datetime) -> list[SafeString]:
        """A line for each field, with the last to change it, where the log knows."""
        events = AuditEvent.objects.filter(
            target_kind=self.kind(), target_id=str(obj.pk), id__gte=uuid7_floor(since)
        )
        last: dict[str, AuditEvent] = {}
        for event in events.order_by("-id")[:EVENTS_READ]:
            for name in (event.personal or {}).get("after") or {}:
                last.setdefault(name, event)
        return [self._line(name, last.get(name)) for name in names]

    def _line(self, name: str, event: AuditEvent | None) -> SafeString:
        shown = admin_of(self.kind())
        title = (shown.field_title(name) if shown else "") or name
        if event is None:
            return format_html("{}", title)
        who = (event.personal or {}).get("actor_label") or event.actor_id or event.actor_kind
        return format_html("{}: {}, {}", title, who, moment(event.occurred_at))


def _refusing(full_clean: Any, refusal: str) -> Any:
    def refuse(form: Any) -> None:
        full_clean(form)
        if form.is_bound:
            form.add_error(None, refusal)

    return refuse
