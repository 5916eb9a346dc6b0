"""Fixtures for every test: services, the server, the browser, and a database that threads can share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from tests.services.append_only import allow_flush
from tests.services.browser import PageFaults, chromium, save_failure
from tests.services.gatehouse import Gatehouse, start_gatehouse
from tests.services.quick import (
    hash_passwords_as_in_production,
    hash_passwords_quickly,
    list_static_files_once,
)
from tests.services.redis_server import start_redis

# A shared machine may pause for longer than any deadline; more examples are for `make soak`.
hypothesis.settings.register_profile(
    "gatehouse", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("gatehouse")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite as a file: an in-memory database cannot be shared by the threads of a concurrency test."""
    if connection.vendor == "sqlite":
        name = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        connection.settings_dict["TEST"]["NAME"] = name


@pytest.fixture(scope="session", autouse=True)
def _append_only_tables_are_flushed() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        allow_flush(monkeypatch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tests_are_quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        hash_passwords_quickly(monkeypatch)
        list_static_files_once(monkeypatch)
        yield


@pytest.fixture
def full_strength_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    hash_passwords_as_in_production(monkeypatch)


@pytest.fixture(autouse=True)
def _no_witness_outlives_its_test(settings: Settings) -> None:
    """The tests share one data directory: a witness of an earlier test's log would contradict the next one's."""
    settings.AUDIT_WITNESS_FILE = None


@pytest.fixture(autouse=True)
def _tests_try_as_often_as_they_like(settings: Settings) -> None:
    """Those of the rate limits switch them on."""
    settings.RATE_LIMIT_PERCENT = 0


@pytest.fixture(autouse=True)
def _cache_is_empty() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    service, url = start_redis(tmp_path_factory.mktemp("redis"))
    yield url
    service.stop()


@pytest.fixture(scope="session")
def gatehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    """One running server for all tests of this process; tests make people and clients of their own in it."""
    server = start_gatehouse(tmp_path_factory.mktemp("gatehouse"), server_url=os.environ.get("DATABASE_URL"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # One per module, not per session: while Playwright runs, Django refuses database access in this thread.
    with chromium() as running_browser:
        yield running_browser


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a fresh profile; script errors and content security policy violations fail the test."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC", reduced_motion="reduce")
    context.set_default_timeout(15_000)
    page = context.new_page()
    faults = PageFaults(page)
    yield page
    if request.node.stash.get(FAILED, False):
        request.node.add_report_section(
            "call", "page", f"picture: {save_failure(page, _file_name(request.node))}"
        )
    context.close()
    assert not faults.found, "\n".join(faults.found)


FAILED = pytest.StashKey[bool]()


def _file_name(item: pytest.Item) -> str:
    return "".join(character if character.isalnum() else "-" for character in item.name)[:100]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    report: pytest.TestReport = yield
    if report.failed:
        item.stash[FAILED] = True
        server = getattr(item, "funcargs", {}).get("gatehouse")
        if isinstance(server, Gatehouse):
            report.sections.append(("Gatehouse's log", server.log_tail()))
    return report


# Folders of tests to which the database of the run makes no difference: `make test` runs them once.
NEED_NONE = ("unit", "architecture")
BRING_THEIR_OWN = ("production", "e2e")
# What is behind these pages is tested on both, and the browser meets them on the other one.
PAGES = ("integration/admin", "integration/languages", "integration/whole_site")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here / "e2e"):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.soak)
        folder = item.path.relative_to(here).parts[0]
        is_page = str(item.path.relative_to(here)).startswith(PAGES)
        needs_none = folder in NEED_NONE and item.get_closest_marker("django_db") is None
        if folder in BRING_THEIR_OWN or is_page or needs_none:
            item.add_marker(pytest.mark.any_database)
