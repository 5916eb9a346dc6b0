"""People and applications on the running server, and a close look at each page.

`SOAK=1 pytest tests/e2e --screenshots=DIR` saves a picture of every page in every guise.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.factories.people import PASSWORD
from tests.services.browser import assert_accessible
from tests.services.gatehouse import Gatehouse, start_gatehouse
from tests.services.soak import IS_SOAK


class Look(Protocol):
    """Call it with a page, a name for its pictures, and what an open menu covers."""

    def __call__(self, page: Page, name: str, beneath: str = "") -> None: ...


Picture = Callable[[Page, str], None]
# name: color scheme, width. Each scheme and each width is looked at in every run, each with each under `make soak`.
GUISES = {"light": ("light", 1280), "phone-dark": ("dark", 390)}
if IS_SOAK:
    GUISES |= {"dark": ("dark", 1280), "phone": ("light", 390)}
HEIGHT = 800
PEOPLE = 120
PREPARE = """
import json
from datetime import UTC, datetime, timedelta
from django.contrib.auth.hashers import make_password
from apps.access.models import Application, Assignment, Role
from apps.directory.models import User

now, password = datetime.now(UTC), make_password("{password}")
people = [
    User(
        username=f"ingrid.vasquez{{number}}", email=f"ingrid.vasquez{{number}}@example.org", is_email_verified=True,
        given_name="Ingrid", family_name="Vasquez", display_name="Ingrid Vasquez", password=password,
    )
    for number in range({people})
]
User.objects.bulk_create(people)
for name, words in (
    ("Expenses", "Hand in receipts and see what has been paid"),
    ("Library", "Books, journals and the reading room"),
    ("Travel desk", "Book trains, flights and rooms"),
):
    Application.objects.create(
        name=name, slug=name.lower().replace(" ", "-"), description=words, audience="everyone",
        launch_url="https://app.example.org/start",
    )
vault = Application.objects.create(
    name="Vault", slug="vault", description="For people on call", launch_url="https://app.example.org/vault"
)
role = Role.objects.create(name="On call", slug="on-call", application=vault)
Assignment.objects.create(role=role, user=people[0], valid_until=now + timedelta(days=20))
print(json.dumps([person.username for person in people]))
"""


@dataclass(frozen=True)
class Person:
    username: str
    password: str = PASSWORD


@dataclass(frozen=True)
class RelyingParty:
    client_id: str
    name: str
    callback: str


class ApplicationSite(BaseHTTPRequestHandler):
    """Where people are sent back to: it just answers."""

    def do_GET(self) -> None:
        self.send_page("<h1>Acme</h1>")

    def send_page(self, content: str) -> None:
        head = "<!doctype html><html lang=en><title>Acme</title><link rel=icon href='data:,'>"
        body = (head + content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """An answer that came as a form is shown, for the test to read."""
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_page(f"<h1>Acme</h1><pre>{escape(form)}</pre>")

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the test shows what matters."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("gatehouse").addoption(
        "--screenshots", metavar="DIR", help="save a picture of every page"
    )


@pytest.fixture(scope="session")
def usernames(gatehouse: Gatehouse) -> list[str]:
    script = PREPARE.format(password=PASSWORD, people=PEOPLE)
    made: list[str] = json.loads(gatehouse.manage("shell", "--no-imports", "-c", script).stdout)
    return made


@pytest.fixture(scope="session")
def on_call(usernames: list[str]) -> Person:
    """Somebody who may use one application more than everyone else, for a while."""
    return Person(usernames[0])


@pytest.fixture(scope="session")
def administrator(gatehouse: Gatehouse) -> Person:
    name = "root.administrator"
    gatehouse.manage("users", "create", "--username", name, "--admin", "--password-stdin", input=PASSWORD)
    return Person(name)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gatehouse, Person]]:
    """A server of its own with the demonstration's organisation, and its administrator."""
    server = start_gatehouse(tmp_path_factory.mktemp("demonstration"), server_url=None)
    try:
        people = json.loads(server.manage("demo_data", "--json").stdout)["people"]
        admin = next(person for person in people if person["username"] == "admin")
        yield server, Person(admin["username"], admin["password"])
    finally:
        server.stop()


@pytest.fixture(scope="session")
def _cookies_of_the_administrator() -> list[Any]:
    return []


@pytest.fixture
def at_desk(
    page: Page, demonstration: tuple[Gatehouse, Person], _cookies_of_the_administrator: list[Any]
) -> str:
    """The address of the demonstration, whose administrator is signed in here: once for all tests."""
    server, administrator = demonstration
    if _cookies_of_the_administrator:
        page.context.add_cookies(_cookies_of_the_administrator)
        return server.base_url
    page.goto(f"{server.base_url}/login/")
    page.get_by_label("User name or e-mail").fill(administrator.username)
    page.get_by_label("Password", exact=True).fill(administrator.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your applications", level=1).wait_for()
    _cookies_of_the_administrator.extend(page.context.cookies())
    return server.base_url


@pytest.fixture(scope="session")
def _strangers(usernames: list[str]) -> Iterator[str]:
    return iter(usernames[1:])


@pytest.fixture
def person(_strangers: Iterator[str]) -> Person:
    """Somebody whom no other test has met."""
    return Person(next(_strangers))


@pytest.fixture(scope="session")
def _numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture(scope="session")
def application_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ApplicationSite)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def register(
    gatehouse: Gatehouse, application_url: str, _numbers: Iterator[int]
) -> Callable[..., RelyingParty]:
    def _register(*more: str, called: str = "Acme Payroll") -> RelyingParty:
        name = f"{called} {next(_numbers)}"
        callback = f"{application_url}/callback"
        arguments = ["--name", name, "--kind", "spa", "--redirect-uri", callback, *more, "--json"]
        created = json.loads(gatehouse.manage("clients", "create", *arguments).stdout)
        return RelyingParty(created["client_id"], name, callback)

    return _register


@pytest.fixture(autouse=True)
def _console_stays_quiet(page: Page) -> Iterator[None]:
    """Scripts, styles and pictures that fail to load, and whatever else the browser complains about."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # That a page itself was refused is what some tests want to see.
        is_the_page = "Failed to load resource" in message.text and message.location.get("url") == page.url
        if message.type in {"error", "warning"} and not is_the_page:
            complaints.append(f"{message.text} ({message.location.get('url')})")

    page.on("console", listen)
    yield
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Keeps a picture of the page, if pictures are wanted."""
    directory = request.config.getoption("--screenshots", default=None)

    def _picture(page: Page, name: str) -> None:
        if directory:
            Path(directory).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(directory) / f"{name}.png", full_page=True)

    return _picture


@pytest.fixture
def look(picture: Picture) -> Look:
    """The page in light and dark, wide and on a phone: accessible, nothing sticking out, and one picture of each."""

    def _look(page: Page, name: str, beneath: str = "") -> None:
        for guise, (scheme, width) in GUISES.items():
            # Without motion: a button on its way from light to dark has the contrast of neither.
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": HEIGHT})
            assert_accessible(page, beneath)
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{name} ({guise}) is {overflow} px wider than its window"
            picture(page, f"{name}-{guise}")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": HEIGHT})

    return _look
