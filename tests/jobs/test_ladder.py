"""Ladders: the moment of each rung, on both sides; typed-in ladders; a changed one; what is overdue."""

from datetime import date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation.by import By
from attestation.cases.cycles import admit_cycle
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.cases.testing_stage import end_testing_stages, watch_periods
from attestation.law.calendar import day_close
from attestation.models import Attestation, Consequence, Deadline, JobRun, Notice, RuleSet
from attestation.models.rules import default_ladders
from attestation.notices import delivery, escalation, ladder, letters, reminders
from attestation.notices.escalation import escalation_key
from attestation.notices.ladder import DeadlineDates, moment_of, plan
from attestation.refusals import Refused
from tests.jobs.story import FINAL, PUBLISHED, STAGE_OVER, Story, at

DATES = DeadlineDates(at("2026-02-05 17:40"), date(2026, 2, 9), day_close(date(2026, 2, 9)))
SECOND = timedelta(seconds=1)


# --- moments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rung", "moment"),
    [
        ("open", "2026-02-05 17:40"),
        ("last-morning", "2026-02-09 09:00"),
        ("1-days", "2026-02-08 09:00"),
        ("12-hours", "2026-02-09 12:00"),
        ("1-hours", "2026-02-09 23:00"),
    ],
)
def test_a_rung_is_due_at_its_moment_and_not_a_second_before(rung: str, moment: str) -> None:
    due = at(moment)
    assert moment_of(rung, DATES) == due
    early, on_time = (
        plan([rung], DATES, since=DATES.opened_at - SECOND, look_back=False, now=now)
        for now in (due - SECOND, due)
    )
    assert (early.due, early.next_at) == ((), due)
    assert [step.rung for step in on_time.due] == [rung]
    assert on_time.next_at is None


def test_days_are_counted_by_the_local_calendar_over_the_change_of_zone() -> None:
    """Almaty went from +06:00 to +05:00 on 1 March 2024: nine in the morning stays nine in the morning."""
    dates = DeadlineDates(at("2024-01-10 10:00"), date(2024, 3, 5), day_close(date(2024, 3, 5)))
    assert moment_of("7-days", dates).isoformat() == "2024-02-27T09:00:00+06:00"
    assert moment_of("1-days", dates).isoformat() == "2024-03-04T09:00:00+05:00"


def test_one_hour_late_is_in_time_and_a_second_more_is_late() -> None:
    last = at("2026-02-09 09:00")
    for now, late in ((last + ladder.LATE, False), (last + ladder.LATE + SECOND, True)):
        found = plan(["last-morning"], DATES, since=DATES.opened_at, look_back=False, now=now)
        assert [step.late for step in found.due] == [late]


def test_several_rungs_that_passed_come_in_their_order_whatever_the_order_they_were_typed_in() -> None:
    rungs = ["last-morning", "12-hours", "open"]
    found = plan(rungs, DATES, since=DATES.opened_at, look_back=True, now=at("2026-02-09 13:00"))
    assert [step.rung for step in found.due] == ["open", "last-morning", "12-hours"]
    assert found.passed == 3


# --- checked ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "names"),
    [
        ("open, tomorrow", "unknown_rung", "tomorrow"),
        ("0-days", "unknown_rung", "0-days"),
        ("1000-days", "unknown_rung", "1000-days"),
        ("-3-days", "unknown_rung", "-3-days"),
        ("90", "unknown_rung", "90"),
        ("open, 7-days, open", "rung_twice", "open"),
        (", ".join(f"{day}-days" for day in range(1, 14)), "too_many_rungs", "13"),
    ],
)
def test_nonsense_is_refused_by_its_name(text: str, code: str, names: str) -> None:
    with pytest.raises(Refused) as refused:
        ladder.check(text.split(", "))
    assert refused.value.code == code
    assert names in refused.value.message


def test_our_own_ladders_are_good_ones_and_the_grace_has_none() -> None:
    for kind, rungs in default_ladders().items():
        ladder.check(rungs)
        assert ladder.rungs_of({}, kind) == rungs
    assert set(default_ladders()) == set(ladder.KINDS)
    assert ladder.rungs_of({"appeal": []}, "appeal") == []
    assert ladder.rungs_of({}, "grace") == []


