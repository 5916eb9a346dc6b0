"""Making applications, changing them, and taking away what nobody uses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import ProtectedError

from apps.access.errors import ApplicationInUse
from apps.access.events import AccessAction
from apps.access.models import Application
from apps.audit.ports import Outcome, Subject
from apps.audit.services.changes import Writing, snapshot
from apps.audit.services.record import record_event
from apps.core.origin import Origin
from apps.core.saving import save_valid

if TYPE_CHECKING:
    from apps.directory.models import User

Audience = Application.Audience


@transaction.atomic
def create_application(
    *,
    name: str,
    slug: str,
    description: str,
    launch_url: str,
    audience: str,
    actor: Subject,
    origin: Origin,
    now: datetime,
    owner: User | None = None,
) -> Application:
    """Raises: ValidationError naming the fields that were not accepted."""
    application = Application(
        name=name,
        slug=slug,
        description=description,
        launch_url=launch_url,
        audience=audience,
        owner=owner,
        created_at=now,
    )
    save_valid(application, is_new=True)
    record_event(
        action=AccessAction.APPLICATION_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=_subject(application),
        after={
            "name": name,
            "slug": slug,
            "audience": audience,
            "launch_url": launch_url,
            **({"owner": str(owner.pk)} if owner else {}),
        },
    )
    return application


@transaction.atomic
def change_application(*, application: Application, changes: Mapping[str, Any], writing: Writing) -> bool:
    """Whether anything was changed. Raises: ValidationError naming the fields that were not accepted."""
    before = snapshot(application)
    for name, value in changes.items():
        setattr(application, name, value)
    save_valid(application)
    return writing.record(
        AccessAction.APPLICATION_CHANGED,
        application,
        target=_subject(application),
        before=before,
    )


@transaction.atomic
def delete_application(*, application: Application, writing: Writing) -> None:
    """One that has no roles, and nothing that people sign in through.

    Raises: ApplicationInUse.
    """
    if application.roles.exists():
        raise ApplicationInUse
    before, subject = snapshot(application), _subject(application)
    try:
        application.delete()
    except ProtectedError as error:
        raise ApplicationInUse from error
    writing.record_gone(AccessAction.APPLICATION_DELETED, target=subject, before=before)


def _subject(application: Application) -> Subject:
    return Subject(kind="application", id=str(application.pk), label=application.name)
