"""Counts beside the rows of a list, asked only for those that are shown."""

from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce


def counted(rows: QuerySet[Any]) -> Any:
    """How many there are, for each row of a page and not for those that are only counted."""
    ones = rows.order_by().annotate(one=Value(1)).values("one")
    return Coalesce(Subquery(ones.annotate(total=Count("*")).values("total"), output_field=IntegerField()), 0)
