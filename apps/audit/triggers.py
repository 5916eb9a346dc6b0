"""Database triggers that make the log append-only, for PostgreSQL and SQLite.

An event may change in one way: `personal` and `salt` become null together and nothing else differs. Seals
never change. A refused statement fails as an integrity error on both databases. Whoever may drop triggers can
get round them; what is changed then, verification finds.
"""

from typing import Protocol

from django.db.backends.base.base import BaseDatabaseWrapper

EVENT_TABLE = "audit_event"
SEAL_TABLES = ("audit_sealed_event", "audit_seal_batch", "audit_seal_subtree")
TABLES = (EVENT_TABLE, *SEAL_TABLES)
# Written out, and not read from the model: the migration that made these triggers must stay what it was.
KEPT_COLUMNS = (
    "id",
    "occurred_at",
    "action",
    "outcome",
    "actor_kind",
    "actor_id",
    "target_kind",
    "target_id",
    "client_id",
    "session_id",
    "request_id",
    "details",
    "commitment",
)


class Executes(Protocol):
    """A cursor or a schema editor. Without parameters (None, not empty) a percent sign is just that."""

    def execute(self, sql: str, params: None, /) -> object: ...


def install_triggers(executor: Executes, vendor: str) -> None:
    for statement in _POSTGRESQL if vendor == "postgresql" else _sqlite_statements():
        executor.execute(statement, None)


def remove_triggers(executor: Executes, vendor: str) -> None:
    for table, name in trigger_names(vendor):
        on_table = f" ON {table}" if vendor == "postgresql" else ""
        executor.execute(f"DROP TRIGGER IF EXISTS {name}{on_table}", None)


def trigger_names(vendor: str) -> list[tuple[str, str]]:
    """(table, trigger) of every guard that must be there."""
    kinds = ["no_update", "no_delete", "no_truncate" if vendor == "postgresql" else "no_replace"]
    names = [(table, f"{table}_{kind}") for table in TABLES for kind in kinds]
    return names if vendor == "postgresql" else [*names, (EVENT_TABLE, f"{EVENT_TABLE}_no_odd_id")]


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """The guards that are not there, or are switched off, as "table.trigger"; partitions included."""
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(_ENABLED_POSTGRESQL if is_postgresql else _ENABLED_SQLITE)
        enabled = {(str(table), str(name)) for table, name in cursor.fetchall()}
        disabled = []
        if is_postgresql:
            cursor.execute(_DISABLED_ON_PARTITIONS)
            disabled = [f"{table}.{name}" for table, name in cursor.fetchall()]
    missing = [
        f"{table}.{name}" for table, name in trigger_names(connection.vendor) if (table, name) not in enabled
    ]
    return missing + disabled


_ENABLED_SQLITE = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
_ENABLED_POSTGRESQL = """
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')
"""
_DISABLED_ON_PARTITIONS = f"""
    SELECT tgrelid::regclass::text, tgname FROM pg_trigger JOIN pg_inherits ON inhrelid = tgrelid
    WHERE inhparent = '{EVENT_TABLE}'::regclass AND tgenabled NOT IN ('O', 'A')
    ORDER BY 1, 2
"""  # noqa: S608  # a constant of this file

_POSTGRESQL = [
    # *= compares the stored bytes: it sees 1 become 1.0 inside JSON, which = does not.
    """
    CREATE FUNCTION audit_refuse_event_update() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        OLD.personal := NULL;
        OLD.salt := NULL;
        IF NEW *= OLD THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the audit log is append-only: % refused on %', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log is append-only: % refused on %', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER {EVENT_TABLE}_no_update BEFORE UPDATE ON {EVENT_TABLE}
        FOR EACH ROW EXECUTE FUNCTION audit_refuse_event_update()
    """,
    *(
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()"
        for table in SEAL_TABLES
    ),
    *(
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()"
        for table in TABLES
    ),
    *(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()"
        for table in TABLES
    ),
]


def drop_trigger_functions(executor: Executes) -> None:
    """PostgreSQL only."""
    executor.execute("DROP FUNCTION IF EXISTS audit_refuse_event_update(), audit_refuse_change()", None)


def _sqlite_statements() -> list[str]:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    erasure = " AND ".join(
        ["NEW.personal IS NULL", "NEW.salt IS NULL", *(f"NEW.{name} IS OLD.{name}" for name in KEPT_COLUMNS)]
    )
    statements = [
        f"CREATE TRIGGER {EVENT_TABLE}_no_update BEFORE UPDATE ON {EVENT_TABLE} WHEN NOT ({erasure}) {refuse}"
    ]
    statements += [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}" for table in SEAL_TABLES
    ]
    statements += [f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}" for table in TABLES]
    # INSERT OR REPLACE deletes the old row without firing delete triggers.
    conflicts = {
        EVENT_TABLE: "id = NEW.id",
        "audit_sealed_event": "seal_number = NEW.seal_number OR event_id = NEW.event_id",
        "audit_seal_batch": "number = NEW.number OR tree_size = NEW.tree_size",
        "audit_seal_subtree": "id = NEW.id OR (level = NEW.level AND position = NEW.position)",
    }
    statements += [
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608  # constants of this file
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {conflict}) {refuse}"
        for table, conflict in conflicts.items()
    ]
    # The column takes any text: the same id in capitals or with dashes would be another row.
    in_form = (
        "typeof(NEW.id) = 'text' AND length(CAST(NEW.id AS BLOB)) = 32 AND NEW.id NOT GLOB '*[^0-9a-f]*'"
    )
    statements.append(
        f"CREATE TRIGGER {EVENT_TABLE}_no_odd_id BEFORE INSERT ON {EVENT_TABLE} WHEN NOT ({in_form}) "
        "BEGIN SELECT RAISE(ABORT, 'the id of an event is 32 hexadecimal digits in lower case'); END"
    )
    return statements
