"""The two clients of the demonstration: the payroll application, and the API that it calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.access.events import AccessAction
from apps.access.models import Application
from apps.audit.ports import SYSTEM, Outcome, Subject
from apps.audit.services.record import record_event
from apps.core.origin import SYSTEM_ORIGIN
from apps.oauth.events import OAuthAction
from apps.oauth.models import Client, Scope
from apps.oauth.selectors import secret_matches
from apps.oauth.services.clients import NewClient, create_client, rotate_client_secret
from apps.transfer.acme import PAYROLL, PAYROLL_API
from apps.transfer.clock import Clock

SCOPE = "payroll:read"
PAYROLL_ID, API_ID = "payroll", "payroll-api"


@dataclass(frozen=True)
class DemoClients:
    """Secrets in clear, by client id."""

    secrets: dict[str, str]


def set_up_clients(*, relying_party: str, known_secrets: Mapping[str, str], clock: Clock) -> DemoClients:
    _scope(clock)
    wanted = (_payroll(relying_party), _payroll_api())
    secrets = {
        details.client_id: _client(details, known_secrets.get(details.client_id, ""), clock)
        for details in wanted
    }
    _follow_address(_payroll(relying_party), clock)
    return DemoClients(secrets)


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
        record_event(
            action=OAuthAction.SCOPE_CREATED,
            outcome=Outcome.SUCCESS,
            actor=SYSTEM,
            origin=SYSTEM_ORIGIN,
            now=clock(),
            target=Subject(kind="scope", id=str(scope.pk), label=scope.name),
            after={"name": scope.name, "title": scope.title, "description": scope.description},
        )


def _client(details: NewClient, known_secret: str, clock: Clock) -> str:
    """Its secret: the one given out before, while it is still right."""
    found = Client.objects.filter(client_id=details.client_id).first()
    if found is None:
        registered = create_client(details=details, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock())
        return registered.secret
    if known_secret and secret_matches(found, known_secret):
        return known_secret
    return rotate_client_secret(client=found, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=clock())


def _follow_address(details: NewClient, clock: Clock) -> None:
    """The sample application may run at another port than last time."""
    client = Client.objects.select_related("application").get(client_id=details.client_id)
    application = client.application
    wanted = {
        "redirect_uris": " ".join(details.redirect_uris),
        "post_logout_redirect_uris": " ".join(details.post_logout_redirect_uris),
    }
    before = {name: getattr(client, name) for name in wanted}
    if before != wanted:
        Client.objects.filter(pk=client.pk).update(**wanted, updated=clock())
        record_event(
            action=OAuthAction.CLIENT_CHANGED,
            outcome=Outcome.SUCCESS,
            actor=SYSTEM,
            origin=SYSTEM_ORIGIN,
            now=clock(),
            target=Subject(kind="client", id=str(client.pk), label=client.name),
            client_id=str(client.pk),
            before=before,
            after=wanted,
        )
    if application.launch_url != details.launch_url:
        old = application.launch_url
        Application.objects.filter(pk=application.pk).update(launch_url=details.launch_url)
        record_event(
            action=AccessAction.APPLICATION_CHANGED,
            outcome=Outcome.SUCCESS,
            actor=SYSTEM,
            origin=SYSTEM_ORIGIN,
            now=clock(),
            target=Subject(kind="application", id=str(application.pk), label=application.name),
            before={"launch_url": old},
            after={"launch_url": details.launch_url},
        )
