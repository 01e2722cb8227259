"""What a decision rests on beside its steps: days, category periods, the case repeated, ¶28.1.

Read from the records, so that the page alone is enough to recompute the decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.translation import gettext as _

from attestation import clock, explain
from attestation.deadlines.words import shown
from attestation.labels import CATEGORIES, POSITIONS
from attestation.law.calendar import local_day
from attestation.law.finality import final_on_step
from attestation.law.reasons import Step
from attestation.law.vocabulary import Category, Position, Purpose
from attestation.models import CategoryTerm, Deadline, Decision

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Grounds:
    """What is on record for one decision: the category periods of the person, and the day it bears."""

    decision: Decision
    periods: Sequence[CategoryTerm] = ()
    day: tuple[Step, tuple[str, ...]] | None = None
    today: date = field(default_factory=lambda: local_day(clock.now()))

    def lines(self, step: Step) -> tuple[str, ...]:
        """The facts behind a step, one line each."""
        if step.code.startswith("category_"):
            return tuple(self._category(step))
        if step.code == "term_starts":
            return tuple(self._cut_short())
        if step.code == "earlier_category_kept":
            return tuple(self._held(self._at_stage_end(step.inputs["existing"])))
        if step.code == "dismissal":
            return (_no_exception(step),)
        if step.code == "reattestation":
            return (_("This attestation repeats none, so ¶28 does not apply."),)
        return ()

    def _category(self, step: Step) -> Iterable[str]:
        """I-15, I-16: since when the existing category is held, and what became of its period."""
        existing = str(step.inputs["existing"])
        if step.code == "category_kept":
            period = self._at_stage_end(existing)
            yield from self._held(period)
            if period is not None and not self._begun():
                yield from self._own_end(period)
        for period in self.periods:
            if self.decision.pk is not None and period.ended_by_id == self.decision.pk:
                yield _("The term of the category “%(category)s” from %(since)s ended on %(until)s.") % {
                    "category": CATEGORIES[Category(period.category)],
                    "since": shown(period.starts_on),
                    "until": shown(period.ends_on),
                }
        if step.cite == "¶28.2":
            yield _(
                "¶28.1 does not apply: it excepts a specialist who holds the category “%(category)s”, and "
                "¶28.2 applies."
            ) % {"category": CATEGORIES[Category(existing)]}

    def _at_stage_end(self, category: str | int | None) -> CategoryTerm | None:
        """I-17: the period of the existing category that ran on the day the testing stage ended."""
        day = date.fromisoformat(self.decision.inputs["testing_ended_on"])
        begun = (period for period in self.periods if period.category == category and period.starts_on <= day)
        running = [period for period in begun if max(period.ends_on, period.planned_ends_on) >= day]
        return running[-1] if running else None

    def _begun(self) -> bool:
        return any(step["code"] == "term_starts" for step in self.decision.verdict["steps"])

    def _held(self, period: CategoryTerm | None) -> Iterable[str]:
        """Since when without a gap, and until when the period was to run."""
        if period is None:
            return
        since = period
        for before in reversed(self.periods):
            if before.category == since.category and before.ends_on + ONE_DAY == since.starts_on:
                since = before
        yield _(
            "The category “%(category)s” is held since %(since)s; the own end of its term: %(until)s."
        ) % {
            "category": CATEGORIES[Category(period.category)],
            "since": shown(since.starts_on),
            "until": shown(period.planned_ends_on),
        }

    def _own_end(self, period: CategoryTerm) -> Iterable[str]:
        """I-15: a category that is kept without a new period."""
        yield _("No new term begins: the category is kept through %(until)s.") % {
            "until": shown(period.ends_on)
        }
        if period.ends_on < self.today:
            yield _("This day has passed: the category is not in force any more.")

    def _cut_short(self) -> Iterable[str]:
        for period in self.periods:
            if period.decision_id == self.decision.pk and period.ended_by_id is not None:
                yield _("A later decision ended this term: it ran through %(until)s.") % {
                    "until": shown(period.ends_on)
                }


def _no_exception(step: Step) -> str:
    """¶28.1, I-44: why none of its exceptions applies to a dismissal."""
    if step.inputs["purpose"] == Purpose.CATEGORY.value:
        return _(
            "No exception applies: ¶28.1 excepts specialists applying for a category who hold “career "
            "consultant”, “case manager” or “mentor”; the existing category is “%(category)s”."
        ) % {"category": explain.shown_value("existing", step.inputs["existing"] or Category.NONE.value)}
    return _(
        "No exception applies: those of ¶28.1 are for specialists applying for a category; here the "
        "conformity with the position held is confirmed, whatever category still runs. Position: "
        "%(position)s; purpose: %(purpose)s."
    ) % {
        "position": POSITIONS[Position(str(step.inputs["position"]))],
        "purpose": explain.shown_value("purpose", step.inputs["purpose"]),
    }


def grounds_of(decision: Decision) -> Grounds:
    """¶30: what is on record for a decision; at most two queries."""
    periods: list[CategoryTerm] = []
    if decision.inputs["purpose"] == Purpose.CATEGORY.value:
        rows = CategoryTerm.objects.filter(
            employee=decision.attestation.employee_id, suspended_at__isnull=True
        )
        periods = list(rows.order_by("starts_on", "pk"))
    return Grounds(decision, periods, day_of(decision))


def day_of(decision: Decision) -> tuple[Step, tuple[str, ...]] | None:
    """I-28: why a final decision in force bears its day: the days it waited for, and which is the last.

    None for another decision: what it waited for was replaced by what came since.
    """
    if decision.dated is None or decision.superseded_at is not None:
        return None
    case = decision.attestation
    graces = Deadline.objects.filter(attestation=case, kind=Deadline.Kind.GRACE)
    grace = graces.exclude(state=Deadline.State.VOID).order_by("-closes_at").first()
    if grace is None:
        return None
    days = [(_("last day of the grace after the appeal term"), grace.due_on)]
    days.append((_("end of the testing stage"), case.cycle.testing_ends))
    if decision.ready_on is not None:
        days.append((_("last data, ruling or number waited for came"), decision.ready_on))
    if case.last_appeal_closed_at is not None:
        days.append(
            (_("last appeal or amendment of the result closed"), local_day(case.last_appeal_closed_at))
        )
    step = final_on_step(grace.due_on, [day for _label, day in days[1:]])
    step = step._replace(readings=tuple(name for name in step.readings if name != step.cite))
    if step.result != decision.dated.isoformat():
        return None  # a deadline was moved since: the ledger does not tell any more what it was dated by
    return step, tuple(
        (_("%(day)s – %(what)s; it decides") if day == decision.dated else _("%(day)s – %(what)s"))
        % {"day": shown(day), "what": what}
        for what, day in days
    )


def repeated(decision: Decision) -> str:
    """I-25: which case a re-attestation repeats, how it ended, and by when the duty was to be met."""
    duty = decision.attestation.repeats
    if duty is None:
        return _("yes; the case repeated is not on record here")
    return _("repeats case %(case)s; decision of %(day)s: “%(outcome)s”; due by %(due)s") % {
        "case": duty.attestation.case_no,
        "day": shown(duty.effective_on),
        "outcome": duty.decision.get_outcome_display(),
        "due": shown(duty.due_on) if duty.due_on else "–",
    }
