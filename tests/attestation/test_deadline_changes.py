"""F-D14, F-R7: open deadlines that a changed calendar moves, and what is provisional until then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from attestation import journal, lookup
from attestation.by import By
from attestation.cases.confirmations import confirm_ready
from attestation.cases.testing_stage import end_testing_stages, watch_periods
from attestation.deadlines import calendar as calendars
from attestation.deadlines.calendar import (
    DayChange,
    confirm_calendar,
    moved_cases,
    save_calendar_days,
)
from attestation.deadlines.changes import accept_change, decline_change
from attestation.deadlines.ledger import close_deadline, open_deadline
from attestation.law.calendar import appeal_due, day_close, grace_due
from attestation.law.parameters import parameters_on
from attestation.models import (
    Attestation,
    CalendarDay,
    CalendarYear,
    Deadline,
    JournalEntry,
    Notice,
    ReadyEffect,
    Role,
    RuleSet,
    TermChange,
    User,
)
from attestation.refusals import Refused
from tests.jobs.story import FINAL, PUBLISHED, STAGE_OVER, Story, at

pytestmark = pytest.mark.django_db
DECREE = "Decree No. 41 of 6 February 2026"
FRIDAY, SATURDAY, MONDAY, TUESDAY = date(2026, 2, 6), date(2026, 2, 7), date(2026, 2, 9), date(2026, 2, 10)
NOW = at("2026-02-06 09:00")


Cast = tuple[Story, User, Attestation]


def made_once() -> Cast:
    """No year is confirmed, whatever a release ships as confirmed."""
    CalendarYear.objects.update(confirmed_at=None)
    story = Story(confirmed=())
    admin = story.account("admin", Role.ADMINISTRATOR)
    case = story.listed(story.employee())
    story.through((case, 90))
    return story, admin, case


@pytest.fixture(autouse=True)
def story(shared: Cast) -> Story:
    return shared[0]


@pytest.fixture
def admin(shared: Cast) -> User:
    return shared[1]


@pytest.fixture
def case(shared: Cast) -> Attestation:
    """D1: published on Thursday 5 February; the appeal term ends on Monday 9, the grace on Tuesday 10."""
    return shared[2]


def deadline(case: Attestation, kind: str) -> Deadline:
    return Deadline.objects.get(attestation=case, kind=kind)


def off(day: date) -> DayChange:
    return DayChange(day, "off", "Демалыс күні", "Выходной день")


def working(day: date) -> DayChange:
    return DayChange(day, "working", "Жұмыс күні", "Рабочий день")


def confirm(*years: int) -> None:
    for year in years:
        confirm_calendar(year, by=By(None, at("2026-01-05 10:00")))


def entries(act: str) -> list[JournalEntry]:
    return list(JournalEntry.objects.filter(act=act).order_by("seq"))


# --- provisional --------------------------------------------------------------------------------------------


def test_f_r7_a_term_counted_by_an_unconfirmed_year_is_provisional_until_it_is_confirmed(
    case: Attestation,
) -> None:
    assert [deadline(case, kind).provisional for kind in ("appeal", "grace")] == [True, True]
    done = confirm_calendar(2026, by=By(None, NOW))
    assert (done.changed, done.settled) == (True, 2)
    assert not Deadline.objects.filter(provisional=True).exists()
    (entry,) = entries("confirm_calendar")
    assert sorted(entry.data["settled"]) == sorted(deadline(case, kind).key for kind in ("appeal", "grace"))


def test_f_r7_a_decision_waits_for_the_year_no_more_where_a_person_closed_its_terms_before(
    story: Story,
) -> None:
    case = story.listed(story.employee("career_specialist", category="consultant"), "category", "mentor")
    story.through((case, 40))
    story.swept(STAGE_OVER, FINAL)
    waits = ReadyEffect.objects.waiting()
    assert list(waits.filter(act="finalise").values_list("brakes", flat=True)) == [["calendar"]]
    confirm_ready(waits.filter(act="close_term"), by=By(None, FINAL))
    assert (deadline(case, "appeal").state, deadline(case, "appeal").provisional) == ("met", True)
    confirm_calendar(2026, by=By(None, FINAL))
    assert not Deadline.objects.filter(provisional=True).exists()
    story.swept(FINAL + timedelta(minutes=5))
    case.refresh_from_db()
    assert (case.status, list(waits)) == ("final", [])


def test_f_r7_a_term_in_a_confirmed_year_is_not_provisional(story: Story) -> None:
    confirm(2026)
    found = story.listed(story.employee())
    story.through((found, 90))
    assert not Deadline.objects.filter(provisional=True).exists()


def test_f_r7_a_term_across_the_new_year_waits_for_both_years(story: Story) -> None:
    Deadline.objects.update(provisional=False)  # the shared case's own deadlines: none is settled here
    person = story.employee()
    published = at("2026-12-29 12:00")
    due = appeal_due(published, lookup.work_calendar(), parameters_on(date(2026, 12, 29)))
    assert [day.year for day in due.days] == [2026, 2026]
    three = lookup.work_calendar().count_working_days(date(2026, 12, 29), 3)
    assert three[-1].year == 2027
    row = open_deadline(
        "appeal",
        "appeal:x",
        type(due)("appeal", three[-1], three, ("¶21",)),
        employee=person,
        counted_from=published,
        now=published,
    )
    assert (row.provisional, row.calendar_version) == (True, "2026:1 2027:1")
    assert confirm_calendar(2026, by=By(None, published)).settled == 0
    row.refresh_from_db()
    assert row.provisional
    assert confirm_calendar(2027, by=By(None, published)).settled == 1


@pytest.mark.parametrize(("rolls", "provisional"), [(False, False), (True, True)])
def test_f_r7_a_scoring_term_is_provisional_only_where_it_rolls(
    story: Story, rolls: bool, provisional: bool
) -> None:
    RuleSet.objects.update(scoring_rolls=rolls)
    found = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((found, 90))
    end_testing_stages(now=STAGE_OVER)
    assert deadline(found, "scoring").provisional is provisional


def test_f_r7_months_and_years_are_never_provisional(story: Story) -> None:
    person = story.employee("career_specialist", category="consultant")
    row = watch_periods(now=NOW)
    assert row == 1
    found = Deadline.objects.get(employee=person, kind="category")
    assert (found.provisional, found.remind_at, found.rung) == (False, NOW, 0)
    assert found.term is not None
    assert found.term.in_ledger


def test_f_r7_a_year_that_is_not_loaded_is_filled_in_unconfirmed_and_never_monday_to_friday(
    story: Story,
) -> None:
    CalendarDay.objects.filter(year__gte=2028).delete()
    CalendarYear.objects.filter(year__gte=2028).delete()
    calendar = lookup.work_calendar(date(2027, 12, 30))
    assert CalendarYear.objects.get(year=2028).confirmed_at is None
    # 3 January 2028 is the Monday after a New Year's weekend; 7 January is Christmas.
    assert not calendar.is_working_day(date(2028, 1, 3))
    assert not calendar.is_working_day(date(2028, 1, 7))
    assert not CalendarYear.objects.filter(year=2029).exists()


# --- longer: at once ----------------------------------------------------------------------------------------


def test_f_d14_a_longer_term_moves_at_once_journalled_and_notified(case: Attestation, admin: User) -> None:
    done = save_calendar_days([off(MONDAY)], source=DECREE, by=By(admin, NOW))
    appeal, grace = deadline(case, "appeal"), deadline(case, "grace")
    assert (appeal.due_on, appeal.closes_at) == (TUESDAY, day_close(TUESDAY))
    assert (appeal.days, appeal.calendar_version) == (["2026-02-06", "2026-02-10"], "2026:2")
    assert (grace.due_on, grace.days) == (date(2026, 2, 11), ["2026-02-11"])
    assert [change.state for change in done.lengthened] == ["applied", "applied"]
    assert done.proposed == []
    change = TermChange.objects.get(deadline=appeal)
    assert (change.cause, change.was_due_on, change.due_on, change.reason) == (
        "calendar",
        MONDAY,
        TUESDAY,
        DECREE,
    )
    moved = entries("term_moved")
    assert [entry.subject for entry in moved] == [appeal.key, grace.key]
    assert (moved[0].data["was_due_on"], moved[0].data["due_on"]) == ("2026-02-09", "2026-02-10")
    assert moved[0].actor == admin
    told = Notice.objects.filter(kind="term_moved")
    assert {(row.user and row.user.username, row.employee_id) for row in told} == {
        ("hr", None),
        (None, case.employee_id),
    }
    assert {row.context["moved_to"] for row in told} == {"2026-02-10"}
    assert appeal.remind_at is not None
    assert (appeal.remind_at <= NOW, appeal.rung) == (True, 0)
    assert journal.verify() is None


def test_f_d14_the_recount_is_what_the_law_would_count_now(case: Attestation, admin: User) -> None:
    save_calendar_days([off(MONDAY), off(TUESDAY)], source=DECREE, by=By(admin, NOW))
    calendar = lookup.work_calendar()
    appeal = appeal_due(PUBLISHED, calendar, lookup.parameters_of(case))
    grace = grace_due(appeal.due_on, calendar, lookup.settings_of(case))
    assert (deadline(case, "appeal").due_on, deadline(case, "grace").due_on) == (appeal.due_on, grace.due_on)


def test_a_changed_day_makes_a_new_version_and_the_year_waits_again(case: Attestation, admin: User) -> None:
    confirm(2026)
    save_calendar_days([off(date(2026, 8, 31))], source=DECREE, by=By(admin, NOW))
    year = CalendarYear.objects.get(pk=2026)
    assert (year.version, year.confirmed_at, year.confirmed_by) == (2, None, None)
    appeal = deadline(case, "appeal")
    assert (appeal.due_on, appeal.provisional, appeal.calendar_version) == (MONDAY, True, "2026:2")
    (entry,) = entries("calendar_changed")
    assert entry.data == {
        "days": [{"day": "2026-08-31", "kind": "off", "was": ""}],
        "source": DECREE,
        "version": 2,
    }
    assert not TermChange.objects.exists()
    assert confirm_calendar(2026, by=By(admin, NOW)).settled == 2


def test_a_transfer_is_a_pair_of_days_in_one_version(case: Attestation, admin: User) -> None:
    save_calendar_days([off(MONDAY), working(date(2026, 2, 14))], source=DECREE, by=By(admin, NOW))
    assert CalendarYear.objects.get(pk=2026).version == 2
    assert lookup.work_calendar().is_working_day(date(2026, 2, 14))
    assert set(CalendarDay.objects.filter(source=DECREE).values_list("kind", flat=True)) == {"off", "working"}
    assert len(entries("calendar_changed")) == 1


def test_other_days_with_the_same_end_are_stored_without_a_change(case: Attestation, admin: User) -> None:
    done = save_calendar_days([off(FRIDAY), working(SATURDAY)], source=DECREE, by=By(admin, NOW))
    assert (done.lengthened, done.proposed) == ([], [])
    assert deadline(case, "appeal").days == ["2026-02-07", "2026-02-09"]
    assert deadline(case, "appeal").due_on == MONDAY


def test_a_rolling_scoring_term_moves_and_one_that_does_not_roll_stays(story: Story, admin: User) -> None:
    RuleSet.objects.update(scoring_rolls=True)
    found = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((found, 90))
    end_testing_stages(now=STAGE_OVER)
    assert deadline(found, "scoring").due_on == MONDAY  # two calendar days after Friday: Sunday, rolled
    save_calendar_days([off(MONDAY)], source=DECREE, by=By(admin, NOW))
    scoring = deadline(found, "scoring")
    assert (scoring.due_on, scoring.days) == (TUESDAY, ["2026-02-07", "2026-02-08"])


# --- shorter: proposed to a named person --------------------------------------------------------------------


def proposed(case: Attestation, admin: User) -> TermChange:
    save_calendar_days([working(SATURDAY)], source=DECREE, by=By(admin, NOW))
    return TermChange.objects.get(state="proposed")


def test_f_d14_a_shorter_term_is_proposed_to_a_named_person_and_stands_meanwhile(
    case: Attestation, admin: User
) -> None:
    change = proposed(case, admin)
    assert (change.deadline, change.proposed_to) == (deadline(case, "appeal"), admin)
    assert (change.was_due_on, change.due_on, change.days) == (MONDAY, SATURDAY, ["2026-02-06", "2026-02-07"])
    appeal = deadline(case, "appeal")
    assert (appeal.due_on, appeal.days) == (MONDAY, ["2026-02-06", "2026-02-09"])
    assert deadline(case, "grace").due_on == TUESDAY
    assert appeal.provisional
    notice = Notice.objects.get(kind="term_shortening")
    assert (notice.user, notice.context) == (admin, {"count": 1})
    assert not Notice.objects.filter(kind="term_moved").exists()
    assert [entry.subject for entry in entries("term_shortening_proposed")] == [appeal.key]


def test_f_d14_accepted_the_term_is_shorter_and_the_grace_follows_it(case: Attestation, admin: User) -> None:
    change = accept_change(proposed(case, admin), reason="as decreed", by=By(admin, NOW))
    assert (change.state, change.decided_by, change.decided_at) == ("applied", admin, NOW)
    appeal, grace = deadline(case, "appeal"), deadline(case, "grace")
    assert (appeal.due_on, appeal.closes_at, appeal.days) == (
        SATURDAY,
        day_close(SATURDAY),
        ["2026-02-06", "2026-02-07"],
    )
    assert (grace.due_on, grace.days) == (MONDAY, ["2026-02-09"])
    followed = TermChange.objects.get(deadline=grace)
    assert (followed.state, followed.decided_by, followed.reason) == ("applied", admin, "as decreed")
    assert Notice.objects.filter(kind="term_moved", deadline=appeal).count() == 2
    assert not Notice.objects.filter(kind="term_moved", deadline=grace).exists()


def test_f_d14_declined_the_term_stays(case: Attestation, admin: User) -> None:
    change = decline_change(proposed(case, admin), reason="they were told Monday", by=By(admin, NOW))
    assert (change.state, change.decided_by, change.reason) == ("declined", admin, "they were told Monday")
    assert deadline(case, "appeal").due_on == MONDAY
    assert [entry.actor for entry in entries("term_shortening_declined")] == [admin]


def test_f_d14_only_the_named_person_decides_and_gives_a_reason(
    story: Story, case: Attestation, admin: User
) -> None:
    other = story.account("other", Role.ADMINISTRATOR)
    change = proposed(case, admin)
    for actor, reason, code in (
        (story.hr, "x", "no_permission"),
        (None, "x", "no_permission"),
        (other, "x", "not_yours"),
        (admin, "  ", "reason_missing"),
    ):
        with pytest.raises(Refused) as refusal:
            accept_change(change, reason=reason, by=By(actor, NOW))
        assert refusal.value.code == code
    admin.is_active = False
    admin.save()
    change.refresh_from_db()
    assert accept_change(change, reason="in her place", by=By(other, NOW)).decided_by == other
    with pytest.raises(Refused, match="does not wait any more: applied"):
        decline_change(change, reason="again", by=By(other, NOW))


def test_f_d14_another_administrator_can_be_chosen_and_nobody_else(
    story: Story, case: Attestation, admin: User
) -> None:
    other = story.account("other", Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="Choose an administrator"):
        save_calendar_days([working(SATURDAY)], source=DECREE, by=By(admin, NOW), propose_to=story.hr)
    save_calendar_days([working(SATURDAY)], source=DECREE, by=By(admin, NOW), propose_to=other)
    assert TermChange.objects.get().proposed_to == other


def test_a_shorter_term_that_would_be_over_is_not_accepted(case: Attestation, admin: User) -> None:
    change = proposed(case, admin)
    with pytest.raises(Refused, match="over already"):
        accept_change(change, reason="late", by=By(admin, day_close(SATURDAY)))
    assert deadline(case, "appeal").due_on == MONDAY


def test_f_d14_a_newer_count_makes_an_older_proposal_obsolete(case: Attestation, admin: User) -> None:
    first = proposed(case, admin)
    save_calendar_days([DayChange(SATURDAY, "")], source="Decree No. 42", by=By(admin, NOW))
    first.refresh_from_db()
    assert (first.state, first.decided_at) == ("obsolete", NOW)
    assert not TermChange.objects.filter(state="proposed").exists()
    assert deadline(case, "appeal").due_on == MONDAY


def test_f_d14_a_closed_term_never_changes(case: Attestation, admin: User) -> None:
    appeal = deadline(case, "appeal")
    close_deadline(appeal, "met", by=By(None, NOW), closed_by="test")
    assert [row.deadline.kind for row in moved_cases([off(MONDAY)])] == []
    save_calendar_days([off(MONDAY)], source=DECREE, by=By(admin, NOW))
    assert deadline(case, "appeal").due_on == MONDAY
    with pytest.raises(IntegrityError, match="closed deadline"), transaction.atomic():
        Deadline.objects.filter(pk=appeal.pk).update(due_on=TUESDAY)


def test_f_d14_a_term_that_closes_makes_its_proposal_obsolete(case: Attestation, admin: User) -> None:
    change = proposed(case, admin)
    close_deadline(change.deadline, "met", by=By(None, FINAL), closed_by="test")
    change.refresh_from_db()
    assert change.state == "obsolete"


# --- before it is saved -------------------------------------------------------------------------------------


def test_f_d14_what_would_move_is_listed_and_nothing_is_written(case: Attestation) -> None:
    before = list(Deadline.objects.order_by("pk").values())
    longer = moved_cases([off(MONDAY)])
    assert [
        (row.case_no, row.deadline.kind, row.deadline.due_on, row.counted.due_on, row.longer)
        for row in longer
    ] == [
        (case.case_no, "appeal", MONDAY, TUESDAY, True),
        (case.case_no, "grace", TUESDAY, date(2026, 2, 11), True),
    ]
    shorter = moved_cases([working(SATURDAY)])
    assert [(row.deadline.kind, row.counted.due_on, row.longer) for row in shorter] == [
        ("appeal", SATURDAY, False),
    ]
    assert list(Deadline.objects.order_by("pk").values()) == before
    assert not TermChange.objects.exists()
    assert not CalendarDay.objects.filter(day=MONDAY).exists()


@pytest.mark.parametrize("change", [off(MONDAY), working(SATURDAY)])
def test_f_d14_what_is_shown_beforehand_is_what_saving_does(
    case: Attestation, admin: User, change: DayChange
) -> None:
    shown = {(row.deadline.key, row.counted.due_on, row.longer) for row in moved_cases([change])}
    outcome = save_calendar_days([change], source=DECREE, by=By(admin, NOW))
    done = {(made.deadline.key, made.due_on, True) for made in outcome.lengthened}
    done |= {(made.deadline.key, made.due_on, False) for made in outcome.proposed}
    assert shown == done
    assert shown


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([], "no_days"),
        ([off(MONDAY), off(MONDAY)], "day_twice"),
        ([working(MONDAY)], "works_already"),
        ([DayChange(MONDAY, "")], "day_not_on_record"),
        ([off(date(2019, 2, 4))], "year_unknown"),
        ([off(date(2150, 2, 4))], "year_unknown"),
    ],
)
def test_changes_that_make_no_sense_are_refused(
    story: Story, admin: User, changes: list[DayChange], code: str
) -> None:
    for act in (
        lambda: moved_cases(changes),
        lambda: save_calendar_days(changes, source=DECREE, by=By(admin, NOW)),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == code
    assert CalendarYear.objects.get(pk=2026).version == 1


def test_a_day_is_moved_by_an_act_with_a_number_and_by_an_administrator(story: Story, admin: User) -> None:
    for actor, source, code in ((admin, "  ", "source_missing"), (story.hr, DECREE, "no_permission")):
        with pytest.raises(Refused) as refusal:
            save_calendar_days([off(MONDAY)], source=source, by=By(actor, NOW))
        assert refusal.value.code == code
    assert not CalendarDay.objects.filter(day=MONDAY).exists()


# --- confirming ---------------------------------------------------------------------------------------------


def test_confirming_counts_anew_what_was_counted_by_days_that_changed_meanwhile(case: Attestation) -> None:
    """A result published while the day was being entered: the deadline was counted by the old days."""
    CalendarDay.objects.create(day=MONDAY, year_id=2026, kind="off", nature="moved", source=DECREE)
    confirm_calendar(2026, by=By(None, NOW))
    assert deadline(case, "appeal").due_on == TUESDAY
    assert {change.state for change in TermChange.objects.all()} == {"applied"}


def test_a_year_without_days_is_not_confirmed(story: Story) -> None:
    CalendarDay.objects.filter(year=2030).delete()
    with pytest.raises(Refused, match="no calendar of the year 2030"):
        confirm_calendar(2030, by=By(None, NOW))


def test_a_year_is_loaded_once(story: Story, admin: User) -> None:
    assert calendars.load_year(2031, by=By(admin, NOW))
    assert not calendars.load_year(2031, by=By(admin, NOW))
    assert CalendarYear.objects.get(pk=2031).days.count() >= 15
    assert [entry.subject for entry in entries("calendar_loaded")] == ["2031"]
    with pytest.raises(Refused, match="2150"):
        calendars.load_year(2150, by=By(admin, NOW))
