"""Callers of the API, with tokens as they come out of /oauth/token."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Assignment, Role
from apps.core.api.scopes import api_scopes
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import User
from apps.oauth.models import AccessToken, Authorization, Client
from apps.oauth.token_values import digest, new_access_token
from apps.signin.services.sso_sessions import start_session
from tests.factories.clients import make_client
from tests.factories.people import make_user


def all_scopes() -> str:
    return " ".join(scope.name for scope in api_scopes)


@dataclass(frozen=True)
class Caller:
    """Somebody with an access token, and a machine that sends it."""

    token: str
    client: Client
    user: User | None = None

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **more}

    def get(self, path: str, **headers: str) -> Any:
        return Browser().get(f"/api/v1/{path}", headers=self.headers(**headers))

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return Browser().generic(
            method,
            f"/api/v1/{path}",
            data=as_json(body),
            content_type="application/json" if body is not None else "",
            headers=self.headers(**headers),
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def patch(self, path: str, body: Any, *, etag: str | None = None) -> Any:
        """With the ETag that it has at this moment, unless one is given; "" sends none."""
        if etag is None:
            etag = self.get(path).headers.get("ETag", "")
        return self.send("PATCH", path, body, **({"If-Match": etag} if etag else {}))

    def delete(self, path: str, *, etag: str | None = None) -> Any:
        if etag is None:
            etag = self.get(path).headers.get("ETag", "")
        return self.send("DELETE", path, **({"If-Match": etag} if etag else {}))


def as_json(body: Any) -> Any:
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body).encode()


def person_calling(user: User, scopes: str | None = None) -> Caller:
    """A person who let a client act for them."""
    now = timezone.now()
    scopes = all_scopes() if scopes is None else scopes
    client = make_client(scopes=scopes).row
    session = start_session(user=user, amr=["pwd"], browser_token="", origin=SYSTEM_ORIGIN, now=now)
    authorization = Authorization.objects.create(
        user=user, client=client, session=session, scope=scopes, auth_time=now, amr=["pwd"], created_at=now
    )
    return Caller(_token(client, scopes, user=user, authorization=authorization), client, user)


def client_calling(scopes: str) -> Caller:
    """A service that acts for itself."""
    client = make_client(
        kind=Client.Kind.SERVICE, redirect_uris=[], post_logout_redirect_uris=[], scopes=scopes
    )
    return Caller(_token(client.row, scopes), client.row)


def _token(client: Client, scopes: str, **more: Any) -> str:
    value = new_access_token()
    AccessToken.objects.create(
        token="",
        token_checksum=digest(value),
        application=client,
        scope=scopes,
        expires=timezone.now() + timedelta(hours=1),
        **more,
    )
    return value


def make_administrator(*rights: str, **fields: Any) -> User:
    """Somebody with a role that carries these rights, such as "directory.view_user", and no others."""
    user = make_user(is_staff=True, **fields)
    if rights:
        give_rights(user, *rights)
    return user


def give_rights(user: User, *rights: str) -> Role:
    name = f"Role of {user.username} {Role.objects.count()}"
    role = Role.objects.create(name=name, slug=name.lower().replace(" ", "-")[:64])
    for right in rights:
        app_label, codename = right.split(".")
        role.admin_permissions.add(
            Permission.objects.get(content_type__app_label=app_label, codename=codename)
        )
    Assignment.objects.create(role=role, user=user)
    return role


def make_superuser(**fields: Any) -> User:
    return make_user(is_staff=True, is_superuser=True, **fields)
