"""Templates that take the place of django-unfold's: after an upgrade somebody compares them."""

import re
from importlib.metadata import version
from pathlib import Path

import unfold

from tests.services.environment import PROJECT_DIR

OURS = PROJECT_DIR / "templates"
THEIRS = Path(unfold.__file__).parent / "templates"


def _is_only_an_extension(name: str, text: str) -> bool:
    return f'{{% extends "{name}" %}}' in text


def test_templates_in_the_place_of_the_theme_s_name_the_version_they_were_made_from() -> None:
    installed = version("django-unfold")
    stale = []
    for path in sorted(OURS.rglob("*.html")):
        name, text = path.relative_to(OURS).as_posix(), path.read_text(encoding="utf-8")
        if not (THEIRS / name).exists() or _is_only_an_extension(name, text):
            continue
        named = re.search(r"Takes the place of django-unfold ([\d.]+\d)'s", text)
        if named is None or named[1] != installed:
            stale.append(f"{name}: made from {named[1] if named else 'an unnamed version'}")
    assert not stale, f"django-unfold is now {installed}; compare its templates with ours:\n" + "\n".join(
        stale
    )
