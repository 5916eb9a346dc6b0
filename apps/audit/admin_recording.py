"""How a change that is made in the administration becomes an event."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from apps.audit.admin_acting import administrator, session_id_of
from apps.audit.admin_pages import OfOneKind
from apps.audit.admin_snapshot import Values, difference, masked, secret_fields, stored_snapshot
from apps.audit.canonical import Json
from apps.audit.ports import AuditAction, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import origin_of


class Audited(OfOneKind):
    """How its objects stand in the log. Mixed into admins and inlines, which name their actions."""

    audit_created: ClassVar[AuditAction | None] = None
    audit_changed: ClassVar[AuditAction | None] = None
    audit_deleted: ClassVar[AuditAction | None] = None
    audit_secrets: ClassVar[tuple[str, ...]] = ()

    def audit_target(self, obj: Any) -> Subject:
        return Subject(kind=self.kind(), id=str(obj.pk), label=str(obj))

    def audit_details(self, obj: Any) -> dict[str, Json]:
        """What of the object is not personal and finds its event again."""
        return {}

    def audit_values(self, obj: Any) -> Values:
        """What the object holds; empty when it is not stored. For admins whose forms change more than its own row."""
        return stored_snapshot(obj)

    def audit_client_id(self, obj: Any) -> str:
        return ""

    def record(
        self,
        request: HttpRequest,
        action: AuditAction | None,
        obj: Model,
        *,
        before: Values | None = None,
        after: Values | None = None,
        details: Mapping[str, Json] | None = None,
    ) -> None:
        if action is None:
            raise PermissionDenied(f"{type(self).__name__} names no audit action for this change.")
        secrets = secret_fields(type(obj)) | set(self.audit_secrets)
        record_event(
            action=action,
            outcome=Outcome.SUCCESS,
            actor=administrator(request),
            origin=origin_of(request),
            now=timezone.now(),
            target=self.audit_target(obj),
            client_id=self.audit_client_id(obj),
            session_id=session_id_of(request),
            details={**self.audit_details(obj), **(details or {})},
            before=None if before is None else masked(before, secrets),
            after=None if after is None else masked(after, secrets),
        )

    def record_created(self, request: HttpRequest, obj: Model) -> None:
        self.record(request, self.audit_created, obj, after=self.audit_values(obj))

    def record_changed(self, request: HttpRequest, obj: Model, *, before: Values) -> None:
        """One event, or none when nothing has changed."""
        old, new = difference(before, self.audit_values(obj))
        if new:
            self.record(request, self.audit_changed, obj, before=old, after=new)

    def record_deleted(
        self, request: HttpRequest, obj: Model, *, before: Values, removed: Mapping[str, int] | None = None
    ) -> None:
        """`removed`: how many rows of other tables went with it."""
        self.record(
            request,
            self.audit_deleted,
            obj,
            before=before,
            details={"removed": dict(removed)} if removed else None,
        )
