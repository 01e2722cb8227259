"""The files of the assessment: ratings and violations by external id, read through a day (I-27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, NamedTuple

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.bulk import batched
from attestation.intake import values
from attestation.intake.batch import BatchResource, lock_rows, staged
from attestation.intake.frozen import thaw
from attestation.intake.kinds.cycle_files import iin_of
from attestation.intake.messages import declare
from attestation.intake.parsing import parse_staged
from attestation.intake.spec import Column, Context, SheetRow, import_kind
from attestation.intake.staged import BATCH, acting
from attestation.intake.traces import FileUndone, Left, numbers_by_record
from attestation.models import Center, Employee, ImportJob, ImportRow, StagedRows
from attestation.refusals import Refused
from scoring.models import Rating, ReadThrough, RecordQuerySet, Violation
from scoring.resting import counted, relied_on, what_rests
from scoring.services.records import (
    assess_afresh,
    assessments_of_final_decisions,
    check_read_through,
    final_windows,
    lock_provisional_cases,
    record_read_through,
    save_ratings,
    save_violations,
)
from scoring.services.undoing import lock_cases_read, undo_records, unread, void_undone

TEXT_MAX = 10_000
BEST_SCORE = 5
EXTERNAL_ID = Column(values.text(120), "Сыртқы нөмір", "Внешний номер", "External id", required=True)


declare(
    {
        "own_records": _("Nobody imports their own records. Ask a colleague to import this row."),
        "day_in_future": _("The day lies in the future. Correct the date."),
        "id_elsewhere": _("This external id belongs to a record outside your centres. Check the export."),
        "record_voided": _(
            "The record with this external id was voided, so it does not change any more. Give the "
            "right one another external id, or leave the row out."
        ),
        "voided_stays": _("The record was voided and does not count; it stays void."),
        "final_formed": _(
            "The final decision of case %(case)s was formed with this record, so it does not change "
            "any more. Leave the row out."
        ),
        "voided_since": _("It was voided since (%(what)s)."),
        "final_since": _(
            "The final decision of case %(what)s was formed with it. Two persons void it: propose that in "
            "the case."
        ),
        "read_relied": _("The final decision of case %(what)s rests on this centre's data being read."),
        "own_undone": _("Nobody undoes the import of their own records. Ask a colleague."),
        "voided_by_person": _("A score counted it, so a person voids it. Undo the import by an account."),
        "after_final": _("It came after the final decision of case %(case)s and does not change it."),
    }
)


class OnRecord(NamedTuple):
    """A record as it stands, by its external id."""

    employee_id: int
    center_id: int
    voiding: int | None
    iin: str
    day: date
    value: Any


class OfTheWindow(BatchResource):
    """Records of people in the officer's sight, each on a day and known by its external id.

    With `--read-through DAY` the file says that the data are read through that day (I-27): for the centres
    of the people in it, or for the one centre given, which may have no rows then.
    """

    key_field = "external_id"
    takes_center = True
    needs_read_through = True
    allow_empty = True
    undoable = True
    unique = ("external_id",)

    iin = iin_of("employee")

    model: ClassVar[type[Rating] | type[Violation]]
    read_kind: ClassVar[ReadThrough.Kind]
    day_field: ClassVar[str]
    value_field: ClassVar[str]

    def check_access(self, context: Context) -> None:
        super().check_access(context)
        if context.read_through is not None:
            check_read_through(context.read_through, context.by.at)

    def sight(self, context: Context) -> dict[str, Any]:
        """The officer's own record; what is in their sight is asked of the rows themselves."""
        user = context.by.user
        self.visible = set(access.centers_of(user).values_list("pk", flat=True))
        self.says_something = context.center is not None and context.read_through is not None
        return {"own": user and user.employee_id}

    def on_record(self, context: Context) -> QuerySet[Rating] | QuerySet[Violation]:
        records = self.model.objects.standing().select_related("employee").order_by("pk")
        return access.scoped(context.by.user, records)

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        self.says_something = True
        people = Employee.objects.filter(iin__in=self.given_in(rows, "iin"), center__in=self.visible)
        self.people: dict[str, int] = dict(people.values_list("iin", "pk"))
        names = ("employee_id", "employee__center_id", "voiding", "employee__iin")
        found = self.model.objects.known().filter(external_id__in=self.given_in(rows, "external_id"))
        self.known = {
            external_id: OnRecord(*known)
            for external_id, *known in found.values_list(
                "external_id", *names, self.day_field, self.value_field
            )
        }
        ids = {*self.people.values(), *(known.employee_id for known in self.known.values())}
        self.used = final_windows(ids)

    def summary(self) -> dict[str, Any]:
        """Nothing: what `complete` needs stands in the rows. Raises Refused for a file that says nothing."""
        if not self.says_something:
            raise Refused(
                "nothing_read",
                _(
                    "The file has no rows. That nothing happened is recorded with the centre and the day "
                    "through which its data are read: give both."
                ),
            )
        return {}

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = {name: row.get(name) for name in self.columns()}
        person = self.people.get(row.get("iin"))
        if person is None:
            row.fail("iin", "unknown_iin")
            return None, after
        known = self.known.get(row.get("external_id"))
        before = None
        if known is not None and known.center_id in self.visible:
            before = {**after, "iin": known.iin, self.day_field: known.day, self.value_field: known.value}
        if before != after:
            self._check_said(row, person, context)
        if known is None:
            self._note_final(row, person, row.get(self.day_field))
            return None, after
        if before is None:
            row.fail("external_id", "id_elsewhere")
            return None, after
        if known.voiding is not None:
            self._plan_voided(row, changed=before != after)
        elif before != after:
            self._fail_final(row, known)
        return before, after

    def _check_said(self, row: SheetRow, person: int, context: Context) -> None:
        """Nobody brings in records of their own, nor any of a day to come."""
        if access.is_own(context.by.user, person):
            row.fail("iin", "own_records")
        if row.get(self.day_field) > context.today:
            row.fail(self.day_field, "day_in_future")

    @staticmethod
    def _plan_voided(row: SheetRow, *, changed: bool) -> None:
        """I-34: the same export read again revives nothing; what a voided record should have been is new."""
        if changed:
            row.fail("external_id", "record_voided")
        else:
            row.note(None, "voided_stays")

    def _final_case(self, employee_id: int, day: date) -> str | None:
        """The case whose final decision was formed with the records of the day."""
        windows = self.used.get(employee_id, ())
        return next((one.case_no for one in windows if one.first_day <= day <= one.last_day), None)

    def _fail_final(self, row: SheetRow, known: OnRecord) -> None:
        case = self._final_case(known.employee_id, known.day)
        if case is not None:
            row.fail("external_id", "final_formed", case=case)

    def _note_final(self, row: SheetRow, employee_id: int, day: date) -> None:
        case = self._final_case(employee_id, day)
        if case is not None:
            row.note(None, "after_final", case=case)

    # --- staged rows ----------------------------------------------------------------------------------

    def seen(self, row: SheetRow) -> int | None:
        """Records have no version; `before` says what was seen."""
        return None

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any]:
        return {"employee": self.people[after["iin"]]}

    def lock(self, job: ImportJob, context: Context) -> None:
        """The people, their provisional cases, the records."""
        self.centers = access.centers_of(context.by.user)
        self.confirmed_at = job.confirmed_at
        rows = acting(job)
        iins = Q(iin__in=rows.values(iin=KeyTextTransform("iin", "after")))
        iins |= Q(iin__in=rows.values(iin=KeyTextTransform("iin", "before")))
        lock_rows(Employee.objects.filter(iins).order_by("iin"))
        self.provisional = lock_provisional_cases(Employee.objects.filter(iins))
        changed = rows.filter(kind=ImportRow.Kind.CHANGED).values("key")
        lock_rows(self.model.objects.known().filter(external_id__in=changed).order_by("external_id"))

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        person = Employee.objects.filter(iin=staged("after", "iin"), center__in=self.centers)
        record = self.model.objects.known().filter(external_id=OuterRef("key"))
        used = assessments_of_final_decisions().filter(
            attestation__employee=OuterRef("employee"),
            window_from__lte=OuterRef(self.day_field),
            window_to__gte=OuterRef(self.day_field),
        )
        seen = self.as_staged(record.standing(), "before")
        as_seen = seen.filter(~Exists(used), employee__center__in=self.centers)
        return acting(job).filter(
            ~Exists(person)
            | Q(Exists(record), kind=ImportRow.Kind.NEW)
            | Q(~Exists(as_seen), kind=ImportRow.Kind.CHANGED)
        )

    def as_staged(self, records: RecordQuerySet, side: str) -> QuerySet[Any]:
        """Those that are as the row says, in a query within one on the rows; `side`: before or after."""
        with_day: QuerySet[Any] = records.annotate(day=Cast(self.day_field, CharField()))
        return with_day.filter(
            employee__iin=staged(side, "iin"),
            day=staged(side, self.day_field, "d"),
            **{self.value_field: self.staged_value(side)},
        )

    def staged_value(self, side: str) -> KeyTextTransform | Cast:
        """The value of the record as the row has it."""
        return staged(side, self.value_field)

    def complete(self, job: ImportJob, context: Context) -> None:
        """I-12, I-27: provisional decisions are formed afresh; the data are read through the day."""
        assess_afresh(self._touched(job), by=context.by)
        if context.read_through is not None:
            self._record_read_through(job, context.read_through, context)

    def _touched(self, job: ImportJob) -> dict[int, set[date]]:
        """Of those who have a provisional decision: on which days their records stand or stood."""
        days: dict[int, set[date]] = {}
        if self.provisional:
            for sides in acting(job).values_list("before", "after").iterator(chunk_size=BATCH):
                for side in filter(None, sides):
                    employee_id = self.provisional.get(side["iin"])
                    if employee_id is not None:
                        days.setdefault(employee_id, set()).add(thaw(side[self.day_field]))
        return days

    def _record_read_through(self, job: ImportJob, through: date, context: Context) -> None:
        """I-27: the data are read; but not those of a centre some of whose rows were left out."""
        if context.center is not None:
            centers = Center.objects.under(context.center)
        else:
            good = job.rows.exclude(kind=ImportRow.Kind.ERROR).values("key")
            records = self.model.objects.known().filter(external_id__in=good)
            centers = Center.objects.filter(pk__in=records.values("employee__center"))
        spoiled: set[int] = set()
        left_out = job.rows.filter(kind=ImportRow.Kind.ERROR).order_by("row_no").iterator(chunk_size=BATCH)
        for rows in batched(parse_staged(self.columns(), job, left_out), BATCH):
            iins = {row.get("iin") for row in rows}
            if None in iins:
                # A row whose IIN can't be read may be about anybody: missing is not zero.
                return
            people = Employee.objects.filter(iin__in=iins, center__in=self.centers)
            spoiled.update(people.values_list("center_id", flat=True))
        record_read_through(
            centers.exclude(pk__in=spoiled),
            self.read_kind,
            through,
            by=context.by,
            with_career_centers=False,
            job=job,
        )

    # --- undone ---------------------------------------------------------------------------------------

    def resting(self, job: ImportJob, rows: StagedRows, context: Context) -> dict[int, Left]:
        """Records changed or voided since, or on which a final decision rests (I-34)."""
        numbers = numbers_by_record(rows)
        as_left = self.as_staged(self.model.objects.filter(pk=OuterRef("record")), "after")
        changed = rows.queryset().filter(~Exists(as_left)).values_list("record", flat=True)
        found = {pk: Left("edited_since") for pk in changed if pk}
        found |= what_rests(self.model, self.day_field, job, rows, context)
        return {numbers[pk]: left for pk, left in found.items()}

    def undo_file(self, job: ImportJob, reason: str, context: Context) -> FileUndone:
        """I-27: the days read go back, but for centres where a final decision rests on them."""
        lock_cases_read(job)
        days = list(ReadThrough.objects.filter(job=job).select_related("center"))
        relied = relied_on(days)
        void = [day for day in days if day.center_id not in relied]
        self.unread = unread(void, by=context.by)
        stay = {day.center.bin: relied[day.center_id] for day in days if day.center_id in relied}
        return FileUndone(len(void), stay)

    def undo_batch(self, rows: StagedRows, reason: str, context: Context) -> None:
        """I-34: what a score counted since is voided, the rest goes."""
        if rows.kind == ImportRow.Kind.NEW:
            mine = rows.queryset().filter(left__isnull=True).values("record")
            scored = counted(self.model, self.day_field, since=self.confirmed_at)
            void_undone(list(scored.filter(pk__in=mine)), rows.job_id, reason=reason, by=context.by)
        undo_records(self.model, rows)

    def complete_undo(self, job: ImportJob, context: Context) -> None:
        """I-12: provisional decisions are formed afresh."""
        touched = self._touched(job)
        for employee_id, days in self.unread.items():
            touched.setdefault(employee_id, set()).update(days)
        assess_afresh(touched, by=context.by)


