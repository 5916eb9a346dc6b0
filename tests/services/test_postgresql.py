"""Self-tests of the throw-away PostgreSQL server."""

from pathlib import Path

import psycopg2
import pytest

from tests.services.postgresql import create_database, start_cluster


def test_cluster_answers_and_leaves_nothing_behind() -> None:
    cluster = start_cluster()
    try:
        url = create_database(cluster.url, "one-more")
        connection = psycopg2.connect(url)
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_database(), usesuper FROM pg_user WHERE usename = current_user")
            assert cursor.fetchone() == ("one-more", True)
        connection.close()
    finally:
        cluster.stop()
    assert not cluster.directory.exists()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)


def test_cluster_refuses_strangers() -> None:
    cluster = start_cluster()
    try:
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(cluster.url.replace(":" + cluster.url.split(":")[2].split("@")[0], ":wrong"))
    finally:
        cluster.stop()


def test_database_of_the_run_is_the_one_that_was_asked_for(
    pytestconfig: pytest.Config, settings: object
) -> None:
    engine = getattr(settings, "DATABASES")["default"]["ENGINE"]  # noqa: B009 - the wrapper has no attributes of its own
    assert engine.endswith(pytestconfig.getoption("--database").replace("sqlite", "sqlite3"))
    assert Path(getattr(settings, "DATA_DIR")).name.startswith("gatehouse-tests-")  # noqa: B009 - as above