# --- whose ladder, and a changed one ------------------------------------------------------------------------


def set_ladder(rule_set: RuleSet, **rungs: list[str]) -> None:
    rule_set.ladders = {**rule_set.ladders, **rungs}
    rule_set.save()


def category_deadline(story: Story) -> Deadline:
    employee = story.employee("career_specialist", category="mentor", until=date(2027, 1, 10))
    watch_periods(now=at("2026-01-12 10:00"))
    reminders.queue_reminders(now=at("2026-01-12 10:00"))
    return Deadline.objects.get(employee=employee)


def next_of(deadline: Deadline) -> datetime | None:
    deadline.refresh_from_db()
    return deadline.remind_at


def test_a_changed_ladder_is_followed_from_the_next_sweep_on(story: Story) -> None:
    deadline = category_deadline(story)
    assert next_of(deadline) == at("2026-07-14 09:00")
    set_ladder(RuleSet.objects.get(), category=["200-days", "360-days", "7-days"])
    assert reminders.queue_reminders(now=at("2026-01-20 10:00")) == 0
    # 360 days before had passed when the ladder changed: it is not made up for.
    assert next_of(deadline) == at("2026-06-24 09:00")
    assert reminders.queue_reminders(now=at("2026-06-24 09:00")) == 2
    assert next_of(deadline) == at("2027-01-03 09:00")
    assert set(Notice.objects.values_list("rung", flat=True)) == {"200-days"}


