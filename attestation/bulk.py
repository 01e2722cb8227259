"""Many rows of one table at once: COPY on PostgreSQL, `executemany` on SQLite."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

T = TypeVar("T")


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles, which looks through the whole program each time so many objects are
    made: a seventh of what an import takes. Rows have no cycles and go by themselves.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The rows in lists of at most `size`."""
    iterator = iter(rows)
    while some := list(islice(iterator, size)):
        yield some


def in_rounds(things: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """The things in lists in none of which a key comes twice; those of one key keep their order."""
    rounds: list[list[T]] = []
    met: Counter[Hashable] = Counter()
    for thing in things:
        if met[key(thing)] == len(rounds):
            rounds.append([])
        rounds[met[key(thing)]].append(thing)
        met[key(thing)] += 1
    return rounds


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.isoformat() if isinstance(value, date) else value


def insert(model: type[Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows of `columns`; JSON comes as its text, and no column has a default."""
    quoted = connection.ops.quote_name
    table = quoted(model._meta.db_table)
    names = ", ".join(quoted(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copying = f"COPY {table} ({names}) FROM STDIN"
            with connection.wrap_database_errors, cursor.copy(copying) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            rows = [tuple(map(_for_sqlite, row)) for row in rows]
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608


def insert_objects(objects: Sequence[Model]) -> None:
    """Insert unsaved objects of one model; the keys that the database gives them are not read back."""
    if not objects:
        return
    fields = [
        (str(field.column), field)
        for field in objects[0]._meta.concrete_fields
        if not field.primary_key or objects[0].pk is not None
    ]
    rows = (
        tuple(field.get_db_prep_save(field.pre_save(each, add=True), connection) for _column, field in fields)
        for each in objects
    )
    insert(type(objects[0]), [column for column, _field in fields], rows)
