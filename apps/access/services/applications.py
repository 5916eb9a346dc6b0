"""Making applications."""

from datetime import datetime

from django.db import transaction

from apps.access.events import AccessAction
from apps.access.models import Application
from apps.audit.ports import Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import Origin

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
) -> Application:
    """Raises: ValidationError naming the fields that were not accepted."""
    application = Application(
        name=name,
        slug=slug,
        description=description,
        launch_url=launch_url,
        audience=audience,
        created_at=now,
    )
    application.full_clean()
    application.save(force_insert=True)
    record_event(
        action=AccessAction.APPLICATION_CREATED,
        outcome=Outcome.SUCCESS,
        actor=actor,
        origin=origin,
        now=now,
        target=Subject(kind="application", id=str(application.pk), label=name),
        after={"name": name, "slug": slug, "audience": audience, "launch_url": launch_url},
    )
    return application
