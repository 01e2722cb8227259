"""A cycle from its opening to the decision: by an officer, by the system."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from attestation.by import By
from attestation.cases import lifecycle, testing_stage
from attestation.cases.absences import record_absence
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.consequences import close_consequence
from attestation.cases.correction_requests import answer_correction_request, record_correction_request
from attestation.cases.corrections import confirm_correction, propose_correction, withdraw_correction
from attestation.cases.cycles import (
    Listing,
    admit_cycle,
    close_attestation,
    list_attestee,
    list_attestees,
    open_cycle,
)
from attestation.cases.decisions import form_decision, form_due, hold, rescind_decision
from attestation.cases.fallen_grounds import settle_ground, settle_grounds
from attestation.cases.finality import appeal_closed, appeal_opened, finalise, finalise_due, reopen
from attestation.cases.past_careers import review_past_careers
from attestation.cases.result_changes import amend_result, correct_result
from attestation.cases.results import publish_results, record_result, record_results
from attestation.cases.stage_moves import Stage as Days
from attestation.cases.stage_moves import move_stage
from attestation.cases.standing import settle_positions
from attestation.cases.testing_stage import close_deadlines, end_stage_of, end_testing_stages
from attestation.cases.undone_imports import take_back_results, unlist
from attestation.deadlines import ledger
from attestation.intake import engine, undo
from attestation.models import Consequence, Deadline, Employee, Result
from scoring.services.assessing import score, score_due
from scoring.services.records import record_read_through
from scoring.services.rulings import rule_rating
from scoring.services.voiding import void_record
from tests.jobs.story import ADMITTED, FINAL, LISTED, PUBLISHED, READ, STAGE_OVER, at
from tests.records import CourseRow, ViolationRow, save_courses, save_violations
from tests.services.cast import RECORDED, Office, facts, fresh, uploaded
from tests.services.playing import Stage

WINDOW_LAST = date(2026, 2, 6)
WHY = "By the act No. 7."


def a_cycle_up_to_publication(stage: Stage) -> None:
    """Opened, listed, admitted, tested, published, corrected; one is not admitted, their case is closed."""
    office = Office()
    hr = office.hr
    cycle = stage.play(
        open_cycle,
        office.mobility,
        "T-2026-2",
        date(2026, 2, 2),
        date(2026, 2, 6),
        by=By(hr, LISTED),
    )
    person = office.employee()
    case = stage.play(list_attestee, cycle, person, "position", "", by=By(hr, LISTED))
    people = [Listing(office.employee().pk, "position", "") for _number in range(2)]
    others = stage.play(list_attestees, cycle, people, by=By(hr, LISTED))
    hours = [
        {"iin": one.iin, "hours_required": 72, "hours_completed": 72}
        for one in (person, *(other.employee for other in others))
    ]
    job = uploaded("courses", *hours, by=By(hr, LISTED), cycle=cycle)
    stage.play(engine.confirm, job, by=By(hr, LISTED), case="courses")
    stage.play(admit_cycle, cycle, by=By(hr, ADMITTED))
    other = list_attestee(cycle, office.employee(), "position", "", by=By(hr, ADMITTED))
    stage.play(admit_cycle, cycle, by=By(hr, ADMITTED), case="without course hours")
    stage.play(close_attestation, other, reason=WHY, by=By(hr, RECORDED))
    stage.play(record_result, fresh(case), facts(90), by=By(hr, RECORDED))
    stage.play(record_results, {one.pk: facts(80) for one in others}, by=By(hr, RECORDED))
    stage.play(publish_results, cycle, by=By(hr, PUBLISHED))
    stage.play(correct_result, fresh(case), facts(60), reason=WHY, by=By(hr, at("2026-02-06 09:00")))
    stage.play(
        amend_result,
        fresh(case),
        correct=91,
        wrong=list(range(1, 10)),
        reason=WHY,
        by=By(hr, at("2026-02-06 10:00")),
    )


def files_are_undone(stage: Stage) -> None:
    """A list, a result that had replaced another, the only result before and after the end of the stage."""
    office = Office()
    hr = office.hr
    gone, again, free, late = (office.listed(office.employee()) for _number in range(4))
    stage.play(unlist, [gone.pk], job=1, reason=WHY, by=By(hr, ADMITTED))
    admit_cycle(office.cycle, by=By(hr, ADMITTED))
    first = record_result(fresh(again), facts(70), by=By(hr, RECORDED))
    second, only, last = (
        record_result(fresh(case), facts(80), by=By(hr, RECORDED)) for case in (again, free, late)
    )
    taken = {second.pk: first.pk, only.pk: None}
    stage.play(take_back_results, taken, job=2, reason=WHY, by=By(hr, PUBLISHED))
    end_testing_stages(now=STAGE_OVER)
    stage.play(
        take_back_results, {last.pk: None}, job=3, reason=WHY, by=By(hr, STAGE_OVER), case="after the stage"
    )


def a_stage_ends(stage: Stage) -> None:
    """One was there, one was absent; the decision on the position is formed and becomes final by itself."""
    office = Office()
    office.listed(office.employee())
    absent = office.listed(office.employee())
    case = office.published(90)
    close_attestation(office.cycle.attestations.order_by("pk").first(), reason=WHY, by=By(None, PUBLISHED))
    stage.play(end_stage_of, fresh(case), now=STAGE_OVER)
    stage.play(end_testing_stages, now=STAGE_OVER)
    stage.play(
        record_absence,
        fresh(absent),
        "excused",
        document="Certificate No. 5",
        by=By(office.hr, STAGE_OVER),
    )
    stage.play(form_due, now=READ)
    stage.play(close_deadlines, now=FINAL)
    stage.play(finalise_due, now=FINAL)


def a_specialist_is_assessed(stage: Stage) -> None:
    """Ratings, violations, App. 1-2; held, ruled on, assessed; the decision is made final by the chair."""
    office = Office()
    person = office.specialist()
    case = office.published(90, person, "consultant")
    end_testing_stages(now=STAGE_OVER)
    stage.play(record_read_through, [office.career], "ratings", WINDOW_LAST, by=By(office.hr, READ))
    record_read_through([office.career], "violations", WINDOW_LAST, by=By(office.hr, READ))
    stage.play(score_due, now=READ, case="held")
    ruling = {"points": 10, "reason": WHY, "by": By(office.chair, READ)}
    stage.play(rule_rating, fresh(case), **ruling)
    at_noon = By(office.hr, at("2026-02-07 12:00"))
    day = date(2026, 1, 20)
    rating = {"iin": person.iin, "rated_on": day, "score": 5, "external_id": "R-1"}
    stage.play(engine.confirm, uploaded("ratings", rating, by=at_noon), by=at_noon, case="ratings")
    violation = {"iin": person.iin, "recorded_on": day, "description": WHY, "external_id": "V-1"}
    job = uploaded("violations", violation, by=at_noon)
    stage.play(engine.confirm, job, by=at_noon, case="violations")
    stage.play(undo.undo, job, by=at_noon, case="violations")
    stage.play(score, fresh(case), by=at_noon, case="nothing new")
    close_deadlines(now=FINAL)
    stage.play(finalise, fresh(case), by=By(office.chair, FINAL))


def a_specialist_is_scored_by_a_person(stage: Stage) -> None:
    """All data are read: an officer has it scored, another is scored by the sweep; one is rescinded."""
    office = Office()
    people = [office.specialist(), office.specialist()]
    cases = [office.listed(person, "category", "consultant") for person in people]
    office.through(*((case, 95) for case in cases))
    end_testing_stages(now=STAGE_OVER)
    office.read(ratings={person: [5, 5, 5] for person in people})
    stage.play(hold, fresh(cases[1]), ["rating_gap"], by=By(None, STAGE_OVER))
    stage.play(score, fresh(cases[0]), by=By(office.hr, READ))
    stage.play(score_due, now=READ)
    stage.play(rescind_decision, fresh(cases[0]), reason=WHY, by=By(office.boss, at("2026-02-07 15:00")))


def a_decision_by_hand(stage: Stage) -> None:
    """What other acts call: held, formed, under appeal, no longer, and the deadlines closed one by one."""
    office = Office()
    case, boss = office.published(60), office.boss
    end_testing_stages(now=STAGE_OVER)
    formed = {"points": None, "assessment_id": None, "ready_on": None, "by": By(boss, READ)}
    stage.play(form_decision, fresh(case), **formed)
    appeal_opened(fresh(case), by=By(boss, READ))
    stage.play(appeal_closed, fresh(case), by=By(boss, READ))
    appeal, grace = (Deadline.objects.get(attestation=case, kind=kind) for kind in ("appeal", "grace"))
    stage.play(ledger.close_deadline, appeal, "met", by=By(boss, FINAL), closed_by="test")
    stage.play(ledger.close_deadline, grace, "missed", by=By(None, FINAL), closed_by="test", case="missed")
    finalise(fresh(case), by=By(boss, FINAL))
    duty = Deadline.objects.get(attestation=case, kind="reattestation")
    stage.play(testing_stage.close_over, duty, closed_by="test", by=By(None, at("2027-02-11 00:30")))


def a_final_decision_and_what_follows(stage: Stage) -> None:
    """Lowered; reopened and final again; the employer's act; the repeat meets the duty; annulled at last."""
    office = Office()
    person = office.specialist("case_manager")
    case = office.published(40, person, "case_manager")
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    close_deadlines(now=FINAL)
    stage.play(finalise, fresh(case), by=By(office.boss, FINAL), case="lowers")
    stage.play(reopen, fresh(case), by=By(office.secretary, at("2026-02-11 10:00")), reason="late appeal")
    finalise(fresh(case), by=By(office.boss, at("2026-02-11 11:00")))
    paper = Document("court", "2-17/2026", date(2026, 3, 2), "The decision is annulled.")
    stage.play(annul_decision, fresh(case), paper, by=By(office.boss, at("2026-03-03 10:00")))


