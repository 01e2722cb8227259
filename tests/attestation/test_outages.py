"""F-D2: outages recorded, and the deadlines they cut into made good by an authorised person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from attestation import journal, lookup
from attestation.by import By
from attestation.cases.finality import finalise, waits_for
from attestation.cases.proof_of_service import to_serve_by_hand
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts
from attestation.deadlines.counting import recount
from attestation.deadlines.ledger import close_deadline, void_deadlines
from attestation.deadlines.outage_deadlines import CutDeadline, cut_deadlines, digest
from attestation.deadlines.outages import Settled, end_outage, record_outage, settle_outage
from attestation.models import (
    Attestation,
    CalendarYear,
    Deadline,
    Decision,
    JournalEntry,
    Notice,
    Outage,
    ReadyEffect,
    Role,
    Status,
    TermChange,
    User,
)
from attestation.notices import letters
from attestation.refusals import Refused
from office.replay.replay import replay
from office.sweep import sweep as whole_sweep
from tests.factories import EmployeeFactory, UserFactory, moment
from tests.siblings_cast import decided, examined, footprint, fresh, published, sweep

pytestmark = pytest.mark.django_db

# Published on Thursday 5 February at 17:40: counted are Friday the 6th and Monday the 9th; grace: the 10th.
FRIDAY_9, FRIDAY_12 = moment("2026-02-06 09:00"), moment("2026-02-06 12:00")
FRIDAY_EVENING = moment("2026-02-06 18:00")
MONDAY_9, MONDAY_23 = moment("2026-02-09 09:00"), moment("2026-02-09 23:00")
WEDNESDAY = moment("2026-02-11 10:00")


@pytest.fixture(autouse=True)
def confirmed_calendar() -> None:
    """The calendar's own brake is proved elsewhere."""
    CalendarYear.objects.update(confirmed_at=moment("2026-01-05 09:00"))


@pytest.fixture
def boss() -> User:
    return UserFactory()


def down(began: datetime, ended: datetime | None, *, now: datetime | None = None) -> Outage:
    """An outage on record."""
    return record_outage(
        began_at=began, ended_at=ended, reason="Дата-орталық өшті", by=By(None, now or ended or began)
    )


def settle(
    outage: Outage, boss: User, now: datetime, *, extend: list[int] | None = None, reason: str = "№ 7 бұйрық"
) -> Settled:
    """Settled as proposed, unless `extend` says otherwise."""
    lines = cut_deadlines(outage, now=now)
    chosen = [line.deadline.pk for line in lines if line.proposed] if extend is None else extend
    return settle_outage(outage, extend=chosen, seen=digest(lines), reason=reason, by=By(boss, now))


def deadline(case: Attestation, kind: str = "appeal") -> Deadline:
    """The last deadline of the kind."""
    return Deadline.objects.filter(attestation=case, kind=kind).latest("pk")


def line_of(outage: Outage, case: Attestation, now: datetime, kind: str = "appeal") -> CutDeadline:
    found = [
        one
        for one in cut_deadlines(outage, now=now)
        if one.deadline.attestation_id == case.pk and one.deadline.kind == kind
    ]
    assert len(found) == 1
    return found[0]


# --- recorded, ended ------------------------------------------------------------------------------------


def test_an_outage_is_put_on_record(boss: User) -> None:
    outage = record_outage(
        began_at=FRIDAY_9,
        ended_at=FRIDAY_12,
        reason="  Дата-орталық өшті ",
        document="№ 5 акт",
        by=By(boss, FRIDAY_EVENING),
    )
    assert (outage.reason, outage.document, outage.recorded_by) == ("Дата-орталық өшті", "№ 5 акт", boss)
    entry = JournalEntry.objects.get(act="record_outage")
    assert (entry.subject, entry.actor, entry.at) == (f"outage:{outage.pk}", boss, FRIDAY_EVENING)


