"""Deadlines, the calendar, outages, what a brake holds, what failed: by administrator and system."""

from __future__ import annotations

from datetime import date, timedelta

from attestation import work
from attestation.by import By
from attestation.cases.confirmations import confirm_ready, review_ready
from attestation.cases.decisions import form_due
from attestation.cases.finality import finalise_due
from attestation.cases.testing_stage import close_deadlines, end_testing_stages, watch_periods
from attestation.deadlines import holding, instants
from attestation.deadlines.calendar import (
    DayChange,
    confirm_calendar,
    load_year,
    save_calendar_days,
)
from attestation.deadlines.changes import accept_change, decline_change
from attestation.deadlines.ledger import open_category_deadline
from attestation.deadlines.outage_deadlines import cut_deadlines, digest
from attestation.deadlines.outages import end_outage, record_outage, settle_outage
from attestation.models import (
    Attestation,
    CalendarYear,
    CategoryTerm,
    Cycle,
    Deadline,
    ReadyEffect,
    TermChange,
    WorkFailure,
)
from attestation.work import retry_work
from tests.jobs.story import FINAL, READ, STAGE_OVER, at
from tests.services.cast import Office
from tests.services.playing import Stage

WHY = "By the decree No. 41."
NOW = at("2026-02-06 09:00")
SATURDAY, MONDAY, TUESDAY = date(2026, 2, 7), date(2026, 2, 9), date(2026, 2, 10)


def off(day: date) -> DayChange:
    """A day off by a decree."""
    return DayChange(day, "off", "Демалыс күні", "Выходной день")


def a_year_of_the_calendar(stage: Stage) -> None:
    """Loaded, changed, confirmed; one is longer at once, a shorter one accepted or declined."""
    office = Office()
    office.published(90)
    CalendarYear.objects.filter(year=2026).update(confirmed_at=None)
    stage.play(confirm_calendar, 2026, by=By(office.boss, NOW))
    CalendarYear.objects.filter(year=2035).delete()
    stage.play(load_year, 2035, by=By(office.boss, NOW))
    act = {"source": WHY, "by": By(office.boss, NOW)}
    stage.play(save_calendar_days, [off(MONDAY)], **act)
    stage.play(save_calendar_days, [DayChange(MONDAY, "")], **act, case="a day taken back")
    appeal = TermChange.objects.get(state="proposed")
    stage.play(accept_change, appeal, reason=WHY, by=By(office.boss, NOW))


def a_shorter_deadline_is_declined(stage: Stage) -> None:
    """The day off is taken back; the administrator leaves the deadline as it stands."""
    office = Office()
    office.published(90)
    act = {"source": WHY, "by": By(office.boss, NOW)}
    save_calendar_days([off(MONDAY)], **act)
    save_calendar_days([DayChange(MONDAY, "")], **act)
    change = TermChange.objects.get(state="proposed")
    stage.play(decline_change, change, reason=WHY, by=By(office.boss, NOW))


def an_outage(stage: Stage) -> None:
    """Recorded while it is on, ended, settled: one is made longer, one that is over is opened again."""
    office = Office()
    early = office.published(90)
    boss = office.boss
    began = at("2026-02-09 09:00")
    outage = stage.play(record_outage, began_at=began, ended_at=None, reason="No power.", by=By(boss, began))
    ended = at("2026-02-09 23:00")
    stage.play(end_outage, outage, ended_at=ended, by=By(boss, ended))
    outage.refresh_from_db()
    lines = cut_deadlines(outage, now=ended)
    chosen = [line.deadline.pk for line in lines if line.proposed]
    settled = {"extend": chosen, "seen": digest(lines), "reason": WHY, "by": By(boss, ended)}
    stage.play(settle_outage, outage, **settled)
    assert Deadline.objects.filter(attestation=early).exists()


def an_outage_found_later(stage: Stage) -> None:
    """The appeal term was closed before anybody knew of the outage: it is opened again."""
    office = Office()
    office.published(90)
    boss = office.boss
    end_testing_stages(now=STAGE_OVER)
    close_deadlines(now=FINAL)
    began, ended, now = at("2026-02-09 09:00"), at("2026-02-09 23:00"), at("2026-02-11 10:00")
    outage = record_outage(began_at=began, ended_at=ended, reason="No power.", by=By(boss, now))
    lines = cut_deadlines(outage, now=now)
    chosen = [line.deadline.pk for line in lines if line.proposed]
    settled = {"extend": chosen, "seen": digest(lines), "reason": WHY, "by": By(boss, now)}
    stage.play(settle_outage, outage, **settled, case="a term that is over")


def held_by_a_brake(stage: Stage) -> None:
    """F-D8: the deadlines and the decision wait; let go by a person, by the calendar, or not due any more."""
    office = Office()
    person = office.specialist("case_manager")
    case = office.published(40, person, "case_manager")
    end_testing_stages(now=STAGE_OVER)
    form_due(now=STAGE_OVER)
    CalendarYear.objects.filter(year=2026).update(confirmed_at=None)
    Deadline.objects.filter(attestation=case).update(provisional=True)
    stage.play(close_deadlines, now=FINAL, case="held")
    stage.play(finalise_due, now=FINAL, case="held")
    appeal = ReadyEffect.objects.waiting().get(deadline__kind="appeal")
    stage.play(holding.settle, appeal, "void", by=By(None, FINAL))
    stage.play(confirm_ready, None, by=By(office.boss, FINAL))


def let_go_by_itself(stage: Stage) -> None:
    """The year is confirmed: what waited for that alone is taken off the list."""
    office = Office()
    case = office.published(90)
    Deadline.objects.filter(attestation=case, kind="appeal").update(provisional=True)
    close_deadlines(now=at("2026-02-10 00:30"))
    Deadline.objects.filter(attestation=case).update(provisional=False)
    stage.play(review_ready, now=at("2026-02-10 00:40"))


def a_category_ends(stage: Stage) -> None:
    """¶7, I-17: an imported period is put in the ledger; another by the service that a decision calls."""
    office = Office()
    office.specialist("consultant")
    period = CategoryTerm.objects.get(employee=office.specialist("consultant"))
    stage.play(open_category_deadline, period, now=READ)
    stage.play(watch_periods, now=READ)


def the_zone_changes(stage: Stage) -> None:
    """F-D12: a deadline and a stage whose stored instants are an hour off are given their day's end again."""
    office = Office()
    case = office.published(90)
    hour = timedelta(hours=1)
    deadline = Deadline.objects.get(attestation=case, kind="appeal")
    Deadline.objects.filter(pk=deadline.pk).update(closes_at=deadline.closes_at + hour)
    Cycle.objects.filter(pk=office.cycle.pk).update(stage_closes_at=office.cycle.stage_closes_at + hour)
    stage.play(instants.realign, list(instants.shifted()), by=By(office.boss, NOW))


def work_that_fails(stage: Stage) -> None:
    """F-D18: a row fails, is counted and told once; a person has it tried again."""
    office = Office()
    case = office.published(90)
    stage.play(work.needs_attention, Attestation, case.pk, "form_decision", KeyError("x"), now=READ)
    stage.play(retry_work, WorkFailure.objects.get(), by=By(office.boss, READ))
    stage.play(work.note_failure, "step", "reports", KeyError("x"), now=READ)
    stage.play(work.note_once, "sweep:reports:KeyError", "reports", KeyError("x"), now=READ)
