"""The files of a cycle: its list of attestees (¶9), their test results (¶17); courses are in courses.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from attestation import access, lookup
from attestation.cases import cycles, results
from attestation.cases.listing import check_listing, in_the_way, listing_facts, standing_of
from attestation.intake import values, vocabulary
from attestation.intake.batch import BatchResource, lock_rows
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, IntakeResource, SheetRow, import_kind
from attestation.intake.staged import acting, read_batch
from attestation.law.refusals import RuleRefusal
from attestation.models import (
    Attestation,
    Cycle,
    Employee,
    ImportJob,
    ImportRow,
    Result,
    StagedRows,
    Status,
)
from attestation.refusals import Refused

MOST_QUESTIONS = 1_000


declare(
    {
        "own_listing": _("Nobody puts themselves on the list. Ask a colleague to import this row."),
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


class PersonFacts(NamedTuple):
    """An employee, as a row of a cycle's file speaks of them."""

    pk: int
    iin: str
    center__bin: str
    center__parent__bin: str | None


def people_by_iin(user: access.Anyone, iins: Collection[str]) -> dict[str, PersonFacts]:
    """The employees of these IINs in the officer's sight."""
    people = access.scoped(user, Employee.objects.filter(iin__in=iins))
    return {found[1]: PersonFacts(*found) for found in people.values_list(*PersonFacts._fields)}


def open_cases_by_iin(user: access.Anyone, cycle: Cycle, iins: Collection[str]) -> dict[str, int]:
    """The keys of the open cases of the cycle, of these IINs, in the officer's sight."""
    cases = access.scoped(user, Attestation.objects.filter(cycle=cycle, employee__iin__in=iins))
    return dict(cases.exclude(status=Status.CLOSED).values_list("employee__iin", "pk"))


def open_cases(context: Context) -> QuerySet[Attestation]:
    """The open cases of the cycle in the officer's sight."""
    cases = Attestation.objects.filter(cycle=context.the_cycle).exclude(status=Status.CLOSED)
    return access.scoped(context.by.user, cases)


def sight_of(context: Context) -> dict[str, Any]:
    """The days of the testing stage, the centres in the officer's sight, their own record."""
    user, cycle = context.by.user, context.the_cycle
    everywhere = access.sees_everything(user)
    centers = None if everywhere else sorted(access.centers_of(user).values_list("pk", flat=True))
    stage = [cycle.testing_starts.isoformat(), cycle.testing_ends.isoformat()]
    return {"stage": stage, "centers": centers, "own": user and user.employee_id}


