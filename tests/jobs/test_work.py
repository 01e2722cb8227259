"""A batch over rows: in their order, each for itself, what fails backs off (F-D18, F-D19)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from attestation import work
from attestation.models import Cycle, Deadline, Employee, JobRun, JournalEntry, WorkFailure
from attestation.refusals import Refused
from office.sweep import leases, sweep
from tests.jobs.story import FINAL, READ, Story
from tests.jobs.test_sweep import many_waiting

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def people(story: Story) -> list[Employee]:
    return [story.employee() for _ in range(3)]


class Works:
    """Does the rows, and fails on the one it is told to."""

    def __init__(self, poisoned: Employee | None = None, error: type[BaseException] = KeyError) -> None:
        self.poisoned, self.error = poisoned, error
        self.done: list[int] = []

    def __call__(self, row: Employee, now: datetime) -> bool:
        if self.poisoned is not None and row.pk == self.poisoned.pk:
            if self.error is Refused:
                raise Refused("not_yet", "Not yet.")
            raise self.error
        self.done.append(row.pk)
        return True


def run(works: Works, now: datetime, **how: Any) -> int:
    return work.each(Employee.objects.all(), works, now=now, act="try", **how)


def test_failures_that_are_read_once_are_kept_up_with_what_fails_and_is_solved(
    people: list[Employee], django_assert_num_queries: Any
) -> None:
    with work.failures_read_once():
        assert run(Works(people[1]), READ) == 2
        again = Works(people[1])
        assert run(again, READ + MINUTE) == 2
        assert people[1].pk not in again.done
        assert WorkFailure.objects.get().tries == 1
        assert run(Works(), READ + 5 * MINUTE) == 3
        assert WorkFailure.objects.get().solved_at == READ + 5 * MINUTE
        with django_assert_num_queries(1):
            assert work.each(Employee.objects.filter(pk=0), Works(), now=READ, act="try") == 0


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 5), (2, 10), (3, 20), (6, 160), (7, 320), (8, 360), (9, 360), (9000, 360)]
)
def test_f_d18_the_wait_doubles_up_to_six_hours(tries: int, minutes: int) -> None:
    assert work.wait_after(tries) == minutes * MINUTE


def test_f_d18_a_poisoned_row_backs_off_and_comes_back(people: list[Employee]) -> None:
    works = Works(people[1])
    assert run(works, READ) == 2
    failure = WorkFailure.objects.get()
    assert (failure.act, failure.subject, failure.error) == ("try", f"employee:{people[1].pk}", "KeyError")
    assert (failure.tries, failure.first_at, failure.next_try_at) == (1, READ, READ + 5 * MINUTE)
    # Before its next try it is left alone, then it is tried, and waits twice as long.
    works.error = ValueError
    assert run(works, READ + 4 * MINUTE) == 2
    assert WorkFailure.objects.get().tries == 1
    assert run(works, READ + 5 * MINUTE) == 2
    failure.refresh_from_db()
    assert (failure.tries, failure.error, failure.last_at) == (2, "ValueError", READ + 5 * MINUTE)
    assert failure.next_try_at == READ + 15 * MINUTE
    works.poisoned = None
    assert run(works, READ + 14 * MINUTE) == 2
    assert run(works, READ + 15 * MINUTE) == 3
    failure.refresh_from_db()
    assert failure.solved_at == READ + 15 * MINUTE
    # The journal says each kind of failure once.
    noted = JournalEntry.objects.filter(act="needs_attention").order_by("seq")
    assert [entry.data["error"] for entry in noted] == ["KeyError", "ValueError"]


def test_a_row_that_is_not_due_any_more_is_solved(people: list[Employee]) -> None:
    run(Works(people[1]), READ)
    rest = Employee.objects.exclude(pk=people[1].pk)
    work.each(rest, Works(), now=READ + 4 * MINUTE, act="try")
    assert WorkFailure.objects.get().solved_at is None
    work.each(rest, Works(), now=READ + 5 * MINUTE, act="try")
    assert WorkFailure.objects.get().solved_at == READ + 5 * MINUTE


def test_what_went_through_is_solved_though_the_run_is_killed_at_a_later_row(people: list[Employee]) -> None:
    run(Works(people[0]), READ)
    with pytest.raises(KeyboardInterrupt):
        run(Works(people[1], KeyboardInterrupt), READ + 5 * MINUTE)
    assert WorkFailure.objects.get().solved_at == READ + 5 * MINUTE


def test_another_act_on_the_same_row_is_not_held_up(people: list[Employee]) -> None:
    run(Works(people[1]), READ)
    assert work.each(Employee.objects.all(), Works(), now=READ, act="other") == 3


def test_a_refusal_is_an_answer_and_no_failure(people: list[Employee]) -> None:
    assert run(Works(people[1], Refused), READ) == 2
    assert not WorkFailure.objects.exists()


def test_a_wait_from_a_clock_that_ran_ahead_does_not_count(people: list[Employee]) -> None:
    run(Works(people[1]), READ + timedelta(days=365))
    assert run(Works(), READ) == 3
    assert WorkFailure.objects.get().solved_at == READ


def test_f_c6_a_busy_database_is_tried_again(transactional_db: None) -> None:
    one = Story().employee()
    tries = []

    def busy(row: Employee, now: datetime) -> bool:
        tries.append(row.pk)
        if len(tries) < 3:
            raise OperationalError("deadlock detected")
        return True

    assert work.each(Employee.objects.all(), busy, now=READ, act="try") == 1
    assert tries == [one.pk] * 3
    assert not WorkFailure.objects.exists()


def test_batches_keep_an_order_in_which_many_are_equal(story: Story) -> None:
    days = [3, 1, 2, 1, 3, 2, 1, 1]
    cycles = [
        story.open_cycle(f"B{number}", READ.date(), READ.date() + timedelta(days=day))
        for number, day in enumerate(days)
    ]
    found = list(work.batches(Cycle.objects.filter(code__startswith="B"), "testing_ends", size=3))
    assert [len(keys) for keys in found] == [3, 3, 2]
    expected = sorted(cycles, key=lambda cycle: (cycle.testing_ends, cycle.pk))
    assert [pk for keys in found for pk in keys] == [cycle.pk for cycle in expected]


@pytest.mark.daily(3)
def test_rows_that_leave_the_set_meanwhile_shift_nothing(story: Story) -> None:
    many_waiting(story, 450)
    Deadline.objects.update(provisional=False)
    assert sweep.run(FINAL).counts["terms_closed"] == 450


@pytest.mark.daily(3)
def test_f_d19_the_lease_is_renewed_between_batches(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    many_waiting(story, 450)
    renewed: list[datetime] = []
    monkeypatch.setattr(leases.Lease, "renew", lambda _lease, at: renewed.append(at))
    monkeypatch.setattr(sweep, "DECIDE", ())
    monkeypatch.setattr(sweep, "FINALISE", ())
    monkeypatch.setattr(sweep, "STEPS", [step for step in sweep.STEPS if step.name == "terms_closed"])
    monkeypatch.setattr(sweep.delivery, "deliver", lambda **_: 0)
    sweep.run(FINAL)
    # Before the stage's end, the closing and the delivery, and before each of three batches.
    assert len(renewed) == 6


@pytest.mark.slow
def test_f_d19_ten_thousand_terms_of_one_day_in_one_sweep(story: Story) -> None:
    many_waiting(story, 10_000)
    Deadline.objects.update(provisional=False)
    assert sweep.run(FINAL).counts["terms_closed"] == 10_000
    assert not Deadline.objects.open().exists()
    assert JobRun.objects.get(name="sweep").finished_at == FINAL


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_is_left_to_the_next_sweep() -> None:
    story = Story()
    people = [story.employee() for _ in range(3)]
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM attestation_employee WHERE id = %s FOR UPDATE", [people[1].pk])
            works = Works()
            assert run(works, READ) == 2
            assert works.done == [people[0].pk, people[2].pk]
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert run(Works(), READ) == 3
    assert not WorkFailure.objects.exists()
    assert connection.vendor == "postgresql"
