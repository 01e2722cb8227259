"""The ladder of reminders: each rung once for each recipient; an outage loses none and floods nobody."""

from datetime import date, datetime

import pytest

from attestation.by import By
from attestation.cases.consequences import close_consequence
from attestation.cases.cycles import admit_cycle
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.cases.testing_stage import end_testing_stages, watch_periods
from attestation.deadlines.ledger import close_deadline
from attestation.law.calendar import day_close
from attestation.models import CategoryTerm, Consequence, Deadline, JournalEntry, Notice, Role, WorkFailure
from attestation.notices import delivery, letters, reminders
from attestation.notices.reasons import Why
from attestation.notices.reminders import queue_reminders
from tests.jobs.story import FINAL, PUBLISHED, READ, STAGE_OVER, Story, at, forget_notices


def rungs(kind: str, recipient: str = "e") -> list[str]:
    """The rungs of which the employee (or the officers, "u") has a notice, in the order of their queueing."""
    keys = Notice.objects.filter(kind=kind, key__contains=f":{recipient}").order_by("created_at", "pk")
    return [key.split(":")[1] for key in keys.values_list("key", flat=True)]


def states(kind: str, recipient: str = "e") -> list[tuple[str, str, str]]:
    """Rung, state and reason of each notice of the employee (or the officers), as it was queued."""
    found = Notice.objects.filter(kind=kind, key__contains=f":{recipient}").order_by("pk")
    return [(row.rung, row.state, row.last_error.partition(" ")[0]) for row in found]


def remind(*moments: datetime) -> list[int]:
    return [reminders.queue_reminders(now=moment) for moment in moments]


def category_deadline(story: Story, until: date) -> Deadline:
    """A category on record through the day, in the ledger since January 2026."""
    employee = story.employee("career_specialist", category="mentor", until=until)
    watch_periods(now=at("2026-01-12 10:00"))
    return Deadline.objects.get(employee=employee)


# --- appeal: on opening and on the last morning -------------------------------------------------------------


def test_an_appeal_term_is_announced_when_it_begins_and_on_its_last_morning(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 60))
    assert remind(PUBLISHED, PUBLISHED) == [2, 0]
    assert remind(at("2026-02-09 08:59"), at("2026-02-09 09:00"), at("2026-02-09 09:05")) == [0, 2, 0]
    assert rungs("reminder_appeal") == rungs("reminder_appeal", "u") == ["open", "last-morning"]


def test_f_d1_after_an_outage_only_the_latest_rung_is_sent_and_the_others_stand_as_missed(
    story: Story,
) -> None:
    story.through((story.listed(story.employee()), 60))
    assert remind(at("2026-02-09 15:00"), at("2026-02-09 15:05")) == [2, 0]
    both = [("open", "missed", Why.LATER_REMINDER), ("last-morning", "queued", "")]
    assert states("reminder_appeal") == states("reminder_appeal", "u") == both


def test_nobody_is_reminded_of_a_term_that_is_over(story: Story) -> None:
    """Also where a brake keeps it open: that nothing was sent, and why, stays to be seen."""
    story.through((story.listed(story.employee()), 60))
    assert remind(at("2026-02-10 00:00")) == [0]
    missed = [("open", "missed", Why.DEADLINE_OVER), ("last-morning", "missed", Why.DEADLINE_OVER)]
    assert states("reminder_appeal") == missed


