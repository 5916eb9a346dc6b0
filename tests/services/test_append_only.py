"""Self-test: tables whose triggers refuse deletion are emptied between tests, and keep their triggers."""

from collections.abc import Iterator

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

TABLE = ContentType._meta.db_table
ON_SQLITE = [
    f"CREATE TRIGGER keep_rows BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, 'append-only'); END",
]
ON_POSTGRESQL = [
    "CREATE FUNCTION keep_rows() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'append-only'; END $$",
    f"CREATE TRIGGER keep_rows BEFORE DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION keep_rows()",
    f"CREATE TRIGGER keep_all BEFORE TRUNCATE ON {TABLE} EXECUTE FUNCTION keep_rows()",
]


@pytest.fixture
def refusing_table(transactional_db: None) -> Iterator[None]:
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for statement in ON_POSTGRESQL if is_postgresql else ON_SQLITE:
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION keep_rows() CASCADE" if is_postgresql else "DROP TRIGGER keep_rows")


@pytest.mark.usefixtures("refusing_table")
def test_flush_empties_append_only_tables_and_leaves_their_triggers() -> None:
    ContentType.objects.create(app_label="left", model="behind")
    call_command("flush", verbosity=0, interactive=False)
    assert not ContentType.objects.filter(app_label="left").exists()
    row = ContentType.objects.create(app_label="left", model="again")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        row.delete()
