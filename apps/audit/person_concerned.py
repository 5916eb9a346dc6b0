"""The person whom an event concerns when neither its actor nor its target is them: `details` name them as "user".

The two expressions are those of a partial index, written out so that a query and the index read the same. A value
that is no JSON, which SQLite lets somebody put there past the program, concerns nobody.
"""

from typing import Any

from django.db.models import BooleanField, Func, TextField
from django.db.models.sql.compiler import SQLCompiler

_SQLITE = "CASE WHEN json_valid(%(expressions)s) THEN json_extract(%(expressions)s, '$.user') END"
_POSTGRESQL = "(%(expressions)s ->> 'user')"


class PersonConcerned(Func):
    output_field = TextField()
    template = _SQLITE

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=_POSTGRESQL, **context)


class ConcernsSomebody(Func):
    output_field = BooleanField()
    template = f"({_SQLITE} IS NOT NULL)"

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"({_POSTGRESQL} IS NOT NULL)", **context)
