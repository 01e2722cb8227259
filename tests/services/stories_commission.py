"""Appeals and the commission: filed, sat on, voted, ruled, withdrawn; a question ruled faulty."""

from __future__ import annotations

from typing import Any

from appeals.models import AgendaItem, AppealItem, Commission, DifferingRuling
from appeals.services.attachments import Paper, remove_unsettled
from appeals.services.commission import appoint, release
from appeals.services.counting import count_item, reopen_item, seal_item
from appeals.services.differing import leave_as_ruled
from appeals.services.faulty import digest_of, faulty_dry_run, mark_faulty
from appeals.services.filing import file_appeal
from appeals.services.filing_here import file_here
from appeals.services.recusals import pass_on_due, recuse
from appeals.services.ruling import rule_item
from appeals.services.sittings import (
    close_sitting,
    mark_attendance,
    move_sitting,
    open_sitting,
    plan_sitting,
    put_on_agenda,
)
from appeals.services.staged_papers import stage as keep_papers
from appeals.services.voting import record_dissent, vote
from appeals.services.withdrawal import withdraw, withdraw_item
from attestation.by import By
from attestation.cases.cycles import admit_cycle
from attestation.cases.decisions import form_due
from attestation.cases.finality import appeal_opened, finalise_due
from attestation.cases.result_changes import amend_by_ruling
from attestation.cases.results import publish_results, record_result
from attestation.cases.testing_stage import close_deadlines, end_testing_stages
from attestation.models import Attestation, Role, User
from scoring.services.assessing import score_due
from tests.appeals.filing_cast import wish
from tests.jobs.story import FINAL, LISTED, STAGE_OVER, at
from tests.services.cast import RECORDED, Office, facts, fresh
from tests.services.playing import Stage

FILED, PUT_DOWN = at("2026-02-06 15:00"), at("2026-02-06 16:00")
PLANNED, BEGINS, AT = at("2026-02-11 09:00"), at("2026-02-12 10:00"), at("2026-02-12 10:30")
RULED = at("2026-02-12 17:00")
WHY = "By the key in force."


def typed(case: Attestation, actor: User, **more: Any) -> dict[str, Any]:
    """What one form says, of question 3."""
    return {
        "stated_at": None,
        "items": [(3, WHY)],
        "receipt_note": "",
        "external_id": "",
        "papers": [Paper("a.pdf", "application/pdf", b"%PDF-1.7 a")],
        "form_key": "0123456789abcdef" * 2,
        "by": By(actor, FILED),
        **more,
    }


def filed(case: Attestation, *questions: int, **more: Any) -> Any:
    """An appeal in time."""
    values = {"filed_at": FILED, "receipt_note": "on paper", "by": By(None, PUT_DOWN), **more}
    return file_appeal(fresh(case), items=[(question, WHY) for question in questions], **values)


def appealed(office: Office, *questions: int) -> tuple[Attestation, list[AppealItem]]:
    """A case under appeal after its testing stage."""
    case = office.published(60)
    filed(case, *questions)
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    return fresh(case), list(AppealItem.objects.order_by("question"))


def appeals_are_filed(stage: Stage) -> None:
    """On our own page, from the Platform, and too late; the appeal and one question are withdrawn."""
    office = Office()
    case = office.published(60)
    said = typed(case, office.hr)
    stage.play(keep_papers, case, said["papers"], by=said["by"])
    stage.play(remove_unsettled, now=said["by"].at)
    stage.play(file_here, case, **said)
    values = {"filed_at": FILED, "receipt_note": "on paper", "by": By(office.hr, PUT_DOWN)}
    appeal = stage.play(file_appeal, case, items=[(4, WHY), (5, WHY)], external_id="P-2", **values)
    late = {**values, "filed_at": FINAL, "by": By(office.hr, at("2026-02-11 09:00"))}
    stage.play(file_appeal, case, items=[(7, WHY)], external_id="P-3", **late, case="late")
    item = appeal.items.get(question=4)
    stage.play(withdraw_item, item, reason=WHY, wish=wish(PLANNED.date()), by=By(office.hr, PLANNED))
    stage.play(withdraw, appeal, reason=WHY, wish=wish(PLANNED.date()), by=By(office.hr, PLANNED))


def an_appeal_after_the_final_decision(stage: Stage) -> None:
    """I-14: filed in time, put on record when the decision was final already."""
    office = Office()
    case = office.published(90)
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    close_deadlines(now=FINAL)
    finalise_due(now=FINAL)
    values = {"filed_at": FILED, "receipt_note": "on paper", "by": By(office.hr, PLANNED)}
    stage.play(file_appeal, case, items=[(4, WHY)], external_id="P-4", **values, case="reopens")
    stage.play(appeal_opened, fresh(case), by=By(office.hr, PLANNED))


def a_question_is_ruled_on(stage: Stage) -> None:
    """By the chair alone, outside a sitting: upheld, which amends the result; then rejected."""
    office = Office()
    release(office.seat(office.member), LISTED.date(), by=By(None, LISTED))
    _case, items = appealed(office, 3, 4)
    ruling = {"reason": WHY, "by": By(office.chair, RULED)}
    stage.play(rule_item, items[0], ruling="uphold", **ruling, case="not the last one")
    stage.play(rule_item, items[1], ruling="reject", **ruling)


