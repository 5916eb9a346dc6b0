"""Acme Payroll and its API, in front of an issuer that can be told to lie."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from examples.relying_party import app as relying_party
from examples.relying_party.conf import Settings
from examples.relying_party.tokens import TokenKeeper
from examples.resource_server import app as resource_server
from examples.resource_server.conf import Settings as ApiSettings
from tests.examples.serving_in_thread import address, served
from tests.examples.untrustworthy_issuer import Issuer
from tests.services.process import free_port

ORIGIN = "http://payroll.example"


@dataclass
class Visitor:
    """A browser that has opened Acme Payroll."""

    browser: FlaskClient
    keeper: TokenKeeper
    data_dir: Path

    def start(self) -> str:
        """The address of the answer with which the issuer sends the browser back."""
        asked = self.browser.get("/sign-in")
        answered = requests.get(asked.location, allow_redirects=False, timeout=5)
        return answered.headers["Location"]

    def follow(self, location: str) -> TestResponse:
        parts = urlsplit(location)
        return self.browser.get(f"{parts.path}?{parts.query}")

    def sign_in(self) -> TestResponse:
        return self.follow(self.start())

    def post(self, path: str, *, origin: str | None = ORIGIN) -> TestResponse:
        return self.browser.post(path, headers={"Origin": origin} if origin else {})


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    port = free_port()
    issuer = Issuer(address(port))
    with served(issuer.app(), port=port):
        yield issuer


@pytest.fixture
def api(issuer: Issuer) -> Iterator[str]:
    port = free_port()
    settings = ApiSettings(
        issuer=issuer.url,
        client_id="payroll-api",
        client_secret="the-secret-of-the-api",
        public_url=address(port),
        bind="127.0.0.1",
        port=port,
    )
    with served(resource_server.create_app(settings), port=port) as url:
        yield url


@pytest.fixture
def visitor(issuer: Issuer, api: str, tmp_path: Path) -> Visitor:
    settings = Settings(
        issuer=issuer.url,
        client_id="payroll",
        client_secret="the-client-secret-that-payroll-has",
        public_url=ORIGIN,
        api_url=api,
        data_dir=tmp_path,
        bind="127.0.0.1",
        port=1,
    )
    app = relying_party.create_app(settings)
    return Visitor(app.test_client(), app.extensions["payroll"].keeper, tmp_path)