@pytest.mark.parametrize(
    ("began", "ended", "code"),
    [
        (FRIDAY_12 + timedelta(seconds=1), None, "outage_of_the_future"),
        (FRIDAY_9, FRIDAY_12 + timedelta(seconds=1), "outage_of_the_future"),
        (FRIDAY_9, FRIDAY_9, "outage_ends_first"),
        (FRIDAY_12, FRIDAY_9, "outage_ends_first"),
    ],
)
def test_a_wrong_time_is_refused(began: datetime, ended: datetime | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        down(began, ended, now=FRIDAY_12)
    assert refused.value.code == code
    assert not Outage.objects.exists()


def test_one_outage_is_not_recorded_twice() -> None:
    first = down(FRIDAY_9, FRIDAY_12)
    for began, ended in ((FRIDAY_9, FRIDAY_12), (FRIDAY_9 - timedelta(hours=1), None), (FRIDAY_9, None)):
        with pytest.raises(Refused) as refused:
            down(began, ended, now=FRIDAY_EVENING)
        assert refused.value.code == "outage_overlaps"
        assert f"№ {first.pk}" in refused.value.message
    down(FRIDAY_12, FRIDAY_EVENING)
    assert Outage.objects.count() == 2


def test_the_end_is_the_only_correction(boss: User) -> None:
    outage = down(FRIDAY_9, None)
    with pytest.raises(Refused) as refused:
        end_outage(outage, ended_at=FRIDAY_9, by=By(boss, FRIDAY_12))
    assert refused.value.code == "outage_ends_first"
    assert end_outage(outage, ended_at=FRIDAY_12, by=By(boss, FRIDAY_12)).ended_at == FRIDAY_12
    with pytest.raises(Refused) as refused:
        end_outage(outage, ended_at=FRIDAY_EVENING, by=By(boss, FRIDAY_EVENING))
    assert refused.value.code == "outage_ended_already"
    assert JournalEntry.objects.filter(act="end_outage").count() == 1


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMINISTRATOR])
def test_only_an_administrator_records_and_settles(role: str) -> None:
    person = UserFactory(role=role, center=published().center)
    outage = down(FRIDAY_9, FRIDAY_12)
    for act in (
        lambda: record_outage(began_at=MONDAY_9, ended_at=None, reason="x", by=By(person, MONDAY_23)),
        lambda: end_outage(outage, ended_at=FRIDAY_EVENING, by=By(person, MONDAY_23)),
        lambda: settle(outage, person, MONDAY_9),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "no_permission"


# --- which deadlines, and by how many days ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("began", "ended", "touched", "due_on"),
    [
        (FRIDAY_9, FRIDAY_12, 1, date(2026, 2, 10)),
        # A minute of the day is enough, the last second of it too.
        ("2026-02-09 23:59", "2026-02-10 01:00", 1, date(2026, 2, 10)),
        ("2026-02-06 00:00", "2026-02-09 00:01", 2, date(2026, 2, 11)),
        # Midnight with which a day ends belongs to none of its seconds.
        ("2026-02-05 18:00", "2026-02-06 00:00", 0, None),
        ("2026-02-05 18:00", "2026-02-06 00:01", 1, date(2026, 2, 10)),
        # Days off don't count, so they are not lost.
        ("2026-02-07 00:00", "2026-02-09 00:00", 0, None),
    ],
)
def test_each_counted_day_that_was_touched_counts_anew(
    began: Any, ended: Any, touched: int, due_on: date | None
) -> None:
    case = published()
    began, ended = (moment(one) if isinstance(one, str) else one for one in (began, ended))
    outage = down(began, ended)
    # Looked at on Monday, within the appeal term.
    outage.ended_at = ended
    line = line_of(outage, case, min(max(ended, MONDAY_9), MONDAY_23))
    assert len(line.touched) == touched
    assert (line.counted.due_on if line.counted else None) == due_on
    assert not line.reopens


def test_the_new_last_day_skips_days_off() -> None:
    """D3: published on 19 March; the appeal term ends on 26 March, after Nauryz."""
    case = published()
    correct_result(
        case,
        ResultFacts(100, 90, None, "", moment("2026-02-04 11:00")),
        reason="қате",
        by=By(None, moment("2026-03-19 12:00")),
    )
    outage = down(moment("2026-03-20 10:00"), moment("2026-03-20 11:00"))
    line = line_of(outage, case, moment("2026-03-20 12:00"))
    assert line.deadline.due_on == date(2026, 3, 26)
    assert line.counted is not None
    assert line.counted.due_on == date(2026, 3, 27)


