"""The sweep: everything due, once, however often and however late it runs."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from attestation import journal
from attestation.by import By
from attestation.cases import decisions
from attestation.cases.confirmations import review_ready
from attestation.cases.cycles import admit_cycle
from attestation.cases.testing_stage import close_deadlines
from attestation.models import (
    Attestation,
    Consequence,
    Deadline,
    Decision,
    Employee,
    JobRun,
    JournalEntry,
    Notice,
    Status,
)
from office import tasks
from office.sweep import leases, sweep
from scoring.models import Assessment
from tests.jobs.story import FINAL, LISTED, READ, STAGE_OVER, Story, at

TEN_DAYS_LATE = at("2026-02-21 03:10")


def everything() -> dict[str, list[tuple[object, ...]]]:
    """What the sweep may change, without keys and without the moments at which a job happened to run."""
    return {
        "status": list(Attestation.objects.order_by("case_no").values_list("case_no", "status", "existing")),
        "decisions": list(
            Decision.objects.current()
            .order_by("attestation__case_no")
            .values_list("attestation__case_no", "state", "outcome", "category", "dated", "reattest_by")
        ),
        "consequences": list(
            Consequence.objects.order_by("attestation__case_no", "kind").values_list(
                "kind", "state", "cite", "effective_on", "due_on"
            )
        ),
        "points": list(
            Assessment.objects.current().order_by("attestation__case_no").values_list("points_total", "held")
        ),
        "deadlines": list(
            Deadline.objects.order_by("attestation__case_no", "kind").values_list("kind", "due_on")
        ),
    }


def february(story: Story) -> dict[str, Attestation]:
    """A failed assistant, a conferred specialist, one held on the rating gap, one absent."""
    applicant, gap = story.employee("career_specialist"), story.employee("career_specialist")
    cases = {
        "fails": story.listed(story.employee()),
        "confers": story.listed(applicant, "category", "consultant"),
        "gap": story.listed(gap, "category", "consultant"),
        "absent": story.listed(story.employee()),
    }
    story.through((cases["fails"], 69), (cases["confers"], 90), (cases["gap"], 90))
    story.read(ratings={applicant: [5, 5, 4], gap: [4, 4]})
    return cases


def statuses(cases: dict[str, Attestation]) -> dict[str, str]:
    for case in cases.values():
        case.refresh_from_db()
    return {name: case.status for name, case in cases.items()}


def test_it_takes_the_cases_to_their_final_decisions(story: Story) -> None:
    cases = february(story)
    first, second = story.swept(READ, FINAL)
    assert (first.counts["stages_ended"], first.counts["scored"], first.counts["decided"]) == (4, 2, 1)
    assert second.counts["finalised"] == 2
    assert statuses(cases) == {"fails": "final", "confers": "final", "gap": "held", "absent": "absent"}
    decision = cases["confers"].decisions.current().get()
    assert (decision.category, str(decision.dated)) == ("consultant", "2026-02-10")


def test_a_second_sweep_finds_nothing_to_do(story: Story) -> None:
    february(story)
    for moment in (READ, FINAL):
        story.swept(moment)
        before = everything(), JournalEntry.objects.count(), Notice.objects.count()
        again = sweep.run(moment)
        assert set(again.counts.values()) == {0}
        assert (everything(), JournalEntry.objects.count(), Notice.objects.count()) == before


def test_f_d5_a_task_that_comes_twice_or_late_finds_nothing_to_do(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redelivered after a restart, or by a retry: it asks the database what is due, not its message."""
    february(story)
    monkeypatch.setattr("attestation.clock.now", lambda: FINAL)
    tasks.sweep()
    before = everything(), JournalEntry.objects.count(), Notice.objects.count()
    for _ in range(2):
        tasks.sweep()
        assert (everything(), JournalEntry.objects.count(), Notice.objects.count()) == before
    assert [row[1] for row in before[0]["decisions"]] == ["final", "final"]


IN_TIME = (STAGE_OVER, READ, at("2026-02-08 04:00"), at("2026-02-10 00:05"), FINAL, TEN_DAYS_LATE)


