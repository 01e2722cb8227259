"""¶27.2, I-25: the duty of re-attestation: who owes it, which case repeats it, when it is met."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F

from attestation import journal
from attestation.by import By
from attestation.cases.positions import duty_deadlines
from attestation.deadlines.ledger import close_deadline
from attestation.law.listing import same_duty
from attestation.law.vocabulary import Consequence, Purpose
from attestation.models import Attestation, Deadline, Employee, Status
from attestation.models import Consequence as ConsequenceRow

State = ConsequenceRow.State
# I-14: what a reopening suspends; and what an annulled decision brought, which is over for good.
TAKEN_BACK = (State.SUSPENDED, State.ENDED)


def reattestations_owed(*employees: Employee | int) -> list[ConsequenceRow]:
    """¶27.2, I-25: the duties in the position held that nobody has met yet, the latest first."""
    return list(
        ConsequenceRow.objects.filter(
            attestation__employee__in=employees,
            attestation__position=F("attestation__employee__position"),
            kind=Consequence.REATTEST,
            state=State.OPEN,
        )
        .select_related("attestation")
        .order_by("-pk")
    )


def duty_of(attestation: Attestation) -> ConsequenceRow | None:
    """I-25: the duty that the case took up, as it stands now; None while a reopening suspends it (I-14), or
    where the decision that brought it was annulled.

    A decision that was reopened and became final again brings the duty as a new row.
    """
    duty = attestation.repeats
    if duty is None or duty.state not in TAKEN_BACK:
        return duty
    afresh = ConsequenceRow.objects.filter(attestation=duty.attestation_id, kind=Consequence.REATTEST)
    return afresh.exclude(state__in=TAKEN_BACK).order_by("-pk").first()


def still_repeats(attestation: Attestation) -> bool:
    """I-25: whether a case listed as a re-attestation is one when its stage ends.

    It is none where an appeal or an annulment took the duty away (I-14), or a case of another cycle met it.
    """
    if not attestation.repeat or attestation.repeats_id is None:
        return attestation.repeat
    duty = duty_of(attestation)
    return duty is not None and (duty.state == State.OPEN or duty.done_text == attestation.case_no)


def repeats_alike(attestation: Attestation) -> bool:
    """I-25: whether the attestation that the case repeats was of its position and purpose.

    Lists of before that reading hold some of another; true where none is repeated.
    """
    if attestation.repeats is None:
        return True
    return one_duty(attestation.repeats.attestation, attestation)


def one_duty(one: Attestation, other: Attestation) -> bool:
    """I-25: whether one duty of re-attestation covers both: the same position and purpose."""
    return one.position == other.position and same_duty(Purpose(one.purpose), Purpose(other.purpose))


def lock_duties(cases: Sequence[Attestation]) -> None:
    """Lock the duties that the cases took up, and their deadlines, ahead of the first journal entry.

    The keys are read first: nested subqueries under a lock ran for minutes on a database without statistics.
    """
    taken_up = [case.repeats_id for case in cases if case.repeats_id is not None]
    owing = list(ConsequenceRow.objects.filter(pk__in=taken_up).values_list("attestation_id", flat=True))
    if not owing:
        return
    duties = ConsequenceRow.objects.filter(kind=Consequence.REATTEST, attestation__in=owing)
    list(duties.order_by("pk").select_for_update(of=("self",), no_key=True))
    deadlines = Deadline.objects.open().filter(kind=Deadline.Kind.REATTESTATION, attestation__in=owing)
    list(deadlines.order_by("pk").select_for_update(of=("self",), no_key=True))


def meet_by_publishing(attestation: Attestation, *, by: By) -> None:
    """I-25: the duty is met when the re-attestation's result is published."""
    found = duty_of(attestation)
    if found is not None:
        _meet(found, attestation, by=by)


def meet_if_repeated(duty: ConsequenceRow, *, by: By) -> None:
    """I-14, I-25: a duty formed afresh after a reopening is met where its re-attestation has its result."""
    repeated = (
        Attestation.objects.filter(
            repeats__attestation=duty.attestation_id,
            results__superseded_at__isnull=True,
            results__published_at__isnull=False,
        )
        .exclude(status=Status.CLOSED)
        .order_by("pk")
        .first()
    )
    if repeated is not None:
        _meet(duty, repeated, by=by)


def _meet(duty: ConsequenceRow, case: Attestation, *, by: By) -> None:
    duty = ConsequenceRow.objects.select_for_update(of=("self",), no_key=True).get(pk=duty.pk)
    if duty.state != State.OPEN:
        return
    duty.state, duty.done_at, duty.done_by = State.DONE, by.at, by.user
    duty.done_text = case.case_no
    duty.save(update_fields=["state", "done_at", "done_by", "done_text"])
    journal.record("reattestation_met", by=by, attestation=case, data={"duty": duty.pk})
    for deadline in duty_deadlines(duty.attestation_id):
        state = Deadline.State.MISSED if deadline.is_over(by.at) else Deadline.State.MET
        close_deadline(deadline, state, by=by, closed_by=case.case_no)
