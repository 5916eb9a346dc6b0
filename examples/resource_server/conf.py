"""What the Acme Payroll API is told by its environment."""

from dataclasses import dataclass

from examples import environment


@dataclass(frozen=True)
class Settings:
    issuer: str
    client_id: str
    client_secret: str
    public_url: str
    bind: str
    port: int


def load() -> Settings:
    """Raises: ConfigurationError naming the variable that is missing or malformed."""
    port = environment.port("PORT", 8002)
    return Settings(
        issuer=environment.address("ISSUER", "http://localhost:8000"),
        client_id=environment.text("CLIENT_ID"),
        client_secret=environment.text("CLIENT_SECRET"),
        public_url=environment.address("PUBLIC_URL", f"http://localhost:{port}"),
        bind=environment.text("BIND", "127.0.0.1"),
        port=port,
    )