@pytest.mark.parametrize("moments", [IN_TIME, (TEN_DAYS_LATE,), (READ, TEN_DAYS_LATE)])
def test_f_d1_the_end_is_the_same_however_late_it_runs(story: Story, moments: tuple[datetime, ...]) -> None:
    february(story)
    story.swept(*moments)
    final = [row for row in everything()["decisions"] if row[1] == "final"]
    tenth, next_year = date(2026, 2, 10), date(2027, 2, 10)
    assert [row[2:] for row in final] == [
        ("does_not_conform", "", tenth, next_year),
        ("declared", "consultant", tenth, None),
    ]
    assert everything()["status"] == [
        ("T-2026-1-0001", "final", ""),
        ("T-2026-1-0002", "final", "none"),
        ("T-2026-1-0003", "held", "none"),
        ("T-2026-1-0004", "absent", ""),
    ]
    assert [row[3] for row in everything()["consequences"]] == [tenth, tenth]
    states = Deadline.objects.filter(kind="scoring").order_by("pk").values_list("state", flat=True)
    # D4: the scoring deadline ended on the 8th, and a late job does not hide that it was missed.
    assert list(states) == ["missed" if moments[0] == TEN_DAYS_LATE else "met", "missed"]


def test_an_earlier_cycle_takes_effect_before_a_later_stage_ends(story: Story) -> None:
    """F-D1: an outage over a final decision and the end of the next stage loses no category."""
    applicant = story.employee("career_specialist")
    first = story.listed(applicant, "category", "consultant")
    next_cycle = story.open_cycle("T-2026-2", date(2026, 2, 12), date(2026, 2, 13))
    story.through((first, 90))
    story.read(ratings={applicant: [5, 5]})
    story.swept(READ)
    second = story.listed_beside(applicant, "category", "case_manager", next_cycle)
    admit_cycle(next_cycle, by=By(None, at("2026-02-09 11:00")))
    story.swept(TEN_DAYS_LATE)
    second.refresh_from_db()
    assert (second.existing, second.status) == ("consultant", Status.ABSENT)


def test_f_d1_two_stages_that_ended_in_one_outage_end_one_after_the_other(story: Story) -> None:
    """The first is taken to its final decisions before the second pins what they changed."""
    consultant = story.employee("career_specialist", category="consultant")
    first = story.listed(consultant, "category", "case_manager")
    next_cycle = story.open_cycle("T-2026-2", date(2026, 2, 12), date(2026, 2, 13))
    second = story.listed_beside(consultant, "category", "consultant", next_cycle)
    admit_cycle(next_cycle, by=By(None, LISTED))
    story.through((first, 40))
    story.read()
    story.swept(at("2026-02-14 09:00"))
    second.refresh_from_db()
    assert (second.existing, second.status) == ("none", Status.ABSENT)


# --- the lease --------------------------------------------------------------------------------------------


def test_f_d3_two_beats_are_harmless(story: Story) -> None:
    lease = leases.take("sweep", READ)
    summary = sweep.run(READ + timedelta(seconds=30))
    assert (summary.ran, summary.busy_until) == (False, READ + leases.LENGTH)
    lease.finish(READ + timedelta(seconds=40), {})
    assert sweep.run(READ + timedelta(seconds=50)).ran


def test_a_killed_sweep_holds_the_next_one_up_for_two_minutes_at_most(story: Story) -> None:
    leases.take("sweep", READ)
    assert not sweep.run(READ + timedelta(seconds=119)).ran
    assert sweep.run(READ + timedelta(seconds=120)).ran


def test_a_lease_from_a_clock_that_ran_ahead_does_not_count(story: Story) -> None:
    leases.take("sweep", at("2027-01-01 00:00"))
    assert sweep.run(READ).ran


def test_the_lease_goes_by_the_real_clock_where_another_moment_stands_in(story: Story) -> None:
    real = at("2026-11-23 12:00")
    leases.take("sweep", real)
    assert not sweep.run(READ, clock=lambda: real).ran
    assert sweep.run(READ, clock=lambda: real + timedelta(minutes=3)).ran
    run = JobRun.objects.get(name="sweep")
    assert (run.lease_until, run.finished_at) == (None, real + timedelta(minutes=3))
    assert run.summary["at"] == READ.isoformat()