def rulings_that_differ(stage: Stage) -> None:
    """By the chair alone: question 3 rejected for one appellant, upheld for another; left as it is."""
    office = Office()
    release(office.seat(office.member), LISTED.date(), by=By(None, LISTED))
    for _ in range(2):
        filed(office.published(60), 3)
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    first, second = AppealItem.objects.order_by("pk")
    ruling = {"reason": WHY, "by": By(office.chair, RULED)}
    rule_item(first, ruling="reject", **ruling)
    stage.play(rule_item, second, ruling="uphold", **ruling, case="differs")
    stage.play(leave_as_ruled, DifferingRuling.objects.get(), **ruling)


def a_sitting(stage: Stage) -> None:
    """Planned, moved, filled, opened, attended, voted in, its items closed, one carried over; closed."""
    office = Office()
    _case, items = appealed(office, 3, 4, 5)
    secretary, commission = office.secretary, Commission.objects.get(center=None)
    plan: dict[str, Any] = {"starts_at": BEGINS, "place": "Astana", "fill": False}
    sitting = stage.play(plan_sitting, commission, **plan, by=By(secretary, PLANNED))
    moved: dict[str, Any] = {"starts_at": at("2026-02-12 10:15"), "place": "Astana"}
    stage.play(move_sitting, sitting, **moved, by=By(secretary, PLANNED))
    stage.play(put_on_agenda, sitting, item=items[0], by=By(secretary, PLANNED))
    for item in items[1:]:
        put_on_agenda(sitting, item=item, by=By(secretary, PLANNED))
    stage.play(open_sitting, sitting, by=By(secretary, BEGINS))
    seats = list(commission.memberships.exclude(user=secretary))
    stage.play(mark_attendance, sitting, seats, by=By(secretary, BEGINS))
    first, second, _third = AgendaItem.objects.order_by("position")
    stage.play(vote, first, "uphold", by=By(office.chair, AT))
    vote(first, "uphold", by=By(office.member, AT))
    stage.play(count_item, first, by=By(secretary, AT))
    stage.play(reopen_item, first, why=WHY, by=By(office.chair, AT))
    count_item(first, by=By(secretary, AT))
    stage.play(seal_item, first, reason=WHY, by=By(secretary, AT))
    stage.play(record_dissent, first, WHY, by=By(office.member, AT))
    stage.play(count_item, second, by=By(secretary, AT), case="without votes")
    stage.play(close_sitting, sitting, by=By(office.chair, RULED))


def a_row_that_is_held_no_more(stage: Stage) -> None:
    """I-05: the row is on an agenda when the ratings come in: it leaves the agenda."""
    office = Office()
    person = office.specialist()
    office.published(90, person, "consultant")
    end_testing_stages(now=STAGE_OVER)
    office.read()
    score_due(now=PLANNED)
    plan = {"starts_at": BEGINS, "place": "Astana", "by": By(office.secretary, PLANNED)}
    commission = Commission.objects.get(center=None)
    sitting = stage.play(plan_sitting, commission, **plan, case="with what waits")
    open_sitting(sitting, by=By(office.secretary, BEGINS))
    office.read(ratings={person: [5, 5]}, now=BEGINS)
    score_due(now=BEGINS)
    by = By(office.secretary, AT)
    stage.play(count_item, AgendaItem.objects.get(), by=by, case="row 2 is held no more")


def somebody_is_recused(stage: Stage) -> None:
    """A statement of the member; appointed and released; nobody is left, and the central commission rules."""
    office = Office()
    user = office.account("local", Role.CHAIR)
    days = {"from_day": LISTED.date(), "by": By(office.boss, LISTED)}
    seat = stage.play(appoint, user, "chair", office.mobility, **days)
    case, _items = appealed(office, 3)
    commission = Commission.objects.get(center=office.mobility)
    assert case.appeals.get().items.get().commission == commission  # type: ignore[attr-defined]  # reverse
    local = office.account("local-secretary", Role.SECRETARY)
    appoint(local, "secretary", office.mobility, **days)
    plan_sitting(commission, starts_at=BEGINS, place="Astana", by=By(local, PLANNED))
    stage.play(recuse, case, reason=WHY, by=By(user, PLANNED))
    stage.play(release, seat, PLANNED.date(), by=By(office.boss, PLANNED))


def nobody_is_left_to_rule(stage: Stage) -> None:
    """F-R8: the only member of the region's commission is released; the sweep passes the question on."""
    office = Office()
    user = office.account("local", Role.CHAIR)
    seat = appoint(user, "chair", office.mobility, LISTED.date(), by=By(None, LISTED))
    appealed(office, 3)
    release(seat, PUT_DOWN.date(), by=By(None, PLANNED))
    stage.play(pass_on_due, now=PLANNED)


def a_question_is_faulty(stage: Stage) -> None:
    """For everyone of the cycle and the variant, in one act; and for one, by the ruling itself."""
    office = Office()
    case = office.listed(office.employee())
    admit_cycle(office.cycle, by=By(None, RECORDED.replace(month=1)))
    record_result(fresh(case), facts(60), by=By(None, RECORDED))
    publish_results(office.cycle, by=By(None, RECORDED))
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    changes = faulty_dry_run(office.cycle, "1", 3, now=PLANNED)
    stage.play(
        mark_faulty,
        office.cycle,
        "1",
        3,
        reason=WHY,
        seen=digest_of(changes),
        by=By(office.chair, PLANNED),
    )
    wrong = list(range(4, 41))
    amended = {"correct": 63, "wrong": wrong, "reason": WHY, "by": By(office.chair, PLANNED)}
    stage.play(amend_by_ruling, fresh(case), **amended)
