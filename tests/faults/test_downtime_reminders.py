"""The rule by which an outage may leave out a reminder: what it excuses, what it sees."""

from dataclasses import replace
from datetime import timedelta

from attestation.notices.kinds import Kind
from tests.faults.downtime_reminders import FIVE_MINUTES, Sent, unlike
from tests.jobs.story import at

STOP, BACK = at("2026-02-06 18:00"), at("2026-02-07 18:00")
OVER = at("2026-02-10 00:00")
OF = ("T-1", "appeal", "900517490497", "2026-02-09")
ONE = Sent(Kind.REMINDER_APPEAL, "2-days", OF, "hr", at("2026-02-07 09:00"), OVER)
LATER = replace(ONE, rung="1-days", at=BACK)


def told(quiet: list[Sent], found: list[Sent]) -> list[str]:
    return [line.split()[0] for line in unlike(quiet, found, stop=STOP, back=BACK)]


def test_one_that_is_late_is_the_same() -> None:
    assert told([ONE], [replace(ONE, at=BACK)]) == []


def test_one_left_out_is_seen_and_one_sent_twice() -> None:
    assert told([ONE], []) == ["-"]
    assert told([ONE], [ONE, ONE]) == ["+"]
    assert told([ONE, ONE], [ONE]) == ["-", "-"]


def test_one_whose_deadline_was_over_is_excused_to_the_second_sweep() -> None:
    for minutes, wrong in ((5, []), (6, ["-"])):
        over = replace(ONE, over_at=BACK + timedelta(minutes=minutes))
        assert told([over], []) == wrong


def test_one_is_excused_by_another_on_the_same_deadline_to_the_same_person_at_once() -> None:
    assert told([ONE, LATER], [LATER]) == []
    for other in (replace(LATER, to="chair"), replace(LATER, of=("T-2", *OF[1:]))):
        assert told([ONE, other], [other]) == ["-"]
    late = replace(LATER, at=BACK + 2 * FIVE_MINUTES)
    assert told([ONE, late], [late]) == ["-"]


def test_outside_of_the_outage_nothing_is_excused() -> None:
    for moment in (STOP, BACK + FIVE_MINUTES + timedelta(seconds=1)):
        assert told([replace(ONE, at=moment), LATER], [LATER]) == ["-"]


def test_the_opening_for_which_a_hold_stands_may_be_said_where_the_hold_was_never_seen() -> None:
    hold = replace(ONE, kind=Kind.HELD, rung="rating_gap", over_at=BACK)
    opening = replace(ONE, rung="open", at=BACK)
    assert told([hold], [opening]) == []
    assert told([hold], [opening, opening]) == ["+"]
    assert told([hold], [replace(opening, rung="2-days")]) == ["+"]
