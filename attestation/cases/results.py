"""Results in, published, corrected, amended (¶17, ¶21, I-13): superseded, never edited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup, notices
from attestation.by import By
from attestation.cases import reattestation
from attestation.cases.correction_requests import close_granted
from attestation.cases.lifecycle import Event, guard, move
from attestation.cases.testing_stage import end_stage_of
from attestation.deadlines.ledger import open_scoring_term, open_term, void_terms
from attestation.law.calendar import local_day, result_dues
from attestation.law.facts import check_score, check_wrong_list, passes, threshold
from attestation.law.vocabulary import Position, Purpose
from attestation.models import (
    Attestation,
    Cycle,
    Deadline,
    Decision,
    Result,
    ResultSource,
    Status,
)
from attestation.refusals import Refused

Kind = Deadline.Kind


@dataclass(frozen=True)
class ResultFacts:
    """One test as the Platform reports it; `wrong_questions` is None where it gives no list."""

    questions_total: int
    correct_answers: int
    wrong_questions: list[int] | None
    test_variant: str
    finished_at: datetime


def check_result(attestation: Attestation, found: ResultFacts, *, now: datetime) -> Result | None:
    """¶17: whether the result may go on record; returns the unpublished one it would replace.

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
    _check_finished(attestation, found, now)
    current = lookup.current_result(attestation)
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
    return current


def check_wrong_questions(found: ResultFacts) -> None:
    """I-13: the list, where there is one, has exactly total − correct different numbers of the test."""
    if found.wrong_questions is not None:
        check_wrong_list(found.correct_answers, found.questions_total, found.wrong_questions)


def _check_finished(attestation: Attestation, found: ResultFacts, now: datetime) -> None:
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
    return (
        current.questions_total == found.questions_total
        and current.correct_answers == found.correct_answers
        and current.wrong_questions == found.wrong_questions
        and current.test_variant == found.test_variant
        and current.finished_at == found.finished_at
    )


def _supersede(attestation: Attestation, now: datetime) -> Result | None:
    """Take the current row out of force, and the provisional decision that stood on it."""
    current = lookup.current_result(attestation)
    if current is None:
        return None
    Decision.objects.current().filter(attestation=attestation, state=Decision.State.PROVISIONAL).update(
        superseded_at=now
    )
    Result.objects.filter(pk=current.pk).update(superseded_at=now)
    return current


def _create(
    attestation: Attestation,
    found: ResultFacts,
    *,
    supersedes: Result | None,
    source: str,
    reason: str,
    by: By,
    published: bool,
) -> Result:
    return Result.objects.create(
        attestation=attestation,
        questions_total=found.questions_total,
        correct_answers=found.correct_answers,
        wrong_questions=found.wrong_questions,
        test_variant=found.test_variant,
        finished_at=found.finished_at,
        source=source,
        reason=reason,
        supersedes=supersedes,
        recorded_at=by.at,
        recorded_by=by.user,
        published_at=by.at if published else None,
    )


@transaction.atomic
def record_result(attestation: Attestation, found: ResultFacts, *, by: By) -> Result:
    """¶17: put a result on record, unpublished. The same result again is the row that is there."""
    attestation = lookup.locked(attestation)
    access.require(by.user, "import_results", attestation.center, attestation.employee)
    current = check_result(attestation, found, now=by.at)
    if current is not None and same_result(current, found):
        return current
    before = _supersede(attestation, by.at)
    result = _create(
        attestation,
        found,
        supersedes=before,
        source=ResultSource.PLATFORM,
        reason="",
        by=by,
        published=False,
    )
    move(attestation, Event.RECORD_RESULT, by=by, data=_result_data(result))
    return result


def _result_data(result: Result) -> dict[str, object]:
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
        _open_appeal_terms(attestation, result, now=by.at)
        journal.record("publish", by=by, attestation=attestation, data=_result_data(result))
        reattestation.meet_by_publishing(attestation, by=by)
        open_scoring_term(attestation, now=by.at)
        published.append(result)
    return published


def _open_appeal_terms(
    attestation: Attestation, result: Result, *, now: datetime, notice: str = "result_published"
) -> None:
    """¶21, I-08, I-12: the two working days, and the grace after them; the attestee is told."""
    calendar, params = lookup.work_calendar(local_day(now)), lookup.parameters_of(attestation)
    rule_set = lookup.rule_set_of(attestation)
    corrected = result.source == ResultSource.CORRECTION
    dues = result_dues(now, calendar, params, rule_set.settings(), corrected=corrected)
    for kind, due in zip((Kind.APPEAL, Kind.GRACE), dues, strict=True):
        open_term(
            kind,
            f"{kind.value}:{result.pk}",
            due,
            employee=attestation.employee,
            attestation=attestation,
            counted_from=now,
            now=now,
            rule_set=rule_set,
        )
    notices.queue(notice, key=f"result:{result.pk}", now=now, attestation=attestation)