def test_a_lease_is_renewed_every_ten_seconds_and_at_once_by_a_clock_set_back(story: Story) -> None:
    lease = leases.take("sweep", READ)

    def until() -> datetime | None:
        return JobRun.objects.get(name="sweep").lease_until

    lease.renew(READ + timedelta(seconds=9))
    assert until() == READ + leases.LENGTH
    lease.renew(READ + timedelta(seconds=10))
    assert until() == READ + timedelta(seconds=10) + leases.LENGTH
    lease.renew(READ)
    assert until() == READ + leases.LENGTH


def test_a_lease_taken_over_is_not_given_back_by_the_one_who_lost_it(story: Story) -> None:
    first = leases.take("sweep", READ)
    second = leases.take("sweep", READ + timedelta(minutes=5))
    first.renew(READ + timedelta(minutes=5))
    first.finish(READ + timedelta(minutes=5), {"lost": True})
    run = JobRun.objects.get(name="sweep")
    assert run.lease_until == READ + timedelta(minutes=7)
    assert run.summary == {}
    second.finish(READ + timedelta(minutes=6), {})


# --- what fails -------------------------------------------------------------------------------------------


def test_f_d18_a_poisoned_case_does_not_stop_the_others(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = {name: story.listed(story.employee()) for name in ("poisoned", "healthy")}
    story.through((cases["poisoned"], 80), (cases["healthy"], 80))
    form = decisions.form_decision

    def broken(attestation: Attestation, **facts: object) -> Decision:
        if attestation.pk == cases["poisoned"].pk:
            raise ZeroDivisionError
        return form(attestation, **facts)  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(decisions, "form_decision", broken)
    story.swept(STAGE_OVER, READ, FINAL)
    assert statuses(cases) == {"poisoned": "tested", "healthy": "final"}
    noted = JournalEntry.objects.filter(act="needs_attention")
    assert [entry.attestation for entry in noted] == [cases["poisoned"]]
    assert noted[0].data["error"] == "ZeroDivisionError"
    monkeypatch.undo()
    story.swept(FINAL + timedelta(hours=1))
    assert statuses(cases)["poisoned"] == "final"


def test_a_step_that_fails_as_a_whole_is_on_record_and_the_next_ones_run(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = story.listed(story.employee())
    story.through((case, 80))

    def broken(*, now: object) -> int:
        raise LookupError

    steps = tuple(step._replace(work=broken) if step.name == "scored" else step for step in sweep.STEPS)
    monkeypatch.setattr(sweep, "STEPS", steps)
    monkeypatch.setattr(sweep, "DECIDE", ())
    first, second = story.swept(STAGE_OVER, READ)
    assert first.failed == second.failed == {"scored": "LookupError"}
    assert first.counts["decided"] == 1
    noted = JournalEntry.objects.filter(act="needs_attention").values_list("subject", flat=True)
    assert list(noted) == ["sweep:scored:LookupError"]


def test_a_sweep_that_changed_something_is_in_the_journal_and_the_chain_holds(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 80))
    story.swept(STAGE_OVER, STAGE_OVER)
    swept = JournalEntry.objects.filter(act="sweep")
    assert len(swept) == 1
    assert swept[0].data["decided"] == 1
    assert journal.verify() is None


def many_waiting(story: Story, count: int) -> None:
    """Appeal terms of people who were never attested: rows alone."""
    Employee.objects.bulk_create(
        Employee(
            iin=f"{number:012d}",
            last_name="Ә",
            first_name="І",
            center=story.career,
            position="assistant",
            hired_on=READ.date(),
        )
        for number in range(count)
    )
    people = Employee.objects.filter(last_name="Ә").order_by("pk")
    Deadline.objects.bulk_create(
        Deadline(
            key=f"many:{person.pk}",
            kind="appeal",
            employee=person,
            counted_from=READ,
            due_on=READ.date(),
            closes_at=READ,
            opened_at=READ,
            provisional=True,
        )
        for person in people
    )


def test_a_long_list_costs_the_next_sweep_next_to_nothing(
    story: Story, django_assert_max_num_queries: Any
) -> None:
    many_waiting(story, 250)
    assert sweep.run(FINAL).counts["ready"] == 250
    with django_assert_max_num_queries(20):
        assert review_ready(now=FINAL + timedelta(hours=9)) == 0
        assert close_deadlines(now=FINAL + timedelta(hours=9)) == 0
