"""What may run by itself and what waits for a person: the rule without a database, then the sweep."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attestation import journal, work
from attestation.by import By
from attestation.cases.finality import appeal_opened, finalise
from attestation.deadlines import holding
from attestation.deadlines.ledger import void_deadlines
from attestation.deadlines.safeguards import Code, Down, Safeguards, is_sticky
from attestation.models import (
    Attestation,
    CategoryTerm,
    Deadline,
    JobRun,
    JournalEntry,
    Outage,
    ReadyEffect,
    Role,
    WorkFailure,
)
from office.sweep import sweep
from tests.jobs.machine import Machine
from tests.jobs.story import FINAL, READ, STAGE_OVER, Story, at
from tests.siblings_cast import made_once

GAP, CLOCK, CALENDAR, OUTAGE = Code.GAP, Code.CLOCK, Code.CALENDAR, Code.OUTAGE
FROM = datetime(2026, 2, 5, 13, tzinfo=UTC)
UNTIL = datetime(2026, 2, 9, 19, tzinfo=UTC)


@dataclass
class Row:
    """A deadline as the brakes see it."""

    kind: str
    provisional: bool = False
    counted_from: datetime = FROM
    closes_at: datetime = UNTIL


def down(began_at: datetime, ended_at: datetime | None) -> Safeguards:
    return Safeguards(down=(Down(began_at, ended_at),))


@pytest.mark.parametrize(
    ("kind", "provisional", "clock", "codes"),
    [
        ("appeal", False, (), []),
        ("appeal", True, (), [CALENDAR]),
        ("grace", True, (), [CALENDAR]),
        ("category", False, (), []),
        ("ruling", True, (), []),
        ("scoring", True, (), []),
        ("reattestation", False, (), []),
        # Where the clock can't be trusted, no deadline is closed: a closed one never changes again.
        *((kind, False, (GAP,), [GAP]) for kind in Deadline.Kind.values),
        ("appeal", True, (GAP, CLOCK), [GAP, CLOCK, CALENDAR]),
    ],
)
def test_closing_a_term(kind: str, provisional: bool, clock: tuple[Code, ...], codes: list[Code]) -> None:
    assert Safeguards(clock).on_closing(Row(kind, provisional)) == codes


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("began_at", "ended_at", "cut"),
    [
        (UNTIL - SECOND, None, True),
        (UNTIL, None, False),
        (FROM - SECOND, FROM, False),
        (FROM - SECOND, FROM + SECOND, True),
        (FROM - timedelta(days=9), None, True),
    ],
)
def test_f_d2_an_outage_holds_a_term_it_cut_into(
    began_at: datetime, ended_at: datetime | None, cut: bool
) -> None:
    safeguards = down(began_at, ended_at)
    for kind in Deadline.Kind.values:
        expected = [OUTAGE] if cut and kind in ("appeal", "grace") else []
        assert safeguards.on_closing(Row(kind)) == expected


def test_a_harmless_decision_waits_only_for_a_clock_that_jumped() -> None:
    deadlines = [Row("appeal", provisional=True), Row("grace")]
    assert Safeguards((GAP,)).on_finalising(deadlines, harmful=False) == []
    assert Safeguards((GAP, CLOCK)).on_finalising(deadlines, harmful=False) == [CLOCK]
    assert Safeguards((GAP,)).on_finalising(deadlines, harmful=True) == [GAP, CALENDAR]
    assert Safeguards().on_finalising([Row("appeal"), Row("grace")], harmful=True) == []
    assert down(FROM, None).on_finalising(deadlines, harmful=True) == [CALENDAR, OUTAGE]


def test_only_the_clocks_brakes_stick() -> None:
    assert [is_sticky([code]) for code in (GAP, CLOCK, CALENDAR, OUTAGE)] == [True, True, False, False]


# --- the sweep --------------------------------------------------------------------------------------------


FIVE = timedelta(minutes=5)


@dataclass
class Cast:
    """A consultant who fails the test and is lowered, one who is conferred, somebody whose category ends."""

    story: Story
    lowered: Attestation
    conferred: Attestation
    ending: CategoryTerm

    @property
    def statuses(self) -> tuple[str, str]:
        self.lowered.refresh_from_db()
        self.conferred.refresh_from_db()
        return self.lowered.status, self.conferred.status

    @property
    def held(self) -> list[str]:
        """What waits, as `close appeal of the lowered`."""
        names = {self.lowered.pk: "lowered", self.conferred.pk: "conferred", None: "ending"}
        rows = ReadyEffect.objects.waiting().select_related("deadline")
        return sorted(
            f"{'close ' + row.deadline.kind if row.deadline else 'finalise'}: {names[row.attestation_id]}"
            for row in rows
        )


def play() -> Cast:
    story = Story()
    consultant, newcomer = (
        story.employee("career_specialist", category="consultant"),
        story.employee("career_specialist"),
    )
    ending = story.employee("career_specialist", category="mentor", until=at("2026-02-10 00:00").date())
    lowered = story.listed(consultant, "category", "case_manager")
    conferred = story.listed(newcomer, "category", "consultant")
    story.through((lowered, 40), (conferred, 90))
    story.read(ratings={newcomer: [5, 5]})
    return Cast(story, lowered, conferred, CategoryTerm.objects.get(employee=ending))


made = made_once(play)


@pytest.fixture
def cast(made: Cast, db: None) -> Cast:
    return deepcopy(made)


ALL_HELD = [
    "close appeal: conferred",
    "close appeal: lowered",
    "close category: ending",
    "close grace: conferred",
    "close grace: lowered",
    "finalise: lowered",
]


def test_without_a_brake_everything_runs_by_itself(cast: Cast) -> None:
    machine = Machine(STAGE_OVER)
    machine.sweep()
    for moment in (READ, at("2026-02-08 12:00"), at("2026-02-09 20:00"), FINAL):
        machine.to(moment)
        summary = machine.sweep()
        assert (summary.safeguards, summary.counts["ready"]) == ([], 0)
    assert cast.statuses == ("final", "final")
    assert not ReadyEffect.objects.exists()
    assert not JournalEntry.objects.filter(act="brakes_on").exists()


def after_a_gap() -> Machine:
    machine = Machine(STAGE_OVER)
    machine.sweep()
    machine.to(FINAL)
    return machine


def assert_braked_once_more(machine: Machine, cast: Cast) -> None:
    """The next sweep holds everything that is due; the one after it finds no brake, and lets nothing go."""
    machine.goes_on(FIVE)
    assert machine.sweep().safeguards == ["gap"]
    assert cast.held == ALL_HELD
    machine.goes_on(FIVE)
    assert machine.sweep().safeguards == []
    assert cast.held == ALL_HELD


def test_f_d8_after_a_gap_harmful_acts_wait_and_the_others_run(cast: Cast) -> None:
    machine = after_a_gap()
    summary = machine.sweep()
    assert (summary.as_data()["brakes"], summary.counts["ready"]) == (["gap"], len(ALL_HELD))
    assert cast.held == ALL_HELD
    assert cast.statuses == ("provisional", "final")
    assert not Deadline.objects.exclude(state="open").exclude(kind="scoring").exists()
    assert not CategoryTerm.objects.filter(ended_by__isnull=False).exists()
    said = JournalEntry.objects.get(act="brakes_on")
    assert said.data == {"codes": ["gap"], "last": "2026-02-06T19:30:00+00:00", "jumped_s": 0}
    # They wait for a person, also when sweeps run every five minutes again; nothing is said twice.
    entries = JournalEntry.objects.count()
    machine.goes_on(FIVE)
    again = machine.sweep()
    assert (again.safeguards, set(again.counts.values())) == ([], {0})
    assert cast.held == ALL_HELD
    assert JournalEntry.objects.count() == entries


def test_36_hours_are_no_gap_yet(cast: Cast) -> None:
    machine = Machine(FINAL - timedelta(hours=36))
    machine.sweep()
    machine.to(FINAL)
    assert machine.sweep().safeguards == []
    assert cast.statuses == ("final", "final")


def test_a_sweep_that_was_killed_leaves_the_brake_on_for_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = after_a_gap()

    def killed(*, now: datetime, limit: int | None) -> int:
        raise SystemExit

    monkeypatch.setattr(sweep.delivery, "deliver", killed)
    with pytest.raises(SystemExit):
        machine.sweep()
    monkeypatch.undo()
    machine.goes_on(FIVE)
    assert machine.sweep().safeguards == ["gap"]


@pytest.mark.parametrize("name", ["decided", "terms_closed", "finalised"])
def test_f_d8_a_step_that_failed_after_a_gap_finds_the_brake_on_the_next_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    machine = after_a_gap()

    def broken(**_: object) -> int:
        raise LookupError

    steps = tuple(step._replace(work=broken) if step.name == name else step for step in sweep.STEPS)
    monkeypatch.setattr(sweep, "STEPS", steps)
    assert name in machine.sweep().failed
    monkeypatch.undo()
    assert_braked_once_more(machine, cast)


HOLDS = ("hold_closing", "hold_finalising")


def failing(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Holding back fails so many times for each row."""
    tries: dict[int, int] = {}

    def of(real: Any) -> Any:
        def hold(row: Any, *args: Any, **named: Any) -> None:
            key = hash((type(row), row.pk))
            tries[key] = tries.get(key, 0) + 1
            if tries[key] <= times:
                raise LookupError
            real(row, *args, **named)

        return hold

    for name in HOLDS:
        monkeypatch.setattr(holding, name, of(getattr(holding, name)))


