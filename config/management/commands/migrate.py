"""`manage.py migrate`, which refuses a database that an earlier version left half-way."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader


class Command(migrate.Command):
    """Django's own, after a look at what the database says it has been through."""

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_half_way(options["database"])
        super().handle(*args, **options)


def refuse_half_way(alias: str) -> None:
    """Raise CommandError where some, not all, of the migrations are applied that one of ours replaces.

    Their files are gone, and Django would stop in the middle with a sentence about a missing model.
    """
    loader = MigrationLoader(connections[alias])
    done = set(loader.applied_migrations)
    for key, migration in loader.replacements.items():
        missing = [name for name in migration.replaces if tuple(name) not in done]
        if missing and len(missing) < len(migration.replaces) and key not in done:
            names = ", ".join(".".join(name) for name in missing)
            raise CommandError(
                f"This database was made by an earlier version and never brought up to {names}, "
                "which this version no longer carries. Nothing was changed. Demo data of `make run`: "
                "`make clean-data` throws it away and the next `make run` makes it anew. Otherwise run "
                "`migrate` of the last version before 29 November 2026 first, then this one."
            )
