"""A kind of file whose rows are read, checked and written in batches, each by a few statements."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import BigIntegerField, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast

from attestation import access
from attestation.intake.spec import Context, IntakeResource, RowPlan, SheetRow
from attestation.intake.staged import ACTING
from attestation.models import ImportJob, ImportRow, StagedRows, User


class BatchResource(IntakeResource):
    """Rows that stand each for itself. Beside what IntakeResource says, a subclass says:

    `unique`         fields whose values no two rows of a file share (F-I3).
    `prepare(rows, context)`   once for each batch: fetch by a few queries what its rows speak of.
    `plan(row, context)`       as ever; `after` has every field given, so that a row can be planned anew
                     from it alone.
    `seen(row)`      the version of the record on which the plan rests; None for a new one.
    `derive(row, after)`       what the write needs beside the fields, JSON-able.
    `sight(context)` what the plans rest on beside records: rights, centres in sight. JSON-able.
    `lock(job, context)`       once, on confirm: what the rows act on, in one order.
    `stale(job)`     the staged rows whose records are no longer as they were seen (F-I18); one statement.
    `write_batch(rows, context)`  carries out some staged rows, all of one kind, by statements whose number
                     does not depend on theirs, and puts down the `record` of each.
    `summary()`      once, after the preview's last batch: what `lock` needs to know of the file, JSON-able.
    `complete(job, context)`   once, after the last batch, for what is recorded of the file as a whole.
    """

    unique: ClassVar[tuple[str, ...]] = ("iin",)

    def identity(self, row: SheetRow) -> tuple[Any, ...] | None:
        """What no other row of the file may share; None where it can't be read."""
        values = tuple(row.get(name) for name in self.unique)
        return None if None in values else values

    def seen(self, row: SheetRow) -> int | None:
        """The version of the record on which the row's plan rests."""
        raise NotImplementedError

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any] | None:
        """What the write needs beside the fields."""
        return None

    def _plan(self, row: SheetRow, context: Context) -> RowPlan:
        plan = super()._plan(row, context)
        if plan.kind in ACTING:
            assert plan.after is not None
            plan.seen, plan.derived = self.seen(row), self.derive(row, plan.after) or {}
            if row.not_given:
                plan.derived["not_given"] = sorted(row.not_given)
        return plan

    def sight(self, context: Context) -> dict[str, Any]:
        """What the plans rest on beside records."""
        return {}

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        """The new and changed rows whose records are not as they were seen."""
        raise NotImplementedError

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        """Carry out these rows, all of them new or all of them changed."""
        raise NotImplementedError

    def summary(self) -> dict[str, Any]:
        """What the file spoke of as a whole."""
        return {}

    def complete(self, job: ImportJob, context: Context) -> None:
        """Record what holds for the file as a whole."""


def sight_of(user: access.Anyone) -> dict[str, Any]:
    """The centres in the officer's sight, None where they are all; and the officer's own record."""
    everywhere = access.sees_everything(user)
    centers = None if everywhere else sorted(access.centers_of(user).values_list("pk", flat=True))
    return {"centers": centers, "own": user.employee_id if isinstance(user, User) else None}


def derived_key(name: str) -> Cast:
    """The key that a staged row keeps under this name, in a query within one on the rows."""
    return Cast(staged("derived", name), BigIntegerField())


def lock_rows(rows: QuerySet[Any]) -> int:
    """Lock the rows in the order given, without holding them in memory; gives how many there are."""
    locked = rows.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True)
    return sum(1 for _pk in locked.iterator())


def staged(side: str, name: str, mark: str = "") -> KeyTextTransform:
    """The text of a field of a staged row, in a query within one on the rows; `side`: before or after.

    `mark` is that of `frozen.freeze`: "d" for a date, "n" for a number.
    """
    if mark:
        return KeyTextTransform(mark, KeyTransform(name, OuterRef(side)))
    return KeyTextTransform(name, OuterRef(side))