def a_position_changes(stage: Stage) -> None:
    """I-25, I-36: decided as a unit head, a specialist again, a unit head again."""
    office = Office()
    person = office.specialist("case_manager")
    office.published(40, person, "case_manager")
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    close_deadlines(now=FINAL)
    positions = Employee.objects.filter(pk=person.pk)
    positions.update(position="unit_head")
    finalise_due(now=FINAL)
    positions.update(position="career_specialist")
    stage.play(settle_positions, now=at("2026-03-02 10:00"))
    positions.update(position="unit_head")
    stage.play(settle_positions, now=at("2026-03-03 10:00"), case="gone")


def a_result_is_corrected_by_two(stage: Stage) -> None:
    """I-33: after the final decision an officer proposes and withdraws, proposes anew; the chair confirms."""
    office = Office()
    case = office.published(60)
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    close_deadlines(now=FINAL)
    finalise_due(now=FINAL)
    now = at("2026-03-02 10:00")
    ground = {"reason": WHY, "document": "Protocol No. 7", "by": By(office.hr, now)}
    stage.play(propose_correction, fresh(case), facts(80), **ground)
    stage.play(withdraw_correction, fresh(case), by=By(office.hr, now))
    propose_correction(fresh(case), facts(80), **ground)
    stage.play(confirm_correction, fresh(case), by=By(office.chair, at("2026-03-03 10:00")))


