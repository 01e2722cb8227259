"""What a kind of file is: its columns, its row rules and how its rows are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.utils.translation import get_language
from import_export.fields import Field
from import_export.resources import Resource

from attestation import access
from attestation.by import By
from attestation.intake.addresses import column_letter
from attestation.intake.messages import in_languages
from attestation.intake.traces import FileUndone, Left
from attestation.intake.values import Choice, Parser, shown
from attestation.intake.vocabulary import OF_FIELD, label
from attestation.labels import Label
from attestation.law.calendar import ALMATY, local_day
from attestation.law.refusals import RuleRefusal
from attestation.models import Center, Cycle, Employee, ImportJob, ImportRow, StagedRows
from attestation.refusals import Refused

M = TypeVar("M", bound=Model)

KEYS_A_QUERY = 5000
RECORDS_AT_ONCE = 2000


class Column(Field):
    """A field of a file: how a cell becomes a value, and its headers (kk, ru, en).

    `name` where the identifier can't be a Python name (`for`); `attribute` or `export` for exports,
    where the record's attribute is called otherwise.
    """

    def __init__(
        self,
        parser: Parser,
        kk: str = "",
        ru: str = "",
        en: str = "",
        *,
        required: bool = False,
        name: str | None = None,
        attribute: str | None = None,
        export: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(attribute=attribute, column_name=name)
        self.parser = parser
        self.kk, self.ru, self.en = kk, ru, en
        self.required = required
        self.exported = export

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of the three languages; the identifier is one too, and known by the declaration."""
        return tuple(word for word in (self.kk, self.ru, self.en) if word)

    def title(self) -> str:
        """The header in the language active now."""
        language = (get_language() or "kk")[:2]
        return {"kk": self.kk, "ru": self.ru}.get(language, self.en) or str(self.column_name)

    def get_value(self, instance: Any) -> Any:
        """What an export shows for a record."""
        if self.exported:
            return self.exported(instance)
        return super().get_value(instance) if self.attribute else getattr(instance, str(self.column_name))

    def text_of(self, record: Any) -> str:
        """The cell of a record, as the parser reads it; a choice by its word in the language active now."""
        value = self.get_value(record)
        if value and isinstance(self.parser, Choice):
            value = label(OF_FIELD[str(self.column_name)], value)
        return "" if value is None else written(value)


@dataclass
class Context:
    """On whose behalf, when and for what a file is read."""

    by: By
    cycle: Cycle | None = None
    center: Center | None = None
    read_through: date | None = None
    locking: bool = False
    filename: str = ""

    @property
    def the_cycle(self) -> Cycle:
        """The cycle the file is for; a kind of file that `needs_cycle` has one."""
        if self.cycle is None:
            raise ImproperlyConfigured("this kind of file needs a cycle")
        return self.cycle

    @property
    def today(self) -> date:
        """The day in Asia/Almaty."""
        return local_day(self.by.at)

    def locked(self, queryset: QuerySet[M]) -> QuerySet[M]:
        """The same rows, locked while a file is being confirmed (F-I18, F-C5)."""
        return queryset.select_for_update(of=("self",), no_key=True) if self.locking else queryset

    def by_key(self, queryset: QuerySet[M], name: str, keys: Iterable[Any]) -> dict[Any, M]:
        """The rows whose field `name` is among the keys, by it; locked in one order: no deadlock."""
        wanted = sorted(set(keys))
        found: dict[Any, M] = {}
        for start in range(0, len(wanted), KEYS_A_QUERY):
            some = queryset.filter(**{f"{name}__in": wanted[start : start + KEYS_A_QUERY]}).order_by(name)
            found.update({getattr(record, name): record for record in self.locked(some)})
        return found


@dataclass(slots=True)
class SheetRow:
    """One row: its number and cells as in the file, the values read, and what is wrong or worth noting."""

    number: int
    cells: list[Any]
    places: Mapping[str, int]
    values: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    # Fields whose column says nothing in this row: it is shorter, or a word for nothing stands there.
    not_given: set[str] = field(default_factory=set)

    def get(self, name: str) -> Any:
        """The value of a field; None where it is blank, absent or could not be read."""
        return self.values.get(name)

    def given(self, name: str) -> bool:
        """Whether the row says anything of the field: a blank cell says "none"."""
        return name in self.places and name not in self.not_given

    def refuse(self, name: str, refusal: Refused | RuleRefusal) -> None:
        """Report at the field's cell what a service or a rule refuses.

        A rule's refusal is stored by its code and values; a service's has its sentence in itself, which is
        stored in the three languages.
        """
        if isinstance(refusal, RuleRefusal):
            self.fail(name, refusal.code, **refusal.params)
        else:
            self.fail(name, refusal.code)
            self.errors[-1]["texts"] = in_languages(lambda: refusal.message)

    def fail(self, name: str | None, code: str, /, **params: Any) -> None:
        """Report an error at the field's cell, or of the row: a code of `messages.SENTENCES`, its values."""
        place = None if name is None else self.places.get(name)
        cell = self.cells[place] if place is not None and place < len(self.cells) else None
        self.errors.append({**self._at(name), "value": shown(cell)[:200], "code": code, "params": params})

    def note(self, name: str | None, code: str, /, **params: Any) -> None:
        """Remark on the field's cell, or on the row: a code of `messages.SENTENCES` and its values."""
        self.notes.append({**self._at(name), "code": code, "params": params})

    def _at(self, name: str | None) -> dict[str, str | None]:
        place = None if name is None else self.places.get(name)
        return {"field": name, "column": None if place is None else column_letter(place + 1)}


