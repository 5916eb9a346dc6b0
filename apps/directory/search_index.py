"""What makes finding people by a part of their names quick on PostgreSQL.

Trigrams of `search_text`, in the capitals that Django's `icontains` compares. One index over one text: over the
columns apart, PostgreSQL reckons that six looks cost more than reading everybody. SQLite has no such index and reads
everybody, which for the sizes it is meant for is as quick.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

INDEX = "directory_user_search"


def create_search_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    # A trusted extension: the owner of the database may create it.
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    schema_editor.execute(
        f"CREATE INDEX {INDEX} ON directory_user USING gin (UPPER(search_text) gin_trgm_ops)"
    )


def drop_search_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The extension stays: others may use it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX {INDEX}")
