"""Audit actions of people and groups."""

from django.utils.translation import gettext_lazy as _

from apps.audit.ports import AuditAction, Told, Topic, told_to_people


class DirectoryAction(AuditAction):
    USER_CREATED = "user.created"
    """A person was added."""
    USER_CHANGED = "user.changed"
    """A person's record was changed."""
    USER_DELETED = "user.deleted"
    """A person's record was deleted."""
    USER_LOCKED = "user.locked"
    """A person was locked out for a time by somebody."""
    USER_UNLOCKED = "user.unlocked"
    """A lock after too many wrong passwords was lifted before its time."""
    USER_PASSWORD_SET = "user.password_set"  # noqa: S105 - an action's name
    """A person was given a password."""
    USER_PASSWORD_CHANGED = "user.password_changed"  # noqa: S105 - an action's name
    """A person changed their own password, with the one they had."""
    USER_PASSWORD_RESET = "user.password_reset"  # noqa: S105 - an action's name
    """A person set a new password with a one-time link; what they had open ended."""
    USER_INVITED = "user.invited"
    """A person without a password was sent, or handed, a link to set their first one."""
    USER_INVITATION_WITHDRAWN = "user.invitation_withdrawn"
    """The link of a person's invitation was ended before they used it."""
    USER_EMAIL_VERIFICATION_SENT = "user.email_verification_sent"
    """A link went to a person's address, to show that it is theirs."""
    USER_EMAIL_VERIFIED = "user.email_verified"
    """A person showed with a one-time link that the address in their record is theirs."""
    USER_EMAIL_CHANGE_REQUESTED = "user.email_change_requested"
    """A person asked for another address; refused means that no mail went there, for the reason given."""
    USER_EMAIL_CHANGED = "user.email_changed"
    """A person confirmed their new address with the link sent there; refused when somebody else has it by now."""
    USER_EMAIL_OBJECTED = "user.email_objected"
    """Whoever reads the former address said with a link that the change was not theirs; what was open ended."""
    USER_ACTIVATED = "user.activated"
    """A person set their first password with the link of an invitation."""
    ADMINISTRATOR_LINK_MADE = "administrator.link_made"
    """Whoever has the shell made a one-time link by which an administrator sets a password."""
    LINK_ENDED = "one_time_link.ended"
    """An administrator ended a one-time link that had not been used."""
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
    GROUP_GROUP_ADDED = "group.group_added"
    """A group was put into a group; its members belong to both."""
    GROUP_GROUP_REMOVED = "group.group_removed"
    """A group was taken out of a group."""
    UNIT_CREATED = "unit.created"
    """An organisation unit was added."""
    UNIT_CHANGED = "unit.changed"
    """An organisation unit was changed or moved."""
    UNIT_DELETED = "unit.deleted"
    """An organisation unit was deleted."""
    ATTRIBUTE_CREATED = "attribute.created"
    """An attribute that people can have was defined."""
    ATTRIBUTE_CHANGED = "attribute.changed"
    """The definition of an attribute was changed."""
    ATTRIBUTE_DELETED = "attribute.deleted"
    """The definition of an attribute that nobody had was deleted."""


