"""`make check-messages`: what a translation must not lose, and what is read from a compiled catalogue."""

from pathlib import Path

import pytest

from tools.messages import CATALOGUE, PROJECT_DIR, Message, compiled, messages_in


@pytest.mark.parametrize(
    ("message", "translation"),
    [
        ("%(count)d of %(total)d", "%(count)d von %(totl)d"),
        ("%(share)d%% refused", "%(share)d abgelehnt"),
        ("{client} first", "{Client} zuerst"),
        ('<a href="%(url)s">Sessions</a>', "Sitzungen"),
        ("Sign in", "Anmelden "),
    ],
)
def test_lost_placeholders_tags_and_spaces_are_named(message: str, translation: str) -> None:
    assert list(Message("", (message,), (translation,)).problems())


def test_order_of_placeholders_is_free() -> None:
    message = Message("", ("%(done)s of %(total)s", "a"), ("von %(total)s sind es %(done)s", "b"))
    assert not list(message.problems())


def test_contexts_and_plurals_are_read_as_gettext_writes_them(tmp_path: Path) -> None:
    catalogue = tmp_path / "de.po"
    catalogue.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgctxt "time ago"\nmsgid "%(num)d day"\nmsgid_plural "%(num)d days"\n'
        'msgstr[0] "%(num)d Tag"\nmsgstr[1] "%(num)d Tagen"\n\nmsgid "Role"\nmsgstr "Rolle"\n',
        encoding="utf-8",
    )
    assert messages_in(compiled(catalogue)) == [
        Message("", ("Role",), ("Rolle",)),
        Message("time ago", ("%(num)d day", "%(num)d days"), ("%(num)d Tag", "%(num)d Tagen")),
    ]


def test_broken_catalogue_is_refused_in_the_words_of_msgfmt(tmp_path: Path) -> None:
    catalogue = tmp_path / "de.po"
    catalogue.write_text('msgid "Role\nmsgstr "Rolle"\n', encoding="utf-8")
    with pytest.raises(SystemExit, match="end-of-line"):
        compiled(catalogue)


def test_compiled_catalogue_comes_along() -> None:
    """A machine that only runs Gatehouse has no msgfmt."""
    assert messages_in((PROJECT_DIR / CATALOGUE.with_suffix(".mo")).read_bytes())
