"""What a row of the list of cases says beside the case: test and threshold, decision, what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation import lookup
from attestation.admin.decision_cells import percent_of
from attestation.cases import waiting
from attestation.labels import Label
from attestation.law.calendar import local_day
from attestation.law.facts import POINTS_CONTRADICT, passes, threshold
from attestation.law.reasons import Bound
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Position, Purpose
from attestation.models import Attestation, Deadline, Decision, GroundMark, Result, RuleSet, Status

APPEAL_KINDS = (Deadline.Kind.APPEAL, Deadline.Kind.GRACE)
HELD: Mapping[frozenset[str], Label] = {
    waiting.FOR_DATA: gettext_lazy("loading of data"),
    waiting.FOR_A_RULING: gettext_lazy("ruling on row 2"),
    frozenset({POINTS_CONTRADICT}): gettext_lazy("two points of the order to agree"),
}


@dataclass(frozen=True)
class Standing:
    """How a case stands now: the result and the decision in force, and in what it can't go on by itself."""

    case: Attestation
    now: datetime
    result: Result | None
    decision: Decision | None
    bound: Bound | None
    appeals_until: date | None
    left_absent: bool
    ground_fell: bool

    @property
    def test(self) -> str:
        """¶17: the percent of the result against the threshold."""
        if self.result is None:
            return ""
        correct, total = self.result.correct_answers, self.result.questions_total
        percent = percent_of(correct, total)
        if self.bound is None:
            return percent
        return f"{percent} {'≥' if passes(correct, total, self.bound) else '<'} {self.bound.percent}%"

    @property
    def waits(self) -> str:
        """What the case waits for, in a phrase; empty once it ended."""
        phrases = {
            Status.LISTED: _("decision on admission"),
            Status.ADMITTED: _("test result"),
            Status.ABSENT: _("decision on the absence") if self.left_absent else "",
            Status.TESTED: self._tested(),
            Status.HELD: self._held(),
            Status.SCORED: _("forming of the decision"),
            Status.PROVISIONAL: self._not_final(),
        }
        return phrases.get(Status(self.case.status), "")

    def _tested(self) -> str:
        ends = self.case.cycle.testing_ends
        if self.result is not None and self.result.published_at is None:
            return _("publication of the result")
        if local_day(self.now) <= ends:
            return _("end of the testing stage: %(day)s") % {"day": date_format(ends, "DATE_FORMAT")}
        return _("assessment or decision")

    def _held(self) -> str:
        codes = {item.get("code") for item in self.case.status_reason if isinstance(item, dict)}
        return ", ".join(str(words) for held, words in HELD.items() if codes & held)

    def _not_final(self) -> str:
        """I-12: in the order in which `finality.waits_for` asks."""
        if self.case.open_appeals:
            return _("ruling on the appeal")
        if self.ground_fell:
            return _("new consideration")
        if self.appeals_until is not None:
            day = date_format(self.appeals_until, "DATE_FORMAT")
            return _("end of the appeal term: %(day)s") % {"day": day}
        return _("decision to be made final")


def standings(cases: Sequence[Attestation], now: datetime) -> dict[int, Standing]:
    """By the keys of the cases, whose cycle and rule set are read with them; in seven queries at most."""
    keys = [case.pk for case in cases]
    rows = Attestation.objects.filter(pk__in=keys)
    results = lookup.current_results(keys)
    decisions = {row.attestation_id: row for row in Decision.objects.current().filter(attestation__in=keys)}
    running = Deadline.objects.filter(attestation__in=keys, kind__in=APPEAL_KINDS, closes_at__gt=now)
    until: dict[int | None, date] = {}
    for row in running.exclude(state=Deadline.State.VOID).order_by("closes_at"):
        until[row.attestation_id] = row.due_on
    absent = set(waiting.absent(rows, now).values_list("pk", flat=True))
    marks = GroundMark.objects.unsettled().filter(attestation__in=keys)
    fell = set(marks.values_list("attestation", flat=True))
    rule_sets = list(RuleSet.objects.order_by("-effective_from"))
    return {
        case.pk: Standing(
            case,
            now,
            results.get(case.pk),
            decisions.get(case.pk),
            _bound(case, rule_sets),
            until.get(case.pk),
            case.pk in absent,
            case.pk in fell,
        )
        for case in cases
    }


def _bound(case: Attestation, rule_sets: Sequence[RuleSet]) -> Bound | None:
    """¶17, I-21: the threshold of the case; None where nothing in force, or no point (I-39), names one."""
    in_force = (one for one in rule_sets if one.effective_from <= case.cycle.testing_ends)
    rule_set = case.rule_set or next(in_force, None)
    if rule_set is None:
        return None
    try:
        numbers = lookup.parameters_of(case)
        return threshold(Position(case.position), Purpose(case.purpose), numbers, rule_set.settings())
    except RuleRefusal:
        return None
