"""¶14: who is admitted to testing (I-30)."""

from __future__ import annotations

from fractions import Fraction

import pytest

from attestation.law.admission import Admission, CourseFact, Hours, admit
from attestation.law.vocabulary import Category, Purpose
from tests.law.build import PARAMS
from tests.law.observed import Observed

CONSULTANT, MENTOR = Category.CONSULTANT, Category.MENTOR


def by_plan(plan: Hours | None, purpose: Purpose = Purpose.POSITION) -> Admission:
    return admit(purpose, None, plan, [CourseFact(MENTOR, 1, 1)], PARAMS)


def by_courses(*courses: CourseFact, declared: Category = CONSULTANT) -> Admission:
    return admit(Purpose.CATEGORY, declared, Hours(1000, 0), courses, PARAMS)


@pytest.mark.point("¶14.1", "I-30")
@pytest.mark.parametrize("purpose", [Purpose.INITIAL, Purpose.POSITION])
@pytest.mark.parametrize(("completed", "admitted"), [(71, False), (72, True), (73, True)])
def test_hours_of_the_learning_plan_are_completed(
    purpose: Purpose, completed: int, admitted: bool, cited: Observed
) -> None:
    answer = cited(by_plan(Hours(72, completed), purpose))
    assert (answer.admitted, answer.reason) == (admitted, "" if admitted else "hours_short")
    assert answer.steps[0].inputs["completed"] == str(completed)
    assert answer.steps[0].bound == "72"


def test_parts_of_an_hour_are_exact() -> None:
    assert not by_plan(Hours(72, Fraction(719, 10))).admitted


@pytest.mark.point("¶14.1")
def test_without_a_learning_plan_nobody_is_admitted(cited: Observed) -> None:
    answer = cited(by_plan(None))
    assert (answer.admitted, answer.reason) == (False, "no_learning_plan")


@pytest.mark.point("¶14.2", "I-30")
@pytest.mark.parametrize(
    ("courses", "admitted", "reason"),
    [
        ([], False, "no_course_in_profile"),
        ([CourseFact(None, 36, 36)], False, "no_course_in_profile"),
        ([CourseFact(MENTOR, 36, 36)], False, "no_course_in_profile"),
        ([CourseFact(CONSULTANT)], True, ""),
        ([CourseFact(CONSULTANT, None, 5)], True, ""),
        ([CourseFact(CONSULTANT, 36, 35)], False, "course_hours_short"),
        ([CourseFact(CONSULTANT, 36, 36)], True, ""),
        ([CourseFact(CONSULTANT, 36, None)], False, "course_hours_short"),
        ([CourseFact(CONSULTANT, 36, 1), CourseFact(MENTOR, 1, 1), CourseFact(CONSULTANT, 36, 37)], True, ""),
    ],
)
def test_course_is_in_the_profile_of_the_declared_category(
    courses: list[CourseFact], admitted: bool, reason: str, cited: Observed
) -> None:
    answer = cited(by_courses(*courses))
    assert (answer.admitted, answer.reason) == (admitted, reason)


def test_learning_plan_alone_does_not_admit_an_applicant() -> None:
    assert not admit(Purpose.CATEGORY, CONSULTANT, Hours(1, 100), [], PARAMS).admitted
