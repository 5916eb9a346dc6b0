"""Self-tests of the browser and its accessibility check, on pages with a strict content security policy."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page

from tests.services.browser import PageFaults, assert_accessible, axe_violations

GOOD = """<!doctype html><html lang="en"><head><title>Good</title></head>
<body><main><h1>Sign in</h1><label for="name">Name</label><input id="name"></main></body></html>"""
BAD = """<!doctype html><html lang="en"><head><title>Bad</title></head>
<body><main><h1>Sign in</h1><input id="name"></main></body></html>"""
FAULTY = GOOD.replace("</main>", "</main><script>window.injected = true</script>")
PAGES = {"/good": GOOD, "/bad": BAD, "/faulty": FAULTY}


class StrictPages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the test shows what matters."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), StrictPages)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_accessible_page_passes(page: Page, site: str) -> None:
    page.goto(f"{site}/good")
    assert_accessible(page)


def test_missing_label_is_found(page: Page, site: str) -> None:
    page.goto(f"{site}/bad")
    assert [violation.rule for violation in axe_violations(page)] == ["label"]
    with pytest.raises(AssertionError, match="label"):
        assert_accessible(page)


def test_violation_of_the_content_security_policy_is_noticed(browser: Browser, site: str) -> None:
    page = browser.new_page()
    faults = PageFaults(page)
    page.goto(f"{site}/faulty")
    page.wait_for_load_state("networkidle")
    page.close()
    assert len(faults.found) == 1
    assert "Content Security Policy" in faults.found[0]
