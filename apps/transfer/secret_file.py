"""A small JSON file that only its owner may read."""

import json
import os
import tempfile
from pathlib import Path


def read_secrets(path: Path) -> dict[str, str]:
    """Empty when there is no such file, or when it is not one of ours."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: value for name, value in content.items() if isinstance(value, str)}


def write_secrets(path: Path, secrets: dict[str, str]) -> None:
    """Replaces the file in one step; it has its permissions (0600) before it has its content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(secrets, file, indent=2)
        file.write("\n")
    Path(draft).replace(path)
