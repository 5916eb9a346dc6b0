"""Audit actions of people and groups."""

from apps.audit.ports import AuditAction


class DirectoryAction(AuditAction):
    USER_CREATED = "user.created"
    """A person was added."""
    USER_CHANGED = "user.changed"
    """A person's record was changed."""
    USER_DELETED = "user.deleted"
    """A person's record was deleted."""
    USER_UNLOCKED = "user.unlocked"
    """A lock after too many wrong passwords was lifted before its time."""
    USER_PASSWORD_SET = "user.password_set"  # noqa: S105 - an action's name
    """A person was given a password."""
    USER_PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - an action's name
    """A person changed their own password, with the one they had."""
    PASSWORD_POLICY_CHANGED = "password_policy.changed"  # noqa: S105 - an action's name
    """A new version of the password policy came into force."""
    GROUP_CREATED = "group.created"
    """A group was added."""
    GROUP_CHANGED = "group.changed"
    """A group was changed."""
    GROUP_DELETED = "group.deleted"
    """A group was deleted."""
    GROUP_MEMBER_ADDED = "group.member_added"
    """A person was put into a group."""
    GROUP_MEMBER_REMOVED = "group.member_removed"
    """A person was taken out of a group."""
