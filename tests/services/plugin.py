"""Prepares the run before Django reads its settings and before xdist starts its workers.

Loaded with `-p` because a conftest would be too late: pytest-django reads the settings first. The controlling
process starts what all workers share and hands it to them through the environment.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import no_skips
from tests.services.environment import DEPLOYMENT_VARIABLES, isolated_environment
from tests.services.postgresql import Cluster, start_cluster
from tests.services.spec_table import SpecTable

DATABASES = ("sqlite", "postgresql")


class SharedServices:
    """What one test run owns, from its first moment to its last."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cluster: Cluster | None = None

    def stop(self) -> None:
        if self.cluster is not None:
            self.cluster.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


SHARED = pytest.StashKey[SharedServices]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gatehouse")
    group.addoption(
        "--database",
        choices=DATABASES,
        default="sqlite",
        help="the database to test on; PostgreSQL is started from installed binaries",
    )
    group.addoption("--spec-table", metavar="FILE", help="write the table of standards and their tests")
    group.addoption("--spec-table-check", metavar="FILE", help="fail when that table is out of date")


def pytest_configure(config: pytest.Config) -> None:
    if is_worker():
        return
    if no_skips.is_enforced():
        config.pluginmanager.register(no_skips.NoSkips())
    write_to, check = config.getoption("--spec-table"), config.getoption("--spec-table-check")
    if write_to or check:
        config.pluginmanager.register(SpecTable(write_to=write_to, check=check))


def is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Iterator[None]:
    if not is_worker():
        options = parser.parse_known_args(args)
        early_config.stash[SHARED] = _prepare(options.database, starts_servers=_runs_tests(options))
        early_config.add_cleanup(early_config.stash[SHARED].stop)
    return (yield)


def _runs_tests(options: object) -> bool:
    return not any(getattr(options, name, False) for name in ("collectonly", "help", "version", "markers"))


def _prepare(database: str, *, starts_servers: bool) -> SharedServices:
    shared = SharedServices(Path(tempfile.mkdtemp(prefix="gatehouse-tests-")))
    try:
        if database == "postgresql" and starts_servers:
            shared.cluster = start_cluster()
        environment = isolated_environment(
            data_dir=shared.directory,
            base_url="http://localhost:8000",
            database_url=shared.cluster.url if shared.cluster else None,
        )
    except BaseException:
        shared.stop()
        raise
    for name in DEPLOYMENT_VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(environment)
    return shared
