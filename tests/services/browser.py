"""A real Chromium, and an accessibility check of the page it shows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.services.environment import PROJECT_DIR
from tests.services.process import ServiceError
from tools.system_packages import CHROMIUM

AXE = PROJECT_DIR / "tests" / "js" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# WCAG 2.2 AA, and what axe calls best practice: landmarks, one main heading, no skipped levels.
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True)
class Violation:
    rule: str
    impact: str
    description: str
    elements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule} ({self.impact}): {self.description}\n    " + "\n    ".join(self.elements)


@contextmanager
def chromium() -> Iterator[Browser]:
    program = CHROMIUM.path()
    if program is None:
        raise ServiceError(f"Chromium is not installed (Debian package {CHROMIUM.debian_packages[0]})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class PageFaults:
    """What no page may cause: script errors, and anything that its content security policy refuses."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(f"script error: {error}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.found.append(message.text)


def axe_violations(page: Page, beneath: str = "") -> list[Violation]:
    """Accessibility violations of the page as it stands, worst rules as axe orders them.

    `beneath` selects what an open menu partly covers: nobody can aim at it before the menu is closed.
    """
    if not AXE.exists():
        raise ServiceError("axe-core is not installed: run `npm ci` in tests/js (`make test` does)")
    # The debugger's own evaluation is not bound by the page's content security policy.
    debugger = page.context.new_cdp_session(page)
    try:
        _evaluate(debugger, AXE.read_text(encoding="utf-8"))
        report = _evaluate(debugger, _axe_call(beneath))
    finally:
        debugger.detach()
    return [
        Violation(
            rule=found["id"],
            impact=found["impact"] or "unrated",
            description=found["help"],
            elements=tuple(f"{node['html']} -- {node['failureSummary']}" for node in found["nodes"]),
        )
        for found in report
    ]


def assert_accessible(page: Page, beneath: str = "") -> None:
    violations = axe_violations(page, beneath)
    assert not violations, f"{page.url}\n" + "\n".join(map(str, violations))


def save_failure(page: Page, name: str) -> Path:
    """A picture of the page that a failed test left behind."""
    directory = PROJECT_DIR / "var" / "failed-pages"
    directory.mkdir(parents=True, exist_ok=True)
    picture = directory / f"{name}.png"
    page.screenshot(path=picture, full_page=True)
    return picture


def _axe_call(beneath: str) -> str:
    context = f"{{exclude: [['{beneath}']]}}" if beneath else "document"
    return (
        f"axe.run({context}, {{runOnly: {AXE_TAGS}, resultTypes: ['violations']}})"
        ".then(results => results.violations)"
    )


def _evaluate(debugger: Any, script: str) -> Any:
    answer = debugger.send(
        "Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True}
    )
    if "exceptionDetails" in answer:
        raise ServiceError(f"the page could not be checked: {answer['exceptionDetails']}")
    return answer["result"].get("value")
