"""The files of the assessment: ratings and violations by external id, read through a day (I-27)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.intake import values
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, IntakeResource, RowPlan, SheetRow, import_kind
from attestation.models import Center, Employee
from attestation.refusals import Refused
from scoring.models import Assessment, Rating, ReadThrough, Violation
from scoring.services.records import (
    PEOPLE_A_QUERY,
    RatingRow,
    ViolationRow,
    check_read_through,
    lock_provisional_cases,
    record_read_through,
    save_ratings,
    save_violations,
    scores_of_final_decisions,
)

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
        "after_final": _("It came after the final decision of case %(case)s and does not change it."),
    }
)


class OfTheWindow(IntakeResource):
    """Records of people in the officer's sight, each on a day and known by its external id.

    With `--read-through DAY` the file says that the data are read through that day (I-27): for the centres
    of the people in it, or for the one centre given, which may have no rows then.
    """

    key_field = "external_id"
    takes_center = True
    needs_read_through = True
    allow_empty = True

    iin = Column(values.iin, "ЖСН", "ИИН", "IIN", required=True)

    record: ClassVar[type[Rating] | type[Violation]]
    read_kind: ClassVar[ReadThrough.Kind]
    day_field: ClassVar[str]

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        if context.read_through is not None:
            check_read_through(context.read_through, context.by.at)
        if not rows and (context.center is None or context.read_through is None):
            raise Refused(
                "nothing_read",
                _(
                    "The file has no rows. That nothing happened is recorded with the centre and the day "
                    "through which its data are read: give both."
                ),
            )
        self.rows = rows
        self.fail_doubled(rows, "external_id")
        people = Employee.objects.select_related("center__parent")
        everybody = context.by_key(people, "iin", self.given_in(rows, "iin"))
        self.visible = {center.pk for center in access.centers_of(context.by.user)}
        self.people = {iin: one for iin, one in everybody.items() if one.center_id in self.visible}
        ids = {one.pk for one in self.people.values()} | self._people_on_record(rows)
        if context.locking:
            lock_provisional_cases(ids)
        records = self.record.objects.select_related("employee__center", "voiding")
        self.known: dict[str, Rating | Violation] = context.by_key(
            records, "external_id", self.given_in(rows, "external_id")
        )
        self.used = scores_of_final_decisions(ids)

    def _people_on_record(self, rows: Sequence[SheetRow]) -> set[int]:
        wanted = sorted(self.given_in(rows, "external_id"))
        found: set[int] = set()
        for start in range(0, len(wanted), PEOPLE_A_QUERY):
            some = wanted[start : start + PEOPLE_A_QUERY]
            records = self.record.objects.filter(external_id__in=some)
            found |= set(records.values_list("employee_id", flat=True))
        return found

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = {name: row.get(name) for name in self.columns()}
        person = self.people.get(row.get("iin"))
        if person is None:
            row.fail("iin", "unknown_iin")
            return None, after
        if access.is_own(context.by.user, person):
            row.fail("iin", "own_records")
        day = row.get(self.day_field)
        if day > context.today:
            row.fail(self.day_field, "day_in_future")
        known = self.known.get(row.get("external_id"))
        if known is None:
            self._note_final(row, person.pk, day)
            return None, after
        if known.employee.center_id not in self.visible:
            row.fail("external_id", "id_elsewhere")
            return None, after
        before = {name: self._on_record(known, name) for name in self.columns()}
        if self._is_voided(row, known, changed=before != after):
            return before, after
        if before != after:
            self._fail_final(row, known)
        return before, after

    def _is_voided(self, row: SheetRow, known: Rating | Violation, *, changed: bool) -> bool:
        """I-34: the same export read again revives nothing; what a voided record should have been is new."""
        if not hasattr(known, "voiding"):
            return False
        if changed:
            row.fail("external_id", "record_voided")
        else:
            row.note(None, "voided_stays")
        return True

    @staticmethod
    def _on_record(known: Rating | Violation, name: str) -> Any:
        return known.employee.iin if name == "iin" else getattr(known, name)

    def _final_score(self, employee_id: int, day: date) -> Assessment | None:
        """The assessment under a final decision whose window has the day."""
        scores = self.used.get(employee_id, ())
        return next((score for score in scores if score.window_from <= day <= score.window_to), None)

    def _fail_final(self, row: SheetRow, known: Rating | Violation) -> None:
        score = self._final_score(known.employee_id, getattr(known, self.day_field))
        if score is not None:
            row.fail("external_id", "final_formed", case=score.attestation.case_no)

    def _note_final(self, row: SheetRow, employee_id: int, day: date) -> None:
        score = self._final_score(employee_id, day)
        if score is not None:
            row.note(None, "after_final", case=score.attestation.case_no)

    def touched(self, plans: Sequence[RowPlan]) -> dict[int, set[date]]:
        """Whose records change, and on which days."""
        days: dict[int, set[date]] = {}
        for plan in plans:
            assert plan.after is not None
            days.setdefault(self.people[plan.after["iin"]].pk, set()).add(plan.after[self.day_field])
            known = self.known.get(plan.key)
            if known is not None:
                days.setdefault(known.employee_id, set()).add(getattr(known, self.day_field))
        return days

    def finish(self, plans: Sequence[RowPlan], context: Context) -> None:
        """I-27: the data are read; but not those of a centre some of whose rows were left out."""
        if context.read_through is None or self._somebody_unknown_left_out():
            return
        spoiled = {self.people[row.get("iin")].center_id for row in self._left_out() if self._is_known(row)}
        if context.center is not None:
            centers = list(Center.objects.under(context.center))
        else:
            centers = list({self.people[row.get("iin")].center for row in self.rows if self._is_known(row)})
        record_read_through(
            [center for center in centers if center.pk not in spoiled],
            self.read_kind,
            context.read_through,
            by=context.by,
            with_career_centers=False,
        )

    def _left_out(self) -> list[SheetRow]:
        return [row for row in self.rows if row.errors]

    def _is_known(self, row: SheetRow) -> bool:
        return row.get("iin") in self.people

    def _somebody_unknown_left_out(self) -> bool:
        """A row whose IIN can't be read may be about anybody: missing is not zero."""
        return any(row.get("iin") is None for row in self._left_out())


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

    record, read_kind, day_field = Rating, ReadThrough.Kind.RATINGS, "rated_on"

    rated_on = Column(values.day, "Бағаланған күні", "Дата оценки", "Rated on", required=True)
    score = Column(values.number(1, BEST_SCORE, 4), "Баға", "Оценка", "Score", required=True)
    external_id = EXTERNAL_ID

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        rows = [
            RatingRow(self.people[after["iin"]].pk, after["rated_on"], after["score"], after["external_id"])
            for after in (plan.after or {} for plan in plans)
        ]
        save_ratings(rows, touched=self.touched(plans), by=context.by)


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

    record, read_kind, day_field = Violation, ReadThrough.Kind.VIOLATIONS, "recorded_on"

    recorded_on = Column(values.day, "Тіркелген күні", "Дата регистрации", "Recorded on", required=True)
    description = Column(
        values.text(TEXT_MAX, lines=True), "Сипаттама", "Описание", "Description", required=True
    )
    external_id = EXTERNAL_ID

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        rows = [
            ViolationRow(
                self.people[after["iin"]].pk, after["recorded_on"], after["description"], after["external_id"]
            )
            for after in (plan.after or {} for plan in plans)
        ]
        save_violations(rows, touched=self.touched(plans), by=context.by)
