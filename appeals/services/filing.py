"""¶21: appeals put on record, in time or late (I-08, I-13, I-14, I-24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy

from appeals import lifecycle, rules
from appeals.models import Appeal, AppealItem
from appeals.services.attachments import Paper, attach, removed_unless_done
from appeals.services.commission import competent_commission
from appeals.services.deadlines import open_ruling_deadline
from attestation import access, journal, lookup
from attestation.by import By
from attestation.cases.finality import appeal_opened
from attestation.deadlines.words import end_shown
from attestation.law.calendar import ALMATY, local_day
from attestation.models import Attestation, Deadline, Result, ResultSource, Status
from attestation.refusals import Refused
from attestation.texts import required_text

NOTE_MAX = 255
EXTERNAL_ID_MAX = 120


class Disputed(NamedTuple):
    """¶21: one question, the full explanation why its result is disputed, and the type of its ground."""

    question: int
    argument: str
    ground: str = AppealItem.Ground.OTHER


# A question with its explanation, and the type of its ground where it is given.
Given = tuple[int, str] | tuple[int, str, str]


@dataclass(frozen=True)
class Filing:
    """An appeal that may go on record: against which result, measured by which deadline, in time or not."""

    attestation: Attestation
    result: Result
    deadline: Deadline
    timely: bool


def appeal_deadline(attestation: Attestation) -> Deadline | None:
    """¶21: the appeal term of the result in force, as it was computed when that was published.

    Where that was opened again after an outage (F-D2), the deadline that stands in its place.
    """
    return (
        Deadline.objects.filter(attestation=attestation, kind=Deadline.Kind.APPEAL)
        .exclude(state=Deadline.State.VOID)
        .order_by("-counted_from", "-pk")
        .first()
    )


def published_moment(deadline: Deadline) -> datetime:
    """¶21: when the result was published; a deadline opened again after an outage begins later (F-D2)."""
    first = deadline
    while first.replaces is not None:
        first = first.replaces
    return first.counted_from


def what_is_appealed(attestation: Attestation) -> tuple[Result, Deadline]:
    """¶21, I-24: the published test result and its appeal term. Raises Refused: none, or a closed case."""
    if attestation.status == Status.CLOSED:
        raise Refused(
            "case_closed",
            gettext_lazy("Case %(case)s was closed without a decision; there is nothing to appeal against."),
            case=attestation.case_no,
        )
    result, deadline = lookup.published_result(attestation), appeal_deadline(attestation)
    if result is None or deadline is None:
        raise Refused(
            "result_unpublished",
            gettext_lazy(
                "Case %(case)s: no test result is published, so there is nothing to appeal against "
                "(%(cite)s). An appeal can be filed once the result is published."
            ),
            cite="¶21",
            case=attestation.case_no,
        )
    return result, deadline


def is_open_to_appeal(attestation: Attestation) -> bool:
    """¶21: whether there is something to appeal against; in time or late is another question (I-14)."""
    try:
        what_is_appealed(attestation)
    except Refused:
        return False
    return True


def check_filing(attestation: Attestation, *, filed_at: datetime, receipt_note: str, by: By) -> Filing:
    """¶21, I-14: whether an appeal filed then may go on record now. Raises Refused, RuleRefusal.

    The bound is the stored one; nothing is computed a second time.
    """
    access.require(by.user, "file_appeal", attestation.center, attestation.employee)
    result, deadline = what_is_appealed(attestation)
    # In Almaty time, as the sentences show it.
    rules.check_filed(
        filed_at.astimezone(ALMATY),
        by.at.astimezone(ALMATY),
        receipt_note,
        published_moment(deadline).astimezone(ALMATY),
    )
    return Filing(attestation, result, deadline, rules.is_timely(filed_at, deadline.closes_at))


def questions_taken(filing: Filing) -> dict[int, str]:
    """The questions of this result that are under appeal or ruled on already, with the appeal.

    One that was withdrawn is not: it can be filed again.
    """
    results = [filing.result.pk]
    result = filing.result
    # An upheld appeal amends the result within the same appeal term; a correction begins a new one.
    while result.source == ResultSource.APPEAL and result.supersedes is not None:
        result = result.supersedes
        results.append(result.pk)
    items = AppealItem.objects.filter(
        appeal__result__in=results,
        appeal__state__in=[Appeal.State.OPEN, Appeal.State.RESOLVED],
        withdrawn_at__isnull=True,
    )
    return dict(items.values_list("question", "appeal__external_id"))


def check_item(filing: Filing, question: int, taken: dict[int, str]) -> None:
    """¶21, I-13: whether the question can be appealed. Raises RuleRefusal, Refused.

    A late attempt is kept with its text whatever the question, if only there is one (I-14).
    """
    wrong = filing.result.wrong_questions if filing.timely else None
    rules.check_question(question, filing.result.questions_total, wrong)
    if filing.timely and question in taken:
        raise Refused(
            "question_taken",
            gettext_lazy(
                "Case %(case)s: question %(question)s is under appeal %(appeal)s already. Leave it out."
            ),
            case=filing.attestation.case_no,
            question=question,
            appeal=taken[question],
        )


LATE = gettext_lazy(
    "Filed on %(filed)s, after the term ended on %(due)s (%(cite)s): it is not accepted and stays on "
    "record as late. For questions the employee turns to the secretary of the commission."
)


def late_values(filed_at: datetime, deadline: Deadline) -> dict[str, str]:
    """I-14: when an appeal that comes too late was filed, and the deadline it missed."""
    return {
        "filed": f"{filed_at.astimezone(ALMATY):%d.%m.%Y %H:%M:%S}",
        "due": end_shown(deadline.closes_at),
        "cite": "¶21",
    }


def late_sentence(filed_at: datetime, deadline: Deadline) -> str:
    """I-14: what becomes of an appeal that comes too late."""
    return LATE % late_values(filed_at, deadline)


def file_appeal(
    attestation: Attestation,
    *,
    filed_at: datetime,
    items: Iterable[Given],
    receipt_note: str = "",
    external_id: str = "",
    papers: Sequence[Paper] = (),
    form_key: str | None = None,
    by: By,
) -> Appeal:
    """¶21: put an appeal on record with one item a question; too late, as `late`, with its text (I-14).

    A timely one reopens a final decision. Raises Refused and RuleRefusal: no published result, filed
    before it or in the future, no note of how it came, a question that can't be appealed, no argument.
    """
    with removed_unless_done() as stored, transaction.atomic():
        attestation = lookup.locked(attestation)
        filing = check_filing(attestation, filed_at=filed_at, receipt_note=receipt_note, by=by)
        disputed = check_items(filing, items)
        external_id = external_id.strip() or _own_number(attestation)
        _require_new(external_id)
        note = required_text(receipt_note, "", limit=NOTE_MAX) if receipt_note.strip() else ""
        if filing.timely:
            appeal_opened(attestation, by=by)
        appeal = lifecycle.begin(
            Appeal(
                attestation=attestation,
                result=filing.result,
                external_id=external_id,
                filed_at=filed_at,
                closes_at=filing.deadline.closes_at,
                receipt_note=note,
                form_key=form_key or None,
            ),
            timely=filing.timely,
            by=by,
        )
        _put_items(appeal, disputed, timely=filing.timely, by=by)
        told = attach(appeal, papers, stored, by=by)
        _journal(appeal, disputed, told, by=by)
        if filing.timely:
            open_ruling_deadline(appeal, now=by.at)
        return appeal


def _put_items(appeal: Appeal, disputed: list[Disputed], *, timely: bool, by: By) -> None:
    center = appeal.attestation.center
    commission = competent_commission(center, local_day(by.at)) if timely else None
    AppealItem.objects.bulk_create(
        AppealItem(appeal=appeal, commission=commission, **one._asdict()) for one in disputed
    )


def check_items(filing: Filing, items: Iterable[Given]) -> list[Disputed]:
    """¶21: the questions in normal form. Raises Refused, RuleRefusal: as `file_appeal` says."""
    taken = questions_taken(filing)
    disputed: dict[int, Disputed] = {}
    for question, argument, ground in (Disputed(*item) for item in items):
        check_item(filing, question, taken)
        if question in disputed:
            raise Refused(
                "question_twice",
                gettext_lazy("Question %(question)s is named twice. Leave it once."),
                question=question,
            )
        missing = gettext_lazy("Each question needs its argument: a full explanation (¶21).")
        disputed[question] = Disputed(question, required_text(argument, missing), _known_ground(ground))
    if not disputed:
        raise Refused("no_question", gettext_lazy("Name at least one question, with its argument (¶21)."))
    return list(disputed.values())


def _known_ground(ground: str) -> str:
    if ground not in AppealItem.Ground.values:
        raise Refused(
            "bad_ground",
            gettext_lazy("“%(ground)s” is no type of ground. One of these can stand here: %(known)s."),
            ground=ground[:40],
            known=", ".join(AppealItem.Ground.values),
        )
    return ground


def _own_number(attestation: Attestation) -> str:
    """A number for an appeal that brings none from outside."""
    number = Appeal.objects.filter(attestation=attestation).count() + 1
    return f"{attestation.case_no}-A{number}"


def _require_new(external_id: str) -> None:
    if len(external_id) > EXTERNAL_ID_MAX:
        raise Refused(
            "external_id_too_long",
            gettext_lazy("The external id has more than %(limit)s characters. Shorten it."),
            limit=EXTERNAL_ID_MAX,
        )
    if Appeal.objects.filter(external_id=external_id).exists():
        raise Refused(
            "appeal_on_record",
            gettext_lazy("Appeal %(appeal)s is on record already; an appeal on record is not changed."),
            appeal=external_id,
        )


def _journal(
    appeal: Appeal,
    disputed: Sequence[Disputed],
    papers: list[dict[str, object]],
    *,
    by: By,
) -> None:
    journal.record(
        "file_appeal" if appeal.state == Appeal.State.OPEN else "late_appeal",
        by=by,
        attestation=appeal.attestation,
        data={
            "appeal": appeal.external_id,
            "result": appeal.result_id,
            "filed_at": appeal.filed_at,
            "closes_at": appeal.closes_at,
            "note": appeal.receipt_note,
            "questions": [one.question for one in disputed],
            "grounds": [one.ground for one in disputed],
            **({"papers": papers} if papers else {}),
        },
    )
