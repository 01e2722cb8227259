"""What App. 1-2 is filled in from: window, ratings, violations, and whether they are read (I-06, I-27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, Q

from attestation import lookup
from attestation.law.calendar import local_day
from attestation.law.parameters import Parameters
from attestation.law.reasons import Points
from attestation.law.settings import Settings
from attestation.models import Attestation, Decision, Result
from scoring.criteria import Window, assess, rating_of, window
from scoring.models import Assessment, Rating, RatingRuling, ReadThrough, Violation


@dataclass(frozen=True)
class Evidence:
    """The facts of one assessment as they stand on record; a row that is not read has none."""

    result: Result
    span: Window
    scores: tuple[Decimal, ...]
    violations: int | None
    ratings_read_on: date | None
    violations_read_on: date | None
    ruling: RatingRuling | None

    @property
    def ratings_read(self) -> bool:
        """I-27: whether the ratings are read through the end of the window."""
        return self.ratings_read_on is not None

    @property
    def rating_sum(self) -> Decimal | None:
        """I-26: the exact sum; None without a score. Not the database's sum: SQLite adds binary floats."""
        return sum(self.scores, Decimal()) if self.scores else None

    def points(self, params: Parameters, settings: Settings, *, ruled: bool = True) -> Points:
        """App. 1-2 by these facts; `ruled=False` as if the commission had not ruled yet."""
        return assess(
            self.result.correct_answers,
            self.result.questions_total,
            rating_of(self.scores),
            self.violations,
            self.ruling.points if ruled and self.ruling else None,
            self.ratings_read,
            params,
            settings,
            self.span,
        )

    def ready_on(self) -> date | None:
        """I-28: the day on which the last of the data or the ruling came."""
        days = [self.ratings_read_on, self.violations_read_on]
        if self.ruling is not None:
            days.append(local_day(self.ruling.ruled_at))
        return max((day for day in days if day is not None), default=None)


def gather(attestation: Attestation, result: Result) -> Evidence:
    """App. 1-2 footnote: the specialist's own ratings and violations in the window, where they are read."""
    counted = counted_through(attestation)
    span = window(attestation.cycle.testing_ends, counted, lookup.parameters_of(attestation))
    ratings_read_on = read_on(attestation, ReadThrough.Kind.RATINGS, span)
    violations_read_on = read_on(attestation, ReadThrough.Kind.VIOLATIONS, span)
    return Evidence(
        result=result,
        span=span,
        scores=_scores(attestation, span) if ratings_read_on else (),
        violations=_violations(attestation, span) if violations_read_on else None,
        ratings_read_on=ratings_read_on,
        violations_read_on=violations_read_on,
        ruling=RatingRuling.objects.filter(attestation=attestation).first(),
    )


def counted_through(attestation: Attestation) -> date | None:
    """I-06: the last day that the specialist's previous attestation has used up, by the setting `window`."""
    reading = lookup.settings_of(attestation).window
    if reading == "since_final":
        return lookup.previous_final_on(attestation)
    return _previous_window_end(attestation) if reading == "between" else None


def _previous_window_end(attestation: Attestation) -> date | None:
    """I-06: the last day of the window of the previous assessment under a final decision that stands."""
    ends = attestation.cycle.testing_ends
    standing = Decision.objects.current().filter(
        attestation__employee_id=attestation.employee_id, state=Decision.State.FINAL
    )
    # Lists of before I-31 may hold two of one day: the second has nothing left to count.
    earlier = Q(window_to__lt=ends) | Q(window_to=ends, attestation__lt=attestation.pk)
    previous = Assessment.objects.filter(earlier, pk__in=standing.values("assessment_id"))
    last: date | None = previous.aggregate(last=Max("window_to"))["last"]
    return last


def window_moved(attestation: Attestation) -> bool:
    """I-06, I-32: whether the score on record counted other days than the window has now."""
    score = Assessment.objects.current().filter(attestation=attestation).first()
    if score is None:
        return False
    ends, params = attestation.cycle.testing_ends, lookup.parameters_of(attestation)
    return window(ends, counted_through(attestation), params) != (score.window_from, score.window_to)


def windows_not_between(standing: Mapping[int, Attestation]) -> set[int]:
    """I-06: the cases (keys) whose window `between` would begin on another day; one query.

    `standing` are all the cases of some people whose final decision stands, by the assessment under each.
    """
    counted: dict[int, date] = {}
    otherwise = set()
    for score in Assessment.objects.filter(pk__in=standing).order_by("window_to", "attestation"):
        case = standing[score.pk]
        last = counted.get(case.employee_id)
        span = window(case.cycle.testing_ends, last, lookup.parameters_of(case))
        if span.first_day != score.window_from:
            otherwise.add(case.pk)
        counted[case.employee_id] = score.window_to
    return otherwise


def points_on(attestation: Attestation, result: Result) -> Points:
    """App. 1-2: the points that a result would give by the data on record; the result may be unsaved."""
    evidence = gather(attestation, result)
    return evidence.points(lookup.parameters_of(attestation), lookup.settings_of(attestation))


def read_on(attestation: Attestation, kind: str, span: Window) -> date | None:
    """I-27: the day of the first record that the centre's data are read through the window's end."""
    first = (
        ReadThrough.objects.filter(center_id=attestation.center_id, kind=kind, through__gte=span.last_day)
        .order_by("recorded_at", "pk")
        .first()
    )
    return None if first is None else local_day(first.recorded_at)


def _scores(attestation: Attestation, span: Window) -> tuple[Decimal, ...]:
    return tuple(
        Rating.objects.standing()
        .filter(employee_id=attestation.employee_id, rated_on__range=span)
        .order_by("rated_on", "pk")
        .values_list("score", flat=True)
    )


def _violations(attestation: Attestation, span: Window) -> int:
    of_person = Violation.objects.standing().filter(employee_id=attestation.employee_id)
    return of_person.filter(recorded_on__range=span).count()
