"""I-33, I-34: what is found wrong after the final decision: one person proposes, another one confirms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.correction_requests import close_granted
from attestation.cases.finality import reopen
from attestation.cases.lifecycle import Event, guard
from attestation.cases.result_changes import check_correction, put_right, refuse_under_appeal
from attestation.cases.results import ResultFacts, same_result
from attestation.deadlines import holding
from attestation.deadlines.ledger import open_deadline
from attestation.law.calendar import local_day, voided_due
from attestation.models import Attestation, Correction, Deadline, Status, User
from attestation.notices import outbox
from attestation.reason_words import coded
from attestation.refusals import Refused
from attestation.texts import required_text

DOCUMENT_MAX = 200
Kind, State = Correction.Kind, Correction.State
RESULT_CORRECTED, RECORD_VOIDED = coded("result_corrected"), coded("record_voided")


@dataclass(frozen=True)
class Records:
    """How ratings and violations are voided: `scoring`, which keeps them, says it.

    `check` refuses what is voided already. `cases` gives the keys of the cases whose final decision counts
    the record; `void` voids it and has those assessed afresh.
    """

    check: Callable[[Correction], object]
    cases: Callable[[Correction], list[int]]
    void: Callable[[Correction, list[int], By], None]


_RECORDS: list[Records] = []


def register_records(records: Records) -> None:
    """Let `scoring` say how its records are voided: this app does not know that one."""
    _RECORDS[:] = [records]


@transaction.atomic
def propose_correction(
    attestation: Attestation,
    found: ResultFacts,
    *,
    reason: str,
    document: str,
    by: By,
) -> Correction:
    """I-33: propose the right numbers of a result whose decision is final; nothing changes until confirmed.

    Raises Refused: no final decision, another proposal waits, the same numbers, no reason or document.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "propose_correction", attestation.center, attestation.employee)
    _require_final(attestation)
    current = check_correction(attestation, found, by.at)
    if same_result(current, found):
        raise Refused(
            "nothing_to_correct",
            _("Case %(case)s: the result on record is %(result)s already; there is nothing to correct."),
            case=attestation.case_no,
            result=str(current),
        )
    return propose(
        attestation,
        Kind.RESULT,
        {"result": current, **_numbers(found)},
        reason=reason,
        document=document,
        by=by,
    )


def propose(
    attestation: Attestation,
    kind: str,
    what: dict[str, Any],
    *,
    reason: str,
    document: str,
    by: By,
) -> Correction:
    """I-33, I-34: the proposal itself, one a case at a time. The caller has the lock and checked `what`."""
    assert by.user is not None  # checked: a correction is always of two persons
    ground = checked_ground(reason, document)
    waits = Correction.objects.proposed().filter(attestation=attestation).first()
    if waits is not None:
        raise Refused(
            "correction_waits",
            _(
                "Case %(case)s: a correction proposed by %(who)s on %(day)s waits already. Confirm or "
                "withdraw it first."
            ),
            case=attestation.case_no,
            who=str(waits.proposed_by),
            day=f"{local_day(waits.proposed_at):%d.%m.%Y}",
        )
    correction = Correction.objects.create(
        attestation=attestation,
        kind=kind,
        proposed_by=by.user,
        proposed_at=by.at,
        **ground,
        **what,
    )
    close_granted(attestation, correction=correction)
    data = {**_data(correction), "why": correction.reason, "document": correction.document}
    journal.record("propose_correction", by=by, attestation=attestation, data=data)
    outbox.queue("correction_proposed", key=f"correction:{correction.pk}", now=by.at, attestation=attestation)
    return correction


def checked_ground(reason: str, document: str) -> dict[str, str]:
    """I-33, I-34: an act with reason and document. Raises Refused."""
    return {
        "reason": required_text(reason, _("Give the reason of the correction.")),
        "document": required_text(document, _("Name the document that shows the error."), limit=DOCUMENT_MAX),
    }


def _data(correction: Correction) -> dict[str, Any]:
    data: dict[str, Any] = {"correction": correction.pk, "kind": correction.kind}
    if correction.kind == Kind.RESULT:
        return {**data, "correct": correction.correct_answers, "total": correction.questions_total}
    return {**data, "external_id": correction.external_id}


def _require_final(attestation: Attestation) -> None:
    if attestation.status != Status.FINAL:
        raise Refused(
            "not_final",
            _(
                "Case %(case)s: the status is “%(status)s”. A correction is proposed after the final "
                "decision; before it the result is corrected at once."
            ),
            cite="I-33",
            case=attestation.case_no,
            status=attestation.get_status_display(),
        )


@transaction.atomic
def withdraw_correction(attestation: Attestation, *, by: By) -> Correction:
    """I-33: take a proposal back; whoever made it may, and an administrator. Raises Refused."""
    attestation = lookup.locked(attestation)
    access.require(by.user, "withdraw_correction", attestation.center, attestation.employee)
    correction = require_withdrawable(attestation, by.user)
    _decide(correction, State.WITHDRAWN, "withdraw_correction", by=by)
    return correction


def require_withdrawable(attestation: Attestation, user: User | None) -> Correction:
    """I-33: the proposal that waits, for whoever made it or an administrator. Raises Refused."""
    correction = _proposed(attestation)
    if correction.proposed_by != user and access.role_of(user) != access.ADMINISTRATOR:
        raise Refused(
            "others_proposal",
            _(
                "Case %(case)s: the correction is withdrawn by %(who)s, who proposed it, or by an "
                "administrator. Turn to one of them."
            ),
            case=attestation.case_no,
            who=str(correction.proposed_by),
        )
    return correction


