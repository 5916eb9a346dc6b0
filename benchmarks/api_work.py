"""How long the lists of the API take in the installation of the environment; run by benchmarks.in_gatehouse."""

import json
from base64 import b64encode
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count
from django.test import Client as Browser
from django.utils import timezone

from apps.access.models import Role
from apps.audit.ports import SYSTEM
from apps.audit.selectors import last_seal_number
from apps.core.api.scopes import api_scopes
from apps.core.origin import SYSTEM_ORIGIN
from apps.directory.models import Group, Unit, User
from apps.directory.services.units import UnitDetails, create_unit
from apps.keys.models import SigningKey
from apps.oauth.models import Client
from apps.oauth.services.clients import NewClient, create_client
from benchmarks.api_lists import ApiNames, api_lists
from benchmarks.timing import Ask, time_addresses

NEXT_PAGE = "{}, the next page"


def measure(path: str) -> dict[str, Any]:
    """Written to the path, by what is asked for; how many there are."""
    ask = _program().get
    addresses = api_lists(_names())
    found = time_addresses(ask, addresses | _next_pages(ask, addresses))
    Path(path).write_text(json.dumps(found, indent=1), encoding="utf-8")
    return {"lists": len(found)}


def _next_pages(ask: Ask, addresses: dict[str, str]) -> dict[str, str]:
    """Of lists that are narrowed by nothing, where there is one."""
    whole = {what: address for what, address in addresses.items() if "?" not in address}
    cursors = {what: ask(address).json()["next_cursor"] for what, address in whole.items()}
    return {
        NEXT_PAGE.format(what): f"{whole[what]}?cursor={cursor}" for what, cursor in cursors.items() if cursor
    }


def _program() -> Browser:
    """A service that may read everything, with a token as it gets it."""
    settings.ALLOWED_HOSTS = ["*"]
    scopes = " ".join(scope.name for scope in api_scopes if scope.name.endswith(".read"))
    made = create_client(
        details=NewClient(name="Benchmark of the API", kind=Client.Kind.SERVICE, scopes=scopes),
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=timezone.now(),
    )
    pair = b64encode(f"{made.client.client_id}:{made.secret}".encode()).decode()
    browser = Browser(headers={"Host": "localhost"})
    answer = browser.post(
        "/oauth/token",
        urlencode({"grant_type": "client_credentials", "scope": scopes}),
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Basic {pair}"},
    )
    if answer.status_code != 200:
        raise SystemExit(f"no token: {answer.status_code} {answer.content.decode()[:500]}")
    return Browser(headers={"Host": "localhost", "Authorization": f"Bearer {answer.json()['access_token']}"})


def _names() -> ApiNames:
    """Those in the middle of things: the larger groups and roles, a person with a manager."""
    person = User.objects.filter(manager__isnull=False, last_sign_in_at__isnull=False).order_by("pk")[0]
    manager = User.objects.annotate(size=Count("reports")).order_by("-size", "pk")[0]
    group = Group.objects.annotate(size=Count("group_memberships")).order_by("-size", "pk")[0]
    role = Role.objects.filter(application__isnull=False).annotate(size=Count("assignments"))
    largest_role = role.select_related("application").order_by("-size", "pk")[0]
    assert largest_role.application is not None  # noqa: S101 - it was asked for
    client = Client.objects.filter(application=largest_role.application).order_by("pk")[0]
    day = datetime.combine(timezone.now().date() - timedelta(days=40), time(), tzinfo=UTC)
    return ApiNames(
        person=str(person.pk),
        username=person.username,
        email=person.email,
        employee_number=person.employee_number,
        manager=str(manager.pk),
        unit=str(_unit().pk),
        group=str(group.pk),
        group_name=group.name,
        role=str(largest_role.pk),
        role_slug=largest_role.slug,
        application=str(largest_role.application.pk),
        application_slug=largest_role.application.slug,
        client=str(client.pk),
        client_id=client.client_id,
        kid=SigningKey.objects.order_by("pk").values_list("kid", flat=True)[0],
        day=_as_parameter(day),
        next_day=_as_parameter(day + timedelta(days=1)),
        seal_number=str(last_seal_number() // 2),
    )


def _unit() -> Unit:
    """The company, in which everybody is; the made-up one has no tree."""
    company = create_unit(
        details=UnitDetails("Benchmark", kind=Unit.Kind.COMPANY),
        actor=SYSTEM,
        origin=SYSTEM_ORIGIN,
        now=timezone.now(),
    )
    User.objects.update(unit=company)
    return company


def _as_parameter(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
