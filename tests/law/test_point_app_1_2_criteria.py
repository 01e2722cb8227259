"""App. 1-2: the three rows and the footnote (I-04, I-05, I-06, I-26, I-27)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation.law.reasons import exact_text
from attestation.law.refusals import RuleRefusal
from attestation.law.settings import Settings
from scoring.criteria import RatingFacts, Window, assess, rating_of, window
from tests.law.build import DEFAULTS, PARAMS, Evidence, decision, facts, points_of
from tests.law.observed import Observed
from tests.law.profile import law_settings

TESTED_ON = date(2026, 2, 6)


@pytest.mark.point("App. 1-2 row 1", "I-03")
@pytest.mark.parametrize(
    ("correct", "total", "points"),
    [(100, 100, "80"), (65, 80, "65"), (81, 100, "64.8"), (99, 100, "79.2"), (2, 3, "53.3333"), (0, 5, "0")],
)
def test_test_points_are_linear_and_exact(correct: int, total: int, points: str, cited: Observed) -> None:
    scored = cited(points_of(facts(correct=correct, total=total), Evidence()))
    assert scored.test == Fraction(correct * 80, total)
    assert exact_text(scored.test) == points


@pytest.mark.point("App. 1-2 row 2")
@pytest.mark.parametrize(
    ("rating", "points", "held"),
    [
        ("1", 0, ()),
        ("3.8", 0, ()),
        ("3.8999999999999999999999", 0, ()),
        ("3.9", 0, ()),
        ("3.9000000000000000000001", None, ("rating_gap",)),
        ("3.95", None, ("rating_gap",)),
        ("4", None, ("rating_gap",)),
        ("4.0", None, ("rating_gap",)),
        ("4.0000000000000000000001", 10, ()),
        ("4.1", 10, ()),
        ("5", 10, ()),
    ],
)
def test_rating_above_4_is_ten_and_up_to_3_9_is_zero(
    rating: str, points: int | None, held: tuple[str, ...], cited: Observed
) -> None:
    scored = cited(points_of(facts(), Evidence(rating)))
    assert (scored.rating, scored.held) == (points, held)
    assert (scored.total is None) is bool(held)


@pytest.mark.point("App. 1-2 row 3")
@pytest.mark.parametrize(("violations", "points"), [(0, 10), (1, 0), (2, 0), (1000, 0)])
def test_any_violation_is_zero(violations: int, points: int, cited: Observed) -> None:
    assert cited(points_of(facts(), Evidence(violations=violations))).violations == points


@pytest.mark.point("I-04")
@pytest.mark.parametrize(
    ("setting", "ruling", "points"),
    [
        ("commission", None, None),
        ("commission", 10, 10),
        ("commission", 0, 0),
        ("ten", None, 10),
        ("ten", 0, 10),
        ("zero", None, 0),
        ("zero", 10, 0),
    ],
)
def test_gap_is_the_commissions_or_as_set(
    setting: str, ruling: int | None, points: int | None, cited: Observed
) -> None:
    evidence = Evidence("3.95", ruling=ruling)
    assert cited(points_of(facts(), evidence, Settings(rating_gap=setting))).rating == points


@pytest.mark.point("I-05")
@pytest.mark.parametrize(
    ("setting", "ruling", "points"),
    [
        ("commission", None, None),
        ("commission", 10, 10),
        ("commission", 0, 0),
        ("ten", None, 10),
        ("zero", 10, 0),
    ],
)
def test_no_rating_is_the_commissions_or_as_set(
    setting: str, ruling: int | None, points: int | None, cited: Observed
) -> None:
    scored = cited(points_of(facts(), Evidence(None, ruling=ruling), Settings(no_rating=setting)))
    assert scored.rating == points
    assert scored.held == (("no_rating",) if points is None else ())


@pytest.mark.parametrize("rating", ["4.6", "3.0"])
def test_ruling_counts_only_where_row_2_is_held(rating: str) -> None:
    for ruling in (10, 0):
        assert points_of(facts(), Evidence(rating, ruling=ruling)).rating == (10 if rating == "4.6" else 0)


@pytest.mark.point("I-27", "App. 1-2 row 2", "App. 1-2 row 3")
def test_missing_is_not_zero(cited: Observed) -> None:
    unread = cited(points_of(facts(), Evidence(None, None, ratings_read=False)))
    assert unread.held == ("ratings_not_read", "violations_not_read")
    assert (unread.rating, unread.violations, unread.total) == (None, None, None)
    # Whatever was ruled: a ruling stands for missing ratings, not for unread ones.
    assert points_of(facts(), Evidence(None, 0, 10, ratings_read=False)).rating is None


@pytest.mark.point("I-27")
def test_held_rows_hold_the_decision_and_are_cited(cited: Observed) -> None:
    verdict = cited(decision(facts(), Evidence("4.0", None)))
    assert verdict.cites == ("¶17.2", "¶28-1", "App. 1-2 row 2", "App. 1-2 row 3")
    assert verdict.held == ("rating_gap", "violations_not_read")


@pytest.mark.point("App. 1-2 footnote", "I-06")
@pytest.mark.parametrize(
    ("ended_on", "counted_through", "first_day"),
    [
        (TESTED_ON, None, date(2025, 2, 7)),
        (TESTED_ON, date(2025, 2, 5), date(2025, 2, 7)),
        (TESTED_ON, date(2025, 2, 6), date(2025, 2, 7)),
        (TESTED_ON, date(2025, 2, 7), date(2025, 2, 8)),
        (TESTED_ON, date(2025, 11, 3), date(2025, 11, 4)),
        (date(2028, 2, 29), None, date(2027, 3, 1)),
        (date(2029, 2, 28), None, date(2028, 2, 29)),
    ],
)
def test_window_is_twelve_months_and_the_period_between_attestations(
    ended_on: date, counted_through: date | None, first_day: date, cited: Observed
) -> None:
    span = cited(window(ended_on, counted_through))
    assert span == Window(first_day, ended_on) == window(ended_on, counted_through, PARAMS)
    assert [span.contains(day) for day in (first_day, ended_on)] == [True, True]
    assert not span.contains(date.fromordinal(first_day.toordinal() - 1))
    assert not span.contains(date.fromordinal(ended_on.toordinal() + 1))


def test_window_stands_among_the_steps_where_it_is_given() -> None:
    scored = assess(1, 1, None, 0, None, True, PARAMS, DEFAULTS, window(TESTED_ON, None))
    assert scored.steps[0].inputs == {"first_day": "2025-02-07", "last_day": "2026-02-06"}


@pytest.mark.point("I-26", "App. 1-2 row 2")
def test_rating_is_the_exact_mean_of_all_scores(cited: Observed) -> None:
    assert rating_of([]) is None
    assert rating_of([5]) == RatingFacts(Fraction(5), 1)
    assert rating_of([Decimal("3.9"), Decimal("4.1"), 4]) == RatingFacts(Fraction(4), 3)
    thirds = rating_of([4, 4, 5])
    assert thirds == RatingFacts(Fraction(13, 3), 3)
    scored = cited(assess(1, 1, thirds, 0, None, True, PARAMS, DEFAULTS))
    assert scored.rating == 10
    assert scored.steps[1].inputs == {"mean": "4.3333", "mean_exact": "13/3", "count": 3}


@pytest.mark.parametrize("rating", [Fraction(99, 100), Fraction(501, 100), Fraction(0), Fraction(-4)])
def test_rating_outside_the_scale_is_refused(rating: Fraction) -> None:
    with pytest.raises(RuleRefusal, match="outside 1…5"):
        assess(1, 1, RatingFacts(rating), 0, None, True, PARAMS, DEFAULTS)


def test_impossible_violations_and_rulings_are_refused() -> None:
    with pytest.raises(RuleRefusal, match="cannot be below 0"):
        points_of(facts(), Evidence(violations=-1))
    for ruling in (5, -10, 11):
        with pytest.raises(RuleRefusal, match="10 or 0"):
            points_of(facts(), Evidence("4.0", ruling=ruling))


@law_settings
@given(st.integers(1, 5000), st.integers(0, 1000), st.fractions(1, 5), st.integers(0, 3))
def test_total_is_the_sum_of_the_rows_and_at_most_100(
    total: int, share: int, rating: Fraction, violations: int
) -> None:
    scored = assess(
        total * share // 1000, total, RatingFacts(rating), violations, None, True, PARAMS, DEFAULTS
    )
    if scored.total is not None:
        assert 0 <= scored.total <= 100
        assert scored.total == scored.test + (scored.rating or 0) + (scored.violations or 0)


@law_settings
@given(st.fractions(0, 100))
def test_shown_figure_is_cut_and_never_above_the_exact_one(number: Fraction) -> None:
    shown = Fraction(exact_text(number))
    assert shown <= number < shown + Fraction(1, 10_000)
    assert not ("." in exact_text(number) and exact_text(number).endswith("0"))
