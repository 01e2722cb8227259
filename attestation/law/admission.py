"""¶14: who is admitted to testing (I-30)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from attestation.law.parameters import Parameters
from attestation.law.reasons import Step, exact_text
from attestation.law.vocabulary import Category, Purpose

READING = ("I-30",)


class Hours(NamedTuple):
    """¶14.1: an individual learning plan: hours set in it and hours completed on the Platform."""

    required: int | Fraction
    completed: int | Fraction


class CourseFact(NamedTuple):
    """¶14.2: a course on the Platform: its profile, and its hours where they are on record."""

    category: Category | None
    hours_required: int | Fraction | None = None
    hours_completed: int | Fraction | None = None


class Admission(NamedTuple):
    """¶14: admitted or not; `reason` is a code, empty when admitted."""

    admitted: bool
    steps: tuple[Step, ...]
    reason: str


def admit(
    purpose: Purpose,
    declared: Category | None,
    plan: Hours | None,
    courses: Sequence[CourseFact],
    params: Parameters,
) -> Admission:
    """¶14: admitted to testing? `initial`, `position` by the plan (¶14.1), `category` by the profile (¶14.2).

    Reasons: no_learning_plan, hours_short, no_course_in_profile, course_hours_short. The order gives ¶14 no
    number; `params` prove that it is in force.
    """
    in_force = params.in_force_from.isoformat()
    if purpose is Purpose.CATEGORY:
        return _by_profile(declared, courses, in_force)
    return _by_plan(plan, in_force)


def _by_plan(plan: Hours | None, in_force: str) -> Admission:
    """¶14.1: hours completed reach the hours set in the individual learning plan."""
    if plan is None:
        step = Step(
            "learning_plan_missing", "¶14.1", {"in_force_from": in_force}, "", None, "not_admitted", READING
        )
        return Admission(False, (step,), "no_learning_plan")
    enough = plan.completed >= plan.required
    step = _hours_step("learning_plan_hours", "¶14.1", plan.completed, plan.required, enough, {})
    return Admission(enough, (step,), "" if enough else "hours_short")


def _by_profile(declared: Category | None, courses: Sequence[CourseFact], in_force: str) -> Admission:
    """¶14.2: a course in the profile of the declared category, with its hours where they are given."""
    profile = None if declared is None else declared.value
    steps: list[Step] = []
    for course in courses:
        if declared is None or course.category is not declared:
            continue
        if course.hours_required is None:
            steps.append(
                Step("course_in_profile", "¶14.2", {"profile": profile}, "", None, "admitted", READING)
            )
            return Admission(True, tuple(steps), "")
        # Hours that are required and not on record are not proven: missing is not enough.
        completed = 0 if course.hours_completed is None else course.hours_completed
        enough = completed >= course.hours_required
        step = _hours_step(
            "course_hours", "¶14.2", completed, course.hours_required, enough, {"profile": profile}
        )
        if enough:
            return Admission(True, (*steps, step), "")
        steps.append(step)
    if steps:
        return Admission(False, tuple(steps), "course_hours_short")
    inputs: dict[str, str | int | None] = {"profile": profile, "in_force_from": in_force}
    step = Step("course_in_profile_missing", "¶14.2", inputs, "", None, "not_admitted", READING)
    return Admission(False, (step,), "no_course_in_profile")


def _hours_step(
    code: str,
    cite: str,
    completed: int | Fraction,
    required: int | Fraction,
    enough: bool,
    inputs: dict[str, str | int | None],
) -> Step:
    comparison, result = (">=", "admitted") if enough else ("<", "not_admitted")
    return Step(
        code,
        cite,
        {**inputs, "completed": exact_text(Fraction(completed))},
        comparison,
        exact_text(Fraction(required)),
        result,
        READING,
    )
