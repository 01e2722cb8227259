"""The health of the questions of a cycle: the figures of each, with its appeals and rulings so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from appeals.models import Appeal, AppealItem, FaultyQuestion
from appeals.question_health import Health, Taker, examine
from attestation import access
from attestation.models import Cycle, Result, ResultSource, User


@dataclass(frozen=True)
class QuestionLine:
    """One question: its figures; how many appeals dispute it, how many were upheld and rejected; whether it
    was ruled faulty."""

    health: Health
    appeals: int
    upheld: int
    rejected: int
    faulty: bool

    @property
    def differs(self) -> bool:
        """Whether the commissions ruled both ways."""
        return bool(self.upheld and self.rejected)

    @property
    def marked(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.health.flags) or self.differs


@dataclass(frozen=True)
class Test:
    """The takers of one variant with so many questions: who has a list of wrong questions, and who has none
    and counts in no figure."""

    variant: str
    total: int
    takers: int
    without_list: int
    lines: list[QuestionLine]

    @property
    def marked(self) -> int:
        """Of how many questions somebody should look."""
        return sum(line.marked for line in self.lines)


@dataclass(frozen=True)
class CycleHealth:
    """Every test of a cycle in the reader's sight, and how many results name no variant: of them nobody can
    tell who had the same question."""

    tests: list[Test]
    without_variant: int


def health_of(cycle: Cycle, user: User) -> CycleHealth:
    """Of the published results in the user's sight, as they were answered: what a ruling or an appeal
    changed later is not taken into the figures."""
    rows = _answered(cycle, user)
    tests: dict[tuple[str, int], list[Taker]] = defaultdict(list)
    unlisted: Counter[tuple[str, int]] = Counter()
    without_variant = 0
    for variant, total, wrong, language in rows:
        if not variant:
            without_variant += 1
        elif wrong is None:
            unlisted[variant, total] += 1
        else:
            tests[variant, total].append(Taker(wrong, language))
    rulings, faulty = _rulings(cycle, user), _faulty(cycle)
    return CycleHealth(
        [
            _test(key, tests.get(key, []), unlisted[key], rulings, faulty)
            for key in sorted({*tests, *unlisted})
        ],
        without_variant,
    )


def _answered(cycle: Cycle, user: User) -> list[tuple[str, int, list[int] | None, str]]:
    """The last result of each case that no appeal made; a clerical error counts as it was corrected."""
    found = (
        access.scoped(user, Result.objects.filter(attestation__cycle=cycle, published_at__isnull=False))
        .exclude(source=ResultSource.APPEAL)
        .order_by("pk")
        .values_list("attestation", "test_variant", "questions_total", "wrong_questions", "test_language")
    )
    last = {case: (variant, total, wrong, language) for case, variant, total, wrong, language in found}
    return list(last.values())


def _rulings(cycle: Cycle, user: User) -> dict[tuple[str, int, int], tuple[int, int, int]]:
    """Appeals in time, upheld and rejected, by variant, number of questions and question."""
    items: QuerySet[AppealItem] = access.scoped(
        user, AppealItem.objects.filter(appeal__attestation__cycle=cycle)
    )
    counted = (
        items.exclude(appeal__state=Appeal.State.LATE)
        .order_by()
        .values_list("appeal__result__test_variant", "appeal__result__questions_total", "question")
        .annotate(
            appeals=Count("pk"),
            upheld=Count("pk", filter=Q(ruling=AppealItem.Ruling.UPHOLD)),
            rejected=Count("pk", filter=Q(ruling=AppealItem.Ruling.REJECT)),
        )
    )
    return {
        (variant, total, question): (appeals, upheld, rejected)
        for variant, total, question, appeals, upheld, rejected in counted
    }


def _faulty(cycle: Cycle) -> set[tuple[str, int]]:
    ruled = FaultyQuestion.objects.filter(cycle=cycle).values_list("test_variant", "question")
    return set(ruled)


def _test(
    key: tuple[str, int],
    takers: list[Taker],
    without_list: int,
    rulings: dict[tuple[str, int, int], tuple[int, int, int]],
    faulty: set[tuple[str, int]],
) -> Test:
    variant, total = key
    lines = [
        QuestionLine(
            health,
            *rulings.get((variant, total, health.question), (0, 0, 0)),
            faulty=(variant, health.question) in faulty,
        )
        for health in examine(total, takers)
    ]
    return Test(variant, total, len(takers), without_list, lines)
