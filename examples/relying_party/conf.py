"""What Acme Payroll is told by its environment."""

from dataclasses import dataclass
from pathlib import Path

from examples import environment

SCOPE = "openid profile email offline_access payroll:read"
SIGNING_ALGORITHMS = ("RS256", "ES256")


@dataclass(frozen=True)
class Settings:
    issuer: str
    client_id: str
    client_secret: str
    public_url: str
    api_url: str
    data_dir: Path
    bind: str
    port: int

    @property
    def callback_url(self) -> str:
        return f"{self.public_url}/callback"

    @property
    def signed_out_url(self) -> str:
        return f"{self.public_url}/"

    @property
    def is_secure(self) -> bool:
        return self.public_url.startswith("https://")


def load() -> Settings:
    """Raises: ConfigurationError naming the variable that is missing or malformed."""
    port = environment.port("PORT", 8001)
    return Settings(
        issuer=environment.address("ISSUER", "http://localhost:8000"),
        client_id=environment.text("CLIENT_ID"),
        client_secret=environment.text("CLIENT_SECRET"),
        public_url=environment.address("PUBLIC_URL", f"http://localhost:{port}"),
        api_url=environment.address("API_URL", "http://localhost:8002"),
        data_dir=environment.directory("DATA_DIR", "var/payroll"),
        bind=environment.text("BIND", "127.0.0.1"),
        port=port,
    )