@dataclass(slots=True)
class RowPlan:
    """What a row would do: `before` and `after` by field; `before` is None for a new record.

    `seen` and `derived` are those of ImportRow.
    """

    row: SheetRow
    kind: str
    key: str
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    seen: int | None = None
    derived: dict[str, Any] | None = None


class IntakeResource(Resource):
    """The rows of one kind of file; a subclass per kind, declared with `@import_kind`. What a subclass says:

    `key_field`      the field that names a row in lists (`iin`).
    columns          `name = Column(parser, "kk", "ru", "en", required=True)`; parsers are in values.py.
    `needs_cycle`, `takes_center`, `needs_read_through`  options beside the file (on Context).
    `allow_empty`    a header without rows is no error.
    `check_access(context)`    who may; by default the kind's right within `context.center`.

    `template_people(context)`  of a kind that `needs_cycle`: whose rows its template has.
    `on_record(context)`        a record for each row of the file that goes out and may come back.
    `prepare(rows, context)`   once for the whole file: fetch by a few queries what the rows speak of
                     (`context.by_key(queryset, field, keys)` locks it on confirm), keep it on self;
                     check what spans rows (`self.fail_doubled(rows, "iin")`). Some hold errors already.
    `plan(row, context)`       once per row without errors: returns (before, after), two dicts by field
                     with JSON-able or date/datetime/Decimal values; before=None for a new record; equal
                     ones mean "same". Reports errors by `row.fail(field, code, **values)` (then what
                     it returns does not matter) and remarks by `row.note(field or None, code, **values)`;
                     the sentences of its own codes are declared by `messages.declare`.
    `write(plans, context)`    in the confirm's transaction: carries out the new and changed plans by
                     service functions, which journal each act that changes a case.
    `finish(plans, context)`   likewise, once, after `write`, with every plan that is no error, for what
                     is recorded of the file as a whole (I-27: read through a day); also when empty.

    `writes`         False: the rows are only compared with the record; such a file is never confirmed, and
                     any other column of it is ignored.
    `takes_cycle`    a cycle may be named beside the file, and none need be.
    `undoable`       whether such an import can be undone. Then also:
    `resting(job, rows, context)`  of staged rows that were carried out, those that were touched since or
                     that anything rests on, by row number, with what it is (traces.Left).
    `undo_batch(rows, reason, context)`  takes back what was done with those that are not `left`.
    `undo_file(job, reason, context)`    once, before, for what was recorded of the file as a whole.
    `complete_undo(job, context)`        once, after the last batch, for what follows from it.

    A fresh instance serves each preview and each confirm. Preview and confirm run the same prepare and
    plan; a confirm whose plans differ from the preview's is not carried out but shown again (F-I18).
    """

    kind: ClassVar[ImportKind]
    key_field: ClassVar[str] = "iin"
    needs_cycle: ClassVar[bool] = False
    takes_center: ClassVar[bool] = False
    needs_read_through: ClassVar[bool] = False
    allow_empty: ClassVar[bool] = False
    takes_cycle: ClassVar[bool] = False
    writes: ClassVar[bool] = True
    undoable: ClassVar[bool] = False
    # The record of a row, where each row is one.
    model: ClassVar[type[Model] | None] = None

    @cached_property
    def foreign(self) -> set[int]:
        """The rows about people of other centres, as met."""
        return set()

    @classmethod
    def columns(cls) -> Mapping[str, Column]:
        """The declared columns by identifier."""
        return {str(each.column_name): each for each in cls.fields.values() if isinstance(each, Column)}

    @classmethod
    def titles(cls) -> dict[str, str]:
        """The columns' headers in the language active now, by identifier."""
        return {name: column.title() for name, column in cls.columns().items()}

    def check_access(self, context: Context) -> None:
        """Raises Refused where the officer may not import this kind of file for what it was uploaded."""
        access.require(context.by.user, self.kind.right, context.center)

    def template_people(self, context: Context) -> QuerySet[Employee]:
        """Whose rows the template of a cycle has."""
        return Employee.objects.none()

    def on_record(self, context: Context) -> QuerySet[Any]:
        """What is in force of the kind and in the officer's sight; of a kind that `writes`."""
        raise NotImplementedError

    def lines(self, records: QuerySet[Any]) -> Iterator[list[str]]:
        """The records as rows below `titles()`: a file that comes back as all the same."""
        columns = self.columns().values()
        for record in records.iterator(chunk_size=RECORDS_AT_ONCE):
            yield [column.text_of(record) for column in columns]

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        """Fetch what the rows speak of and check what spans rows."""

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """What the row would change."""
        raise NotImplementedError

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        """Carry out the new and changed rows."""
        raise NotImplementedError

    def finish(self, plans: Sequence[RowPlan], context: Context) -> None:
        """Record what holds for the file as a whole."""

    def lock(self, job: ImportJob, context: Context) -> None:
        """Lock what the rows act on."""

    def resting(self, job: ImportJob, rows: StagedRows, context: Context) -> dict[int, Left]:
        """The rows that stay, by number, and why."""
        raise NotImplementedError

    def undo_batch(self, rows: StagedRows, reason: str, context: Context) -> None:
        """Take back what was done with the rows that do not stay."""
        raise NotImplementedError

    def undo_file(self, job: ImportJob, reason: str, context: Context) -> FileUndone:
        """Take back what was recorded of the file as a whole."""
        return FileUndone()

    def complete_undo(self, job: ImportJob, context: Context) -> None:
        """Do what follows from all that was taken back."""

    @staticmethod
    def given_in(rows: Iterable[SheetRow], *names: str) -> set[Any]:
        """The values that stand anywhere in these fields."""
        return {row.values[name] for row in rows for name in names if name in row.values}

    def plan_all(self, rows: Sequence[SheetRow], context: Context) -> list[RowPlan]:
        """A plan for each row, in the order of the file."""
        self.prepare(rows, context)
        plans = {row.number: self._plan(row, context) for row in self.in_order(rows)}
        return [plans[row.number] for row in rows]

    def in_order(self, rows: Sequence[SheetRow]) -> Sequence[SheetRow]:
        """The order in which rows are planned, where one depends on another."""
        return rows

    def _plan(self, row: SheetRow, context: Context) -> RowPlan:
        key = str(row.get(self.key_field) or "")[:120]
        before: dict[str, Any] | None = None
        after: dict[str, Any] = {}
        if not row.errors:
            before, after = self.plan(row, context)
        if row.errors:
            return RowPlan(row, ImportRow.Kind.ERROR, key)
        if before is None:
            return RowPlan(row, ImportRow.Kind.NEW, key, None, after)
        kind = ImportRow.Kind.SAME if before == after else ImportRow.Kind.CHANGED
        return RowPlan(row, kind, key, before, after)

    def fail_doubled(self, rows: Iterable[SheetRow], *names: str) -> None:
        """F-I3: two rows with the same values in these fields are both wrong, each naming the others."""
        seen: dict[tuple[Any, ...], list[SheetRow]] = {}
        for row in rows:
            values = tuple(row.get(name) for name in names)
            if all(value is not None for value in values):
                seen.setdefault(values, []).append(row)
        for same in seen.values():
            for row in same if len(same) > 1 else ():
                others = [str(other.number) for other in same if other is not row]
                row.fail(names[-1], "doubled", rows=", ".join(others[:5]))