def test_the_rungs_of_a_term_that_was_closed_are_not_made(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    deadline = Deadline.objects.get(kind="appeal")
    close_deadline(deadline, Deadline.State.VOID, by=By(None, PUBLISHED), closed_by="test")
    assert remind(at("2026-02-09 09:00")) == [0]
    assert rungs("reminder_appeal") == []
    deadline.refresh_from_db()
    assert deadline.remind_at is None


def test_what_is_queued_of_a_term_that_is_over_but_held_open_is_not_sent(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    remind(at("2026-02-09 15:00"))
    delivery.deliver(now=at("2026-02-10 00:00"))
    assert states("reminder_appeal")[-1] == ("last-morning", "superseded", Why.OCCASION_OVER)


# --- scoring: at once and twelve hours before ---------------------------------------------------------------


def test_officers_and_commission_are_told_of_a_scoring_term_and_the_employee_is_not(story: Story) -> None:
    story.account("chair", Role.CHAIR)
    story.account("member", Role.MEMBER)
    story.account("elsewhere", Role.HR, story.career)
    story.through((story.listed(story.employee("career_specialist"), "category", "consultant"), 90))
    end_testing_stages(now=STAGE_OVER)
    remind(STAGE_OVER, at("2026-02-08 11:59"), at("2026-02-08 12:00"))
    told = (
        Notice.objects.filter(kind="reminder_scoring").order_by("pk").values_list("user__username", flat=True)
    )
    assert list(told) == ["hr", "elsewhere", "chair"] * 2
    assert rungs("reminder_scoring", "u") == ["open"] * 3 + ["12-hours"] * 3


def test_a_commission_of_the_centres_own_is_told_instead_of_the_central_one(story: Story) -> None:
    story.account("central", Role.CHAIR)
    story.account("own", Role.SECRETARY, story.mobility)
    story.through((story.listed(story.employee("career_specialist"), "category", "consultant"), 90))
    end_testing_stages(now=STAGE_OVER)
    remind(STAGE_OVER)
    told = Notice.objects.filter(kind="reminder_scoring").values_list("user__username", flat=True)
    assert set(told) == {"hr", "own"}


# --- category: 180, 90, 30, 7 days --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rung", "before", "on"),
    [
        ("180-days", "2026-07-14 08:59", "2026-07-14 09:00"),
        ("90-days", "2026-10-12 08:59", "2026-10-12 09:00"),
        ("30-days", "2026-12-11 08:59", "2026-12-11 09:00"),
        ("7-days", "2027-01-03 08:59", "2027-01-03 09:00"),
    ],
)
def test_the_end_of_a_category_is_announced_on_the_morning(
    story: Story, rung: str, before: str, on: str
) -> None:
    category_deadline(story, date(2027, 1, 10))
    remind(at(before))
    earlier = rungs("reminder_category")
    assert remind(at(on), at(on)) == [2, 0]
    assert rungs("reminder_category") == [*earlier, rung]


@pytest.mark.parametrize(("years", "told"), [(2028, True), (2029, False)])
def test_i_17_nobody_is_reminded_of_a_category_that_a_higher_one_outlasts(
    story: Story, years: int, told: bool
) -> None:
    deadline = category_deadline(story, date(2029, 2, 10))
    CategoryTerm.objects.filter(employee=deadline.employee).update(category="consultant")
    CategoryTerm.objects.create(
        employee=deadline.employee,
        category="case_manager",
        starts_on=date(2026, 1, 12),
        ends_on=date(years, 2, 10),
        planned_ends_on=date(years, 2, 10),
    )
    # The morning of the 180th day before.
    assert remind(at("2028-08-14 09:00")) == [2 if told else 0]


def test_a_late_reminder_says_so_and_one_queued_in_time_does_not(story: Story) -> None:
    category_deadline(story, date(2027, 1, 10))
    remind(at("2026-07-14 09:30"), at("2026-10-20 09:00"))
    made = Notice.objects.filter(employee__isnull=False).order_by("pk").values_list("rung", "context")
    due = {"due_on": "2027-01-10"}
    late = {"planned_at": "2026-10-12T09:00:00+05:00", **due}
    assert list(made) == [("180-days", due), ("90-days", late)]
    told = [letters.texts(row, "en")[1] for row in Notice.objects.filter(employee__isnull=False)]
    says_so = "This reminder is late: it should have been sent on 12.10.2026 at 09:00."
    assert [says_so in letter for letter in told] == [True, False]


def test_a_term_put_on_record_late_in_its_course_is_told_at_once_and_is_not_late(story: Story) -> None:
    category_deadline(story, date(2026, 2, 1))
    assert remind(at("2026-01-12 10:00")) == [2]
    assert states("reminder_category") == [("30-days", "queued", "")]
    assert "planned_at" not in Notice.objects.filter(kind="reminder_category")[0].context
    assert remind(at("2026-01-25 09:00"), at("2026-02-01 09:00")) == [2, 0]
    assert rungs("reminder_category") == ["30-days", "7-days"]


# --- re-attestation: 90, 30, 7, 1 days, then weekly ---------------------------------------------------------


def owed(story: Story) -> Deadline:
    """A re-attestation owed until 10 February 2027."""
    story.through((story.listed(story.employee()), 60))
    story.swept(STAGE_OVER, FINAL)
    forget_notices()
    Deadline.objects.exclude(kind="reattestation").update(remind_at=None)
    return Deadline.objects.get(kind="reattestation")


def test_a_reattestation_is_announced_four_times(story: Story) -> None:
    deadline = owed(story)
    assert deadline.due_on == date(2027, 2, 10)
    mornings = ("2026-11-12 09:00", "2027-01-11 09:00", "2027-02-03 09:00", "2027-02-09 09:00")
    for morning in mornings:
        assert remind(at(morning), at(morning)) == [2, 0]
    assert rungs("reminder_reattestation") == ["90-days", "30-days", "7-days", "1-days"]


def test_an_overdue_reattestation_comes_back_weekly_until_the_duty_is_met(story: Story) -> None:
    deadline = owed(story)
    over = day_close(deadline.due_on)
    story.swept(over)
    deadline.refresh_from_db()
    assert deadline.state == Deadline.State.MISSED
    remind(at("2027-02-12 10:00"), at("2027-02-18 09:00"), at("2027-03-20 09:00"))
    assert rungs("reminder_reattestation") == ["overdue-0", "overdue-1", "overdue-5"]
    Consequence.objects.filter(kind="reattest").update(state="done", done_at=over)
    assert remind(at("2027-04-20 09:00")) == [0]


def test_an_open_dismissal_comes_back_weekly_until_somebody_says_what_was_done(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    story.swept(STAGE_OVER, FINAL)
    second = story.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 3), at("2026-02-12 10:00"))
    repeat = story.listed(Consequence.objects.get().attestation.employee, cycle=second)
    admit_cycle(second, by=By(None, at("2026-02-20 10:00")))
    found = ResultFacts(100, 60, None, "1", at("2026-03-02 11:00"))
    record_result(repeat, found, by=By(None, at("2026-03-02 12:00")))
    publish_results(second, by=By(None, at("2026-03-02 12:00")))
    story.swept(at("2026-03-10 00:30"))
    dismissal = Consequence.objects.get(kind="dismissal")
    assert dismissal.effective_on == date(2026, 3, 5)
    forget_notices()
    assert remind(at("2026-03-11 23:00"), at("2026-03-12 00:10"), at("2026-04-10 10:00")) == [0, 1, 1]
    assert rungs("dismissal_due", "u") == ["week-1", "week-5"]
    close_consequence(dismissal, text="Order 12", by=By(story.hr, at("2026-04-10 11:00")))
    assert remind(at("2026-04-30 10:00")) == [0]


