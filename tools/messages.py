"""Keeps locale/: what Gatehouse says in English, in other languages.

python -m tools.messages write    read the messages of the code into the catalogues, and compile them
python -m tools.messages check    exit code 1 when a message of the code is missing, left over, untranslated or
                                  unsure, when a translation lost a placeholder, or when what is compiled is
                                  not what the catalogue says

Needs Debian's gettext (xgettext, msgmerge, msgattrib, msgfmt).
"""

import argparse
import difflib
import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from django.core.management import call_command
from django.core.management.commands import makemessages

PROJECT_DIR = Path(__file__).resolve().parent.parent
SOURCES = ("apps", "identity", "templates")
CATALOGUE = Path("locale", "de", "LC_MESSAGES", "django.po")
LANGUAGE = "de"
# Compared between a message and its translation: what is filled in, and what is markup.
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w*\}|</?\w+[^>]*>")
LINES_OF_DIFFERENCE = 40


class Extraction(makemessages.Command):
    """Django's own, without guesses: a translation that is like another message's is no translation of this one."""

    msgmerge_options = ["-q", "--backup=none", "--no-fuzzy-matching", "--update"]
    # The meaning of a setting (identity/env.py) is shown in the administration.
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Setting:3"]


@dataclass(frozen=True)
class Message:
    """One entry of a compiled catalogue; the forms of a plural in their order."""

    context: str
    forms: tuple[str, ...]
    translations: tuple[str, ...]

    def problems(self) -> Iterator[str]:
        for form, translation in zip(self.forms, self.translations, strict=True):
            if sorted(PLACEHOLDER.findall(form)) != sorted(PLACEHOLDER.findall(translation)):
                yield f"other placeholders or tags: {form!r} is {translation!r}"
            if form.strip() != form or translation.strip() != translation:
                yield f"spaces around it: {form!r} is {translation!r}"


def extracted() -> str:
    """The catalogue as the code of this moment would have it; nothing in the project is touched."""
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        for source in SOURCES:
            shutil.copytree(PROJECT_DIR / source, copy / source, ignore=shutil.ignore_patterns("__pycache__"))
        (copy / CATALOGUE).parent.mkdir(parents=True)
        if (PROJECT_DIR / CATALOGUE).exists():
            shutil.copy(PROJECT_DIR / CATALOGUE, copy / CATALOGUE)
        with chdir(copy):
            call_command(Extraction(), locale=[LANGUAGE], no_location=True, no_obsolete=True, verbosity=0)
        text = (copy / CATALOGUE).read_text(encoding="utf-8")
    # A date that changes with every run says nothing.
    return re.sub(r'^"POT-Creation-Date: .*\n', "", text, flags=re.MULTILINE)


def compiled(catalogue: Path) -> bytes:
    """Raises: SystemExit with the words of msgfmt, when the catalogue is not well-formed."""
    done = subprocess.run(
        ["msgfmt", "--check", "--no-hash", "--output-file=-", str(catalogue)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return done.stdout


def messages_in(compiled_catalogue: bytes) -> list[Message]:
    """Spec: GNU gettext, "The Format of GNU MO Files"."""
    _magic, _version, count, originals, translations = struct.unpack_from("<5I", compiled_catalogue)

    def text_at(table: int, index: int) -> str:
        length, offset = struct.unpack_from("<2I", compiled_catalogue, table + 8 * index)
        return compiled_catalogue[offset : offset + length].decode()

    found = []
    for index in range(count):
        original = text_at(originals, index)
        context, separator, message = original.rpartition("\x04")
        if original:
            forms = (message if separator else original).split("\0")
            found.append(Message(context, tuple(forms), tuple(text_at(translations, index).split("\0"))))
    return found


def entries(*which: str) -> list[str]:
    """First lines of those entries of the catalogue that msgattrib selects."""
    done = subprocess.run(
        ["msgattrib", "--no-wrap", *which, str(PROJECT_DIR / CATALOGUE)],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in re.findall(r'^(?:#~ )?msgid (".*")', done.stdout, re.MULTILINE) if line != '""']


def write() -> int:
    catalogue = PROJECT_DIR / CATALOGUE
    text = extracted()
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    catalogue.write_text(text, encoding="utf-8")
    catalogue.with_suffix(".mo").write_bytes(compiled(catalogue))
    missing = entries("--untranslated")
    print(f"Wrote {CATALOGUE}. Messages without a translation: {len(missing)}", *missing, sep="\n  ")
    return 0


def problems() -> Iterator[str]:
    catalogue = PROJECT_DIR / CATALOGUE
    messages = messages_in(compiled(catalogue))
    for message in messages:
        yield from message.problems()
    if messages != messages_in(catalogue.with_suffix(".mo").read_bytes()):
        yield f"{CATALOGUE.with_suffix('.mo')} was not compiled from {CATALOGUE.name}: run `make messages`."
    yield from (f"unsure: {entry}" for entry in entries("--only-fuzzy"))
    yield from (f"not translated: {entry}" for entry in entries("--untranslated"))
    yield from _difference(catalogue.read_text(encoding="utf-8"), extracted())


def _difference(present: str, wanted: str) -> Iterator[str]:
    sides = (_unwrapped(present), _unwrapped(wanted))
    changed = list(difflib.unified_diff(*sides, "present", "code", n=0, lineterm=""))
    if changed:
        yield f"{CATALOGUE} is not what the code says: run `make messages`, and translate what is new."
        yield from changed[:LINES_OF_DIFFERENCE]


def _unwrapped(catalogue: str) -> list[str]:
    """Versions of gettext break lines in different places."""
    done = subprocess.run(
        ["msgattrib", "--no-wrap", "-"], input=catalogue, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def check() -> int:
    found = list(problems())
    print(*found or [f"{CATALOGUE} is up to date."], sep="\n")
    return int(bool(found))


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.messages")
    parser.add_argument("command", choices=("write", "check"))
    return write() if parser.parse_args().command == "write" else check()


if __name__ == "__main__":
    raise SystemExit(main())