def test_a_changed_ladder_loses_no_rung_that_waits(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    set_ladder(RuleSet.objects.get(), appeal=["open", "1-days"])
    assert reminders.queue_reminders(now=PUBLISHED) == 2
    assert set(Notice.objects.filter(kind="reminder_appeal").values_list("rung", flat=True)) == {"open"}


def test_a_ladder_set_to_nothing_reminds_of_nothing_and_one_set_again_does(story: Story) -> None:
    deadline, rules = category_deadline(story), RuleSet.objects.get()
    set_ladder(rules, category=[])
    reminders.queue_reminders(now=at("2026-01-20 10:00"))
    assert next_of(deadline) is None
    set_ladder(rules, category=["7-days"])
    reminders.queue_reminders(now=at("2026-02-20 10:00"))
    assert next_of(deadline) == at("2027-01-03 09:00")


def test_another_rule_set_in_force_brings_its_ladder_to_deadlines_without_one_of_their_own(
    story: Story,
) -> None:
    deadline = category_deadline(story)
    ladders = {**default_ladders(), "category": ["100-days"]}
    RuleSet.objects.create(title="later", effective_from=date(2026, 4, 1), ladders=ladders)
    reminders.queue_reminders(now=at("2026-03-31 23:59"))
    assert next_of(deadline) == at("2026-07-14 09:00")
    reminders.queue_reminders(now=at("2026-04-01 00:05"))
    assert next_of(deadline) == at("2026-10-02 09:00")


def test_a_deadline_counted_by_a_rule_set_keeps_its_ladder(story: Story) -> None:
    story.through((story.listed(story.employee()), 60))
    story.swept(STAGE_OVER, FINAL)
    duty = Deadline.objects.get(kind="reattestation")
    reminders.queue_reminders(now=FINAL)
    ladders = {**default_ladders(), "reattestation": ["100-days"]}
    RuleSet.objects.create(title="later", effective_from=date(2026, 4, 1), ladders=ladders)
    reminders.queue_reminders(now=at("2026-04-01 00:05"))
    assert next_of(duty) == at("2026-11-12 09:00")


# --- overdue ------------------------------------------------------------------------------------------------

DUTY = "duty@ministry.example"


@pytest.fixture
def escalating(story: Story) -> Story:
    RuleSet.objects.update(escalation_address=DUTY)
    return story


def digests() -> list[Notice]:
    return list(Notice.objects.filter(kind="escalation").order_by("pk"))


def lines(notice: Notice) -> list[tuple[str, str, str]]:
    return [(line["kind"], line["case"], line["day"]) for line in notice.context["lines"]]


def missed_duties(story: Story) -> tuple[str, str]:
    """A re-attestation owed until 10 February 2027, and an assessment missed on 8 February 2026."""
    failed = story.listed(story.employee())
    held = story.listed(story.employee("career_specialist"), "category", "consultant")
    story.through((failed, 60), (held, 90))
    story.swept(STAGE_OVER, FINAL)
    return failed.case_no, held.case_no


def test_what_is_overdue_is_one_letter_a_day_with_case_numbers_alone(escalating: Story) -> None:
    failed, held = missed_duties(escalating)
    Notice.objects.all().delete()
    for moment in ("2026-02-12 08:59", "2026-02-12 09:00", "2026-02-12 17:00", "2026-02-14 03:00"):
        reminders.queue_reminders(now=at(moment))
    assert [lines(row) for row in digests()] == [[("scoring", held, "2026-02-08")]]
    over = day_close(date(2027, 2, 10))
    escalating.swept(over)
    reminders.queue_reminders(now=at("2027-02-11 09:00"))
    both = [("scoring", held, "2026-02-08"), ("reattestation", failed, "2027-02-10")]
    assert lines(digests()[-1]) == both
    assert digests()[-1].key == escalation_key(DUTY, date(2027, 2, 11))
    Consequence.objects.filter(kind="reattest").update(state="done", done_at=over)
    reminders.queue_reminders(now=at("2027-02-12 09:00"))
    assert lines(digests()[-1]) == both[:1]


def test_the_letter_comes_in_both_state_languages_and_names_nobody(escalating: Story) -> None:
    _failed, held = missed_duties(escalating)
    mail.outbox.clear()
    reminders.queue_reminders(now=at("2026-02-12 09:00"))
    delivery.deliver(now=at("2026-02-12 09:00"))
    (letter,) = [letter for letter in mail.outbox if letter.to == [DUTY]]
    for language in ("kk", "ru"):
        subject, body = letters.texts(digests()[0], language)
        assert subject in letter.subject
        assert body in letter.body
    assert letter.body.count(held) == 2
    assert "Әлиева" not in letter.body
    assert not any(word.isdigit() and len(word) == 12 for word in letter.body.split())
    assert digests()[0].state == Notice.State.SENT


def test_a_term_that_a_brake_keeps_open_is_overdue_as_well(escalating: Story) -> None:
    held = escalating.listed(escalating.employee("career_specialist"), "category", "consultant")
    escalating.through((held, 90))
    end_testing_stages(now=STAGE_OVER)
    reminders.queue_reminders(now=at("2026-02-09 09:00"))
    assert Deadline.objects.get(kind="scoring").state == Deadline.State.OPEN
    assert [lines(row) for row in digests()] == [[("scoring", held.case_no, "2026-02-08")]]


def test_a_dismissal_nobody_acted_on_is_told_daily_after_a_week(escalating: Story) -> None:
    first = escalating.listed(escalating.employee())
    escalating.through((first, 60))
    escalating.swept(STAGE_OVER, FINAL)
    second = escalating.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 3), at("2026-02-12 10:00"))
    repeat = escalating.listed(first.employee, cycle=second)
    admit_cycle(second, by=By(None, at("2026-02-20 10:00")))
    found = ResultFacts(100, 60, None, "1", at("2026-03-02 11:00"))
    record_result(repeat, found, by=By(None, at("2026-03-02 12:00")))
    publish_results(second, by=By(None, at("2026-03-02 12:00")))
    escalating.swept(at("2026-03-10 00:30"))
    assert Consequence.objects.get(kind="dismissal").effective_on == date(2026, 3, 5)
    for day in (11, 12, 13):
        reminders.queue_reminders(now=at(f"2026-03-{day} 09:00"))
    expected = [("dismissal", repeat.case_no, "2026-03-05")]
    assert [(row.context["as_of"], lines(row)) for row in digests()] == [
        ("2026-03-12", expected),
        ("2026-03-13", expected),
    ]


