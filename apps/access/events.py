"""Audit actions of access."""

from apps.audit.ports import AuditAction


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
