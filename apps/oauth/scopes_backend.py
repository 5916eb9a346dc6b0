"""Scopes per client, as django-oauth-toolkit asks for them."""

from typing import Any

from oauth2_provider.scopes import BaseScopes

from apps.oauth.models import Scope
from apps.oauth.standard_scopes import built_in_scopes


class ClientScopes(BaseScopes):
    def get_all_scopes(self) -> dict[str, str]:
        own = dict(Scope.objects.values_list("name", "title"))
        return {**own, **{name: str(scope.title) for name, scope in built_in_scopes().items()}}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return sorted(application.allowed_scopes) if application else []

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """None: a request says what it wants. Spec: RFC 6749 §3.3."""
        return []
