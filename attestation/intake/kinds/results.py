"""The test results of a cycle (¶17)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from attestation import access, lookup
from attestation.cases import results
from attestation.cases.undone_imports import take_back_results
from attestation.intake import values, vocabulary
from attestation.intake.batch import BatchResource, derived_key, lock_rows
from attestation.intake.kinds.cycle_files import (
    OfTheCycle,
    iin_of,
    lock_cycle,
    open_cases,
    stage_and_sight,
    status_words,
)
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, SheetRow, import_kind
from attestation.intake.staged import acting, read_batch
from attestation.intake.traces import Left, numbers_by_record
from attestation.law.refusals import RuleRefusal
from attestation.models import Attestation, ImportJob, ImportRow, JournalEntry, Result, StagedRows, Status
from attestation.refusals import Refused

MOST_QUESTIONS = 1_000

declare(
    {
        "own_result": _("Nobody records their own result. Ask a colleague to import this row."),
        "published_since": _("The result was published since."),
        "replaced_since": _("Another result was put on record in its place since."),
    }
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
class ResultResource(OfTheCycle, BatchResource):
    """¶17: the Platform's test results, put on record unpublished."""

    undoable = True

    iin = iin_of("attestation__employee")
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

    def on_record(self, context: Context) -> QuerySet[Result]:
        current = Result.objects.current().filter(attestation__in=open_cases(context))
        return current.select_related("attestation__employee").order_by(
            "attestation__employee__sort_key", "pk"
        )

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
        if current is not None and results.same_result(current, found):
            return vars(found), vars(found)
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
        return stage_and_sight(context)

    def lock(self, job: ImportJob, context: Context) -> None:
        """The cycle, then the cases as `publish_results` locks them: all before the first entry."""
        lock_cycle(context)
        tested = open_cases(context).filter(employee__iin__in=acting(job).values("key"))
        lock_rows(tested.order_by("pk"))

    def stale(self, job: ImportJob) -> QuerySet[ImportRow]:
        case = Attestation.objects.filter(pk=derived_key("case"), version=OuterRef("seen"))
        current = Result.objects.current().filter(attestation=derived_key("case"))
        as_seen = current.filter(pk=derived_key("result"), published_at=None)
        return acting(job).filter(
            ~Exists(case)
            | Q(Exists(current), kind=ImportRow.Kind.NEW)
            | Q(~Exists(as_seen), kind=ImportRow.Kind.CHANGED)
        )

    def write_batch(self, rows: StagedRows, context: Context) -> None:
        found = {kept["case"]: results.ResultFacts(**after) for kept, after in read_batch(rows)}
        results.record_results(found, by=context.by)
        current = Result.objects.current().filter(attestation=derived_key("case"))
        rows.queryset().update(record=Subquery(current.values("pk")[:1]))

    # --- undone ---------------------------------------------------------------------------------------

    def resting(self, job: ImportJob, rows: StagedRows, context: Context) -> dict[int, Left]:
        """Whose result is published, or was replaced, or whose case went on."""
        numbers = numbers_by_record(rows)
        found = {}
        touched = Result.objects.filter(pk__in=numbers).exclude(pk__in=_as_left(numbers))
        cases = {result.attestation_id: result for result in touched.select_related("attestation")}
        acts = JournalEntry.objects.filter(attestation__in=cases, at__gte=job.confirmed_at).order_by("seq")
        for result in cases.values():
            found[result.pk] = _why_left(result)
        for case, act, data, at, by in acts.values_list(
            "attestation_id", "act", "data", "at", "actor__username"
        ):
            result = cases[case]
            if _is_told_of(result, act, data, found[result.pk].why):
                found[result.pk] = replace(found[result.pk], since=at, by=by or "")
        return {numbers[pk]: left for pk, left in found.items()}

    def undo_batch(self, rows: StagedRows, reason: str, context: Context) -> None:
        undone = rows.queryset().filter(left__isnull=True).values_list("record", "derived")
        replaced = {pk: (derived or {}).get("result") for pk, derived in undone if pk}
        if not replaced:
            return
        again = take_back_results(replaced, job=rows.job_id, reason=reason, by=context.by)
        # The files that had brought the earlier results can be undone in their turn.
        earlier = ImportRow.objects.filter(
            job__kind=self.kind.name, job__cycle=context.cycle, record__in=again
        )
        moved = list(earlier.only("pk", "record"))
        for row in moved:
            assert row.record is not None
            row.record = again[row.record]
        ImportRow.objects.bulk_update(moved, ["record"], batch_size=500)


def _as_left(results: Collection[int]) -> QuerySet[Result]:
    """Those of these results that stand as the file put them on record."""
    standing = Result.objects.current().filter(pk__in=results, published_at=None)
    return standing.filter(attestation__status=Status.TESTED)


def _why_left(result: Result) -> Left:
    if result.superseded_at is not None:
        return Left("replaced_since", result.superseded_at)
    if result.attestation.status == Status.TESTED:
        return Left("published_since", result.published_at)
    return Left("went_on", what=status_words(result.attestation.status))


def _is_told_of(result: Result, act: str, data: dict[str, Any], why: str) -> bool:
    """Whether an entry of the case is that of the act for which its result stays."""
    if why == "replaced_since":
        return data.get("supersedes") == result.pk
    if why == "published_since":
        return act == "publish" and data.get("result") == result.pk
    return bool(data.get("to") == result.attestation.status)