def a_correction_is_asked_for(stage: Stage) -> None:
    """I-33: an officer records what the attestee asks for; the chair grants it."""
    office = Office()
    case = office.published(60)
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    close_deadlines(now=FINAL)
    finalise_due(now=FINAL)
    now = at("2026-03-02 10:00")
    asked = {"asked_on": date(2026, 3, 1), "text": "80 was typed as 60.", "document": "Request No. 1"}
    stage.play(record_correction_request, fresh(case), **asked, by=By(office.hr, now))
    stage.play(answer_correction_request, fresh(case), "granted", reason=WHY, by=By(office.chair, now))


def a_record_is_voided(stage: Stage) -> None:
    """I-34: a violation before the final decision, at once; a rating after it, confirmed by the chair."""
    office = Office()
    person = office.specialist()
    case = office.published(95, person, "consultant")
    end_testing_stages(now=STAGE_OVER)
    office.read(ratings={person: [5, 5, 1]})
    day = date(2026, 1, 20)
    violations = [ViolationRow(person.pk, day, "A term was missed.", "V-1")]
    save_violations(violations, touched={person.pk: [day]}, by=By(None, READ))
    score_due(now=READ)
    ground = {"reason": WHY, "document": "Protocol No. 7"}
    noon = at("2026-02-07 12:00")
    stage.play(void_record, "violation", "V-1", **ground, by=By(office.hr, noon))
    close_deadlines(now=FINAL)
    finalise_due(now=FINAL)
    now, rating = at("2026-03-02 10:00"), f"R{person.pk}-2"
    stage.play(
        void_record, "rating", rating, **ground, by=By(office.hr, now), case="after the final decision"
    )
    stage.play(
        confirm_correction,
        fresh(case),
        by=By(office.chair, at("2026-03-03 10:00")),
        case="of a record",
    )


