"""The files of a cycle: its list of attestees (¶9), their courses (¶14), their test results (¶17)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.cases import cycles, results
from attestation.intake import values, vocabulary
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, IntakeResource, RowPlan, SheetRow, import_kind
from attestation.law.listing import check_listed_by
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category
from attestation.models import Attestation, CourseRecord, Cycle, Employee, Result, Status
from attestation.refusals import Refused

MOST_HOURS = 10_000
MOST_QUESTIONS = 1_000


declare(
    {
        "own_listing": _("Nobody puts themselves on the list. Ask a colleague to import this row."),
        "profile_none": _("“No category” is no profile of a course. Leave the cell blank."),
        "not_on_list": _(
            "There is nobody with this IIN on the list of the cycle %(code)s. Check the IIN and the cycle."
        ),
        "own_result": _("Nobody records their own result. Ask a colleague to import this row."),
    }
)


class OfTheCycle(IntakeResource):
    """Rows about the people of one cycle's centres."""

    needs_cycle = True

    iin = Column(values.iin, "ЖСН", "ИИН", "IIN", required=True)

    def check_access(self, context: Context) -> None:
        """The centre that formed the cycle, or one above it, works on its files (¶9)."""
        access.require(context.by.user, self.kind.right, context.the_cycle.center)

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        """F-C5: two files of one cycle are confirmed one after the other."""
        context.locked(Cycle.objects.filter(pk=context.the_cycle.pk)).first()

    def find_people(self, rows: Sequence[SheetRow], context: Context) -> dict[str, Employee]:
        """The employees in the officer's sight, by IIN."""
        people = access.scoped(context.by.user, Employee.objects.select_related("center__parent"))
        return context.by_key(people, "iin", self.given_in(rows, "iin"))

    def find_cases(self, rows: Sequence[SheetRow], context: Context) -> dict[str, Attestation]:
        """The open cases of the cycle in the officer's sight, by IIN."""
        cases = (
            access.scoped(context.by.user, Attestation.objects.filter(cycle=context.the_cycle))
            .exclude(status=Status.CLOSED)
            .select_related("employee", "center", "cycle", "rule_set")
        )
        wanted = self.given_in(rows, "iin")
        return {case.employee.iin: case for case in cases if case.employee.iin in wanted}

    def fail_unknown(self, row: SheetRow) -> None:
        """F-A1: one sentence for those who are not there and those who are not ours."""
        row.fail("iin", "unknown_iin")


# At which column of the file a refusal belongs; else at the IIN.
LISTING_FIELDS = {
    "purpose_not_of_position": "purpose",
    "repeat_of_another_purpose": "purpose",
    "initial_not_first": "purpose",
    "initial_with_category": "purpose",
    "category_facts_missing": "declared",
    "declared_none": "declared",
    "declared_below_existing": "declared",
    "declared_without_category_purpose": "declared",
}


@import_kind(
    "attestees",
    title=_("List of attestees"),
    right="list_attestees",
    command="list_attestees",
    place=30,
    step="list",
    link=_("Import a list"),
)
class AttesteeResource(OfTheCycle):
    """¶9: who is put on the list of a cycle, and for what."""

    purpose = Column(values.choice(vocabulary.PURPOSES), "Мақсаты", "Цель", "Purpose", required=True)
    declared = Column(
        values.choice(vocabulary.CATEGORIES), "Мәлімделген санат", "Заявленная категория", "Declared category"
    )

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        super().prepare(rows, context)
        self.fail_doubled(rows, "iin")
        self.people = self.find_people(rows, context)
        self.listed = self.find_cases(rows, context)

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = {"purpose": row.get("purpose"), "declared": row.get("declared") or ""}
        person, listed = self.people.get(row.get("iin")), self.listed.get(row.get("iin"))
        if person is None:
            self.fail_unknown(row)
            return None, after
        if listed is not None and (listed.purpose, listed.declared) == (after["purpose"], after["declared"]):
            return after, after
        try:
            cycles.check_listing(
                context.the_cycle,
                person,
                after["purpose"],
                after["declared"],
                by=context.by,
            )
        except (Refused, RuleRefusal) as refusal:
            row.refuse(LISTING_FIELDS.get(refusal.code, "iin"), refusal)
        if access.is_own(context.by.user, person):
            row.fail("iin", "own_listing")
        return None, after

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        for plan in plans:
            after = plan.after or {}
            cycles.list_attestee(
                context.the_cycle,
                self.people[plan.key],
                after["purpose"],
                after["declared"],
                by=context.by,
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
class CourseResource(OfTheCycle):
    """¶14: hours of the learning plan, and courses in the profile of a category."""

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
        values.choice(vocabulary.CATEGORIES), "Курс бейіні", "Профиль курса", "Course category"
    )

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        super().prepare(rows, context)
        for row in rows:
            # The learning plan has no profile; as a blank it takes part in the search for doubled rows.
            row.values.setdefault("course_category", "")
        self.fail_doubled(rows, "iin", "course_category")
        self.people = self.find_people(rows, context)
        self.listed = self.find_cases(rows, context)
        records = CourseRecord.objects.filter(cycle=context.the_cycle).select_related("employee")
        self.records = {(record.employee.iin, record.course_category): record for record in records}

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        category = row.get("course_category")
        after = {
            "course_category": category,
            "hours_required": row.get("hours_required"),
            "hours_completed": row.get("hours_completed"),
        }
        person = self.people.get(row.get("iin"))
        if person is None:
            self.fail_unknown(row)
        elif person.iin not in self.listed:
            self._check_center(row, person, context.the_cycle)
        if category == Category.NONE:
            row.fail("course_category", "profile_none")
        record = self.records.get((row.get("iin"), category))
        if record is None:
            return None, after
        before = {
            "course_category": category,
            "hours_required": record.hours_required,
            "hours_completed": record.hours_completed,
        }
        return before, after

    @staticmethod
    def _check_center(row: SheetRow, person: Employee, cycle: Cycle) -> None:
        """¶9: courses may be on record before the list is formed, of those whom this centre can list."""
        parent = person.center.parent
        try:
            check_listed_by(cycle.center.bin, person.center.bin, parent.bin if parent else None)
        except RuleRefusal as refusal:
            row.refuse("iin", refusal)

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        cycles.save_courses(
            context.the_cycle,
            [cycles.CourseRow(employee_id=self.people[plan.key].pk, **(plan.after or {})) for plan in plans],
            by=context.by,
        )


