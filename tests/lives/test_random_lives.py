"""Random people live through random cycles and acts, and what the readings promise holds."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.lives.life import POSITIONS, Life

pytestmark = pytest.mark.django_db
nth = st.integers(0, 2)
purposes = st.sampled_from(["initial", "category", "category", "position"])
declared = st.sampled_from(["consultant", "case_manager", "mentor"])
# Some decisions are still provisional when the next thing happens.
waits = st.sampled_from([0, 12, 12, 12])
marks = st.sampled_from([55, 69, 70, 75, 84, 85, 90, 100])


class Lives(RuleBasedStateMachine):
    """Each history in a transaction of its own, taken back at its end."""

    life: Life | None = None

    @initialize(
        position=st.sampled_from(POSITIONS), purpose=purposes, declared=declared, correct=marks, waited=waits
    )
    def begins(self, position: str, purpose: str, declared: str, correct: int, waited: int) -> None:
        """Hired, and attested for the first time."""
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.life = Life(position)
        self.life.attested(purpose, declared, correct, 5, violated=False, waited=waited)

    def teardown(self) -> None:
        if self.life is None:
            return
        try:
            self.life.end()
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    @property
    def it(self) -> Life:
        assert self.life is not None
        return self.life

    @rule(
        purpose=purposes,
        declared=declared,
        correct=marks,
        rating=st.sampled_from([3, 5]),
        violated=st.booleans(),
        waited=waits,
    )
    def attested(
        self, purpose: str, declared: str, correct: int, rating: int, violated: bool, waited: int
    ) -> None:
        self.it.attested(purpose, declared, correct, rating, violated=violated, waited=waited)

    @rule(days=st.sampled_from([1, 3, 10, 60, 370]))
    def pass_days(self, days: int) -> None:
        self.it.pass_days(days)

    @rule(nth=nth)
    def reopened(self, nth: int) -> None:
        self.it.reopened(nth)

    @rule(nth=nth, correct=marks)
    def corrected(self, nth: int, correct: int) -> None:
        self.it.corrected(nth, correct)

    @rule(nth=nth)
    def annulled(self, nth: int) -> None:
        self.it.annulled(nth)

    @rule(outcome=st.sampled_from(["stands", "anew"]))
    def settled(self, outcome: str) -> None:
        self.it.settled(outcome)

    @rule(position=st.sampled_from(POSITIONS))
    def moved(self, position: str) -> None:
        self.it.moved(position)

    @rule(returns=st.booleans())
    def left(self, returns: bool) -> None:
        self.it.left(returns)

    @rule(category=st.sampled_from(["consultant", "mentor"]))
    def categorised(self, category: str) -> None:
        self.it.categorised(category)

    @rule()
    def closed(self) -> None:
        self.it.closed()

    @rule()
    def violated(self) -> None:
        self.it.violate()

    @invariant()
    def holds(self) -> None:
        if self.life is not None:
            self.life.check()


def live(histories: int, steps: int, *, seeded: bool) -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            derandomize=seeded,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate] if seeded else [Phase.generate, Phase.shrink],
        ),
    )


@pytest.mark.once
def test_a_few_lives() -> None:
    live(4, 10, seeded=True)


@pytest.mark.slow
def test_many_lives() -> None:
    live(2000 if connection.vendor == "sqlite" else 200, 15, seeded=False)
