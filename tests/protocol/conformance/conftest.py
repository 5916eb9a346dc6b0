import pytest
from django.test import Client as Browser

from apps.directory.models import User
from tests.factories.clients import TestClient
from tests.protocol.conformance.relying_party import RelyingParty


@pytest.fixture
def party(signing_keys: None, app: TestClient, person: User, machine: Browser) -> RelyingParty:
    return RelyingParty(app=app, person=person, browser=Browser(), machine=machine)