def test_terms_before_and_after_the_outage_are_not_its_own() -> None:
    published()
    assert cut_deadlines(down(moment("2026-02-05 10:00"), moment("2026-02-05 17:40")), now=FRIDAY_9) == []
    assert cut_deadlines(down(moment("2026-02-11 00:00"), moment("2026-02-11 05:00")), now=WEDNESDAY) == []


def test_scoring_is_shown_and_left_as_it_is_by_default(boss: User) -> None:
    case = examined()
    outage = down(moment("2026-02-07 09:00"), moment("2026-02-07 12:00"))
    line = line_of(outage, case, moment("2026-02-07 13:00"), "scoring")
    assert line.touched == (date(2026, 2, 7),)
    assert not line.proposed
    assert line.counted is not None
    now = moment("2026-02-07 13:00")
    done = settle(outage, boss, now, extend=[line.deadline.pk])
    assert [one.pk for one in done.moved] == [line.deadline.pk]
    assert deadline(case, "scoring").due_on == date(2026, 2, 9)
    assert deadline(case).due_on == date(2026, 2, 9)


# --- settled --------------------------------------------------------------------------------------------


def test_f_d2_a_running_term_becomes_longer_with_its_grace(boss: User) -> None:
    case = published()
    outage = down(FRIDAY_9, FRIDAY_12)
    done = settle(outage, boss, MONDAY_9)

    appeal, grace = deadline(case), deadline(case, "grace")
    assert (appeal.due_on, grace.due_on) == (date(2026, 2, 10), date(2026, 2, 11))
    assert appeal.closes_at == moment("2026-02-11 00:00")
    assert appeal.days == ["2026-02-06", "2026-02-09", "2026-02-10"]
    assert done.moved == [appeal]
    change = TermChange.objects.get(deadline=appeal)
    assert (change.cause, change.outage, change.decided_by, change.reason) == (
        "outage",
        outage,
        boss,
        "№ 7 бұйрық",
    )
    assert (change.was_due_on, change.due_on) == (date(2026, 2, 9), date(2026, 2, 10))
    assert JournalEntry.objects.filter(act="term_moved", attestation=case).count() == 2
    # A later recount of the same calendar finds the same day (F-D14).
    assert recount(appeal, lookup.work_calendar()).due_on == appeal.due_on
    outage.refresh_from_db()
    assert (outage.settled_at, outage.settled_by) == (MONDAY_9, boss)
    data = JournalEntry.objects.get(act="settle_outage").data
    assert (data["moved"], data["reopened"]) == ([appeal.key], [])
    assert journal.verify() is None


def test_f_d2_a_closed_term_is_opened_again_beside_the_old_one(boss: User) -> None:
    case = published()
    sweep(moment("2026-02-10 00:05"))
    old = deadline(case)
    assert old.state == Deadline.State.MET
    outage = down(MONDAY_9, MONDAY_23)

    done = settle(outage, boss, WEDNESDAY)

    new, grace = deadline(case), deadline(case, "grace")
    assert done.reopened == [new]
    assert (new.key, new.replaces) == (f"{old.key}:outage:{outage.pk}", old)
    assert (new.due_on, new.days, new.counted_from) == (date(2026, 2, 12), ["2026-02-12"], WEDNESDAY)
    assert grace.due_on == date(2026, 2, 13)
    assert (new.outage, new.follows, grace.outage, grace.follows) == (outage, None, outage, new)
    before = Deadline.objects.get(pk=old.pk)
    assert before.outage is None
    assert (before.due_on, before.closed_at, before.state) == (old.due_on, old.closed_at, old.state)
    change = TermChange.objects.get(deadline=new)
    assert (change.was_due_on, change.due_on, change.outage) == (date(2026, 2, 9), date(2026, 2, 12), outage)
    news = Notice.objects.get(kind="term_reopened", employee=case.employee)
    text = letters.texts(news, "en")[1]
    assert "ended on 09.02.2026" in text
    assert "until 12.02.2026, 23:59:59 (¶21)" in text
    assert JournalEntry.objects.get(act="term_reopened").data["due_on"] == "2026-02-12"


