"""What a row is called when its name is that of other rows."""

from django.db.models import Model


def name_of(row: Model, relation: str) -> str:
    """The name of the related row if it is loaded, its key if it is not: naming a row never costs a query."""
    field = row._meta.get_field(relation)
    if field.is_cached(row):  # type: ignore[union-attr]  # a foreign key
        return str(getattr(row, relation))
    return str(getattr(row, field.attname))  # type: ignore[union-attr]  # a foreign key