def missed_read(moment: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often reminding at the moment reads what is overdue; the letters are in `digests()`."""
    looks: list[datetime] = []
    really = escalation.overdue_lines

    def counted(now: datetime) -> list[escalation.Line]:
        looks.append(now)
        return really(now)

    with monkeypatch.context() as patched:
        patched.setattr(escalation, "overdue_lines", counted)
        reminders.queue_reminders(now=at(moment))
    return len(looks)


def missed_asked(moment: str) -> int:
    """How many queries go through what was ever missed."""
    with CaptureQueriesContext(connection) as asked:
        reminders.queue_reminders(now=at(moment))
    return sum("'missed'" in query["sql"] for query in asked)


def test_a_day_without_anything_overdue_is_looked_at_once(
    escalating: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = ("2026-01-14 08:59", "2026-01-14 09:00", "2026-01-14 09:05", "2026-01-14 23:55")
    assert [missed_read(moment, monkeypatch) for moment in moments] == [0, 1, 0, 0]
    assert [missed_asked(moment) for moment in ("2026-01-14 23:58", "2026-01-15 09:00")] == [0, 3]
    assert missed_read("2026-01-15 09:05", monkeypatch) == 0
    assert missed_read("2026-01-16 03:00", monkeypatch) == 0
    assert missed_read("2026-01-16 09:00", monkeypatch) == 1
    assert digests() == []


def test_what_becomes_overdue_after_the_days_look_is_in_the_next_days_letter(
    escalating: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for an address that had its letter already: an act made an old deadline overdue in the afternoon."""
    _failed, held = missed_duties(escalating)
    Notice.objects.all().delete()
    Attestation.objects.filter(case_no=held).update(status="scored")
    assert missed_read("2026-02-12 09:00", monkeypatch) == 1
    Attestation.objects.filter(case_no=held).update(status="tested")
    assert missed_read("2026-02-12 15:00", monkeypatch) == 0
    assert digests() == []
    reminders.queue_reminders(now=at("2026-02-13 09:00"))
    assert [lines(row) for row in digests()] == [[("scoring", held, "2026-02-08")]]


def test_an_address_that_is_set_anew_in_the_day_has_its_letter_the_same_day(
    escalating: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failed, held = missed_duties(escalating)
    Notice.objects.all().delete()
    reminders.queue_reminders(now=at("2026-02-12 09:00"))
    RuleSet.objects.update(escalation_address="other@ministry.example")
    assert missed_read("2026-02-12 10:00", monkeypatch) == 1
    assert missed_read("2026-02-12 10:05", monkeypatch) == 0
    assert [row.address for row in digests()] == [DUTY, "other@ministry.example"]
    # Back again: this address had its letter of the day.
    RuleSet.objects.update(escalation_address=DUTY)
    assert missed_read("2026-02-12 11:00", monkeypatch) == 1
    assert len(digests()) == 2
    assert {line[1] for row in digests() for line in lines(row)} == {held}


def test_two_rule_sets_that_swap_their_addresses_are_looked_at_again(
    escalating: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    _failed, held = missed_duties(escalating)
    Notice.objects.all().delete()
    first = RuleSet.objects.get()
    later = RuleSet.objects.create(
        title="later", effective_from=date(2030, 1, 1), escalation_address="later@ministry.example"
    )
    reminders.queue_reminders(now=at("2026-02-12 09:00"))
    RuleSet.objects.filter(pk=first.pk).update(escalation_address="later@ministry.example")
    RuleSet.objects.filter(pk=later.pk).update(escalation_address=DUTY)
    assert missed_read("2026-02-12 10:00", monkeypatch) == 1
    assert [(row.address, lines(row)[0][1]) for row in digests()] == [
        (DUTY, held),
        ("later@ministry.example", held),
    ]


def test_a_look_whose_letters_were_not_kept_is_made_again(
    escalating: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the letters and the record of the look: both or neither."""
    missed_duties(escalating)
    Notice.objects.all().delete()

    def killed(*_args: object, **_values: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(JobRun.objects, "update_or_create", killed)
        with pytest.raises(KeyboardInterrupt):
            reminders.queue_reminders(now=at("2026-02-12 09:00"))
    assert digests() == []
    reminders.queue_reminders(now=at("2026-02-12 09:05"))
    assert len(digests()) == 1


def test_without_an_address_nothing_is_escalated(story: Story) -> None:
    missed_duties(story)
    reminders.queue_reminders(now=at("2026-02-12 09:00"))
    assert digests() == []
