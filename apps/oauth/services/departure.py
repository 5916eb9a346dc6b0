"""What applications lose when somebody leaves for good."""

from uuid import UUID

from apps.audit.services.changes import Writing
from apps.oauth.models import Authorization
from apps.oauth.services.authorizations import revoke_authorization


def revoke_all_of(user_id: UUID, writing: Writing) -> int:
    """How many authorizations; each has its event."""
    standing = Authorization.objects.filter(user_id=user_id, revoked_at__isnull=True)
    return sum(
        revoke_authorization(
            authorization=authorization,
            reason=Authorization.RevokeReason.ADMINISTRATOR,
            actor=writing.actor,
            origin=writing.origin,
            now=writing.now,
        )
        for authorization in list(standing.order_by("pk"))
    )
