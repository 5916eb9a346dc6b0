"""Audit actions of access."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class AccessAction(AuditAction):
    APPLICATION_CREATED = "application.created"
    """An application was added."""
    APPLICATION_CHANGED = "application.changed"
    """An application was changed: its audience, its owner, or whether it is enabled."""
    APPLICATION_DELETED = "application.deleted"
    """An application was deleted."""
    ROLE_CREATED = "role.created"
    """A role was added."""
    ROLE_CHANGED = "role.changed"
    """A role was changed."""
    ROLE_DELETED = "role.deleted"
    """A role was deleted."""
    ASSIGNMENT_CREATED = "assignment.created"
    """A person or a group was given a role."""
    ASSIGNMENT_CHANGED = "assignment.changed"
    """An assignment was changed, its validity for example."""
    ASSIGNMENT_DELETED = "assignment.deleted"
    """A role was taken away."""


told_to_people.update(
    {
        AccessAction.APPLICATION_CREATED: Told(
            Topic.ADMINISTRATION, by_you=_("You added the application %(target)s.")
        ),
        AccessAction.APPLICATION_CHANGED: Told(
            Topic.ADMINISTRATION, by_you=_("You changed the application %(target)s.")
        ),
        AccessAction.APPLICATION_DELETED: Told(
            Topic.ADMINISTRATION, by_you=_("You deleted the application %(target)s.")
        ),
        AccessAction.ROLE_CREATED: Told(Topic.ADMINISTRATION, by_you=_("You added the role %(target)s.")),
        AccessAction.ROLE_CHANGED: Told(Topic.ADMINISTRATION, by_you=_("You changed the role %(target)s.")),
        AccessAction.ROLE_DELETED: Told(Topic.ADMINISTRATION, by_you=_("You deleted the role %(target)s.")),
        AccessAction.ASSIGNMENT_CREATED: Told(
            Topic.ACCESS,
            by_you=_("You gave somebody the role %(role)s."),
            by_another=_("%(actor)s gave you the role %(role)s."),
        ),
        AccessAction.ASSIGNMENT_CHANGED: Told(
            Topic.ACCESS,
            by_you=_("You changed for how long, or why, somebody holds the role %(role)s."),
            by_another=_("%(actor)s changed for how long, or why, you hold the role %(role)s."),
        ),
        AccessAction.ASSIGNMENT_DELETED: Told(
            Topic.ACCESS,
            by_you=_("You took the role %(role)s away from somebody."),
            by_another=_("%(actor)s took the role %(role)s away from you."),
        ),
    }
)