@transaction.atomic
def correct_result(
    attestation: Attestation,
    found: ResultFacts,
    *,
    reason: str,
    by: By,
    document: str = "",
) -> Result:
    """A clerical error in a published result: an act with a reason, and a new appeal term (¶21).

    After the final decision it takes two persons: `propose_correction` (I-33).
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "correct_result", attestation.center, attestation.employee)
    attestation = _locked_after_stage(attestation, by.at)
    if attestation.status == Status.FINAL:
        raise Refused(
            "decision_final",
            _(
                "Case %(case)s: the decision is final, so two persons correct the result. Propose the "
                "correction; a second person confirms it."
            ),
            cite="I-33",
            case=attestation.case_no,
        )
    guard(attestation, Event.RESCIND)
    current = check_correction(attestation, found, by.at)
    if not reason.strip():
        raise Refused("reason_missing", _("Give the reason of the correction."))
    refuse_under_appeal(attestation)
    if same_result(current, found):
        return current
    close_granted(attestation, corrected_at=by.at)
    return put_right(attestation, found, reason=reason, document=document, by=by)


def check_correction(attestation: Attestation, found: ResultFacts, now: datetime) -> Result:
    """¶17, I-13: whether these could be the right numbers; returns the published result they would replace.

    Raises Refused or RuleRefusal.
    """
    check_score(found.correct_answers, found.questions_total)
    check_wrong_questions(found)
    _check_finished(attestation, found, now)
    current = lookup.published_result(attestation)
    if current is None:
        raise Refused(
            "result_unpublished",
            _("Case %(case)s: no result is published; import the right one instead."),
            case=attestation.case_no,
        )
    return current


def refuse_under_appeal(attestation: Attestation) -> None:
    """I-12: an open appeal is ruled on before a clerical error is corrected. Raises Refused."""
    if attestation.open_appeals:
        raise Refused(
            "under_appeal",
            _("Case %(case)s is under appeal: the commission rules first, then the error is corrected."),
            case=attestation.case_no,
        )


def put_right(
    attestation: Attestation,
    found: ResultFacts,
    *,
    reason: str,
    document: str,
    by: By,
    notice: str = "result_published",
) -> Result:
    """I-33: the corrected result in place of the published one; a new appeal term runs (¶21).

    The caller holds the lock and has checked everything; no decision on the case is final.
    """
    result = _replace(attestation, found, ResultSource.CORRECTION, reason, by=by, document=document)
    void_terms(
        attestation, [Kind.APPEAL, Kind.GRACE, Kind.SCORING], now=by.at, closed_by=f"result {result.pk}"
    )
    _open_appeal_terms(attestation, result, now=by.at, notice=notice)
    # As I-12 has it for an appeal: what was corrected today can't have been assessed before.
    over = attestation.rule_set is not None
    open_scoring_term(attestation, now=by.at, from_day=local_day(by.at) if over else None)
    return result


@transaction.atomic
def amend_result(
    attestation: Attestation,
    *,
    correct: int,
    wrong: list[int] | None,
    reason: str,
    by: By,
) -> Result:
    """I-13: the result after upheld items, published at once; it never falls by an appeal.

    Score and decision are formed afresh from it (I-12). Where only the appeal took it over the
    threshold, a new term for the assessment runs from today. The same numbers again are the result on record.
    """
    attestation = _locked_after_stage(attestation, by.at)
    current = lookup.published_result(attestation)
    if current is None or correct < current.correct_answers:
        raise Refused(
            "result_would_fall",
            _("Case %(case)s: an appeal never lowers a result."),
            cite="I-13",
            case=attestation.case_no,
        )
    passed_before = _passes(attestation, current)
    found = ResultFacts(current.questions_total, correct, wrong, current.test_variant, current.finished_at)
    if same_result(current, found):
        return current
    result = _replace(attestation, found, ResultSource.APPEAL, reason, by=by)
    if not passed_before and _passes(attestation, result) and attestation.rule_set is not None:
        open_scoring_term(attestation, now=by.at, from_day=local_day(by.at))
    notices.queue("result_amended", key=f"amended:{result.pk}", now=by.at, attestation=attestation)
    return result


def _locked_after_stage(attestation: Attestation, now: datetime) -> Attestation:
    """I-21, I-28: a stage that is over has ended for this case, whether or not the sweep came by.

    What follows a new result depends on it: which term runs for the assessment, and from which day (I-12).
    """
    attestation = lookup.locked(attestation)
    return lookup.locked(attestation) if end_stage_of(attestation, now=now) else attestation


def _passes(attestation: Attestation, result: Result) -> bool:
    """¶17: whether the result reaches the threshold of the case."""
    bound = threshold(
        Position(attestation.position),
        Purpose(attestation.purpose),
        lookup.parameters_of(attestation),
        lookup.settings_of(attestation),
    )
    return passes(result.correct_answers, result.questions_total, bound)


def _replace(
    attestation: Attestation,
    found: ResultFacts,
    source: str,
    reason: str,
    *,
    by: By,
    document: str = "",
) -> Result:
    before = _supersede(attestation, by.at)
    result = _create(
        attestation,
        found,
        supersedes=before,
        source=source,
        reason=reason,
        by=by,
        published=True,
    )
    move(
        attestation,
        Event.RESCIND,
        by=by,
        data={
            **_result_data(result),
            "source": source,
            "why": reason,
            **({"document": document} if document else {}),
        },
    )
    return result
