"""A faulty question: everyone of the cycle who got it wrong, amended by one ruling (I-12, I-13, I-14).

The table shown before and the act are formed by the same function from the same rows; the act forms it anew
under the locks of the cases and refuses where it is not the table that was confirmed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from appeals import rules
from appeals.models import AppealItem, FaultyQuestion
from appeals.services.competence import require_competent
from appeals.services.differing import settle_by_faulty
from attestation import journal
from attestation.by import By
from attestation.cases.result_changes import amend_by_ruling
from attestation.cases.what_if import Standing, foresee, standing
from attestation.journal import canonical
from attestation.lookup import locked, published_result
from attestation.models import Attestation, Cycle, Result, Status, User
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text

# Whoever has a published result that can still move.
CONCERNED = (Status.TESTED, Status.HELD, Status.SCORED, Status.PROVISIONAL, Status.FINAL)


@dataclass(frozen=True)
class Change:
    """What the ruling changes for one attestee: correct answers, and the decision in force and as it will be
    formed afresh. `under_appeal`: an open appeal disputes this very question."""

    attestation_id: int
    case: str
    total: int
    before: int
    after: int
    decision_before: Standing
    decision_after: Standing
    under_appeal: bool

    @property
    def changes_decision(self) -> bool:
        """Whether another outcome, category or number of points follows."""
        one, other = self.decision_before, self.decision_after
        return (one.outcome, one.category, one.points) != (other.outcome, other.category, other.points)


def variants_of(cycle: Cycle) -> list[str]:
    """The test variants named by the published results of the cycle."""
    named = _published(cycle).exclude(test_variant="").order_by("test_variant")
    return list(named.values_list("test_variant", flat=True).distinct())


def _published(cycle: Cycle) -> QuerySet[Result]:
    return Result.objects.current().filter(
        attestation__cycle=cycle, published_at__isnull=False, attestation__status__in=CONCERNED
    )


def faulty_dry_run(cycle: Cycle, test_variant: str, question: int, *, now: datetime) -> list[Change]:
    """What marking the question faulty would change, case by case; nothing is written. Raises Refused."""
    _check_named(cycle, test_variant, question)
    found = (
        _published(cycle)
        .filter(test_variant=test_variant, wrong_questions__isnull=False)
        .select_related(
            "attestation__cycle", "attestation__employee", "attestation__center", "attestation__rule_set"
        )
        .order_by("attestation__case_no", "attestation")
    )
    concerned = [result for result in found if question in (result.wrong_questions or ())]
    disputed = set(
        AppealItem.objects.unclosed()
        .filter(question=question, appeal__attestation__cycle=cycle)
        .values_list("appeal__attestation_id", flat=True)
    )
    return [_change(result, question, result.attestation_id in disputed, now) for result in concerned]


def _change(result: Result, question: int, under_appeal: bool, now: datetime) -> Change:
    case, after = result.attestation, _amended(result, question)
    return Change(
        attestation_id=case.pk,
        case=case.case_no,
        total=result.questions_total,
        before=result.correct_answers,
        after=after.correct_answers,
        decision_before=standing(case),
        decision_after=foresee(case, after, now=now),
        under_appeal=under_appeal,
    )


def _amended(result: Result, question: int) -> Result:
    """I-13: the result with the question counted as correct; unsaved."""
    correct, wrong = rules.apply_upheld(
        result.correct_answers, result.questions_total, result.wrong_questions, [question]
    )
    return Result(
        attestation=result.attestation,
        questions_total=result.questions_total,
        correct_answers=correct,
        wrong_questions=None if wrong is None else list(wrong),
        test_variant=result.test_variant,
        finished_at=result.finished_at,
    )


def _check_named(cycle: Cycle, test_variant: str, question: int) -> None:
    if not test_variant.strip():
        raise Refused(
            "variant_missing",
            gettext_lazy(
                "Name the test variant: without it nobody can tell who had the same question. Results "
                "without a variant are amended by appeals, one by one."
            ),
        )
    unpublished = Result.objects.current().filter(
        attestation__cycle=cycle, test_variant=test_variant, published_at__isnull=True
    )
    if unpublished.exists():
        raise Refused(
            "results_unpublished",
            gettext_lazy(
                "Cycle %(cycle)s: %(count)s results of the variant “%(variant)s” are not published yet. "
                "Publish them first, so that one ruling reaches everyone."
            ),
            cycle=cycle.code,
            count=unpublished.count(),
            variant=test_variant,
        )


def nobody_concerned(cycle: Cycle, question: int) -> Refused:
    """What is said where the table is empty, with the variants that there are."""
    return Refused(
        "nobody_concerned",
        gettext_lazy(
            "Cycle %(cycle)s: nobody's list of wrong questions has the number %(question)s in that variant, "
            "so there is nothing to change. Check both; the variants of the cycle: %(variants)s."
        ),
        cycle=cycle.code,
        question=question,
        variants=", ".join(variants_of(cycle)) or "–",
    )


def changes_of(ruling: FaultyQuestion) -> list[Change]:
    """The table of a ruling, as it was confirmed."""
    return [
        Change(
            **{
                **change,
                "decision_before": Standing(**change["decision_before"]),
                "decision_after": Standing(**change["decision_after"]),
            }
        )
        for change in ruling.changes
    ]


def digest_of(changes: Sequence[Change]) -> str:
    """SHA-256 (hex) of the table, by which a confirmation says which one was seen."""
    return hashlib.sha256(canonical({"changes": [asdict(change) for change in changes]}).encode()).hexdigest()


@transaction.atomic
def mark_faulty(
    cycle: Cycle,
    test_variant: str,
    question: int,
    *,
    reason: str,
    by: By,
    seen: str | None = None,
) -> FaultyQuestion:
    """A ruling that can't be undone: the question counts as correct for everyone concerned, in one act.

    `seen` is the digest of the table that was confirmed; another one by now is refused, and the same one a
    second time is the ruling on record. Raises Refused.
    """
    seat = require_competent(cycle, by=by)
    assert by.user is not None  # checked: a ruling is always a person's
    reason = required_text(reason, gettext_lazy("Give the reason of the ruling: why the question is faulty."))
    _lock(cycle, test_variant)
    done = FaultyQuestion.objects.filter(
        cycle=cycle, test_variant=test_variant, question=question, digest=seen or ""
    ).first()
    if done is not None:
        return done
    changes = faulty_dry_run(cycle, test_variant, question, now=by.at)
    _check_table(cycle, changes, question, seen, by.user)
    ruling = FaultyQuestion.objects.create(
        cycle=cycle,
        test_variant=test_variant,
        question=question,
        reason=reason,
        commission=seat.commission,
        ruled_by=by.user,
        ruled_at=by.at,
        changes=[asdict(change) for change in changes],
        digest=digest_of(changes),
    )
    for change in changes:
        _amend(ruling, change, by=by)
    settle_by_faulty(cycle, test_variant, question, reason, by=by)
    return ruling


def _lock(cycle: Cycle, test_variant: str) -> None:
    """Every case before the first journal entry, in the order of key, as publishing does."""
    cases = Attestation.objects.filter(
        pk__in=_published(cycle).filter(test_variant=test_variant).values("attestation")
    )
    list(cases.select_for_update(of=("self",)).order_by("pk"))


def _check_table(
    cycle: Cycle, changes: Sequence[Change], question: int, seen: str | None, actor: User
) -> None:
    if not changes:
        raise nobody_concerned(cycle, question)
    if seen is not None and seen != digest_of(changes):
        raise Refused(
            "table_changed",
            gettext_lazy(
                "Something changed since the table was shown. Nothing was done; look through the new table "
                "and confirm it."
            ),
        )
    own, ids = actor.employee_id, [change.attestation_id for change in changes]
    if own is not None and Attestation.objects.filter(pk__in=ids, employee_id=own).exists():
        raise Refused(
            "own_record",
            gettext_lazy("Your own result is among those concerned. Another chair competent here rules."),
        )


def _amend(ruling: FaultyQuestion, change: Change, *, by: By) -> None:
    case = locked(Attestation(pk=change.attestation_id))
    result = published_result(case)
    assert result is not None  # the case was locked when the table was formed
    after = _amended(result, ruling.question)
    amended = amend_by_ruling(
        case,
        correct=after.correct_answers,
        wrong=after.wrong_questions or [],
        reason=coded(
            "faulty_question",
            question=ruling.question,
            variant=ruling.test_variant,
            reason=ruling.reason,
        ),
        by=by,
    )
    journal.record(
        "mark_faulty",
        by=by,
        attestation=case,
        data={"ruling": ruling.pk, "result": amended.pk, **asdict(change)},
    )
