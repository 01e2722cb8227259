"""App. 1-2 on the case's page: the single ratings and violations of the window, and why it begins there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from attestation import explain, lookup
from attestation.deadlines.words import shown
from attestation.law.calendar import add_months, local_day
from attestation.law.reasons import exact_text
from attestation.models import Attestation, Decision
from scoring.models import Assessment, Rating, Violation

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class RecordLine:
    """I-34: one rating or violation of the window, with its day and id; voided ones do not count."""

    day: date
    external_id: str
    said: str
    voided_on: date | None


@dataclass(frozen=True)
class Records:
    """The records of one kind; `changed` where those that stand are not those that were counted."""

    lines: Sequence[RecordLine]
    counted: int
    changed: str = ""


def ratings_of(case: Attestation, assessment: Assessment) -> Records:
    """I-26: the single ratings behind the mean."""
    rows = Rating.objects.filter(employee=case.employee_id, rated_on__range=_window(assessment))
    found = list(rows.select_related("voiding").order_by("rated_on", "pk"))
    standing = [row.score for row in found if not hasattr(row, "voiding")]
    counted = [Decimal(score) for score in assessment.inputs["scores"]]
    changed = ""
    if assessment.ratings_read and sorted(standing) != sorted(counted):
        scores = "; ".join(_figure(score) for score in counted) or "–"
        changed = _("The ratings have changed since; the assessment counted: %(scores)s.") % {
            "scores": scores
        }
    lines = [RecordLine(row.rated_on, row.external_id, _figure(row.score), _voided_on(row)) for row in found]
    return Records(lines, len(standing), changed)


def dated_ratings(case: Attestation) -> list[tuple[date, str]]:
    """What a ruling on row 2 rests on: the ratings of the window that stand, each with its day."""
    current = Assessment.objects.current().filter(attestation=case).first()
    lines = ratings_of(case, current).lines if current is not None else ()
    return [(line.day, line.said) for line in lines if line.voided_on is None]


def violations_of(case: Attestation, assessment: Assessment) -> Records:
    """App. 1-2 row 3: the single violations behind the count."""
    rows = Violation.objects.filter(employee=case.employee_id, recorded_on__range=_window(assessment))
    found = list(rows.select_related("voiding").order_by("recorded_on", "pk"))
    standing = sum(not hasattr(row, "voiding") for row in found)
    changed = ""
    if assessment.violations is not None and standing != assessment.violations:
        changed = _("The violations have changed since; the assessment counted: %(count)s.") % {
            "count": assessment.violations
        }
    lines = [RecordLine(row.recorded_on, row.external_id, row.description, _voided_on(row)) for row in found]
    return Records(lines, standing, changed)


def window_reasons(case: Attestation, assessment: Assessment) -> Iterable[str]:
    """I-06: why the window begins where it does, and whether it is shorter than the months of the order."""
    before = assessment.window_from - ONE_DAY
    months = lookup.parameters_of(case).window_months
    if before <= add_months(assessment.window_to, -months):
        yield _("It begins the day after the same day %(months)s months before.") % {"months": months}
        return
    yield _begins_after(case, before)
    yield _("The window is shorter than %(months)s months.") % {"months": months}


def _begins_after(case: Attestation, before: date) -> str:
    """Which window or decision of the person the window begins after; without a case where it fell since."""
    others = Decision.objects.current().filter(
        attestation__employee=case.employee_id, state=Decision.State.FINAL
    )
    others = others.exclude(attestation=case).select_related("attestation").order_by("pk")
    if lookup.settings_of(case).window == "since_final":
        decision = others.filter(dated=before).first()
        text = _("It begins the day after the previous final decision, of %(day)s (case %(case)s).")
    else:
        used = Assessment.objects.filter(window_to=before).values("pk")
        decision = others.filter(assessment_id__in=used).first()
        text = _(
            "It begins the day after the window of the previous assessment, through %(day)s (case %(case)s)."
        )
    return text % {"day": shown(before), "case": decision.attestation.case_no if decision else "–"}


def _window(assessment: Assessment) -> tuple[date, date]:
    return assessment.window_from, assessment.window_to


def _voided_on(record: Rating | Violation) -> date | None:
    return local_day(record.voiding.voided_at) if hasattr(record, "voiding") else None


def _figure(score: Decimal) -> str:
    return explain.shown_value("", exact_text(Fraction(score)))