def a_dismissal_and_its_repeat(stage: Stage) -> None:
    """¶27.2: who failed is attested again, which meets the duty; ¶28: failed again, the employer acts."""
    office = Office()
    person = office.employee()
    case = office.published(60, person)
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    close_deadlines(now=FINAL)
    finalise_due(now=FINAL)
    cycle = office.open_cycle("T-2026-3", date(2026, 3, 10), date(2026, 3, 13), now=FINAL)
    repeat = list_attestee(cycle, person, "position", "", by=By(None, FINAL))
    hours = [CourseRow(person.pk, "", Decimal(72), Decimal(72))]
    save_courses(cycle, hours, by=By(None, FINAL))
    admit_cycle(cycle, by=By(None, FINAL))
    record_result(fresh(repeat), facts(50, at("2026-03-10 11:00")), by=By(None, at("2026-03-11 09:00")))
    stage.play(publish_results, cycle, by=By(office.hr, at("2026-03-11 10:00")), case="repeat")
    over, final = at("2026-03-14 00:30"), at("2026-03-18 00:30")
    end_testing_stages(now=over)
    form_due(now=over)
    close_deadlines(now=final)
    finalise_due(now=final)
    dismissal = Consequence.objects.get(attestation=repeat)
    stage.play(close_consequence, dismissal, text="Order No. 5", by=By(office.hr, at("2026-03-20 10:00")))
    assert case.pk != repeat.pk
    # I-32: reopened and final again, it is the ground of the repeat as before; annulled, it is none.
    reopen(fresh(case), by=By(office.boss, at("2026-03-23 10:00")), reason="late appeal")
    finalise(fresh(case), by=By(office.boss, at("2026-03-24 10:00")))
    stage.play(settle_grounds, now=at("2026-03-24 10:05"))
    paper = Document("court", "2-18/2026", date(2026, 3, 25), "The decision is annulled.")
    stage.play(
        annul_decision, fresh(case), paper, by=By(office.boss, at("2026-03-26 10:00")), case="a ground"
    )
    now = at("2026-03-27 10:00")
    stage.play(settle_ground, fresh(repeat), outcome="anew", reason="…", by=By(office.chair, now))


def a_stage_is_moved(stage: Stage) -> None:
    """The testing stage goes on for three days more."""
    office = Office()
    case = office.published(90, office.specialist(), "consultant")
    days = Days(date(2026, 2, 2), date(2026, 2, 11))
    stage.play(move_stage, office.cycle, days, reason=WHY, by=By(office.hr, at("2026-02-06 09:00")))
    assert Result.objects.filter(attestation=case).exists()


def a_case_closed_with_its_result(stage: Stage) -> None:
    """I-23, I-32: closed as an earlier version closed cases; such cases are looked through once."""
    office = Office()
    case = office.published(60, office.employee())
    lifecycle.close_case(fresh(case), [{"text": WHY}], by=By(None, STAGE_OVER))
    stage.play(review_past_careers, now=FINAL)
