"""Who may be listed as what between two decisions: I-22, I-23, I-25, I-31, I-35."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from attestation.by import By
from attestation.cases.cycles import close_attestation, list_attestee
from attestation.cases.decisions import form_due
from attestation.cases.finality import finalise_due
from attestation.cases.results import publish_results
from attestation.cases.testing_stage import end_testing_stages
from attestation.law.refusals import RuleRefusal
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    Cycle,
    Employee,
    JournalEntry,
    Role,
    RuleSet,
    Status,
)
from attestation.refusals import Refused
from tests.factories import (
    AttestationFactory,
    CareerCenterFactory,
    CategoryTermFactory,
    CenterFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)

pytestmark = pytest.mark.django_db

NOW = moment("2026-06-01 10:00")
LATER: dict[str, Any] = {"testing_starts": date(2026, 7, 6), "testing_ends": date(2026, 7, 10)}


def listed(case: Attestation, purpose: str, declared: str = "") -> Attestation:
    """The person of an earlier case on the list of a cycle that is still to come."""
    cycle = CycleFactory(center=case.cycle.center, **LATER)
    person = Employee.objects.get(pk=case.employee_id)
    return list_attestee(cycle, person, purpose, declared, by=By(None, NOW))


def earlier(position: str = "assistant", purpose: str = "position", **values: Any) -> Attestation:
    """A case of February."""
    person = EmployeeFactory(position=position, center=CareerCenterFactory())
    return AttestationFactory(
        employee=person, purpose=purpose, **{"status": "final", "rule_set": RuleSet.objects.first(), **values}
    )


def failed(position: str, purpose: str) -> tuple[Attestation, Consequence]:
    """A case of February that brought a duty of re-attestation."""
    case = earlier(position, purpose, status="tested")
    ResultFactory(attestation=case, correct_answers=60, questions_total=100, published_at=None)
    publish_results(case.cycle, by=By(None, moment("2026-02-05 17:40")))
    end_testing_stages(now=moment("2026-02-07 00:05"))
    form_due(now=moment("2026-02-07 00:05"))
    finalise_due(now=moment("2026-02-11 00:05"))
    return case, Consequence.objects.get(attestation=case, kind="reattest")


# --- I-31: one at a time ----------------------------------------------------------------------------------

BARS = ("listed", "admitted", "tested", "scored", "held", "provisional")


@pytest.mark.parametrize("status", BARS)
def test_i_31_a_case_that_can_still_bring_a_decision_bars(status: str) -> None:
    case = earlier(status=status)
    with pytest.raises(RuleRefusal, match=f"case {case.case_no} can still bring a decision"):
        listed(case, "position")
    assert Attestation.objects.filter(employee=case.employee).count() == 1


@pytest.mark.parametrize("status", sorted({*Status.values} - {*BARS}))
def test_i_31_one_that_can_t_bars_nobody(status: str) -> None:
    case = earlier(status=status)  # its testing stage began long ago
    assert listed(case, "position").status == Status.LISTED


def test_i_31_who_was_not_admitted_can_still_be_until_testing_begins() -> None:
    case = earlier(status="not_admitted")
    stage = {"testing_starts": date(2026, 6, 2), "testing_ends": date(2026, 6, 5)}
    Cycle.objects.filter(pk=case.cycle_id).update(**stage)
    with pytest.raises(RuleRefusal, match="can still bring a decision"):
        listed(case, "position")
    Cycle.objects.filter(pk=case.cycle_id).update(testing_starts=date(2026, 6, 1))
    assert listed(case, "position").status == Status.LISTED


def test_i_31_another_centres_case_is_not_named() -> None:
    case = earlier(status="tested")
    Employee.objects.filter(pk=case.employee_id).update(center=CareerCenterFactory())
    person = Employee.objects.get(pk=case.employee_id)
    officer = UserFactory(role=Role.HR, center=person.center.parent)
    cycle = CycleFactory(center=person.center.parent, **LATER)
    with pytest.raises(RuleRefusal, match="a case at another centre") as refused:
        list_attestee(cycle, person, "position", "", by=By(officer, NOW))
    assert case.case_no not in str(refused.value)


def test_i_23_listing_one_who_was_absent_carries_the_case() -> None:
    case = earlier(status="absent")
    new = listed(case, "position")
    case.refresh_from_db()
    assert (case.status, case.status_reason) == ("closed", [{"code": "carried", "case": new.case_no}])
    entry = JournalEntry.objects.get(attestation=case, act="close")
    assert entry.data["reason"] == [{"code": "carried", "case": new.case_no}]


# --- I-22: the first attestation ----------------------------------------------------------------------------


@pytest.mark.parametrize("held", ["assistant", "unit_head", "career_specialist"])
def test_i_22_after_a_final_decision_in_any_position_nothing_is_the_first(held: str) -> None:
    case = earlier()
    Employee.objects.filter(pk=case.employee_id).update(position=held)
    with pytest.raises(RuleRefusal, match="is the person's first"):
        listed(case, "initial")


def test_i_22_a_closed_or_annulled_case_is_no_decision() -> None:
    assert listed(earlier(status="closed"), "initial").purpose == "initial"


def test_i_22_who_holds_a_category_has_no_initial_attestation() -> None:
    case = earlier("career_specialist", "initial", status="closed")
    period = CategoryTermFactory(employee=case.employee, category="mentor")
    with pytest.raises(RuleRefusal, match="has no initial attestation"):
        listed(case, "initial")
    # The last day of the period is before the stage ends: the category is over by then.
    CategoryTerm.objects.filter(pk=period.pk).update(ends_on=date(2026, 7, 9))
    assert listed(case, "initial").purpose == "initial"


# --- I-25: what a duty belongs to ---------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["initial", "position"])
def test_i_25_a_duty_of_either_is_taken_up_by_either(purpose: str) -> None:
    case, duty = failed("assistant", "initial")
    new = listed(case, purpose)
    assert (new.repeat, new.repeats) == (True, duty)


def test_i_22_a_duty_of_the_position_is_not_repeated_as_a_first_attestation() -> None:
    case, duty = failed("assistant", "position")
    with pytest.raises(RuleRefusal, match="is the person's first"):
        listed(case, "initial")
    assert listed(case, "position").repeats == duty


def test_e_17_the_first_attestation_in_another_position_is_no_repeat() -> None:
    case, duty = failed("career_specialist", "category")
    Employee.objects.filter(pk=case.employee_id).update(position="unit_head")
    new = listed(case, "position")
    assert (new.repeat, new.repeats) == (False, None)
    duty.refresh_from_db()
    assert duty.state == "open"


def test_i_25_an_application_for_a_category_is_free_beside_a_duty_of_initial() -> None:
    case, _duty = failed("career_specialist", "initial")
    new = listed(case, "category", "consultant")
    assert (new.repeat, new.repeats) == (False, None)


def test_i_25_who_owes_a_repeated_application_is_listed_for_nothing_else() -> None:
    case, duty = failed("career_specialist", "category")
    with pytest.raises(RuleRefusal, match="owes a re-attestation in the position held"):
        listed(case, "initial")
    assert listed(case, "category", "consultant").repeats == duty


# --- I-23: what is published ends with a decision -----------------------------------------------------------


def test_i_23_a_case_is_closed_until_its_result_is_published_and_not_after() -> None:
    chair = UserFactory(role=Role.ADMINISTRATOR)
    case = earlier(status="tested")
    ResultFactory(attestation=case, correct_answers=60, questions_total=100, published_at=None)
    open_one = earlier(status="tested")
    ResultFactory(attestation=open_one, correct_answers=60, questions_total=100, published_at=None)
    publish_results(case.cycle, by=By(None, moment("2026-02-05 17:40")))
    with pytest.raises(Refused, match="its decision follows") as refused:
        close_attestation(case, reason="withdrawn", by=By(chair, NOW))
    assert refused.value.cite == "I-23"
    close_attestation(open_one, reason="withdrawn", by=By(chair, NOW))
    open_one.refresh_from_db()
    assert open_one.status == Status.CLOSED


# --- I-35: which position at which kind of centre -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "position", "stands"),
    [
        ("labour_mobility", "center_specialist", True),
        ("labour_mobility", "career_specialist", False),
        ("labour_mobility", "assistant", False),
        ("career", "center_specialist", False),
        ("career", "assistant", True),
        ("career", "director", True),
    ],
)
def test_i_35_the_form_takes_a_position_of_its_kind_of_centre(kind: str, position: str, stands: bool) -> None:
    from attestation.admin.people import EmployeeForm

    center = CenterFactory() if kind == "labour_mobility" else CareerCenterFactory()
    new = EmployeeFactory.build(center=center, position=position)
    given = {name: getattr(new, name) for name in ("iin", "last_name", "first_name", "position", "hired_on")}
    form = EmployeeForm({**given, "center": center.pk, "language": "kk", "email": ""})
    assert form.is_valid() is stands, form.errors
    assert ("position" in form.errors) is not stands
