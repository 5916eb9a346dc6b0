from django.urls import path

from apps.directory.api import attributes, groups, nestings, people, units

urlpatterns = [
    path("users", people.PeopleView.as_view(), name="users"),
    path("users/<uuid:user_id>", people.PersonView.as_view(), name="user"),
    path("users/<uuid:user_id>/suspend", people.SuspendView.as_view(), name="suspend_user"),
    path("users/<uuid:user_id>/reactivate", people.ReactivateView.as_view(), name="reactivate_user"),
    path("users/<uuid:user_id>/deprovision", people.DeprovisionView.as_view(), name="deprovision_user"),
    path("users/<uuid:user_id>/unlock", people.UnlockView.as_view(), name="unlock_user"),
    path("users/<uuid:user_id>/password", people.PasswordView.as_view(), name="set_password"),
    path("users/<uuid:user_id>/invite", people.InviteView.as_view(), name="invite_user"),
    path(
        "users/<uuid:user_id>/withdraw-invitation",
        people.WithdrawInvitationView.as_view(),
        name="withdraw_invitation",
    ),
    path("groups", groups.GroupsView.as_view(), name="groups"),
    path("groups/<uuid:group_id>", groups.GroupView.as_view(), name="group"),
    path("groups/<uuid:group_id>/members", groups.MembersView.as_view(), name="members"),
    path("groups/<uuid:group_id>/members/<uuid:user_id>", groups.MemberView.as_view(), name="member"),
    path("groups/<uuid:group_id>/groups", nestings.GroupsWithinView.as_view(), name="groups_within"),
    path(
        "groups/<uuid:group_id>/groups/<uuid:inner_id>",
        nestings.GroupWithinView.as_view(),
        name="group_within",
    ),
    path("groups/<uuid:group_id>/around", nestings.GroupsAroundView.as_view(), name="groups_around"),
    path("units", units.UnitsView.as_view(), name="units"),
    path("units/<uuid:unit_id>", units.UnitView.as_view(), name="unit"),
    path("attributes", attributes.AttributesView.as_view(), name="attributes"),
    path("attributes/<uuid:attribute_id>", attributes.AttributeView.as_view(), name="attribute"),
]