@import_kind(
    "ratings",
    title=_("Ratings"),
    right="import_ratings",
    command="import_ratings",
    place=60,
    step="assessment",
    link=_("Import ratings"),
)
class RatingResource(OfTheWindow):
    """App. 1-2 row 2: scores by the recipients of services (I-26)."""

    model, read_kind = Rating, ReadThrough.Kind.RATINGS
    day_field, value_field = "rated_on", "score"

    rated_on = Column(values.day, "Бағаланған күні", "Дата оценки", "Rated on", required=True)
    score = Column(values.number(1, BEST_SCORE, 4), "Баға", "Оценка", "Score", required=True)
    external_id = EXTERNAL_ID

    def staged_value(self, side: str) -> Cast:
        return Cast(staged(side, "score", "n"), Rating._meta.get_field("score"))

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        save_ratings(rows)


@import_kind(
    "violations",
    title=_("Violations"),
    right="import_violations",
    command="import_violations",
    place=70,
    step="assessment",
    link=_("Import violations"),
)
class ViolationResource(OfTheWindow):
    """App. 1-2 row 3: violations and errors recorded in the information system."""

    model, read_kind = Violation, ReadThrough.Kind.VIOLATIONS
    day_field, value_field = "recorded_on", "description"

    recorded_on = Column(
        values.day,
        "Тіркелген күні",
        "Дата регистрации",
        "Recorded on",
        required=True,
    )
    description = Column(
        values.text(TEXT_MAX, lines=True),
        "Сипаттама",
        "Описание",
        "Description",
        required=True,
    )
    external_id = EXTERNAL_ID

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        save_violations(rows)
