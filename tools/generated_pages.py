"""Writes the pages of docs/ that come from the program, or says which are out of date.

python -m tools.generated_pages             write them
python -m tools.generated_pages --check     exit code 1 when one is not what would be written
"""

import argparse
from pathlib import Path

from tools import audit_event_table, openapi_document, settings_table

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = {
    DOCS / "operators" / "settings.md": settings_table.render,
    DOCS / "auditors" / "audit-events.md": audit_event_table.render,
    DOCS / "developers" / "openapi.yaml": openapi_document.render,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.generated_pages")
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_check = parser.parse_args().check
    stale = False
    for page, render in PAGES.items():
        name, text = page.relative_to(DOCS.parent), render()
        is_current = page.exists() and page.read_text(encoding="utf-8") == text
        if only_check:
            stale |= not is_current
            print(f"{name} is up to date." if is_current else f"{name} is out of date: run `make docs`.")
        else:
            page.write_text(text, encoding="utf-8")
            print(f"Wrote {name}.")
    return int(stale)


if __name__ == "__main__":
    raise SystemExit(main())