told_to_people.update(
    {
        DirectoryAction.USER_CREATED: Told(
            Topic.RECORD,
            by_you_to=_("You added %(target)s."),
            by_another=_("%(actor)s created your account."),
            by_nobody=_("Your account was created."),
        ),
        DirectoryAction.USER_CHANGED: Told(
            Topic.RECORD,
            by_you=_("You changed your %(fields)s."),
            by_you_to=_("You changed the record of %(target)s: %(fields)s."),
            by_another=_("%(actor)s changed your %(fields)s."),
        ),
        DirectoryAction.USER_PASSWORD_RESET: Told(
            Topic.SECURITY, by_you=_("You chose a new password with a link.")
        ),
        DirectoryAction.USER_EMAIL_VERIFICATION_SENT: Told(
            Topic.RECORD,
            by_you=_("You asked for a link to confirm your e-mail address."),
            by_you_to=_("You asked %(target)s to confirm their e-mail address."),
            by_another=_("%(actor)s asked you to confirm your e-mail address."),
        ),
        DirectoryAction.USER_EMAIL_VERIFIED: Told(
            Topic.SECURITY, by_you=_("You confirmed your e-mail address.")
        ),
        DirectoryAction.USER_EMAIL_CHANGE_REQUESTED: Told(
            Topic.SECURITY, by_you=_("You asked for another e-mail address.")
        ),
        DirectoryAction.USER_EMAIL_CHANGED: Told(
            Topic.SECURITY, by_you=_("You confirmed your new e-mail address.")
        ),
        DirectoryAction.USER_EMAIL_OBJECTED: Told(
            Topic.SECURITY, by_you=_("You said that a change of your e-mail address was not yours.")
        ),
        DirectoryAction.USER_INVITED: Told(
            Topic.RECORD,
            by_you_to=_("You invited %(target)s."),
            by_another=_("%(actor)s invited you."),
            by_nobody=_("You were invited."),
        ),
        DirectoryAction.USER_INVITATION_WITHDRAWN: Told(
            Topic.RECORD,
            by_you_to=_("You withdrew the invitation of %(target)s."),
            by_another=_("%(actor)s withdrew your invitation."),
            by_nobody=_("Your invitation was withdrawn."),
        ),
        DirectoryAction.USER_ACTIVATED: Told(Topic.SECURITY, by_you=_("You chose your first password.")),
        DirectoryAction.ADMINISTRATOR_LINK_MADE: Told(
            Topic.SECURITY,
            by_nobody=_("A link by which you set a password was made from the command line."),
        ),
        DirectoryAction.LINK_ENDED: Told(
            Topic.SECURITY,
            by_you=_("You ended a one-time link of yours."),
            by_you_to=_("You ended a one-time link of %(target)s."),
            by_another=_("%(actor)s ended a one-time link of yours."),
        ),
        DirectoryAction.USER_DELETED: Told(
            Topic.ADMINISTRATION, by_you=_("You deleted the record of %(target)s.")
        ),
        DirectoryAction.USER_LOCKED: Told(
            Topic.SECURITY,
            by_you_to=_("You locked the account of %(target)s for a time."),
            by_another=_("%(actor)s locked your account for a time."),
            by_nobody=_("Your account was locked for a time."),
        ),
        DirectoryAction.USER_UNLOCKED: Told(
            Topic.SECURITY,
            by_you_to=_("You lifted the lock on the account of %(target)s."),
            by_another=_("%(actor)s lifted the lock on your account."),
        ),
        DirectoryAction.USER_PASSWORD_SET: Told(
            Topic.SECURITY,
            by_you=_("You set your password in the administration."),
            by_you_to=_("You set the password of %(target)s."),
            by_another=_("%(actor)s set a new password for you."),
            by_nobody=_("A new password was set for you."),
        ),
        DirectoryAction.USER_PASSWORD_CHANGED: Told(Topic.SECURITY, by_you=_("You changed your password.")),
        DirectoryAction.PASSWORD_POLICY_CHANGED: Told(
            Topic.ADMINISTRATION, by_you=_("You changed the password policy.")
        ),
        DirectoryAction.GROUP_CREATED: Told(
            Topic.ADMINISTRATION, by_you=_("You added the group %(target)s.")
        ),
        DirectoryAction.GROUP_CHANGED: Told(
            Topic.ADMINISTRATION, by_you=_("You changed the group %(target)s.")
        ),
        DirectoryAction.GROUP_DELETED: Told(
            Topic.ADMINISTRATION, by_you=_("You deleted the group %(target)s.")
        ),
        DirectoryAction.GROUP_MEMBER_ADDED: Told(
            Topic.ACCESS,
            by_you=_("You put somebody into the group %(target)s."),
            by_another=_("%(actor)s put you into the group %(target)s."),
        ),
        DirectoryAction.GROUP_MEMBER_REMOVED: Told(
            Topic.ACCESS,
            by_you=_("You took somebody out of the group %(target)s."),
            by_another=_("%(actor)s took you out of the group %(target)s."),
        ),
        DirectoryAction.GROUP_GROUP_ADDED: Told(
            Topic.ADMINISTRATION, by_you=_("You put a group into the group %(target)s.")
        ),
        DirectoryAction.GROUP_GROUP_REMOVED: Told(
            Topic.ADMINISTRATION, by_you=_("You took a group out of the group %(target)s.")
        ),
        DirectoryAction.UNIT_CREATED: Told(
            Topic.ADMINISTRATION, by_you=_("You added the organisation unit %(target)s.")
        ),
        DirectoryAction.UNIT_CHANGED: Told(
            Topic.ADMINISTRATION, by_you=_("You changed the organisation unit %(target)s.")
        ),
        DirectoryAction.UNIT_DELETED: Told(
            Topic.ADMINISTRATION, by_you=_("You deleted the organisation unit %(target)s.")
        ),
        DirectoryAction.ATTRIBUTE_CREATED: Told(
            Topic.ADMINISTRATION, by_you=_("You defined the attribute %(target)s.")
        ),
        DirectoryAction.ATTRIBUTE_CHANGED: Told(
            Topic.ADMINISTRATION, by_you=_("You changed the attribute %(target)s.")
        ),
        DirectoryAction.ATTRIBUTE_DELETED: Told(
            Topic.ADMINISTRATION, by_you=_("You deleted the attribute %(target)s.")
        ),
    }
)
