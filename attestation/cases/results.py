"""Results in, published, corrected, amended (¶17, ¶21, I-13): superseded, never edited."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, bulk, journal, lookup
from attestation.by import By
from attestation.cases import reattestation
from attestation.cases.lifecycle import Event, move_all
from attestation.deadlines.ledger import open_deadline, open_scoring_deadline
from attestation.law.calendar import local_day, result_dues
from attestation.law.facts import check_score, check_wrong_list
from attestation.models import (
    Attestation,
    Cycle,
    Deadline,
    Decision,
    Result,
    ResultSource,
    Status,
)
from attestation.notices import outbox
from attestation.refusals import Refused

Kind = Deadline.Kind


@dataclass(frozen=True)
class ResultFacts:
    """One test as the Platform reports it; `wrong_questions` is None where it gives no list, `test_language`
    (`kk`, `ru`) empty where it names none."""

    questions_total: int
    correct_answers: int
    wrong_questions: list[int] | None
    test_variant: str
    finished_at: datetime
    test_language: str = ""


def facts_of(result: Result) -> ResultFacts:
    """The test as it stands on record."""
    return ResultFacts(
        result.questions_total,
        result.correct_answers,
        result.wrong_questions,
        result.test_variant,
        result.finished_at,
        result.test_language,
    )


def check_result(
    attestation: Attestation, found: ResultFacts, current: Result | None, *, now: datetime
) -> None:
    """¶17: whether the result may go on record in place of the case's current one.

    Raises Refused (not admitted, published already, outside the testing stage) or RuleRefusal (numbers).
    """
    check_score(found.correct_answers, found.questions_total)
    check_wrong_questions(found)
    if attestation.status not in (Status.ADMITTED, Status.ABSENT, Status.TESTED):
        raise Refused(
            "result_not_admitted",
            _(
                "Case %(case)s: the attestee is not admitted to testing (status “%(status)s”), so there "
                "can be no result. Check the IIN and the cycle."
            ),
            cite="¶14",
            case=attestation.case_no,
            status=attestation.get_status_display(),
        )
    check_finished(attestation, found, now)
    if current is not None and current.published_at is not None and not same_result(current, found):
        raise Refused(
            "result_published",
            _(
                "Case %(case)s: the result %(result)s is published. A clerical error is corrected on the "
                "case's page, with a reason and a new appeal term."
            ),
            case=attestation.case_no,
            result=str(current),
        )


def check_wrong_questions(found: ResultFacts) -> None:
    """I-13: the list, where there is one, has exactly total − correct different numbers of the test."""
    if found.wrong_questions is not None:
        check_wrong_list(found.correct_answers, found.questions_total, found.wrong_questions)


def check_finished(attestation: Attestation, found: ResultFacts, now: datetime) -> None:
    cycle = attestation.cycle
    if found.finished_at > now:
        raise Refused(
            "finished_in_future",
            _("Case %(case)s: the test finished in the future (%(moment)s)? Correct the time."),
            case=attestation.case_no,
            moment=f"{found.finished_at:%d.%m.%Y %H:%M}",
        )
    if not cycle.testing_starts <= local_day(found.finished_at) <= cycle.testing_ends:
        raise Refused(
            "finished_outside_stage",
            _(
                "Case %(case)s: the test finished on %(day)s, outside the testing stage "
                "(%(starts)s – %(ends)s). Check the time or the cycle."
            ),
            case=attestation.case_no,
            day=f"{local_day(found.finished_at):%d.%m.%Y}",
            starts=f"{cycle.testing_starts:%d.%m.%Y}",
            ends=f"{cycle.testing_ends:%d.%m.%Y}",
        )


def same_result(current: Result, found: ResultFacts) -> bool:
    """Whether the row on record says the same."""
    return facts_of(current) == found


def supersede_results(results: Collection[Result], *, now: datetime) -> None:
    """Take current rows out of force, and the provisional decisions that stood on them."""
    cases = [result.attestation_id for result in results]
    Decision.objects.current().filter(attestation__in=cases, state=Decision.State.PROVISIONAL).update(
        superseded_at=now
    )
    Result.objects.filter(pk__in=[result.pk for result in results]).update(superseded_at=now)


def new_result(
    attestation: Attestation,
    found: ResultFacts,
    supersedes: Result | None,
    *,
    source: str,
    reason: str,
    by: By,
) -> Result:
    """A result of the case, unsaved and unpublished."""
    return Result(
        attestation=attestation,
        **vars(found),
        source=source,
        reason=reason,
        supersedes=supersedes,
        recorded_at=by.at,
        recorded_by=by.user,
    )


def record_result(attestation: Attestation, found: ResultFacts, *, by: By) -> Result:
    """¶17: put a result on record, unpublished. The same result again is the row that is there."""
    (result,) = record_results({attestation.pk: found}, by=by)
    return result


@transaction.atomic
def record_results(found: Mapping[int, ResultFacts], *, by: By) -> list[Result]:
    """¶17: put results on record by the keys of their cases, unpublished; how many statements it takes does
    not depend on how many they are. The same result again is the row that is there.

    Raises Refused or RuleRefusal and changes nothing.
    """
    cases = lookup.locked_all(found)
    centers, people = (
        {case.center_id for case in cases.values()},
        {case.employee_id for case in cases.values()},
    )
    access.require_all(by.user, "import_results", centers, people)
    current = lookup.current_results(found)
    for case, facts in found.items():
        check_result(cases[case], facts, current.get(case), now=by.at)
    fresh = {
        case: facts
        for case, facts in found.items()
        if case not in current or not same_result(current[case], facts)
    }
    supersede_results([current[case] for case in fresh if case in current], now=by.at)
    bulk.insert_objects(
        [
            new_result(cases[case], facts, current.get(case), source=ResultSource.PLATFORM, reason="", by=by)
            for case, facts in fresh.items()
        ]
    )
    current |= lookup.current_results(fresh)
    move_all([(cases[case], result_data(current[case])) for case in fresh], Event.RECORD_RESULT, by=by)
    return [current[case] for case in found]


def result_data(result: Result) -> dict[str, object]:
    return {
        "result": result.pk,
        "correct": result.correct_answers,
        "total": result.questions_total,
        "supersedes": result.supersedes_id,
    }


@transaction.atomic
def publish_results(cycle: Cycle, *, by: By) -> list[Result]:
    """¶21: publish what is on record and unpublished; appeal terms begin. Again: nothing to do."""
    access.require(by.user, "publish_results", cycle.center)
    unpublished = Result.objects.current().filter(attestation__cycle=cycle, published_at__isnull=True)
    # Every case is locked before the first journal entry: its head stays locked to the end, and a sweep that
    # held one of the cases would wait for it while we wait for the case.
    waited_for = list(unpublished.values_list("attestation_id", flat=True))
    cases = Attestation.objects.filter(pk__in=waited_for).order_by("pk")
    reattestation.lock_duties(list(cases.select_for_update(of=("self",), no_key=True)))
    waiting = list(unpublished.order_by("pk"))
    published = []
    for result in waiting:
        attestation = lookup.locked(Attestation(pk=result.attestation_id))
        Result.objects.filter(pk=result.pk).update(published_at=by.at)
        result.published_at = by.at
        open_appeal_deadlines(attestation, result, now=by.at)
        journal.record("publish", by=by, attestation=attestation, data=result_data(result))
        reattestation.meet_by_publishing(attestation, by=by)
        open_scoring_deadline(attestation, now=by.at)
        published.append(result)
    return published


def open_appeal_deadlines(
    attestation: Attestation, result: Result, *, now: datetime, notice: str = "result_published"
) -> None:
    """¶21, I-08, I-12: the two working days, and the grace after them; the attestee is told."""
    calendar, params = lookup.work_calendar(local_day(now)), lookup.parameters_of(attestation)
    rule_set = lookup.rule_set_of(attestation)
    corrected = result.source == ResultSource.CORRECTION
    dues = result_dues(now, calendar, params, rule_set.settings(), corrected=corrected)
    deadline: Deadline | None = None
    for kind, due in zip((Kind.APPEAL, Kind.GRACE), dues, strict=True):
        deadline = open_deadline(
            kind,
            f"{kind.value}:{result.pk}",
            due,
            employee=attestation.employee,
            attestation=attestation,
            counted_from=now,
            now=now,
            rule_set=rule_set,
            follows=deadline,
        )
    outbox.queue(notice, key=f"result:{result.pk}", now=now, attestation=attestation)
