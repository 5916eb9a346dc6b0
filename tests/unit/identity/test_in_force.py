"""What the administration shows of the environment: all of it, and no secrets."""

import tomllib
from pathlib import Path

import pytest

from identity import __version__
from identity.env import SETTINGS, load
from identity.in_force import settings_in_force
from tests.services.environment import DEPLOYMENT_VARIABLES, PROJECT_DIR

KEY = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
SECRETS = ("letmein", "swordfish", "hunter2", "opensesame", KEY.partition(":")[2], "abcdefghij" * 6)
DEPLOYED = {
    "EMBEDDED": "no",
    "BASE_URL": "https://login.example.com",
    "DATABASE_URL": "postgresql://gatehouse:letmein@db.example.com:5433/gatehouse?sslpassword=opensesame",
    "REDIS_URL": "rediss://:hunter2@redis.example.com/0",
    "SECRET_KEY": "abcdefghij" * 6,
    "FIELD_ENCRYPTION_KEYS": KEY,
    "AUDIT_WITNESS_FILE": "no-witness",
    "EMAIL_URL": "smtp+tls://mailer:swordfish@smtp.example.com:587",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*DEPLOYMENT_VARIABLES, *(setting.name for setting in SETTINGS)):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


def shown() -> dict[str, tuple[str, bool]]:
    return {one.name: (one.value, one.is_default) for one in settings_in_force(load())}


def test_every_setting_is_shown_with_its_default() -> None:
    assert list(shown()) == [setting.name for setting in SETTINGS]
    assert shown()["PORT"] == ("8000", True)
    assert shown()["SECRET_KEY"] == ("set", True)
    assert shown()["DATABASE_URL"] == ("not set", True)
    assert shown()["DATA_DIR"][1] is False


def test_what_the_environment_names_is_no_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "port").write_text("8123")
    monkeypatch.setenv("PORT_FILE", str(tmp_path / "port"))
    monkeypatch.setenv("AUDIT_WITNESS_FILE", str(tmp_path / "witness"))
    monkeypatch.setenv("BIND", " ")
    assert shown()["PORT"] == ("8123", False)
    assert shown()["AUDIT_WITNESS_FILE"] == (str(tmp_path / "witness"), False)
    assert shown()["BIND"] == ("127.0.0.1", True)


def test_secrets_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DEPLOYED.items():
        monkeypatch.setenv(name, value)
    found = shown()
    assert found["DATABASE_URL"] == ("postgresql://db.example.com:5433/gatehouse", False)
    assert found["REDIS_URL"] == ("rediss://redis.example.com/0", False)
    assert found["CELERY_BROKER_URL"] == ("rediss://redis.example.com/0", True)
    assert found["SECRET_KEY"] == ("set", False)
    assert found["AUDIT_WITNESS_FILE"] == ("no-witness", False)
    assert not [secret for secret in SECRETS if secret in str(found)]


@pytest.mark.parametrize("address", ["redis://:hunter2@[half/0", "redis://host:hunter2/0"])
def test_address_that_no_parser_takes_is_not_shown(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    for name, value in (DEPLOYED | {"CELERY_BROKER_URL": address}).items():
        monkeypatch.setenv(name, value)
    assert shown()["CELERY_BROKER_URL"] == ("set", False)


def test_version_is_the_one_of_the_project() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == __version__
