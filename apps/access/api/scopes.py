"""Scopes for applications, roles and assignments."""

from django.utils.translation import gettext_lazy as _

from apps.core.api.scopes import ApiScope, Need

ACCESS_READ = ApiScope(
    "gatehouse:access.read",
    _("See who has access to what"),
    _("Applications, roles, and who holds them."),
    frozenset({"access.view_application", "access.view_role", "access.view_assignment"}),
)
ASSIGNMENTS_WRITE = ApiScope(
    "gatehouse:assignments.write",
    _("Give roles and end them"),
    _("Only roles that carry no right that whoever acts lacks."),
    frozenset(
        {
            "access.view_assignment",
            "access.add_assignment",
            "access.change_assignment",
            "access.delete_assignment",
        }
    ),
)
APPLICATIONS_WRITE = ApiScope(
    "gatehouse:applications.write",
    _("Add and change applications"),
    _(
        "What they are called, who may use them, and whether they are enabled. Also delete those that nobody uses."
    ),
    frozenset(
        {
            "access.view_application",
            "access.add_application",
            "access.change_application",
            "access.delete_application",
        }
    ),
)
ROLES_WRITE = ApiScope(
    "gatehouse:roles.write",
    _("Add and change roles"),
    _("Only with rights that whoever acts has. Also delete those that nobody was given."),
    frozenset({"access.view_role", "access.add_role", "access.change_role", "access.delete_role"}),
)
SCOPES = (ACCESS_READ, ASSIGNMENTS_WRITE, APPLICATIONS_WRITE, ROLES_WRITE)

SEE_APPLICATIONS = Need(ACCESS_READ, "access.view_application")
ADD_APPLICATIONS = Need(APPLICATIONS_WRITE, "access.add_application")
CHANGE_APPLICATIONS = Need(APPLICATIONS_WRITE, "access.change_application")
DELETE_APPLICATIONS = Need(APPLICATIONS_WRITE, "access.delete_application")
SEE_ROLES = Need(ACCESS_READ, "access.view_role")
ADD_ROLES = Need(ROLES_WRITE, "access.add_role")
CHANGE_ROLES = Need(ROLES_WRITE, "access.change_role")
DELETE_ROLES = Need(ROLES_WRITE, "access.delete_role")
SEE_ASSIGNMENTS = Need(ACCESS_READ, "access.view_assignment")
GIVE_ROLES = Need(ASSIGNMENTS_WRITE, "access.add_assignment")
END_ASSIGNMENTS = Need(ASSIGNMENTS_WRITE, "access.change_assignment")
DELETE_ASSIGNMENTS = Need(ASSIGNMENTS_WRITE, "access.delete_assignment")
