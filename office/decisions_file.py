"""¶30: the Platform's own decisions, compared with ours line by line; nothing on record changes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from attestation import access
from attestation.intake import values, vocabulary
from attestation.intake.batch import BatchResource
from attestation.intake.messages import declare
from attestation.intake.spec import Column, Context, SheetRow, import_kind
from attestation.law.reasons import Verdict, cut_text, exact_text
from attestation.law.vocabulary import Category
from attestation.models import Annulment, Attestation, Decision, Status
from office.held import held_verdicts

CODE_MAX = 40
# What a spreadsheet adds to a number when it calculates begins behind these decimals.
DECIMALS = 9
ANNULLED = "annulled"

declare(
    {
        "several_decisions": _(
            "Several decisions on this person for this purpose are on record, in the cycles %(cycles)s. "
            "Name the cycle in the row, or compare one cycle."
        ),
    }
)


class Ours(NamedTuple):
    """A case in sight with its decision in force, or held."""

    case: Attestation
    verdict: Verdict
    decision: Decision | None

    @property
    def state(self) -> str:
        """Provisional, final or held."""
        return Status.HELD.value if self.decision is None else self.decision.state

    def values(self) -> dict[str, Any]:
        """What is compared, by field. Of a held case nothing stands yet but that it is held."""
        if self.decision is None:
            return {"decision": self.verdict.outcome.value}
        return {
            "decision": self.decision.outcome,
            "points": Decimal(self._points(self.decision)),
            "category": self.decision.category or None,
            "decided_on": self.decision.dated,
        }

    def _points(self, decision: Decision) -> str:
        """I-03, I-41: the App. 1-2 total, or the percent of the test where no assessment was due."""
        if self.verdict.points is not None and self.verdict.points.total is not None:
            return exact_text(self.verdict.points.total)
        return cut_text(decision.inputs["correct"] * 100, decision.inputs["total"])


def agree(name: str, theirs: Any, ours: Any) -> bool:
    """Whether a field says the same: points by the figure that is shown (I-03); no category is `none`."""
    if name == "points":
        theirs = Decimal(cut_text(*round(theirs, DECIMALS).as_integer_ratio()))
    elif name == "category" and ours is None:
        ours = Category.NONE.value
    return bool(theirs == ours)


@import_kind(
    "decisions",
    title=_("Comparison with the Platform"),
    right="compare_decisions",
    command="compare_decisions",
    place=100,
    step="decisions",
    link=_("Compare with the Platform"),
)
class DecisionResource(BatchResource):
    """A row is the same, differs (changed), stands there alone (new), or can't be compared (an error)."""

    writes = False
    takes_cycle = True
    unique = ("cycle", "purpose", "iin")

    iin = Column(values.iin, "ЖСН", "ИИН", "IIN", required=True)
    purpose = Column(values.choice(vocabulary.PURPOSES), "Мақсаты", "Цель", "Purpose", required=True)
    decision = Column(values.choice(vocabulary.OUTCOMES), "Шешім", "Решение", "Decision", required=True)
    points = Column(values.number(0, 100, 20), "Балл", "Баллы", "Points")
    category = Column(values.choice(vocabulary.CATEGORIES), "Санаты", "Категория", "Category")
    decided_on = Column(values.day, "Шешім күні", "Дата решения", "Decided on")
    cycle = Column(values.text(CODE_MAX), "Цикл", "Цикл", "Cycle")

    def check_access(self, context: Context) -> None:
        """Whatever the cycle, only what is in the officer's sight is compared."""
        access.require(context.by.user, self.kind.right)

    def sight(self, context: Context) -> dict[str, Any]:
        self.context = context
        # Of our cases: those of which the file speaks, and by which row each was compared.
        self.named: set[int] = set()
        self.compared: dict[int, int] = {}
        return super().sight(context)

    def identity(self, row: SheetRow) -> tuple[Any, ...] | None:
        if row.get("iin") is None or row.get("purpose") is None:
            return None
        return row.get("iin"), row.get("purpose"), row.get("cycle")

    def prepare(self, rows: Sequence[SheetRow], context: Context) -> None:
        in_sight = access.scoped(context.by.user, Attestation.objects.all())
        of_file = in_sight.filter(employee__iin__in=self.given_in(rows, "iin"))
        cases = list(of_file.select_related("employee", "cycle", "rule_set").order_by("pk"))
        self.cases: dict[str, list[Attestation]] = {}
        for case in cases:
            self.cases.setdefault(case.employee.iin, []).append(case)
        self.ours = ours_of(cases)
        self.annulled = set(
            Annulment.objects.filter(attestation__in=cases).values_list("attestation", flat=True)
        )
        self.matched: dict[int, Ours] = {}
        for row in rows:
            self.named |= {case.pk for case in self._spoken_of(row)}

    def _spoken_of(self, row: SheetRow) -> list[Attestation]:
        """Our cases that a row may mean; one with errors by what could be read of it."""
        said = {name: row.get(name) for name in ("purpose", "cycle")}
        return [
            case
            for case in self.cases.get(row.get("iin"), ())
            if said["purpose"] in (None, case.purpose) and said["cycle"] in (None, case.cycle.code)
        ]

    def _cases_of(self, row: SheetRow, context: Context) -> list[Attestation]:
        """The same, of the cycle that is compared where the row names none."""
        cases = self._spoken_of(row)
        if row.get("cycle") is None and context.cycle is not None:
            return [case for case in cases if case.cycle_id == context.cycle.pk]
        return cases

    def plan(self, row: SheetRow, context: Context) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        decided = [self.ours[case.pk] for case in self._cases_of(row, context) if case.pk in self.ours]
        if not decided:
            return None, {name: value for name, value in row.values.items() if name != "iin"}
        if len(decided) > 1:
            row.fail("iin", "several_decisions", cycles=", ".join(one.case.cycle.code for one in decided))
            return None, {}
        (ours,) = decided
        first = self.compared.setdefault(ours.case.pk, row.number)
        if first != row.number:
            row.fail("iin", "doubled", rows=str(first))
        self.matched[row.number] = ours
        before, after = {}, {}
        for name, value in ours.values().items():
            theirs = row.get(name)
            if theirs is not None and not agree(name, theirs, value):
                before[name], after[name] = value, theirs
        return before, after

    def seen(self, row: SheetRow) -> int | None:
        """Nothing is written by what was seen."""
        return None

    def derive(self, row: SheetRow, after: dict[str, Any]) -> dict[str, Any]:
        """Ours beside a difference, or how our case stands where we have no decision."""
        ours = self.matched.get(row.number)
        if ours is None:
            undecided = self._cases_of(row, self.context)[-1:]
            return {"case": undecided[0].pk, "state": self._stands(undecided[0])} if undecided else {}
        said = {"case": ours.case.pk, "state": ours.state, "cites": list(ours.verdict.cites)}
        if ours.decision is None:
            return said | {"steps": [step.as_data() for step in ours.verdict.steps]}
        return said | {"decision": ours.decision.pk}

    def _stands(self, case: Attestation) -> str:
        return ANNULLED if case.pk in self.annulled else case.status

    def summary(self) -> dict[str, Any]:
        """Our decisions in force, of the cycle if one was named, of which the file says nothing."""
        here = access.scoped(self.context.by.user, Decision.objects.current())
        if self.context.cycle is not None:
            here = here.filter(attestation__cycle=self.context.cycle)
        keys = here.order_by("attestation__employee__iin", "pk").values_list("pk", "attestation")
        return {"only_here": [pk for pk, case in keys if case not in self.named]}


def ours_of(cases: Sequence[Attestation]) -> dict[int, Ours]:
    """The decision in force of each case, and what each held one comes to so far."""
    by_key = {case.pk: case for case in cases}
    current: QuerySet[Decision] = Decision.objects.current().filter(attestation__in=by_key)
    found = {
        decision.attestation_id: Ours(
            by_key[decision.attestation_id], Verdict.from_data(decision.verdict), decision
        )
        for decision in current
    }
    held = held_verdicts([case for case in cases if case.status == Status.HELD])
    return found | {pk: Ours(by_key[pk], verdict, None) for pk, verdict in held.items()}
