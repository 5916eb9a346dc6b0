from django.urls import path

from apps.access.api import applications, assignments, roles

urlpatterns = [
    path("applications", applications.ApplicationsView.as_view(), name="applications"),
    path("applications/<uuid:application_id>", applications.ApplicationView.as_view(), name="application"),
    path("roles", roles.RolesView.as_view(), name="roles"),
    path("roles/<uuid:role_id>", roles.RoleView.as_view(), name="role"),
    path("assignments", assignments.AssignmentsView.as_view(), name="assignments"),
    path("assignments/<uuid:assignment_id>", assignments.AssignmentView.as_view(), name="assignment"),
    path(
        "assignments/<uuid:assignment_id>/end", assignments.EndAssignmentView.as_view(), name="end_assignment"
    ),
]
