"""The law's answers in the reader's language: steps, refusals, held rows, and the order's own sentences.

The rules speak in codes; every code has its sentence here, translated when it is shown and never stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from django.utils import formats
from django.utils.translation import gettext, gettext_noop

from attestation.cites import cite_label, without_reading
from attestation.labels import CATEGORIES, CENTER_KINDS, OUTCOMES, POSITIONS, PURPOSES, Label
from attestation.law.calendar import ALMATY
from attestation.law.parameters import figures, parameters_shown_on
from attestation.law.points import READINGS, text_on
from attestation.law.reasons import Step, exact_text
from attestation.law.refusals import MESSAGES, RuleRefusal

CITES = frozenset({"cite", "threshold_cite", "bound_cite"})
CATEGORY_INPUTS = frozenset({"existing", "declared", "category", "profile"})
DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T")
DECIMAL = re.compile(r"\d+\.\d+\Z")

# By code; where the sentence depends on the result, by "code:result".
STEPS: dict[str, str] = {
    "test_threshold:reached": gettext_noop(
        "Test: %(correct)s of %(total)s correct = %(percent)s%%. The threshold of %(bound)s%% is reached."
    ),
    "test_threshold:not_reached": gettext_noop(
        "Test: %(correct)s of %(total)s correct = %(percent)s%%. The threshold of %(bound)s%% is not reached."
    ),
    "conformity:conforms": gettext_noop(
        "%(points)s points, at least %(bound)s: conforms to the position held."
    ),
    "conformity:does_not_conform": gettext_noop(
        "%(points)s points, below %(bound)s: does not conform to the position held."
    ),
    "not_admitted_to_assessment": gettext_noop("Not admitted to the assessment of professional activity."),
    "assessment_due": gettext_noop("The threshold was reached: the professional activity is assessed."),
    "third_decision": gettext_noop(
        "The test was failed: does not conform to the declared category, whatever the other indicators."
    ),
    "decision_waits": gettext_noop("The decision waits until the held row is ruled on or its data are read."),
    "declared_bound:declared": gettext_noop(
        "%(points)s points, at least %(bound)s: conforms to the declared category."
    ),
    "declared_bound:not_reached": gettext_noop(
        "%(points)s points, below %(bound)s: does not conform to the declared category."
    ),
    "declared_bound:is_existing": gettext_noop(
        "%(points)s points, below %(bound)s: the category declared is the existing one, so the next bound "
        "decides."
    ),
    "existing_bound:existing": gettext_noop(
        "%(points)s points, at least %(bound)s: conforms to the existing category."
    ),
    "existing_bound:lower": gettext_noop(
        "%(points)s points, below %(bound)s: conforms to a category below the declared level."
    ),
    "points_contradict": gettext_noop(
        "The decision is held: for this position %(threshold_cite)s prints %(threshold)s and "
        "%(bound_cite)s prints %(bound)s. It is formed once the two points agree."
    ),
    "category_conferred": gettext_noop("The category conferred: %(result)s (before: %(existing)s)."),
    "category_kept": gettext_noop("The existing category is kept: %(existing)s."),
    "category_lowered": gettext_noop(
        "The category is lowered by one level: from %(existing)s to %(result)s."
    ),
    "category_stays_none": gettext_noop("There is no category to lower: it stays as it is (%(result)s)."),
    "term_starts": gettext_noop(
        "A term begins on %(from)s: %(category)s, %(years)s years, through %(result)s."
    ),
    "earlier_category_kept": gettext_noop(
        "From the medium to the high level: the earlier category (%(existing)s) stays in force until its "
        "term ends."
    ),
    "reattestation": gettext_noop(
        "Re-attestation no later than %(months)s months from %(from)s: until %(result)s inclusive."
    ),
    "dismissal": gettext_noop("Subject to dismissal. The employer decides; nothing happens by itself."),
    "row_test": gettext_noop(
        "Row 1, testing: %(correct)s of %(total)s = %(percent)s%%; %(bound)s points at most: %(result)s."
    ),
    "row_rating": gettext_noop("Row 2, rating: mean %(mean)s (%(comparison)s %(bound)s): %(result)s points."),
    "row_rating_not_read": gettext_noop(
        "Row 2, rating: held, the ratings are not read through the end of the window yet."
    ),
    "row_rating_gap": gettext_noop(
        "Row 2, rating: held, the mean %(mean)s is above %(rating_at_most)s and not above %(rating_above)s; "
        "the commission rules %(rating_points_high)s or %(rating_points_low)s."
    ),
    "row_rating_gap_ruled": gettext_noop(
        "Row 2, rating: mean %(mean)s; by the commission's ruling %(result)s points."
    ),
    "row_rating_gap_set": gettext_noop(
        "Row 2, rating: mean %(mean)s; by the setting “Rating between the two lines of row 2” %(result)s "
        "points."
    ),
    "row_no_rating": gettext_noop(
        "Row 2, rating: held, there is no rating in the window; "
        "the commission rules %(rating_points_high)s or %(rating_points_low)s."
    ),
    "row_no_rating_ruled": gettext_noop(
        "Row 2, rating: none in the window; by the commission's ruling %(result)s points."
    ),
    "row_no_rating_set": gettext_noop(
        "Row 2, rating: none in the window; by the setting “No ratings in the window” %(result)s points."
    ),
    "row_violations": gettext_noop("Row 3, violations and errors: %(violations)s; %(result)s points."),
    "row_violations_not_read": gettext_noop(
        "Row 3, violations and errors: held, they are not read through the end of the window yet."
    ),
    "total": gettext_noop("Total: %(test)s + %(rating)s + %(violations)s = %(result)s."),
    "total:held": gettext_noop("Total: %(test)s + %(rating)s + %(violations)s: held."),
    "window": gettext_noop("The window: from %(first_day)s to %(last_day)s, both inclusive."),
    "final_on": gettext_noop(
        "The decision is dated %(result)s: the latest of the days on which what it waited for came."
    ),
    "learning_plan_missing": gettext_noop("Not admitted: no learning plan is on record. Enter its hours."),
    "learning_plan_hours:admitted": gettext_noop(
        "Admitted: %(completed)s hours completed, %(bound)s set in the learning plan."
    ),
    "learning_plan_hours:not_admitted": gettext_noop(
        "Not admitted: %(completed)s hours completed of %(bound)s set in the learning plan."
    ),
    "course_in_profile": gettext_noop("Admitted: a course in the profile of %(profile)s is completed."),
    "course_hours:admitted": gettext_noop(
        "Admitted: %(completed)s hours completed of %(bound)s in the profile of %(profile)s."
    ),
    "course_hours:not_admitted": gettext_noop(
        "Not admitted: %(completed)s hours completed of %(bound)s in the profile of %(profile)s."
    ),
    "course_in_profile_missing": gettext_noop(
        "Not admitted: no course in the profile of the declared category (%(profile)s) is on record."
    ),
}

HELD: dict[str, str] = {
    "rating_gap": gettext_noop(
        "The rating lies between the two lines of row 2: the commission's ruling is needed."
    ),
    "no_rating": gettext_noop("There is no rating in the window: the commission's ruling is needed."),
    "ratings_not_read": gettext_noop("The ratings are not read through the end of the window yet."),
    "violations_not_read": gettext_noop("The violations are not read through the end of the window yet."),
    "points_contradict": gettext_noop("Two points of the order print different numbers for this position."),
}


def sentence(step: Step, testing_ends: date) -> str:
    """One step as a sentence in the active language. Raises KeyError for a code without a sentence.

    `testing_ends`: the last day of the testing stage, by which the case is decided (I-21).
    """
    template = STEPS.get(f"{step.code}:{step.result}") or STEPS[step.code]
    values: dict[str, str | int | None] = {**step.inputs, "bound": step.bound, "comparison": step.comparison}
    shown = {
        **shown_figures(testing_ends),
        **{name: shown_value(name, value) for name, value in values.items()},
    }
    shown["result"] = _shown_result(step)
    return gettext(template) % shown


def point_text(cite: str, testing_ends: date) -> str:
    """I-39: the order's own sentence for a point, or our reading, with the numbers, as in force on that day.

    Raises KeyError for neither.
    """
    template = READINGS[cite] if cite in READINGS else text_on(cite, testing_ends)
    return gettext(template) % shown_figures(testing_ends)


def shown_figures(day: date) -> dict[str, str]:
    """I-39: the numbers of the order in force on `day`, as the reader's language writes them."""
    numbers = figures(parameters_shown_on(day))
    return {name: shown_value(name, exact_text(Fraction(number))) for name, number in numbers.items()}


