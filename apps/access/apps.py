from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.access.api.scopes import SCOPES
from apps.core.api.scopes import register_scopes


class AccessConfig(AppConfig):
    name = "apps.access"
    label = "access"
    verbose_name = _("Access")

    def ready(self) -> None:
        # Models can be imported only from here on; the guards need them.
        from apps.access import powers
        from apps.core.guards import add_guards

        add_guards("user", guard=powers.may_change_person, reach=powers.may_sign_in_as)
        add_guards(
            "group",
            guard=powers.may_change_group,
            reach=powers.may_put_into_group,
            carries=powers.carries_roles,
            gives=powers.powers_of_group,
        )
        add_guards("role", guard=powers.may_change_role)
        add_guards("assignment", guard=powers.may_change_assignment)
        register_scopes(*SCOPES)
