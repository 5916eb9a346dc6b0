"""OAuth things as audit events name them."""

from apps.audit.ports import Subject
from apps.oauth.models import Authorization, Client


def client_subject(client: Client) -> Subject:
    return Subject(kind="client", id=str(client.pk), label=client.name)


def authorization_subject(authorization: Authorization) -> Subject:
    return Subject(kind="authorization", id=str(authorization.pk))
