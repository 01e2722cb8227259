"""`manage.py simulate_decisions`: decisions on JSON Lines, by the product's own rules, without a database."""

from __future__ import annotations

from typing import Any

from office.simulate.answers import DECISION_KEYS, answer_decision
from office.simulate.command import SimulateCommand


class Command(SimulateCommand):
    """¶30: one decision for each line."""

    help = "Read facts as JSON Lines on standard input and write the decision on each; no database."

    def handle(self, *args: Any, **options: Any) -> None:
        self.simulate(answer_decision, DECISION_KEYS)