def test_the_migration_reads_from_the_keys_what_the_columns_say_today(boss: User) -> None:
    """A window opened again twice, with its graces; and a duty opened again."""
    case = published()
    for lost, at in ((MONDAY_9, WEDNESDAY), (moment("2026-02-12 09:00"), moment("2026-02-16 10:00"))):
        sweep(at)
        settle(down(lost, lost.replace(hour=23)), boss, at)
    decision = Decision.objects.filter(attestation=decided(), state="provisional").get()
    duties = (f"reattestation:{decision.pk}", f"reattestation:{decision.pk}:again:1")
    of = {"kind": "reattestation", "attestation": case, "employee": case.employee, "decision": decision}
    moments = dict.fromkeys(("counted_from", "closes_at", "opened_at"), WEDNESDAY)
    for key in duties:
        Deadline.objects.create(key=key, due_on=date(2026, 8, 9), cite="¶27.2", **of, **moments)
    columns = ("key", "follows", "outage", "decision")
    said = list(Deadline.objects.order_by("pk").values_list(*columns))
    assert [sum(value is not None for value in column) for column in zip(*said, strict=True)] == [
        len(said),
        sum(key.startswith("grace:") for key, *_rest in said),
        4,
        2,
    ]
    Deadline.objects.update(follows=None, outage=None, decision=None)
    import_module("attestation.migrations.0011_facts_in_columns").fill_terms(apps, None)
    assert list(Deadline.objects.order_by("pk").values_list(*columns)) == said


@pytest.mark.parametrize(
    ("ended", "letter"),
    [
        ("met", ("failed", "term_over 2026-02-12T19:05:00+00:00")),
        ("void", ("superseded", "superseded 2026-02-12T19:05:00+00:00")),
    ],
)
def test_f_d2_a_window_that_nobody_could_be_told_of_leaves_hr_a_letter_to_serve(
    boss: User, ended: str, letter: tuple[str, str]
) -> None:
    """The mail server was down for the whole window; an officer's row has nobody to serve."""
    case = published(employee=EmployeeFactory(email="person@mail.example"))
    UserFactory(role=Role.HR, center=case.center)
    sweep(moment("2026-02-10 00:05"))
    settle(down(MONDAY_9, MONDAY_23), boss, WEDNESDAY)
    now = moment("2026-02-13 00:05")
    close_deadline(deadline(case), ended, by=By(None, now), closed_by="sweep")
    news = Notice.objects.filter(kind="term_reopened", deadline=deadline(case))
    told = news.get(employee=case.employee)
    assert (told.state, told.last_error) == letter
    assert {row.state for row in news.filter(user__isnull=False)} == {"superseded"}
    assert to_serve_by_hand(case) == ([told] if ended == "met" else [])


def test_f_d2_a_term_over_but_not_closed_is_longer_from_today(boss: User) -> None:
    """The brake kept it open: the lost day counts anew when somebody can use it."""
    case = published()
    outage = down(MONDAY_9, MONDAY_23)
    settle(outage, boss, moment("2026-02-16 10:00"))
    appeal = deadline(case)
    assert (appeal.due_on, appeal.state) == (date(2026, 2, 17), Deadline.State.OPEN)
    assert Deadline.objects.filter(attestation=case, kind="appeal").count() == 1
    assert recount(appeal, lookup.work_calendar()).due_on == appeal.due_on
    assert deadline(case, "grace").due_on == date(2026, 2, 18)


def test_f_d2_a_provisional_decision_waits_for_the_new_window(boss: User) -> None:
    case = decided()
    sweep(moment("2026-02-10 00:05"))
    assert deadline(case).state == Deadline.State.MET
    settle(down(MONDAY_9, MONDAY_23), boss, moment("2026-02-10 10:00"))
    sweep(moment("2026-02-11 00:05"))  # the old grace is over
    assert fresh(case).status == Status.PROVISIONAL
    assert waits_for(fresh(case), moment("2026-02-12 23:59")) == "term"
    sweep(moment("2026-02-13 00:05"))
    assert fresh(case).status == Status.FINAL
    decision = Decision.objects.current().get(attestation=case)
    assert decision.dated == date(2026, 2, 12)  # I-28: the last day of the grace of the new window
    assert replay().differences == []


