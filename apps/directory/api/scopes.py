"""Scopes for people and groups."""

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, Need

PEOPLE_READ = ApiScope(
    "gatehouse:users.read",
    _("See people"),
    _("Their records and their standing."),
    frozenset({"directory.view_user"}),
)
PEOPLE_WRITE = ApiScope(
    "gatehouse:users.write",
    _("Add and change people"),
    _("Also suspend people, let them in again, deprovision and unlock them."),
    frozenset({"directory.view_user", "directory.add_user", "directory.change_user"}),
)
CREDENTIALS_WRITE = ApiScope(
    "gatehouse:credentials.write",
    _("Set what people sign in with"),
    _(
        "Passwords, invitations, user names and e-mail addresses of people who hold nothing that whoever acts lacks."
    ),
    frozenset({"directory.view_user", "directory.set_password"}),
)
GROUPS_READ = ApiScope(
    "gatehouse:groups.read",
    _("See groups"),
    _("And who belongs to them."),
    frozenset({"directory.view_group", "directory.view_membership", "directory.view_groupnesting"}),
)
GROUPS_WRITE = ApiScope(
    "gatehouse:groups.write",
    _("Change groups"),
    _("Add, change and delete groups, put people and groups into them and take them out."),
    frozenset(
        {
            "directory.view_group",
            "directory.add_group",
            "directory.change_group",
            "directory.delete_group",
            "directory.view_membership",
            "directory.add_membership",
            "directory.delete_membership",
            "directory.view_groupnesting",
            "directory.add_groupnesting",
            "directory.delete_groupnesting",
        }
    ),
)
ORGANISATION_READ = ApiScope(
    "gatehouse:organisation.read",
    _("See the organisation"),
    _("Its units, and which attributes people have beyond the fields of their records."),
    frozenset({"directory.view_unit", "directory.view_attribute"}),
)
UNITS_WRITE = ApiScope(
    "gatehouse:units.write",
    _("Change the organisation's tree"),
    _("Add, change, move and delete units."),
    frozenset(
        {"directory.view_unit", "directory.add_unit", "directory.change_unit", "directory.delete_unit"}
    ),
)
ATTRIBUTES_WRITE = ApiScope(
    "gatehouse:attributes.write",
    _("Define attributes of people"),
    _("What they are called, which values they take, and who may see and change them."),
    frozenset(
        {
            "directory.view_attribute",
            "directory.add_attribute",
            "directory.change_attribute",
            "directory.delete_attribute",
        }
    ),
)
SCOPES = (
    PEOPLE_READ,
    PEOPLE_WRITE,
    CREDENTIALS_WRITE,
    GROUPS_READ,
    GROUPS_WRITE,
    ORGANISATION_READ,
    UNITS_WRITE,
    ATTRIBUTES_WRITE,
)

SEE_PEOPLE = Need(PEOPLE_READ, "directory.view_user")
ADD_PEOPLE = Need(PEOPLE_WRITE, "directory.add_user")
CHANGE_PEOPLE = Need(PEOPLE_WRITE, "directory.change_user")
SEE_GROUPS = Need(GROUPS_READ, "directory.view_group")
ADD_GROUPS = Need(GROUPS_WRITE, "directory.add_group")
CHANGE_GROUPS = Need(GROUPS_WRITE, "directory.change_group")
DELETE_GROUPS = Need(GROUPS_WRITE, "directory.delete_group")
SEE_MEMBERS = Need(GROUPS_READ, "directory.view_membership")
ADD_MEMBERS = Need(GROUPS_WRITE, "directory.add_membership")
REMOVE_MEMBERS = Need(GROUPS_WRITE, "directory.delete_membership")
SEE_NESTINGS = Need(GROUPS_READ, "directory.view_groupnesting")
ADD_NESTINGS = Need(GROUPS_WRITE, "directory.add_groupnesting")
REMOVE_NESTINGS = Need(GROUPS_WRITE, "directory.delete_groupnesting")
SEE_UNITS = Need(ORGANISATION_READ, "directory.view_unit")
ADD_UNITS = Need(UNITS_WRITE, "directory.add_unit")
CHANGE_UNITS = Need(UNITS_WRITE, "directory.change_unit")
DELETE_UNITS = Need(UNITS_WRITE, "directory.delete_unit")
SEE_ATTRIBUTES = Need(ORGANISATION_READ, "directory.view_attribute")
ADD_ATTRIBUTES = Need(ATTRIBUTES_WRITE, "directory.add_attribute")
CHANGE_ATTRIBUTES = Need(ATTRIBUTES_WRITE, "directory.change_attribute")
DELETE_ATTRIBUTES = Need(ATTRIBUTES_WRITE, "directory.delete_attribute")
SET_CREDENTIALS = Need(CREDENTIALS_WRITE, "directory.set_password", "directory.set_any_password")
