"""Which points and readings an answer of the law rests on, read from the answer itself."""

from __future__ import annotations

from typing import Any, TypeVar

from attestation.law.admission import Admission
from attestation.law.calendar import Due
from attestation.law.category_periods import PeriodPlan
from attestation.law.grounds import Fallen
from attestation.law.hearing import Hearers
from attestation.law.listing import StageRow, Standing
from attestation.law.parameters import Parameter
from attestation.law.reasons import Bound, Points, Step, Verdict
from attestation.law.refusals import RuleRefusal
from attestation.law.standing import Stand
from scoring.criteria import Window

T = TypeVar("T")


def cites_of(answer: Any) -> set[str]:
    """The cites and readings that `answer` carries. Raises TypeError for what carries none, as a string."""
    if isinstance(answer, RuleRefusal | Bound | Parameter | StageRow):
        return {answer.cite}
    if isinstance(answer, Step):
        return {answer.cite, *answer.readings}
    if isinstance(answer, Due | PeriodPlan):
        return {*answer.cites, *answer.readings}
    if isinstance(answer, Standing | Stand | Fallen | Hearers):
        return set(answer.readings)
    if isinstance(answer, Window):
        return cites_of(answer.step())
    if isinstance(answer, Verdict):
        return {*answer.cites}.union(*map(cites_of, answer.steps))
    if isinstance(answer, Points | Admission):
        return set().union(*map(cites_of, answer.steps))
    if type(answer) in (tuple, list):
        return set().union(*map(cites_of, answer))
    raise TypeError(f"{answer!r} carries no cites")


class Observed:
    """Collects the cites of the answers a test looks at, and hands the answers on."""

    def __init__(self) -> None:
        self.cites: set[str] = set()

    def __call__(self, answer: T) -> T:
        self.cites |= cites_of(answer)
        return answer
