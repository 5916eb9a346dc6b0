"""docker/compose.yaml as YAML has it, merged and read: what the tests run is what it says."""

import re
from typing import Any

import yaml

from tests.services.environment import PROJECT_DIR

DOCKER = PROJECT_DIR / "docker"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
    return found


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def interpolated(text: str, values: dict[str, str]) -> str:
    """As compose does it. Raises: KeyError for what must be set and is not."""

    def replace(match: re.Match[str]) -> str:
        name, kind, word = match.groups()
        if kind == "-":
            return values.get(name) or word
        return values[name]

    return VARIABLE.sub(replace, text)


def environment_of(service: str, values: dict[str, str]) -> dict[str, str]:
    found = services()[service].get("environment", {})
    return {name: interpolated(str(value), values) for name, value in found.items()}
