"""The file of a cycle's courses: hours of the learning plan and of the profile of a category (¶14)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from attestation import access, journal
from attestation.cases import cycles
from attestation.cases.cycles import HOURS
from attestation.cases.lifecycle import Event
from attestation.intake import values, vocabulary
from attestation.intake.batch import BatchResource, derived_key, lock_rows, staged
from attestation.intake.frozen import thaw
from attestation.intake.kinds.cycle_files import OfTheCycle, PersonFacts, open_cases, people_by_iin
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, SheetRow, import_kind
from attestation.intake.staged import acting
from attestation.intake.traces import Left, imported_again, numbers_by_record
from attestation.law.listing import check_listed_by
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category
from attestation.models import (
    Attestation,
    Center,
    CourseRecord,
    Cycle,
    Employee,
    ImportJob,
    ImportRow,
    JournalEntry,
    StagedRows,
    Status,
)

MOST_HOURS = 10_000


declare(
    {
        "profile_none": _("“No category” is no profile of a course. Leave the cell blank."),
        "admission_since": _("Admission to testing was decided on with these hours (case %(what)s)."),
    }
)


@import_kind(
    "courses",
    title=_("Course hours"),
    right="import_courses",
    command="import_courses",
    place=40,
    step="admission",
    link=_("Import course hours"),
)
class CourseResource(OfTheCycle, BatchResource):
    """¶14: hours of the learning plan, and courses in the profile of a category."""

    unique = ("iin", "course_category")
    undoable = True
    model = CourseRecord

    hours_required = Column(
        values.number(0, MOST_HOURS, 2),
        "Жоспарланған сағат",
        "Часы по плану",
        "Hours required",
        required=True,
    )
    hours_completed = Column(
        values.number(0, MOST_HOURS, 2), "Өткен сағат", "Пройдено часов", "Hours completed", required=True
    )
    course_category = Column(
        values.choice(vocabulary.CATEGORIES, choosable=False),
        "Курс бейіні",
        "Профиль курса",
        "Course category",
    )

    def identity(self, row: SheetRow) -> tuple[Any, ...] | None:
        """The learning plan has no profile; a profile that can't be read may be any."""
        if row.get("iin") is None or any(error["field"] == "course_category" for error in row.errors):
            return None
        return row.get("iin"), row.get("course_category") or ""

    def on_record(self, context: Context) -> QuerySet[CourseRecord]:
        records = CourseRecord.objects.filter(cycle=context.the_cycle).select_related("employee")
        return access.scoped(context.by.user, records.order_by("employee__sort_key", "pk"))

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        wanted = self.given_in(rows, "iin")
        self.people = people_by_iin(context.by.user, wanted)
        listed = open_cases(context).filter(employee__iin__in=wanted)
        self.listed = set(listed.values_list("employee__iin", flat=True))
        records = CourseRecord.objects.filter(cycle=context.the_cycle, employee__iin__in=wanted)
        fields = ("employee__iin", "course_category", "recorded_at", *HOURS)
        self.recorded_at, self.hours = {}, {}
        for iin, category, recorded_at, *hours in records.values_list(*fields):
            self.recorded_at[iin, category] = recorded_at
            self.hours[iin, category] = hours

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        category = row.get("course_category") or ""
        after = {"course_category": category, **{name: row.get(name) for name in HOURS}}
        person = self.people.get(row.get("iin"))
        hours = self.hours.get((row.get("iin"), category))
        before = None
        if hours is not None:
            before = {"course_category": category, **dict(zip(HOURS, hours, strict=True))}
        if person is None:
            self.fail_unknown(row)
        elif person.iin not in self.listed and before != after:
            self._check_center(row, person, context.the_cycle)
        if category == Category.NONE:
            row.fail("course_category", "profile_none")
        return before, after

    @staticmethod
    def _check_center(row: SheetRow, person: PersonFacts, cycle: Cycle) -> None:
        """¶9: courses may be on record before the list is formed, of those whom this centre can list."""
        try:
            check_listed_by(cycle.center.bin, person.center__bin, person.center__parent__bin)
        except RuleRefusal as refusal:
            row.refuse("iin", refusal)

    # --- staged rows ----------------------------------------------------------------------------------

    def seen(self, row: SheetRow) -> int | None:
        """Hours have no version; `before` says what was seen."""
        return None

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any]:
        recorded_at = self.recorded_at.get((row.get("iin"), after["course_category"]))
        former = {} if recorded_at is None else {"recorded_at": recorded_at}
        return {"employee": self.people[row.get("iin")].pk, **former}

    def lock(self, job: ImportJob, context: Context) -> None:
        """F-C5: two files of one cycle are confirmed one after the other; then the people."""
        lock_rows(Cycle.objects.filter(pk=context.the_cycle.pk))
        lock_rows(Employee.objects.filter(iin__in=acting(job).values("key")).order_by("iin"))
        self.in_sight = access.scoped(context.by.user, Employee.objects.all())

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        cycle = job.cycle
        assert cycle is not None
        person = self.in_sight.filter(iin=OuterRef("key"))
        # By the employee's key: with the cycle's it leads straight to the one record.
        employee = derived_key("employee")
        case = Attestation.objects.filter(cycle=cycle, employee=employee)
        ours = Exists(person.filter(center__in=Center.objects.under(cycle.center)))
        on_record = CourseRecord.objects.filter(
            cycle=cycle, employee=employee, course_category=staged("after", "course_category")
        )
        as_seen = with_hours(on_record, "before")
        return acting(job).filter(
            ~Exists(person)
            | ~(ours | Exists(case.exclude(status=Status.CLOSED)))
            | Q(Exists(on_record), kind=ImportRow.Kind.NEW)
            | Q(~Exists(as_seen), kind=ImportRow.Kind.CHANGED)
        )

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        cycles.save_courses(context.the_cycle, rows, now=context.by.at)

    def complete(self, job: ImportJob, context: Context) -> None:
        """The cycle's story has one entry a file that changed something."""
        count = job.rows_new + job.rows_changed
        if count:
            data = {"import": job.pk, "rows": count}
            journal.record("save_courses", by=context.by, subject=context.the_cycle.code, data=data)

    # --- undone ---------------------------------------------------------------------------------------

    def resting(self, job: ImportJob, rows: StagedRows, context: Context) -> dict[int, Left]:
        """Hours that a later file changed, or with which admission was decided on since (¶14)."""
        numbers = numbers_by_record(rows)
        as_left = with_hours(CourseRecord.objects.filter(pk=OuterRef("record")), "after")
        changed = rows.queryset().filter(~Exists(as_left)).values_list("record", flat=True)
        found = {pk: Left("edited_since") for pk in changed if pk} | imported_again(job, numbers)
        people = dict(CourseRecord.objects.filter(pk__in=numbers).values_list("pk", "employee_id"))
        decided = self._decided(job, people.values())
        found |= {pk: decided[person] for pk, person in people.items() if person in decided}
        return {numbers[pk]: left for pk, left in found.items()}

    @staticmethod
    def _decided(job: ImportJob, people: Collection[int]) -> dict[int, Left]:
        """Whose admission in the cycle was decided on since the import, by key."""
        entries = JournalEntry.objects.filter(
            act__in=[Event.ADMIT, Event.REFUSE_ADMISSION],
            attestation__cycle=job.cycle,
            attestation__employee__in=people,
            at__gte=job.confirmed_at,
        ).order_by("seq")
        facts = ("attestation__employee_id", "at", "actor__username", "attestation__case_no")
        return {
            pk: Left("admission_since", at, by or "", case)
            for pk, at, by, case in entries.values_list(*facts)
        }

    def undo_batch(self, rows: StagedRows, reason: str, context: Context) -> None:
        back = rows.queryset().filter(left__isnull=True)
        if rows.kind == ImportRow.Kind.NEW:
            cycles.remove_courses(back.values("record"))
            return
        former = {}
        for row in back:
            assert row.record is not None  # of a row that was carried out
            was = {**(row.before or {}), **(row.derived or {})}
            # Files of before it was kept do not have the moment.
            names = [name for name in (*HOURS, "recorded_at") if name in was]
            former[row.record] = {name: thaw(was[name]) for name in names}
        cycles.restore_courses(former)


def with_hours(records: QuerySet[CourseRecord], side: str) -> QuerySet[CourseRecord]:
    """Those whose hours are those of the staged row, in a query within one on the rows; before or after."""
    return records.annotate(**{f"{name}_now": _hours(F(name)) for name in HOURS}).filter(
        **{f"{name}_now": _hours(staged(side, name, "n")) for name in HOURS}
    )


def _hours(number: F | KeyTextTransform) -> Coalesce:
    """Hours to be compared: none on record are below any."""
    field = DecimalField(max_digits=7, decimal_places=2)
    return Coalesce(Cast(number, field), Value(Decimal(-1), field))
