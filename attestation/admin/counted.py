"""How many rows a list has, counted no further than anybody turns its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

# What lies beyond is reached by a search or a filter; the list says so.
MOST_COUNTED = 10_000
# What a search finds is sorted up to here: of so many answers the few that are shown help nobody.
MOST_SORTED = 300

if TYPE_CHECKING:
    # Django's paginator takes no [type] at run time.
    ListPaginator = Paginator[Any]
else:
    ListPaginator = Paginator


def keys_found_first(rows: QuerySet[Any]) -> list[int]:
    """The keys of the rows, of a great many of those that the database comes upon first.

    A list, to be asked for by: as a subquery PostgreSQL would join it with the whole table.
    """
    return list(rows.order_by().values_list("pk", flat=True)[:MOST_SORTED])


class BoundedPaginator(ListPaginator):
    """The first rows of a list, however long it is: a whole count grows with the table."""

    @property
    def has_more(self) -> bool:
        """Whether there are rows that no page shows."""
        return self._found > MOST_COUNTED

    @cached_property
    def _found(self) -> int:
        # Without the order and what is read beside the rows: neither changes their number.
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: MOST_COUNTED + 1].count())

    @cached_property
    def count(self) -> int:
        """The rows on all pages."""
        return min(self._found, MOST_COUNTED)
