"""The two clients of the demonstration: the payroll application, and the API that it calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.access.events import AccessAction
from apps.access.models import Application
from apps.audit.ports import SYSTEM, Subject
from apps.core.origin import SYSTEM_ORIGIN
from apps.oauth.events import OAuthAction
from apps.oauth.models import Client, Scope
from apps.oauth.selectors import secret_matches
from apps.oauth.services.clients import NewClient, create_client, rotate_client_secret
from apps.transfer.acme import PAYROLL, PAYROLL_API
from apps.transfer.clock import Clock
from apps.transfer.services.demo_events import record

SCOPE = "payroll:read"
PAYROLL_ID, API_ID = "payroll", "payroll-api"


@dataclass(frozen=True)
class DemoClient:
    """`secret` is in clear; `application` is what people find in the portal, by the name that it has now."""

    client_id: str
    secret: str
    application: str
    is_enabled: bool


def make_clients(*, relying_party: str, clock: Clock) -> tuple[dict[str, str], dict[str, str]]:
    """Both clients' keys, and the secrets of those that are new, by the client ids above.

    Raises: ClientRefused.
    """
    _scope(clock)
    keys, secrets = {}, {}
    for details in (_payroll(relying_party), _payroll_api()):
        client = Client.objects.filter(client_id=details.client_id).first()
        if client is None:
            made = create_client(details=details, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock())
            client, secrets[details.client_id] = made.client, made.secret
        keys[details.client_id] = str(client.pk)
    return keys, secrets


def hand_out_secrets(
    keys: Mapping[str, str], *, known_secrets: Mapping[str, str], clock: Clock
) -> dict[str, DemoClient]:
    """Those of the clients that are left and have one: the secret given out before, while it is still right."""
    clients = {
        str(client.pk): client
        for client in Client.objects.select_related("application").filter(pk__in=keys.values())
    }
    return {
        name: DemoClient(
            client.client_id,
            _secret(client, known_secrets.get(name, ""), clock),
            client.application.name,
            client.is_usable() and client.application.is_enabled,
        )
        for name, key in keys.items()
        if (client := clients.get(key)) and not client.is_public
    }


def payroll_application(keys: Mapping[str, str]) -> Application | None:
    client = Client.objects.select_related("application").filter(pk=keys[PAYROLL_ID]).first()
    return client.application if client else None


def _secret(client: Client, known: str, clock: Clock) -> str:
    if known and secret_matches(client, known):
        return known
    return rotate_client_secret(client=client, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock())


def _payroll(relying_party: str) -> NewClient:
    home = f"{relying_party.rstrip('/')}/"
    return NewClient(
        name=PAYROLL,
        client_id=PAYROLL_ID,
        kind=Client.Kind.WEB,
        redirect_uris=[f"{home}callback"],
        post_logout_redirect_uris=[home],
        scopes=f"openid profile email offline_access {SCOPE}",
        audience=Application.Audience.ASSIGNED,
        launch_url=home,
        description="Your payslips, month by month",
    )


def _payroll_api() -> NewClient:
    return NewClient(
        name=PAYROLL_API,
        client_id=API_ID,
        kind=Client.Kind.SERVICE,
        scopes=SCOPE,
        is_resource_server=True,
        audience=Application.Audience.ASSIGNED,
        description="Holds the payslips; asks who is calling",
    )


def _scope(clock: Clock) -> None:
    scope, is_new = Scope.objects.get_or_create(
        name=SCOPE,
        defaults={"title": "See your payslips", "description": "The amounts and dates of your payslips."},
    )
    if is_new:
        record(
            OAuthAction.SCOPE_CREATED,
            Subject(kind="scope", id=str(scope.pk), label=scope.name),
            clock,
            after={"name": scope.name, "title": scope.title, "description": scope.description},
        )


def follow_address(keys: Mapping[str, str], *, before: str, after: str, clock: Clock) -> None:
    """The sample application may run at another port than last time; addresses that people entered stay."""
    client = Client.objects.select_related("application").filter(pk=keys[PAYROLL_ID]).first()
    if client is None:
        return
    old, new = _payroll(before), _payroll(after)
    redirects = {
        "redirect_uris": _moved(client.redirect_uris, old.redirect_uris, new.redirect_uris),
        "post_logout_redirect_uris": _moved(
            client.post_logout_redirect_uris, old.post_logout_redirect_uris, new.post_logout_redirect_uris
        ),
    }
    changed = {name: value for name, value in redirects.items() if value != getattr(client, name)}
    if changed:
        former = {name: getattr(client, name) for name in changed}
        Client.objects.filter(pk=client.pk).update(**changed, updated=clock())
        record(
            OAuthAction.CLIENT_CHANGED,
            Subject(kind="client", id=str(client.pk), label=client.name),
            clock,
            client_id=str(client.pk),
            before=former,
            after=changed,
        )
    application = client.application
    if application.launch_url == old.launch_url:
        Application.objects.filter(pk=application.pk).update(launch_url=new.launch_url)
        record(
            AccessAction.APPLICATION_CHANGED,
            Subject(kind="application", id=str(application.pk), label=application.name),
            clock,
            before={"launch_url": old.launch_url},
            after={"launch_url": new.launch_url},
        )


def _moved(uris: str, old: list[str], new: list[str]) -> str:
    moves = dict(zip(old, new, strict=True))
    return " ".join(dict.fromkeys(moves.get(uri, uri) for uri in uris.split()))
