"""Finds the words of a name in the stored key: by an index on PostgreSQL, by reading the keys on SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler

# As the index of migration 0019 has it, else it is not used.
WORDS = "array_to_tsvector(string_to_array({}::text, ' '))"


if TYPE_CHECKING:
    # Django's lookups take no [type] at run time.
    NameLookup = Lookup[Any]
else:
    NameLookup = Lookup


class HasWords(NameLookup):
    """`search_key__has_words=names.as_folded(query)`: in one of the readings each word begins one of the key.

    The words are letters, digits and a leading =: nothing that LIKE or a tsquery would understand.
    """

    lookup_name = "has_words"
    prepare_rhs = False

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, list[Any]]:
        key, params = self.process_lhs(compiler, connection)
        readings = (" & ".join(f"'{word}':*" for word in words) for words in self.rhs)
        query = " | ".join(f"({reading})" for reading in readings)
        return f"{WORDS.format(key)} @@ %s::tsquery", [*params, query]

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        key, params = self.process_lhs(compiler, connection)
        said, given = [], []
        for words in self.rhs:
            said.append("(" + " AND ".join(f"' ' || {key} LIKE %s" for _word in words) + ")")
            given += [value for word in words for value in (*params, f"% {word}%")]
        return "(" + " OR ".join(said or ["1 = 0"]) + ")", tuple(given)