RESULT_FIELDS = {
    "correct_out_of_range": "correct_answers",
    "total_too_small": "questions_total",
    "wrong_list_mismatch": "wrong_questions",
    "question_out_of_range": "wrong_questions",
    "finished_in_future": "finished_at",
    "finished_outside_stage": "finished_at",
}


@import_kind(
    "results",
    title=_("Test results"),
    right="import_results",
    command="import_results",
    place=50,
    step="testing",
    link=_("Import results"),
)
class ResultResource(OfTheCycle):
    """¶17: the Platform's test results, put on record unpublished."""

    questions_total = Column(
        values.whole(0, MOST_QUESTIONS), "Сұрақтар саны", "Всего вопросов", "Questions total", required=True
    )
    correct_answers = Column(
        values.whole(0, MOST_QUESTIONS),
        "Дұрыс жауаптар",
        "Правильных ответов",
        "Correct answers",
        required=True,
    )
    wrong_questions = Column(values.question_list, "Қате сұрақтар", "Неверные вопросы", "Wrong questions")
    test_variant = Column(values.text(60), "Тест нұсқасы", "Вариант теста", "Test variant")
    test_language = Column(values.choice(vocabulary.LANGUAGES), "Тест тілі", "Язык теста", "Test language")
    finished_at = Column(values.moment, "Аяқталған уақыты", "Время окончания", "Finished at", required=True)

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        super().prepare(rows, context)
        self.fail_doubled(rows, "iin")
        self.cases = self.find_cases(rows, context)
        current = Result.objects.current().filter(attestation__in=self.cases.values())
        self.current = {result.attestation_id: result for result in current}

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        found = self._found(row)
        case = self.cases.get(row.get("iin"))
        if case is None:
            row.fail("iin", "not_on_list", code=context.the_cycle.code)
            return None, {}
        try:
            results.check_result(case, found, now=context.by.at)
        except (Refused, RuleRefusal) as refusal:
            row.refuse(RESULT_FIELDS.get(refusal.code, "iin"), refusal)
        if access.is_own(context.by.user, case.employee):
            row.fail("iin", "own_result")
        current = self.current.get(case.pk)
        return None if current is None else vars(results.facts_of(current)), vars(found)

    def _found(self, row: SheetRow) -> results.ResultFacts:
        total, correct = row.get("questions_total"), row.get("correct_answers")
        wrong = row.get("wrong_questions")
        if wrong is None and row.given("wrong_questions") and total == correct:
            wrong = []
        return results.ResultFacts(
            questions_total=total,
            correct_answers=correct,
            wrong_questions=wrong,
            test_variant=row.get("test_variant") or "",
            finished_at=row.get("finished_at"),
            test_language=row.get("test_language") or "",
        )

    def write(self, plans: Sequence[RowPlan], context: Context) -> None:
        for plan in plans:
            results.record_result(
                self.cases[plan.key],
                results.ResultFacts(**(plan.after or {})),
                by=context.by,
            )
