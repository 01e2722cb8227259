"""`manage.py migrate`: refuses a database left half-way; looks through the cases of an earlier version."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DatabaseError

from attestation import clock
from attestation.cases.past_careers import review_past_careers

REVIEWED_AFTER = ("attestation", "0010_past_careers")


class Command(migrate.Command):
    """Django's own, after a look at what the database says it has been through.

    I-32: once the migration that brings the mark is applied, the cases that ended before the readings were
    revised are looked through.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        alias = options["database"]
        refuse_half_way(alias)
        before = is_brought_up(alias)
        super().handle(*args, **options)
        if alias == DEFAULT_DB_ALIAS and not before and is_brought_up(alias):
            self._review(options["verbosity"])

    def _review(self, verbosity: int) -> None:
        try:
            marked = review_past_careers(now=clock.now())
        except (DatabaseError, LookupError, ValueError) as error:
            raise CommandError(
                f"The tables are brought up, but the cases on record could not be looked through ({error}). "
                "Nothing was marked. Run `migrate attestation 0009_correction_requests`, then `migrate` "
                "again."
            ) from error
        if marked and verbosity:
            self.stdout.write(f"Cases to be decided on anew: {marked}. They are listed on the home page.")


def is_brought_up(alias: str) -> bool:
    """Whether the database has the mark that a review sets."""
    return REVIEWED_AFTER in MigrationRecorder(connections[alias]).applied_migrations()


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