@transaction.atomic
def confirm_correction(attestation: Attestation, *, by: By) -> Correction:
    """I-33, I-34: a second person lets a proposed correction happen; the decision is provisional again.

    A corrected result opens a new appeal term; a voided record only the grace, from today (I-24). Raises
    Refused: nothing is proposed, one's own proposal, under appeal, the result has changed since.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "confirm_correction", attestation.center, attestation.employee)
    assert by.user is not None  # checked: a correction is always of two persons
    correction = require_confirmable(attestation, by.user)
    if correction.kind == Kind.RESULT:
        _put_result_right(attestation, correction, by=by)
    else:
        _void_record(attestation, correction, by=by)
    return correction


def require_confirmable(attestation: Attestation, user: User) -> Correction:
    """I-33, I-34: what waits, of another person, on a result or record that stands. Raises Refused."""
    correction = _proposed(attestation)
    if correction.proposed_by == user:
        raise Refused(
            "own_proposal",
            _("Case %(case)s: you proposed the correction yourself. Ask a second person to confirm it."),
            cite="I-33",
            case=attestation.case_no,
        )
    if attestation.status != Status.FINAL:
        guard(attestation, Event.RESCIND)
    if correction.kind == Kind.RESULT:
        refuse_under_appeal(attestation)
        current = lookup.published_result(attestation)
        if current is None or current.pk != correction.result_id:
            raise Refused(
                "correction_stale",
                _(
                    "Case %(case)s: the result has changed since the correction was proposed. Withdraw the "
                    "proposal and propose it anew."
                ),
                case=attestation.case_no,
            )
    else:
        (records,) = _RECORDS
        records.check(correction)
    return correction


def _numbers(found: ResultFacts) -> dict[str, Any]:
    """What a correction proposes; the language of the test stays that of the result."""
    return {name: value for name, value in vars(found).items() if name != "test_language"}


def _put_result_right(attestation: Attestation, correction: Correction, *, by: By) -> None:
    """I-33: reopened where it is final, corrected, with a new appeal term."""
    current = lookup.published_result(attestation)
    assert current is not None  # checked by `require_confirmable`
    _lock_deadlines(attestation)
    _decide(correction, State.CONFIRMED, "confirm_correction", by=by)
    _reopen_final(attestation, RESULT_CORRECTED, "result", by=by)
    assert correction.questions_total is not None  # the database refuses a result without numbers
    assert correction.correct_answers is not None
    assert correction.finished_at is not None
    put_right(
        lookup.locked(attestation),
        ResultFacts(
            correction.questions_total,
            correction.correct_answers,
            correction.wrong_questions,
            correction.test_variant,
            correction.finished_at,
            current.test_language,
        ),
        reason=correction.reason,
        document=correction.document,
        by=by,
        notice="result_corrected",
    )


def _void_record(attestation: Attestation, correction: Correction, *, by: By) -> None:
    """I-34: every final decision that counts the record is reopened, and waits for the grace alone."""
    (records,) = _RECORDS
    keys = sorted({attestation.pk, *records.cases(correction)})
    cases = [lookup.locked(Attestation(pk=pk)) for pk in keys]
    for case in cases:
        _lock_deadlines(case)
    _decide(correction, State.CONFIRMED, "confirm_correction", by=by)
    for case in cases:
        _reopen_final(case, RECORD_VOIDED, "record", by=by)
        _open_grace(case, correction, now=by.at)
    records.void(correction, keys, by)


def _open_grace(attestation: Attestation, correction: Correction, *, now: datetime) -> None:
    """I-34, I-24: no appeal term; the decision waits for the grace of I-12 from the confirmation on."""
    rule_set = lookup.rule_set_of(attestation)
    open_deadline(
        Deadline.Kind.GRACE,
        f"grace:correction:{correction.pk}:{attestation.pk}",
        voided_due(now, lookup.work_calendar(local_day(now)), rule_set.settings()),
        employee=attestation.employee,
        attestation=attestation,
        counted_from=now,
        now=now,
        rule_set=rule_set,
    )


def _reopen_final(attestation: Attestation, reason: str, cause: str, *, by: By) -> None:
    if lookup.locked(attestation).status == Status.FINAL:
        reopen(attestation, by=by, reason=reason, cause=cause)


def _lock_deadlines(attestation: Attestation) -> None:
    """The deadlines that the reopening closes: of the case, and of a category that its decision began."""
    categories = Q(employee=attestation.employee_id, kind=Deadline.Kind.CATEGORY)
    holding.lock_deadlines(attestation, Q(attestation=attestation) | categories)


def proposed(attestation: Attestation) -> Correction | None:
    """I-33: the correction that waits for a second person; there is one at most."""
    return next((row for row in attestation.corrections.all() if row.state == State.PROPOSED), None)


def _proposed(attestation: Attestation) -> Correction:
    correction = proposed(attestation)
    if correction is None:
        raise Refused(
            "no_correction",
            _("Case %(case)s: no correction waits for a second person. Propose one first."),
            case=attestation.case_no,
        )
    return correction


def _decide(correction: Correction, state: str, act: str, *, by: By) -> None:
    correction.state, correction.decided_by, correction.decided_at = state, by.user, by.at
    correction.save(update_fields=["state", "decided_by", "decided_at"])
    journal.record(act, by=by, attestation=correction.attestation, data=_data(correction))
