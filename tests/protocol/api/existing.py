"""Something of each kind that an address can name."""

from django.utils import timezone

from apps.access.models import Assignment, Role
from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM
from apps.core.ids import uuid7
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Attribute, AttributeValue, Group, Membership
from apps.directory.services.group_nesting import nest_group
from apps.directory.services.units import UnitDetails, create_unit
from apps.jobs.models import Job
from apps.keys.models import SigningKey
from apps.oauth.models import Scope
from tests.factories.api import person_calling
from tests.factories.people import make_user


def existing_ids() -> dict[str, str]:
    """By the name of the parameter."""
    now = timezone.now()
    person = make_user()
    theirs = person_calling(person)
    group = Group.objects.create(name=f"Group of {person.username}")
    Membership.objects.create(user=make_user(), group=group)
    inner = Group.objects.create(name=f"Group in that of {person.username}")
    nest_group(parent=group, child=inner, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now)
    unit = create_unit(
        details=UnitDetails(f"Unit of {person.username}"), actor=SYSTEM, origin=SYSTEM_ORIGIN, now=now
    )
    attribute = Attribute.objects.create(label=person.username, slug=f"a{uuid7(now).hex}")
    AttributeValue.objects.create(user=person, attribute=attribute, text="Something")
    role = Role.objects.create(
        name=f"Role {person.username}", slug=person.username, application=theirs.client.application
    )
    assignment = Assignment.objects.create(role=role, user=person)
    job = Job.objects.create(
        id=uuid7(now), kind="test", payload="{}", next_attempt_at=now, actor_kind="system", created_at=now
    )
    return {
        "user_id": str(person.pk),
        "group_id": str(group.pk),
        "inner_id": str(inner.pk),
        "unit_id": str(unit.pk),
        "attribute_id": str(attribute.pk),
        "application_id": str(theirs.client.application_id),
        "role_id": str(role.pk),
        "assignment_id": str(assignment.pk),
        "session_id": str(person.sso_sessions.get().pk),
        "authorization_id": str(person.authorizations.get().pk),
        "scope_id": str(Scope.objects.create(name=f"s{person.username}", title="Something").pk),
        "client_key": str(theirs.client.pk),
        "key_id": str(SigningKey.objects.values_list("pk", flat=True)[0]),
        "job_id": str(job.pk),
        "event_id": str(AuditEvent.objects.values_list("pk", flat=True)[0]),
    }