def lock_cycle(context: Context) -> None:
    """F-C5: two files of one cycle are confirmed one after the other; its days are those of now."""
    locked = context.locked(Cycle.objects.select_related("center"))
    context.cycle = locked.get(pk=context.the_cycle.pk)


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
class AttesteeResource(OfTheCycle, BatchResource):
    """¶9: who is put on the list of a cycle, and for what."""

    purpose = Column(values.choice(vocabulary.PURPOSES), "Мақсаты", "Цель", "Purpose", required=True)
    declared = Column(
        values.choice(vocabulary.CATEGORIES), "Мәлімделген санат", "Заявленная категория", "Declared category"
    )

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        cycle, wanted = context.the_cycle, self.given_in(rows, "iin")
        people = access.scoped(context.by.user, Employee.objects.filter(iin__in=wanted))
        standing = people.select_related("center__parent").annotate(standing=standing_of(cycle.testing_ends))
        self.people = {person.iin: person for person in standing}
        self.facts = listing_facts(cycle, [person.pk for person in self.people.values()], by=context.by)
        on_list = open_cases(context).filter(employee__iin__in=wanted)
        listed = on_list.values_list("employee__iin", "purpose", "declared")
        self.listed = {iin: (purpose, declared) for iin, purpose, declared in listed}

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        after = {"purpose": row.get("purpose"), "declared": row.get("declared") or ""}
        person = self.people.get(row.get("iin"))
        if person is None:
            self.fail_unknown(row)
            return None, after
        if self.listed.get(person.iin) == (after["purpose"], after["declared"]):
            return after, after
        try:
            check_listing(context.the_cycle, person, **after, facts=self.facts, by=context.by)
        except (Refused, RuleRefusal) as refusal:
            row.refuse(LISTING_FIELDS.get(refusal.code, "iin"), refusal)
        if access.is_own(context.by.user, person):
            row.fail("iin", "own_listing")
        return None, after

    def seen(self, row: SheetRow) -> None:
        """None: an attestee is new; what the listing rests on stands in `derived`."""

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any]:
        person = self.people[row.get("iin")]
        return {"employee": person.pk, "standing": person.standing}

    def sight(self, context: Context) -> dict[str, Any]:
        cycle = context.the_cycle
        return {**sight_of(context), "begun": cycle.testing_has_begun(context.today)}

    def lock(self, job: ImportJob, context: Context) -> None:
        """The cycle, the people, their cases that a new listing closes: all before the first entry."""
        lock_cycle(context)
        self.context = context
        listed = acting(job).values("key")
        lock_rows(Employee.objects.filter(iin__in=listed).order_by("iin"))
        lock_rows(Attestation.objects.filter(employee__iin__in=listed, status=Status.ABSENT).order_by("pk"))

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        cycle = self.context.the_cycle
        in_service = Q(left_on=None) | Q(left_on__gt=self.context.today)
        as_seen = Employee.objects.filter(in_service, iin=OuterRef("key")).annotate(
            standing=standing_of(cycle.testing_ends)
        )
        others = Attestation.objects.filter(
            in_the_way(cycle, self.context.by.at), employee__iin=OuterRef("key")
        )
        return acting(job).filter(
            ~Exists(as_seen.filter(standing=KeyTextTransform("standing", OuterRef("derived"))))
            | Exists(others)
        )

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        listings = [cycles.Listing(kept["employee"], **after) for kept, after in read_batch(rows)]
        cycles.list_attestees(context.the_cycle, listings, by=context.by)
        cases = open_cases(context).filter(employee__iin=OuterRef("key"))
        rows.queryset().update(record=Subquery(cases.values("pk")[:1]))


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
class ResultResource(OfTheCycle, BatchResource):
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
        on_list = open_cases(context).filter(employee__iin__in=self.given_in(rows, "iin"))
        self.cases = {case.employee.iin: case for case in on_list.select_related("employee", "cycle")}
        self.current = lookup.current_results([case.pk for case in self.cases.values()])

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        found = self._found(row)
        case = self.cases.get(row.get("iin"))
        if case is None:
            row.fail("iin", "not_on_list", code=context.the_cycle.code)
            return None, {}
        current = self.current.get(case.pk)
        try:
            results.check_result(case, found, current, now=context.by.at)
        except (Refused, RuleRefusal) as refusal:
            row.refuse(RESULT_FIELDS.get(refusal.code, "iin"), refusal)
        if access.is_own(context.by.user, case.employee):
            row.fail("iin", "own_result")
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

    def seen(self, row: SheetRow) -> int:
        return self.cases[row.get("iin")].version

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any]:
        case = self.cases[row.get("iin")].pk
        current = self.current.get(case)
        return {"case": case, "result": None if current is None else current.pk}

    def sight(self, context: Context) -> dict[str, Any]:
        return sight_of(context)

    def lock(self, job: ImportJob, context: Context) -> None:
        """The cycle, then the cases as `publish_results` locks them: all before the first entry."""
        lock_cycle(context)
        tested = open_cases(context).filter(employee__iin__in=acting(job).values("key"))
        lock_rows(tested.order_by("pk"))

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        case = Attestation.objects.filter(pk=_derived("case"), version=OuterRef("seen"))
        current = Result.objects.current().filter(attestation=_derived("case"))
        as_seen = current.filter(pk=_derived("result"), published_at=None)
        return acting(job).filter(
            ~Exists(case)
            | Q(Exists(current), kind=ImportRow.Kind.NEW)
            | Q(~Exists(as_seen), kind=ImportRow.Kind.CHANGED)
        )

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        found = {kept["case"]: results.ResultFacts(**after) for kept, after in read_batch(rows)}
        results.record_results(found, by=context.by)
        current = Result.objects.current().filter(attestation=_derived("case"))
        rows.queryset().update(record=Subquery(current.values("pk")[:1]))


def _derived(name: str) -> Cast:
    """The key that a staged row keeps under this name."""
    return Cast(KeyTextTransform(name, OuterRef("derived")), BigIntegerField())
