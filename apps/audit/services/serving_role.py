"""What the role that serves may do to the tables, which another role owns."""

from django.db import connection, transaction

from apps.audit.errors import ServingRoleRefused
from apps.audit.models import AuditEvent, SealBatch, SealedEvent, SealSubtree

# Nothing there is ever changed or removed; of an event only what is personal can be erased, which the triggers see to.
ADDED_TO_ONLY = (SealedEvent, SealBatch, SealSubtree)
STANDING = """
SELECT r.rolsuper,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')
                 AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
FROM pg_roles r WHERE r.rolname = %s
"""
PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"


@transaction.atomic
def grant_serving_role(*, role: str) -> int:
    """Gives the role what serving takes, takes back all else, and tells of how many tables. Safe to repeat.

    Raises: ServingRoleRefused.
    """
    if connection.vendor != "postgresql":
        raise ServingRoleRefused("there are no roles outside PostgreSQL")
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [role])
        found = cursor.fetchone()
        if found is None:
            raise ServingRoleRefused(f"there is no role {role}")
        is_superuser, is_owner = found
        if is_superuser or is_owner:
            raise ServingRoleRefused(f"{role} is a superuser or owns the tables: nothing would hold it back")
        cursor.execute("SELECT quote_ident(current_schema()), quote_ident(%s)", [role])
        schema, name = cursor.fetchone()
        tables = connection.introspection.table_names(cursor)
        added_to_only = ", ".join(quote(model._meta.db_table) for model in ADDED_TO_ONLY)
        event = quote(AuditEvent._meta.db_table)
        cursor.execute(PARTITIONS, [AuditEvent._meta.db_table])
        partitions = [partition for (partition,) in cursor.fetchall()]
        statements = [
            f"GRANT USAGE ON SCHEMA {schema} TO {name}",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
            f"REVOKE UPDATE, DELETE ON {added_to_only} FROM {name}",
            f"REVOKE UPDATE, DELETE ON {event} FROM {name}",
            f"GRANT UPDATE (personal, salt) ON {event} TO {name}",
            f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {name}",
            # Events are reached through their table, which decides by its own rights.
            *(f"REVOKE ALL ON {partition} FROM {name}" for partition in partitions),
        ]
        for statement in statements:
            cursor.execute(statement)
    return len(tables)