def test_f_d2_a_final_decision_stands_until_somebody_files(boss: User) -> None:
    case = decided()
    sweep(moment("2026-02-11 00:05"))
    decision = Decision.objects.current().get(attestation=case)
    settle(down(MONDAY_9, MONDAY_23), boss, WEDNESDAY)
    assert deadline(case).due_on == date(2026, 2, 12)
    assert fresh(case).status == Status.FINAL
    # The day of the decision is the one it waited for, not that of a window opened afterwards (I-28).
    assert replay().differences == []
    sweep(moment("2026-02-20 00:05"))
    assert Decision.objects.current().get(attestation=case) == decision
    assert replay().differences == []


def test_f_d2_a_final_decision_with_terms_not_closed_yet_has_its_window_opened_anew(boss: User) -> None:
    case = decided()
    now = moment("2026-02-11 00:05")
    finalise(case, by=By(None, now))  # a person was quicker than the sweep
    old = deadline(case)
    assert old.state == Deadline.State.OPEN
    settle(down(MONDAY_9, MONDAY_23), boss, WEDNESDAY)
    old.refresh_from_db()
    assert (old.state, old.due_on) == (Deadline.State.MET, date(2026, 2, 9))
    assert deadline(case).replaces == old
    assert replay().differences == []


def test_f_d2_nothing_runs_by_itself_until_it_is_settled(boss: User) -> None:
    """A lowered category is not brought about by a window in which filing was impossible."""
    case = decided(60, existing="case_manager", declared="mentor")
    outage = down(MONDAY_9, MONDAY_23)
    whole_sweep.run(WEDNESDAY)
    assert fresh(case).status == Status.PROVISIONAL
    waits = ReadyEffect.objects.waiting()
    assert {effect.act for effect in waits} == {"close_term", "finalise"}
    assert all(effect.brakes == ["outage"] for effect in waits)

    settle(outage, boss, WEDNESDAY)
    whole_sweep.run(WEDNESDAY + timedelta(hours=1))
    assert not ReadyEffect.objects.waiting().exists()
    assert set(ReadyEffect.objects.values_list("state", flat=True)) == {ReadyEffect.State.VOID}
    assert (deadline(case).due_on, deadline(case, "grace").due_on) == (date(2026, 2, 12), date(2026, 2, 13))
    whole_sweep.run(moment("2026-02-14 00:05"))
    assert fresh(case).status == Status.FINAL
    assert replay().differences == []


def test_f_d2_no_term_may_be_chosen_with_a_reason(boss: User) -> None:
    case = decided(60, existing="case_manager", declared="mentor")
    outage = down(MONDAY_9, MONDAY_23)
    whole_sweep.run(WEDNESDAY)
    done = settle(outage, boss, WEDNESDAY, extend=[], reason="Өтініш қағазда қабылданды")
    assert (done.moved, done.reopened) == ([], [])
    assert deadline(case).due_on == date(2026, 2, 9)
    whole_sweep.run(WEDNESDAY + timedelta(hours=1))  # the brake is off
    assert fresh(case).status == Status.FINAL
    outage.refresh_from_db()
    assert outage.settled_reason == "Өтініш қағазда қабылданды"


def test_the_grace_alone_is_made_good_where_it_alone_was_cut(boss: User) -> None:
    case = decided()
    sweep(moment("2026-02-10 00:05"))
    outage = down(moment("2026-02-10 09:00"), moment("2026-02-10 12:00"))
    now = moment("2026-02-10 13:00")
    assert [line.deadline.kind for line in cut_deadlines(outage, now=now)] == ["grace"]
    settle(outage, boss, now)
    assert deadline(case).due_on == date(2026, 2, 9)
    assert deadline(case, "grace").due_on == date(2026, 2, 11)


def test_a_day_that_two_outages_touched_counts_anew_once(boss: User) -> None:
    case = published()
    settle(down(FRIDAY_9, FRIDAY_12), boss, FRIDAY_EVENING)
    second = down(moment("2026-02-06 15:00"), moment("2026-02-06 16:00"), now=FRIDAY_EVENING)
    line = line_of(second, case, FRIDAY_EVENING)
    assert (line.touched, line.counted) == ((), None)
    settle(second, boss, FRIDAY_EVENING)
    assert deadline(case).due_on == date(2026, 2, 10)


