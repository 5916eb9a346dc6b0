"""What is started, where, and with which environment; nothing here starts anything."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples import environment

PROJECT_DIR = Path(__file__).resolve().parents[2]
PORTS_NEEDED = 3


@dataclass(frozen=True)
class Plan:
    port: int
    data_dir: Path
    issuer: str
    inherited: Mapping[str, str]

    @property
    def ports(self) -> tuple[int, int, int]:
        return self.port, self.port + 1, self.port + 2

    @property
    def payroll_url(self) -> str:
        return f"http://localhost:{self.port + 1}"

    @property
    def api_url(self) -> str:
        return f"http://localhost:{self.port + 2}"

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "log"

    def log(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"

    @property
    def keeps_mail(self) -> bool:
        """Whether mails are shown at /mail/ instead of being sent."""
        return not (self.inherited.get("EMAIL_URL") or self.inherited.get("EMAIL_URL_FILE"))

    def gatehouse_environment(self) -> dict[str, str]:
        return {
            **self.inherited,
            "PYTHONUNBUFFERED": "1",
            "EMBEDDED": "1",
            "BASE_URL": self.issuer,
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
        }

    def payroll_environment(self, client: "ClientCredentials") -> dict[str, str]:
        return self._sample_environment(client, port=self.port + 1) | {
            "API_URL": self.api_url,
            "DATA_DIR": str(self.data_dir / "payroll"),
        }

    def api_environment(self, client: "ClientCredentials") -> dict[str, str]:
        return self._sample_environment(client, port=self.port + 2)

    def _sample_environment(self, client: "ClientCredentials", *, port: int) -> dict[str, str]:
        # A *_FILE variable would win over the value given here, and Gatehouse's secrets are Gatehouse's.
        own = {"CLIENT_ID_FILE", "CLIENT_SECRET_FILE", "PUBLIC_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"}
        kept = {name: value for name, value in self.inherited.items() if name not in own}
        return kept | {
            "PYTHONUNBUFFERED": "1",
            "ISSUER": self.issuer,
            "CLIENT_ID": client.client_id,
            "CLIENT_SECRET": client.client_secret,
            "PORT": str(port),
        }


@dataclass(frozen=True)
class ClientCredentials:
    client_id: str
    client_secret: str
    # What the portal calls the application now, and whether anybody can sign in to it.
    application: str
    is_enabled: bool


@dataclass(frozen=True)
class Person:
    username: str
    password: str
    role: str


@dataclass(frozen=True)
class Withheld:
    """Somebody of the demonstration who cannot sign in with its password any more."""

    username: str
    reason: str


@dataclass(frozen=True)
class Demonstration:
    """What `manage.py demo_data --json` prints; a client that was deleted is not there."""

    people: tuple[Person, ...]
    withheld: tuple[Withheld, ...]
    payroll: ClientCredentials | None
    api: ClientCredentials | None

    @classmethod
    def from_json(cls, printed: Mapping[str, Any]) -> "Demonstration":
        """Raises: KeyError or TypeError when the output has another shape."""
        clients = printed["clients"]
        return cls(
            people=tuple(Person(p["username"], p["password"], p["role"]) for p in printed["people"]),
            withheld=tuple(Withheld(w["username"], w["reason"]) for w in printed["withheld"]),
            payroll=_credentials(clients.get("payroll")),
            api=_credentials(clients.get("payroll-api")),
        )


def read_plan() -> Plan:
    """The plan that PORT, DATA_DIR and BASE_URL ask for.

    Raises: ConfigurationError.
    """
    port = environment.port("PORT", 8000)
    if port + PORTS_NEEDED - 1 > 65535:
        raise environment.ConfigurationError(
            f"PORT is {port}; two more ports follow it, so 65533 is the last"
        )
    return Plan(
        port=port,
        data_dir=environment.directory("DATA_DIR", str(PROJECT_DIR / "var")),
        issuer=environment.address("BASE_URL", f"http://localhost:{port}"),
        inherited=environment.everything(),
    )


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def sample(name: str) -> list[str]:
    return [sys.executable, "-m", f"examples.{name}"]


def _credentials(printed: Mapping[str, Any] | None) -> ClientCredentials | None:
    if not printed:
        return None
    return ClientCredentials(
        printed["client_id"], printed["client_secret"], printed["application"], printed["is_enabled"]
    )
