"""F-D14: a day of the calendar changes while results are published and deadlines run out (PostgreSQL)."""

from __future__ import annotations

from datetime import date

import pytest

from attestation import journal, lookup
from attestation.by import By
from attestation.cases.cycles import admit_cycle
from attestation.cases.results import publish_results
from attestation.cases.testing_stage import close_deadlines
from attestation.deadlines.calendar import DayChange, confirm_calendar, save_calendar_days
from attestation.deadlines.changes import accept_change, decline_change
from attestation.law.calendar import appeal_due, grace_due
from attestation.models import CalendarYear, Deadline, JournalEntry, Role, TermChange
from office.sweep import sweep
from tests.jobs.story import ADMITTED, PUBLISHED, Story, at
from tests.jobs.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MONDAY, SATURDAY = date(2026, 2, 9), date(2026, 2, 7)
NOW = at("2026-02-06 09:00")


def test_f_d14_a_day_off_while_results_are_published_leaves_no_term_by_the_old_days() -> None:
    story = Story()
    admin = story.account("admin", Role.ADMINISTRATOR)
    cases = [story.listed(story.employee()) for _ in range(25)]
    admit_cycle(story.cycle, by=By(None, ADMITTED))
    for case in cases[:12]:
        story.tested(case, 60)
    publish_results(story.cycle, by=By(None, PUBLISHED))
    for case in cases[12:]:
        story.tested(case, 60)
    day_off = DayChange(MONDAY, "off", "Демалыс", "Выходной")
    troubles = at_once(
        lambda: publish_results(story.cycle, by=By(None, PUBLISHED)),
        lambda: save_calendar_days([day_off], source="No. 1", by=By(admin, NOW)),
        lambda: sweep.run(NOW),
    )
    assert troubles == []
    assert not JournalEntry.objects.filter(act="needs_attention").exists()
    confirm_calendar(2026, by=By(admin, NOW))
    calendar = lookup.work_calendar()
    assert Deadline.objects.filter(kind="appeal").count() == 25
    for case in cases:
        appeal = appeal_due(PUBLISHED, calendar, lookup.parameters_of(case))
        grace = grace_due(appeal.due_on, calendar, lookup.settings_of(case))
        for due in (appeal, grace):
            deadline = Deadline.objects.get(attestation=case, kind=due.kind)
            assert (deadline.due_on, deadline.closes_at, deadline.days) == (
                due.due_on,
                due.closes_at,
                [day.isoformat() for day in due.days],
            )
            assert not deadline.provisional
    assert journal.verify() is None


def test_f_d14_a_term_is_either_closed_as_it_stood_or_moved_and_never_both() -> None:
    story = Story()
    admin = story.account("admin", Role.ADMINISTRATOR)
    cases = [story.listed(story.employee()) for _ in range(20)]
    story.through(*((case, 60) for case in cases))
    over = at("2026-02-10 00:00:01")
    day_off = DayChange(MONDAY, "off", "Демалыс", "Выходной")
    troubles = at_once(
        lambda: close_deadlines(now=over),
        lambda: save_calendar_days([day_off], source="No. 1", by=By(admin, over)),
    )
    assert troubles == []
    for deadline in Deadline.objects.filter(kind="appeal"):
        moved = TermChange.objects.filter(deadline=deadline).exists()
        assert (deadline.state, deadline.due_on, moved) in {
            ("met", MONDAY, False),
            ("open", date(2026, 2, 10), True),
        }
    assert CalendarYear.objects.get(pk=2026).version == 2
    assert journal.verify() is None


def test_f_d14_a_proposal_is_decided_once() -> None:
    story = Story()
    admin = story.account("admin", Role.ADMINISTRATOR)
    case = story.listed(story.employee())
    story.through((case, 60))
    working = DayChange(SATURDAY, "working", "Жұмыс күні", "Рабочий день")
    save_calendar_days([working], source="No. 1", by=By(admin, NOW))
    change = TermChange.objects.get()
    troubles = at_once(
        lambda: accept_change(change, reason="yes", by=By(admin, NOW)),
        lambda: decline_change(change, reason="no", by=By(admin, NOW)),
    )
    assert len(troubles) == 1
    assert "decided_already" in troubles[0]
    change.refresh_from_db()
    appeal = Deadline.objects.get(kind="appeal")
    assert (change.state, appeal.due_on) in {("applied", SATURDAY), ("declined", MONDAY)}