def test_f_d8_a_row_that_failed_after_a_gap_waits_for_a_person(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = after_a_gap()
    failing(monkeypatch, times=1)
    assert machine.sweep().safeguards == ["gap"]
    assert WorkFailure.objects.filter(act="close_term").count() == 5
    assert WorkFailure.objects.filter(act="finalise").count() == 1
    assert cast.held == ALL_HELD
    # Its next try has come, and the clock is in order again.
    machine.goes_on(2 * FIVE)
    assert machine.sweep().safeguards == []
    assert cast.held == ALL_HELD
    assert cast.statuses == ("provisional", "final")
    assert not WorkFailure.objects.filter(solved_at=None).exists()


def test_f_d8_a_row_that_could_not_be_held_leaves_the_brake_on(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = after_a_gap()
    failing(monkeypatch, times=2)
    machine.sweep()
    assert cast.held == []
    # It backs off, and is held all the same.
    machine.goes_on(FIVE - timedelta(minutes=1))
    assert machine.sweep().safeguards == ["gap"]
    assert cast.held == ALL_HELD
    machine.goes_on(FIVE)
    assert machine.sweep().safeguards == []
    assert cast.held == ALL_HELD


def test_f_d8_a_row_that_somebody_was_at_after_a_gap_finds_the_brake_on_the_next_time(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = after_a_gap()
    real = work._one

    def locked(model: type[Any], pk: int, *args: Any) -> bool | None:
        return None if model is Deadline or pk == cast.lowered.pk else real(model, pk, *args)

    monkeypatch.setattr(work, "_one", locked)
    assert machine.sweep().safeguards == ["gap"]
    assert "close appeal: lowered" not in cast.held
    monkeypatch.undo()
    assert_braked_once_more(machine, cast)
    assert cast.statuses == ("provisional", "final")


def test_f_d8_no_stage_ends_in_the_sweep_that_sees_the_clock_jump(cast: Cast) -> None:
    machine = Machine(STAGE_OVER - timedelta(hours=6))
    machine.sweep()
    machine.goes_on(FIVE)
    machine.wall += timedelta(days=2)
    summary = machine.sweep()
    assert (summary.safeguards, summary.counts["stages_ended"]) == (["clock", "gap"], 0)
    assert cast.statuses == ("tested", "tested")
    assert not Attestation.objects.filter(rule_set__isnull=False).exists()
    assert cast.story.cycle.stage_ended_at is None
    # Set right before the next sweep, the stage ends when it ends.
    machine.wall -= timedelta(days=2)
    machine.goes_on(FIVE)
    assert machine.sweep().counts["stages_ended"] == 0
    machine.to(STAGE_OVER)
    assert machine.sweep().counts["stages_ended"] == 2


def test_f_d8_a_decision_formed_after_its_terms_were_held_waits_with_them(cast: Cast) -> None:
    machine = Machine(STAGE_OVER - timedelta(hours=6))
    machine.sweep()
    machine.goes_on(FIVE)
    machine.wall += timedelta(days=6)
    machine.sweep()
    closings = [name for name in ALL_HELD if name.startswith("close")]
    assert cast.held == closings
    # The clock stays as it is: the stage ends and the decisions are formed, but none is final by it.
    machine.goes_on(FIVE)
    summary = machine.sweep()
    assert summary.safeguards == []
    assert cast.statuses == ("provisional", "provisional")
    assert cast.held == [*closings, "finalise: conferred", "finalise: lowered"]
    codes = ReadyEffect.objects.filter(act="finalise").order_by("attestation")
    assert [effect.brakes for effect in codes] == [["gap", "clock"], ["clock"]]


def test_f_d8_back_an_hour_pauses_what_can_not_be_undone(cast: Cast) -> None:
    machine = Machine(READ)
    machine.sweep()
    # Restored from a snapshot: the clock is an hour back, and nobody knows which one was right.
    machine.to(FINAL - timedelta(hours=30))
    machine.sweep()
    machine.to(FINAL + timedelta(minutes=30))
    machine.wall -= timedelta(hours=31)
    summary = machine.sweep()
    assert summary.safeguards == ["clock"]
    assert cast.statuses == ("provisional", "provisional")
    machine.to(FINAL)
    machine.sweep()
    # What fell due after the jump, by a clock that runs evenly again, needs nobody.
    assert cast.statuses == ("final", "final")


def test_f_d8_a_year_ahead_and_back_again_expires_nothing(cast: Cast) -> None:
    far = cast.story.employee("career_specialist", category="consultant", until=at("2026-12-01 00:00").date())
    machine = Machine(READ)
    machine.sweep()
    assert cast.statuses == ("provisional", "provisional")
    before = list(Deadline.objects.order_by("pk").values("key", "state", "closed_at"))
    machine.goes_on(FIVE)
    machine.wall += timedelta(days=365)
    summary = machine.sweep()
    assert summary.safeguards == ["clock", "gap"]
    machine.goes_on(FIVE)
    machine.sweep()
    # Not even the harmless decision: its appeal term has not run out by any honest clock.
    assert cast.statuses == ("provisional", "provisional")
    assert "finalise: conferred" in cast.held
    assert ReadyEffect.objects.filter(deadline__employee=far).count() == 1
    machine.wall -= timedelta(days=365)
    machine.goes_on(FIVE)
    summary = machine.sweep()
    assert (summary.safeguards, summary.counts["ready"]) == (["clock"], 0)
    assert cast.held == []
    assert set(ReadyEffect.objects.values_list("state", flat=True)) == {"void"}
    assert list(Deadline.objects.order_by("pk").values("key", "state", "closed_at")) == before
    assert far.category_on(at("2026-11-30 12:00").date()) == "consultant"
    machine.to(at("2026-02-08 20:00"))
    machine.sweep()
    machine.to(at("2026-02-10 00:05"))
    machine.sweep()
    machine.to(FINAL)
    machine.sweep()
    assert cast.statuses == ("final", "final")
    assert journal.verify() is None


def provisional(*kinds: str) -> None:
    """As a deadline is marked that a year nobody has confirmed was counted for."""
    Deadline.objects.filter(kind__in=kinds).update(provisional=True)


def test_an_unconfirmed_year_holds_until_it_is_confirmed(cast: Cast) -> None:
    provisional("appeal", "grace", "scoring")
    cast.story.swept(READ)
    provisional("appeal", "grace", "scoring")
    held = cast.story.swept(FINAL)[0]
    assert held.safeguards == ["calendar"]
    assert cast.held == [name for name in ALL_HELD if "category" not in name]
    # The harmless decision does not wait: an appeal that comes would reopen it.
    assert cast.statuses == ("provisional", "final")
    assert not ReadyEffect.objects.filter(sticky=True).exists()
    Deadline.objects.update(provisional=False)
    summary = cast.story.swept(FINAL + FIVE)[0]
    assert summary.counts["released"] == 5
    assert summary.counts["terms_closed"] == 4
    assert (summary.safeguards, cast.held) == ([], [])
    assert cast.statuses == ("final", "final")
    assert set(ReadyEffect.objects.values_list("state", flat=True)) == {"lifted"}


def outage(began: str, ended: str | None) -> Outage:
    return Outage.objects.create(
        began_at=at(began),
        ended_at=at(ended) if ended else None,
        reason="The Platform could not be reached.",
        recorded_at=at("2026-02-09 09:00"),
    )


def test_f_d2_an_outage_in_the_appeal_term_holds_it_until_somebody_decides(cast: Cast) -> None:
    recorded = outage("2026-02-09 08:00", "2026-02-09 20:00")
    cast.story.swept(READ, FINAL)
    assert cast.held == [name for name in ALL_HELD if "category" not in name]
    recorded.settled_at = FINAL
    recorded.save()
    cast.story.swept(FINAL + FIVE)
    assert cast.statuses == ("final", "final")


def test_an_outage_after_the_term_holds_nothing(cast: Cast) -> None:
    outage("2026-02-11 00:00", None)
    cast.story.swept(READ, FINAL)
    assert not ReadyEffect.objects.exists()
    assert cast.statuses == ("final", "final")


def test_a_calendar_that_was_confirmed_during_a_gap_lets_nothing_go_unattended(cast: Cast) -> None:
    machine = Machine(READ)
    machine.sweep()
    provisional("appeal", "grace")
    machine.to(FINAL - timedelta(hours=60))
    machine.sweep()
    for hours in (30, 30):
        machine.goes_on(timedelta(hours=hours))
        machine.sweep()
    still_held = [name for name in ALL_HELD if "category" not in name]
    assert cast.held == still_held
    Deadline.objects.update(provisional=False)
    machine.goes_on(timedelta(hours=37))
    assert machine.sweep().safeguards == ["calendar", "gap"]
    assert cast.held == still_held
    machine.goes_on(FIVE)
    machine.sweep()
    assert cast.held == []


def test_a_simulated_sweep_sets_no_brake_on_the_clock(cast: Cast) -> None:
    cast.story.swept(READ, FINAL + timedelta(days=400), FINAL)
    assert JobRun.objects.get(name="sweep").clock == {}
    assert not ReadyEffect.objects.exists()
    assert cast.statuses == ("final", "final")


def test_a_person_makes_a_held_decision_final_and_nothing_is_left_waiting(cast: Cast) -> None:
    chair = cast.story.account("chair", Role.CHAIR)
    machine = after_a_gap()
    machine.sweep()
    finalise(cast.lowered, by=By(chair, FINAL + FIVE))
    effect = ReadyEffect.objects.get(act="finalise")
    assert (effect.state, effect.closed_by, effect.closed_at) == ("confirmed", chair, FINAL + FIVE)
    assert JournalEntry.objects.get(act="effect_confirmed").actor == chair


def test_a_term_that_becomes_void_waits_no_more(cast: Cast) -> None:
    machine = after_a_gap()
    machine.sweep()
    void_deadlines(cast.lowered, ["appeal", "grace"], now=FINAL + FIVE, closed_by="court")
    assert "close appeal: lowered" not in cast.held
    assert ReadyEffect.objects.filter(state="void").count() == 2


def test_an_appeal_recorded_meanwhile_takes_the_decision_off_the_list(cast: Cast) -> None:
    machine = after_a_gap()
    machine.sweep()
    appeal_opened(cast.lowered, by=By(None, FINAL + FIVE))
    machine.goes_on(FIVE)
    machine.sweep()
    assert "finalise: lowered" not in cast.held
    assert ReadyEffect.objects.get(act="finalise").state == "void"
