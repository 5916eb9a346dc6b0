"""Who takes part in a protocol test: a person with a browser, an application, and a machine without cookies."""

import pytest
from django.test import Client as Browser

from apps.directory.models import User
from tests.factories.clients import TestClient, make_client
from tests.factories.keys import make_signing_keys
from tests.factories.people import make_user, sign_in


@pytest.fixture
def signing_keys(db: None) -> None:
    make_signing_keys()


@pytest.fixture
def person(db: None) -> User:
    return make_user()


@pytest.fixture
def visitor(person: User) -> Browser:
    """The browser in which the person is signed in. An error inside the server is an answer, as for real."""
    browser = Browser(raise_request_exception=False)
    sign_in(browser, person)
    return browser


@pytest.fixture
def machine() -> Browser:
    return Browser(raise_request_exception=False)


@pytest.fixture
def app(db: None) -> TestClient:
    return make_client()


@pytest.fixture
def other_app(db: None) -> TestClient:
    return make_client()


@pytest.fixture
def spa(db: None) -> TestClient:
    return make_client(kind="spa")


@pytest.fixture
def service(db: None) -> TestClient:
    return make_client(
        kind="service", redirect_uris=[], post_logout_redirect_uris=[], scopes="files:read files:write"
    )
