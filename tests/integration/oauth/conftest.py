"""A person who is signed in, an application, and the keys that their tokens are signed with."""

import pytest
from django.test import Client as Browser

from apps.directory.models import User
from tests.factories.clients import TestClient, make_client
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user, sign_in


@pytest.fixture(autouse=True)
def _signing_keys(db: None) -> None:
    make_signing_keys()


@pytest.fixture
def person(db: None) -> User:
    return make_user()


@pytest.fixture
def visitor(person: User) -> Browser:
    browser = Browser()
    sign_in(browser, person)
    return browser


@pytest.fixture
def machine() -> Browser:
    return Browser()


@pytest.fixture
def app(db: None) -> TestClient:
    return make_client()