# --- cost ---------------------------------------------------------------------------------------------------


def test_many_deadlines_take_few_queries(story: Story, django_assert_max_num_queries: object) -> None:
    for _ in range(40):
        story.employee("career_specialist", category="mentor", until=date(2026, 7, 1))
    watch_periods(now=READ)
    with django_assert_max_num_queries(25):  # type: ignore[operator]  # the fixture has no public type
        assert remind(READ) == [80]
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        assert remind(READ) == [0]


def test_f_d18_a_deadline_that_fails_backs_off_and_the_rest_go(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = category_deadline(story, date(2026, 7, 1))
    good = story.employee("career_specialist", category="mentor", until=date(2026, 7, 1))
    watch_periods(now=READ)

    class Broken(reminders._Batch):
        def of(self, deadline: Deadline) -> reminders.Made:
            if deadline.pk == poisoned.pk:
                raise ZeroDivisionError
            return super().of(deadline)

    monkeypatch.setattr(reminders, "_Batch", Broken)
    assert queue_reminders(now=READ) == 2
    assert set(
        Notice.objects.filter(kind="reminder_category").values_list("deadline__employee", flat=True)
    ) == {good.pk}
    failure = WorkFailure.objects.get(act="remind")
    assert (failure.subject, failure.error, failure.tries) == (
        f"deadline:{poisoned.pk}",
        "ZeroDivisionError",
        1,
    )
    assert JournalEntry.objects.filter(act="needs_attention").count() == 1
    assert queue_reminders(now=READ) == 0
    monkeypatch.undo()
    assert queue_reminders(now=READ) == 0  # it waits for its next try
    assert queue_reminders(now=failure.next_try_at) == 2
    failure.refresh_from_db()
    assert failure.solved_at == failure.next_try_at


# --- moved deadlines ----------------------------------------------------------------------------------------


def move_to(deadline: Deadline, due_on: date, now: datetime) -> None:
    deadline.refresh_from_db()
    deadline.due_on, deadline.closes_at = due_on, day_close(due_on)
    deadline.save()
    reminders.deadline_moved(deadline, now=now)


def test_f_d14_a_longer_term_is_reminded_of_on_its_new_last_morning_and_not_twice_on_a_day(
    story: Story,
) -> None:
    story.through((story.listed(story.employee()), 60))
    deadline = Deadline.objects.get(kind="appeal")
    remind(PUBLISHED, at("2026-02-09 09:00"))
    move_to(deadline, date(2026, 2, 10), at("2026-02-09 12:00"))
    assert remind(at("2026-02-09 12:00"), at("2026-02-10 09:00"), at("2026-02-10 09:05")) == [0, 2, 0]
    assert states("reminder_appeal") == [
        ("open", "queued", ""),
        ("last-morning", "superseded", Why.SUPERSEDED),
        ("last-morning", "queued", ""),
    ]
    move_to(deadline, date(2026, 2, 10), at("2026-02-10 10:00"))
    assert remind(at("2026-02-10 10:05")) == [0]


def test_f_d14_a_shorter_term_is_told_at_once_where_its_rung_has_passed(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    deadline = Deadline.objects.get(kind="appeal")
    move_to(deadline, date(2026, 2, 10), PUBLISHED)
    remind(PUBLISHED)
    move_to(deadline, date(2026, 2, 9), at("2026-02-09 10:00"))
    assert remind(at("2026-02-09 10:00"), at("2026-02-10 09:00")) == [2, 0]
    assert rungs("reminder_appeal") == ["open", "last-morning"]
    assert "planned_at" not in Notice.objects.filter(rung="last-morning")[0].context


def test_f_d14_a_rung_that_waits_when_the_term_moves_is_not_lost(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    move_to(Deadline.objects.get(kind="appeal"), date(2026, 2, 10), at("2026-02-06 12:00"))
    assert remind(at("2026-02-06 12:05")) == [2]
    assert rungs("reminder_appeal") == ["open"]