@dataclass(frozen=True)
class ImportKind:
    """A kind of file, as pages and commands list it: `name` is ImportJob.kind, `place` orders the list.

    `step` is that of a cycle's page which offers the file, `link` what it says there.
    """

    name: str
    title: Label
    right: str
    command: str
    place: int
    resource: type[IntakeResource]
    step: str = ""
    link: Label = ""


KINDS: dict[str, ImportKind] = {}


def written(value: Any) -> str:
    """A value on record as the text that its parser reads."""
    if isinstance(value, datetime):
        return f"{value.astimezone(ALMATY):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def import_kind(
    name: str, *, title: Label, right: str, command: str, place: int, step: str = "", link: Label = ""
) -> Callable[[type[IntakeResource]], type[IntakeResource]]:
    """Declare a kind of file; each app does so as it starts. Raises ImproperlyConfigured for half a one."""

    def declare(resource: type[IntakeResource]) -> type[IntakeResource]:
        kind = ImportKind(name, title, right, command, place, resource, step, link)
        taken = any(other.name == name or other.place == place for other in KINDS.values())
        if taken or right not in access.RIGHTS or not resource.columns() or bool(step) != bool(link):
            raise ImproperlyConfigured(
                f"{kind}: a name and a place of its own, a known right, columns, a link to its step"
            )
        KINDS[name] = resource.kind = kind
        return resource

    return declare


def kinds() -> list[ImportKind]:
    """Every kind of file, in order."""
    return sorted(KINDS.values(), key=lambda kind: kind.place)


def resource_of(kind: str) -> type[IntakeResource]:
    """The rows of a kind of file; raises KeyError for an unknown one."""
    return KINDS[kind].resource
