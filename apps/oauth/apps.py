from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OAuthConfig(AppConfig):
    name = "apps.oauth"
    label = "oauth"
    verbose_name = _("OAuth and OpenID Connect")

    def ready(self) -> None:
        # Models can be imported only from here on; the port's implementation needs them.
        from apps.oauth.destinations import destination_behind_path
        from apps.signin.ports import destination_behind

        destination_behind.register(destination_behind_path)
