"""What a final decision brings: category periods, re-attestation, dismissal on record (¶7, ¶27, ¶28, ¶34)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases import reattestation
from attestation.cases.positions import (
    CATEGORY_KINDS,
    duty_deadlines,
    owe,
    person_on,
    standing_of,
    void_duty_deadlines,
)
from attestation.deadlines.ledger import close_deadline, open_category_deadline
from attestation.law.calendar import local_day
from attestation.law.category_periods import PeriodFact, PeriodPlan, period_changes
from attestation.law.reasons import Verdict
from attestation.law.standing import PersonNow, Stand, category_stands
from attestation.law.vocabulary import Category, Consequence
from attestation.models import Attestation, CategoryTerm, Deadline, Decision
from attestation.models import Consequence as ConsequenceRow
from attestation.notices import outbox
from attestation.refusals import Refused

State = ConsequenceRow.State
# These wait for somebody; the others are in effect with the decision itself.
WAITING = (Consequence.REATTEST, Consequence.DISMISSAL)
CITES = {
    Consequence.CONFER_CATEGORY: "¶7",
    Consequence.KEEP_CATEGORY: "¶30.2",
    Consequence.REATTEST: "¶27.2",
    Consequence.DISMISSAL: "¶28.1",
}


def cite_of(kind: Consequence, repeat: bool) -> str:
    """The point that a consequence rests on."""
    if kind is Consequence.LOWER_CATEGORY:
        return "¶28.2" if repeat else "¶27.1"
    if kind is Consequence.NOT_ADMITTED_TO_ASSESSMENT:
        return "¶28-1" if repeat else "¶27.3"
    return CITES[kind]


def take_effect(
    attestation: Attestation,
    decision: Decision,
    verdict: Verdict,
    *,
    by: By,
) -> None:
    """I-12: consequences take effect with the final decision, from the day it is dated."""
    assert decision.dated is not None  # the database refuses a final decision without a day
    lowered_by_total = verdict.points is not None
    person = person_on(attestation.employee, local_day(by.at))
    for kind in verdict.consequences:
        stand = _standing(kind, attestation, verdict, person)
        cite = cite_of(kind, attestation.repeat)
        if kind is Consequence.LOWER_CATEGORY and lowered_by_total:
            cite = "¶30.2"
        ConsequenceRow.objects.create(
            decision=decision,
            attestation=attestation,
            kind=kind.value,
            state=stand.state,
            why=stand.why,
            cite=cite,
            effective_on=decision.dated,
            due_on=verdict.reattest_by if kind is Consequence.REATTEST else None,
            done_at=by.at if stand.state == State.DONE else None,
        )
    if person.may_hold:
        change_periods(attestation, decision, verdict, by=by)
    if Consequence.REATTEST in verdict.consequences:
        duty = ConsequenceRow.objects.get(decision=decision, kind=Consequence.REATTEST)
        owe(duty, attestation, by.at)
        if duty.state != State.OPEN:
            void_duty_deadlines(duty, now=by.at)
        reattestation.meet_if_repeated(duty, by=by)
    if ConsequenceRow.objects.filter(
        decision=decision, kind=Consequence.DISMISSAL, state=State.OPEN
    ).exists():
        outbox.queue("dismissal_due", key=f"dismissal:{decision.pk}", now=by.at, attestation=attestation)


def _standing(kind: Consequence, attestation: Attestation, verdict: Verdict, person: PersonNow) -> Stand:
    """I-23, I-25, I-36: how a consequence stands from the first."""
    if kind in WAITING:
        return standing_of(kind, attestation, person)
    changes = kind is not Consequence.KEEP_CATEGORY or verdict.category_until is not None
    return category_stands(person, changes_periods=kind in CATEGORY_KINDS and changes)


def change_periods(
    attestation: Attestation,
    decision: Decision,
    verdict: Verdict,
    *,
    by: By,
) -> None:
    """I-16: end the periods the plan ends, then begin the new one, so that none overlap."""
    assert decision.dated is not None
    running = CategoryTerm.objects.filter(employee=attestation.employee, suspended_at__isnull=True)
    periods = {period.pk: period for period in running.select_for_update()}
    plan = _plan(periods.values(), attestation, verdict, decision.dated)
    for pk, ends_on in plan.end:
        period = periods[pk]
        period.ends_on, period.ended_by = ends_on, decision
        period.save(update_fields=["ends_on", "ended_by"])
        _void_category_deadlines(period, now=by.at, closed_by=f"decision {decision.pk}")
    if plan.new is not None:
        category, starts_on, ends_on = plan.new
        begun = CategoryTerm.objects.create(
            employee=attestation.employee,
            category=category.value,
            starts_on=starts_on,
            ends_on=ends_on,
            planned_ends_on=ends_on,
            decision=decision,
        )
        open_category_deadline(begun, now=by.at)
    if plan.new or plan.end:
        data = {
            "ended": [[pk, day] for pk, day in plan.end],
            "begun": [plan.new[0].value, plan.new[1], plan.new[2]] if plan.new else None,
        }
        journal.record("terms_changed", by=by, attestation=attestation, data=data)


def _plan(
    periods: Iterable[CategoryTerm], attestation: Attestation, verdict: Verdict, dated: date
) -> PeriodPlan:
    """I-16: which of the periods a decision of that day ends, and which it begins."""
    return period_changes(
        [PeriodFact(t.pk, Category(t.category), t.starts_on, t.ends_on) for t in periods],
        verdict.category,
        verdict.consequences,
        Category(attestation.existing) if attestation.existing else None,
        dated,
        lookup.parameters_of(attestation),
        renewed=verdict.category_until is not None,
    )


def _void_category_deadlines(period: CategoryTerm, *, now: datetime, closed_by: str) -> None:
    for deadline in Deadline.objects.open().filter(term=period):
        close_deadline(deadline, Deadline.State.VOID, by=By(None, now), closed_by=closed_by)


def suspend(attestation: Attestation, decision: Decision, *, by: By) -> None:
    """I-14: what a reopened decision brought is suspended, what it ended runs on as it was conferred."""
    closed_by = f"decision {decision.pk} reopened"
    _take_back(decision, ConsequenceRow.State.SUSPENDED, now=by.at, closed_by=closed_by)
    outbox.supersede(now=by.at, attestation=attestation)
    journal.record(
        "consequences_suspended",
        by=by,
        attestation=attestation,
        data={"decision": decision.pk},
    )


def end(attestation: Attestation, decision: Decision, *, by: By) -> None:
    """What an annulled decision brought is over for good, what it ended runs on as it was conferred."""
    _take_back(decision, ConsequenceRow.State.ENDED, now=by.at, closed_by=f"decision {decision.pk} annulled")
    journal.record(
        "consequences_ended",
        by=by,
        attestation=attestation,
        data={"decision": decision.pk},
    )


def _take_back(decision: Decision, state: str, *, now: datetime, closed_by: str) -> None:
    """I-14, I-16: consequences and periods as if the decision had not been taken, later ones in effect."""
    taken_back = ConsequenceRow.objects.filter(decision=decision)
    taken_back.update(state=state)
    taken_back.filter(why=ConsequenceRow.Why.GROUND).update(why="")
    for begun in CategoryTerm.objects.filter(decision=decision, suspended_at__isnull=True):
        begun.suspended_at = now
        begun.save(update_fields=["suspended_at"])
        _void_category_deadlines(begun, now=now, closed_by=closed_by)
    for ended in CategoryTerm.objects.filter(ended_by=decision):
        ended.ends_on, ended.ended_by = ended.planned_ends_on, None
        _end_by_what_followed(ended, decision)
        ended.save(update_fields=["ends_on", "ended_by"])
        if ended.ended_by is None and ended.suspended_at is None:
            open_category_deadline(ended, now=now, suffix=f":restored:{decision.pk}")
    for deadline in duty_deadlines(decision.attestation_id):
        close_deadline(deadline, Deadline.State.VOID, by=By(None, now), closed_by=closed_by)


def _end_by_what_followed(period: CategoryTerm, reopened: Decision) -> None:
    """I-16: a restored period ends where a later decision would have ended it, had it run on."""
    later = Decision.objects.current().filter(
        attestation__employee=period.employee_id, state=Decision.State.FINAL, dated__gte=reopened.dated
    )
    # I-36: what waits for the position has ended nothing.
    unsettled = ConsequenceRow.objects.filter(
        decision=OuterRef("pk"), state__in=(State.WAITING, State.LAPSED)
    )
    found = later.exclude(pk=reopened.pk).exclude(Exists(unsettled)).select_related("attestation__cycle")
    for decision in found.order_by("dated", "pk"):
        assert decision.dated is not None  # the database refuses a final decision without a day
        verdict = Verdict.from_data(decision.verdict)
        for _pk, ends_on in _plan([period], decision.attestation, verdict, decision.dated).end:
            period.ends_on, period.ended_by = ends_on, decision


@transaction.atomic
def close_consequence(consequence: ConsequenceRow, *, text: str, by: By) -> ConsequenceRow:
    """I-19: the employer acted outside; here it is put on record what was done, and reminders end."""
    row = (
        ConsequenceRow.objects.select_for_update(of=("self",))
        .select_related("attestation__center", "attestation__employee")
        .get(pk=consequence.pk)
    )
    attestation = row.attestation
    access.require(by.user, "close_consequence", attestation.center, attestation.employee)
    if row.kind != Consequence.DISMISSAL or row.state != ConsequenceRow.State.OPEN:
        raise Refused(
            "nothing_to_close",
            _("Case %(case)s: “%(kind)s” does not wait for the employer (state “%(state)s”)."),
            case=attestation.case_no,
            kind=row.get_kind_display(),
            state=row.get_state_display(),
        )
    if not text.strip():
        raise Refused("text_missing", _("Say what the employer did and by which document."))
    row.state, row.done_text, row.done_at, row.done_by = (
        ConsequenceRow.State.DONE,
        text.strip(),
        by.at,
        by.user,
    )
    row.save(update_fields=["state", "done_text", "done_at", "done_by"])
    journal.record(
        "close_consequence",
        by=by,
        attestation=attestation,
        data={"consequence": row.pk, "kind": row.kind, "done": row.done_text},
    )
    return row