def refusal_text(refusal: RuleRefusal) -> str:
    """Why a rule refused, in the active language, with the words people know for the identifiers."""
    shown = {name: shown_value(name, value) for name, value in refusal.params.items()}
    return without_reading(gettext(MESSAGES[refusal.code]), refusal.cite) % shown


def held_text(code: str) -> str:
    """Why a row of App. 1-2 is held (I-04, I-05, I-27)."""
    return gettext(HELD[code])


def shown_value(name: str, value: str | int | None) -> str:
    """A value of a step or a refusal as people write it: words for identifiers, local dates and decimals."""
    if value is None:
        return "–"
    if not isinstance(value, str):
        return str(value)
    if name in CATEGORY_INPUTS:
        return _word(value, CATEGORIES)
    if name in ("position", "positions"):
        return ", ".join(_word(part, POSITIONS) for part in value.split(", "))
    if name == "kind":
        return _word(value, CENTER_KINDS)
    if name in ("purpose", "purposes"):
        return ", ".join(_word(part, PURPOSES) for part in value.split(", "))
    if name in CITES:
        return cite_label(value)
    if name == "comparison":
        return {">=": "≥", "<=": "≤"}.get(value, value)
    return _shown_text(value)


def _shown_text(value: str) -> str:
    if DAY.match(value):
        return formats.date_format(date.fromisoformat(value), "DATE_FORMAT")
    if INSTANT.match(value):
        return formats.date_format(datetime.fromisoformat(value).astimezone(ALMATY), "DATETIME_FORMAT")
    if DECIMAL.match(value):
        return formats.number_format(Decimal(value))
    return ", ".join(_shown_text(part) for part in value.split(", ")) if ", " in value else value or "–"


def _shown_result(step: Step) -> str:
    if step.code.startswith("category_"):
        return _word(step.result, CATEGORIES)
    outcomes = {outcome.value: label for outcome, label in OUTCOMES.items()}
    return str(outcomes.get(step.result) or _shown_text(step.result))


def _word(value: str, labels: Mapping[StrEnum, Label]) -> str:
    for identifier, label in labels.items():
        if identifier.value == value:
            return str(label)
    return value
