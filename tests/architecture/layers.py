"""The order of the apps, read from the import-linter configuration, the one place where it is written."""

import tomllib
from dataclasses import dataclass
from functools import cache

from tests.services.environment import PROJECT_DIR


@dataclass(frozen=True)
class Layers:
    """Floors from the top down; the apps of one floor do not know each other."""

    floors: tuple[frozenset[str], ...]

    def __contains__(self, app: str) -> bool:
        return any(app in floor for floor in self.floors)

    def may_know(self, app: str, other: str) -> bool:
        """Whether `app` may depend on `other`: itself, or one on a lower floor."""
        return app == other or self._floor(app) < self._floor(other)

    def _floor(self, app: str) -> int:
        return next(number for number, floor in enumerate(self.floors) if app in floor)


@cache
def layers() -> Layers:
    configuration = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    written = next(contract["layers"] for contract in contracts if contract.get("id") == "layers")
    return Layers(tuple(frozenset(name.strip(" ()") for name in line.split("|")) for line in written))
