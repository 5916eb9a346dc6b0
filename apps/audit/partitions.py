"""Monthly partitions of the event table on PostgreSQL; other databases keep one plain table.

The table is partitioned by range of its UUIDv7 primary key, whose first 48 bits are milliseconds: the primary
key stays real, and Django sees an ordinary model. A default partition takes what no month covers, so that no
insert fails for want of a partition.
"""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

from apps.audit.triggers import EVENT_TABLE, Executes

DEFAULT_PARTITION = f"{EVENT_TABLE}_default"


class CreateMonthlyPartitionedModel(migrations.CreateModel):
    """CreateModel, whose table is partitioned by range of its primary key where the database can do that."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model: Any = to_state.apps.get_model(app_label, self.name)
        if schema_editor.connection.vendor != "postgresql":
            schema_editor.create_model(model)
            return
        sql, parameters = schema_editor.table_sql(model)
        key = schema_editor.quote_name(model._meta.pk.column)
        schema_editor.execute(f"{sql} PARTITION BY RANGE ({key})", parameters or None)


def create_partition_functions(executor: Executes, *, schema: str) -> None:
    """PostgreSQL only. Precondition: the event table and its triggers exist in `schema` (a quoted name)."""
    for statement in (_FLOOR_FUNCTION, _ENSURE_FUNCTION.replace("{schema}", schema)):
        executor.execute(statement, None)
    executor.execute(f"CREATE TABLE {DEFAULT_PARTITION} PARTITION OF {EVENT_TABLE} DEFAULT", None)
    executor.execute(
        f"CREATE TRIGGER {DEFAULT_PARTITION}_no_truncate BEFORE TRUNCATE ON {DEFAULT_PARTITION} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()",
        None,
    )


def drop_partition_functions(executor: Executes) -> None:
    """PostgreSQL only."""
    executor.execute(
        "DROP FUNCTION IF EXISTS audit_ensure_partitions(date, date), audit_uuid7_floor(date)", None
    )


# The smallest UUIDv7 of midnight UTC; the same as apps.core.ids.uuid7_floor.
_FLOOR_FUNCTION = """
CREATE FUNCTION audit_uuid7_floor(day date) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT (
        lpad(to_hex((day - DATE '1970-01-01')::bigint * 86400000), 12, '0') || '70008000000000000000'
    )::uuid
$$
"""

# SECURITY DEFINER: the role that serves requests does not own the table and cannot drop what guards it, but
# it must be able to open the next month; a fixed search path keeps that role's temporary tables out. A
# month that already has rows in the default partition stays there. The new table is attached rather than
# created in place, which would lock out every insert.
_ENSURE_FUNCTION = f"""
CREATE FUNCTION audit_ensure_partitions(first_day date, last_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {{schema}}, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first_day)::date;
    next_month date;
    partition text;
    made integer := 0;
    has_rows boolean;
BEGIN
    IF last_day - first_day > 3700 THEN
        RAISE EXCEPTION 'more than ten years of partitions asked for';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('{EVENT_TABLE} partitions'));
    WHILE month <= last_day LOOP
        next_month := (month + INTERVAL '1 month')::date;
        partition := '{EVENT_TABLE}_' || to_char(month, 'YYYY_MM');
        IF to_regclass(partition) IS NULL THEN
            EXECUTE format(
                'SELECT EXISTS (SELECT 1 FROM {DEFAULT_PARTITION} WHERE id >= %L AND id < %L)',
                audit_uuid7_floor(month), audit_uuid7_floor(next_month)
            ) INTO has_rows;
            IF NOT has_rows THEN
                EXECUTE format(
                    'CREATE TABLE %I (LIKE {EVENT_TABLE} INCLUDING DEFAULTS INCLUDING STORAGE)', partition
                );
                EXECUTE format(
                    'ALTER TABLE {EVENT_TABLE} ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    partition, audit_uuid7_floor(month), audit_uuid7_floor(next_month)
                );
                EXECUTE format(
                    'CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT '
                    'EXECUTE FUNCTION audit_refuse_change()',
                    partition || '_no_truncate', partition
                );
                made := made + 1;
            END IF;
        END IF;
        month := next_month;
    END LOOP;
    RETURN made;
END $$
"""  # noqa: S608  # the names are constants of this package
