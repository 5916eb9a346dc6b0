"""Every action of the log has words for the people it concerns, or is said to concern nobody."""

from importlib import import_module
from pathlib import Path

from apps.audit.ports import AuditAction, told_to_people

APPS = Path(__file__).resolve().parents[2] / "apps"


def actions() -> list[AuditAction]:
    for path in APPS.glob("*/events.py"):
        import_module(f"apps.{path.parent.name}.events")
    # Other tests in this process may have actions of their own.
    ours = [words for words in AuditAction.__subclasses__() if words.__module__.startswith("apps.")]
    return [action for words in ours for action in words]


def test_each_action_is_told_or_left_out_on_purpose() -> None:
    missing = [action.value for action in actions() if action not in told_to_people]
    assert not missing, f"told_to_people in the app's events.py says nothing about {', '.join(missing)}"


def test_sentences_hold_only_what_is_filled_in() -> None:
    known = {"actor": "A", "target": "T", "role": "R", "fields": "F"}
    for told in told_to_people.values():
        if told is not None:
            sentences = [told.by_you, told.by_you_to, told.by_another, told.by_nobody]
            assert any(sentences)
            for sentence in sentences:
                assert not str(sentence) or (str(sentence) % known).endswith(".")