def test_a_second_outage_in_the_longer_term_is_made_good_too(boss: User) -> None:
    case = published()
    settle(down(FRIDAY_9, FRIDAY_12), boss, FRIDAY_EVENING)
    settle(down(moment("2026-02-10 09:00"), moment("2026-02-10 12:00")), boss, moment("2026-02-10 13:00"))
    assert deadline(case).due_on == date(2026, 2, 11)


def test_void_terms_and_closed_cases_are_left_alone(boss: User) -> None:
    case = published()
    # As versions before I-23 closed it.
    kinds = [Deadline.Kind.APPEAL, Deadline.Kind.GRACE, Deadline.Kind.SCORING]
    void_deadlines(case, kinds, now=FRIDAY_12, closed_by=case.case_no)
    Attestation.objects.filter(pk=case.pk).update(status="closed")
    assert cut_deadlines(down(FRIDAY_9, FRIDAY_12), now=MONDAY_9) == []


def test_the_window_of_a_result_that_was_corrected_is_not_opened_again(boss: User) -> None:
    """¶21: the correction gave a window of its own; an appeal is against the result in force."""
    case = published()
    sweep(moment("2026-02-10 00:05"))
    right = ResultFacts(100, 91, None, "", moment("2026-02-04 11:00"))
    correct_result(case, right, reason="қате", by=By(None, WEDNESDAY))
    outage = down(MONDAY_9, MONDAY_23, now=WEDNESDAY)
    assert not [line for line in cut_deadlines(outage, now=WEDNESDAY) if line.counted]
    assert not settle(outage, boss, WEDNESDAY).reopened
    assert deadline(case).due_on == date(2026, 2, 13)


def test_settling_twice_or_before_the_end_is_refused(boss: User) -> None:
    published()
    outage = down(FRIDAY_9, None)
    with pytest.raises(Refused) as refused:
        settle(outage, boss, MONDAY_9)
    assert refused.value.code == "outage_still_on"
    outage = end_outage(outage, ended_at=FRIDAY_12, by=By(boss, MONDAY_9))
    settle(outage, boss, MONDAY_9)
    before = footprint()
    with pytest.raises(Refused) as refused:
        settle(outage, boss, MONDAY_9)
    assert refused.value.code == "outage_settled"
    assert footprint() == before


def test_a_reason_is_asked_for(boss: User) -> None:
    outage = down(FRIDAY_9, FRIDAY_12)
    with pytest.raises(Refused) as refused:
        settle(outage, boss, MONDAY_9, reason=" ")
    assert refused.value.code == "text_missing"


def test_the_system_settles_nothing() -> None:
    outage = down(FRIDAY_9, FRIDAY_12)
    with pytest.raises(Refused) as refused:
        settle_outage(outage, extend=[], seen="", reason="x", by=By(None, MONDAY_9))
    assert refused.value.code == "no_permission"


def test_only_what_was_shown_is_settled(boss: User) -> None:
    case = published()
    outage = down(FRIDAY_9, FRIDAY_12)
    seen = digest(cut_deadlines(outage, now=MONDAY_9))
    other = published(cycle=case.cycle)
    with pytest.raises(Refused) as refused:
        settle_outage(outage, extend=[deadline(case).pk], seen=seen, reason="x", by=By(boss, MONDAY_9))
    assert refused.value.code == "terms_changed"
    with pytest.raises(Refused) as refused:
        settle(outage, boss, MONDAY_9, extend=[deadline(other, "grace").pk])
    assert refused.value.code == "terms_changed"
    assert not TermChange.objects.exists()


def test_f_a6_nobody_settles_what_cut_into_their_own_term(boss: User) -> None:
    person = EmployeeFactory()
    case = published(employee=person)
    own = UserFactory(employee=person)
    outage = down(FRIDAY_9, FRIDAY_12)
    with pytest.raises(Refused) as refused:
        settle(outage, own, MONDAY_9)
    assert refused.value.code == "own_record"
    assert case.case_no in refused.value.message
    settle(outage, boss, MONDAY_9)


def test_f_d2_an_appeal_reminder_is_planned_for_the_new_window(boss: User) -> None:
    case = published()
    sweep(moment("2026-02-10 00:05"))
    settle(down(MONDAY_9, MONDAY_23), boss, WEDNESDAY)
    assert deadline(case).remind_at == WEDNESDAY
