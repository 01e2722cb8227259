"""¶21: appeals put on record, in time or late (I-08, I-13, I-14, I-24)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy

from appeals import lifecycle, rules
from appeals.models import Appeal, AppealItem
from appeals.services.attachments import Paper, attach, removed_unless_done
from appeals.services.commission import competent_commission
from appeals.services.deadlines import open_ruling_deadline
from attestation import access, bulk, journal, lookup
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
    # The questions of this result that are under appeal or ruled on already, with the appeal.
    taken: dict[int, str]

    def take(self, questions: Iterable[int], appeal: str) -> None:
        """These questions go on record with the appeal, as the ones read after it see; of a late one none."""
        if self.timely:
            self.taken.update(dict.fromkeys(questions, appeal))


# An appeal that may go on record, unsaved, and its questions.
_Checked = tuple[Filing, Appeal, list[Disputed]]


class Received(NamedTuple):
    """An appeal as it was received."""

    attestation: Attestation
    filed_at: datetime
    items: Iterable[Given]
    receipt_note: str = ""
    external_id: str = ""
    papers: Sequence[Paper] = ()
    form_key: str | None = None


class Appealable:
    """¶21: the published results and appeal terms of cases, and the questions taken, read for all of them."""

    def __init__(self, cases: Iterable[Attestation], by: By) -> None:
        centers = {case.pk: case.center_id for case in cases}
        self.seen = access.seen_among(by.user, set(centers.values()))
        self.results = lookup.published_results(centers)
        self.deadlines = appeal_deadlines(centers)
        self.taken = questions_taken(self.results.values())


def appeal_deadline(attestation: Attestation) -> Deadline | None:
    """¶21: the appeal term of the result in force, as it was computed when that was published.

    Where that was opened again after an outage (F-D2), the deadline that stands in its place.
    """
    return _appeal_deadlines(attestation.deadlines.all()).get(attestation.pk)


def appeal_deadlines(cases: Collection[int]) -> dict[int, Deadline]:
    """`appeal_deadline` of the cases of these keys, by them; none where a case has none."""
    found = Deadline.objects.filter(attestation__in=cases, kind=Deadline.Kind.APPEAL)
    return _appeal_deadlines(found.select_related("replaces"))


def _appeal_deadlines(rows: Iterable[Deadline]) -> dict[int, Deadline]:
    counted = [row for row in rows if row.kind == Deadline.Kind.APPEAL and row.state != Deadline.State.VOID]
    counted.sort(key=lambda row: (row.counted_from, row.pk))
    return {row.attestation_id: row for row in counted if row.attestation_id is not None}


def published_moment(deadline: Deadline) -> datetime:
    """¶21: when the result was published; a deadline opened again after an outage begins later (F-D2)."""
    first = deadline
    while first.replaces is not None:
        first = first.replaces
    return first.counted_from


def what_is_appealed(
    attestation: Attestation, result: Result | None, deadline: Deadline | None
) -> tuple[Result, Deadline]:
    """¶21, I-24: the published test result and its appeal term. Raises Refused: none, or a closed case."""
    if attestation.status == Status.CLOSED:
        raise Refused(
            "case_closed",
            gettext_lazy("Case %(case)s was closed without a decision; there is nothing to appeal against."),
            case=attestation.case_no,
        )
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
        what_is_appealed(attestation, lookup.published_result(attestation), appeal_deadline(attestation))
    except Refused:
        return False
    return True


def check_filing(
    attestation: Attestation,
    *,
    filed_at: datetime,
    receipt_note: str,
    by: By,
    known: Appealable | None = None,
) -> Filing:
    """¶21, I-14: whether an appeal filed then may go on record now. Raises Refused, RuleRefusal.

    The bound is the stored one; nothing is computed a second time. `known`: what was read of many cases.
    """
    known = known or Appealable([attestation], by)
    access.require(by.user, "file_appeal", attestation.center, attestation.employee, known.seen)
    case = attestation.pk
    result, deadline = what_is_appealed(attestation, known.results.get(case), known.deadlines.get(case))
    # In Almaty time, as the sentences show it.
    rules.check_filed(
        filed_at.astimezone(ALMATY),
        by.at.astimezone(ALMATY),
        receipt_note,
        published_moment(deadline).astimezone(ALMATY),
    )
    timely = rules.is_timely(filed_at, deadline.closes_at)
    return Filing(attestation, result, deadline, timely, known.taken[case])


def questions_taken(results: Iterable[Result]) -> dict[int, dict[int, str]]:
    """The questions of each result that are under appeal or ruled on already, with the appeal, by the case.

    One that was withdrawn is not: it can be filed again.
    """
    taken: dict[int, dict[int, str]] = {result.attestation_id: {} for result in results}
    earlier = Result.objects.filter(attestation__in=taken).in_bulk()
    appealed = set()
    for found in results:
        result: Result | None = found
        # An upheld appeal amends the result within the same appeal term; a correction begins a new one.
        while result is not None:
            appealed.add(result.pk)
            amended = result.source == ResultSource.APPEAL and result.supersedes_id is not None
            result = earlier[result.supersedes_id] if amended else None
    items = AppealItem.objects.filter(
        appeal__result__in=appealed,
        appeal__state__in=[Appeal.State.OPEN, Appeal.State.RESOLVED],
        withdrawn_at__isnull=True,
    )
    for case, question, appeal in items.values_list("appeal__attestation", "question", "appeal__external_id"):
        taken[case][question] = appeal
    return taken


def check_item(filing: Filing, question: int) -> None:
    """¶21, I-13: whether the question can be appealed. Raises RuleRefusal, Refused.

    A late attempt is kept with its text whatever the question, if only there is one (I-14).
    """
    wrong = filing.result.wrong_questions if filing.timely else None
    rules.check_question(question, filing.result.questions_total, wrong)
    if filing.timely and question in filing.taken:
        raise Refused(
            "question_taken",
            gettext_lazy(
                "Case %(case)s: question %(question)s is under appeal %(appeal)s already. Leave it out."
            ),
            case=filing.attestation.case_no,
            question=question,
            appeal=filing.taken[question],
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
    return LATE % {**late_values(filed_at, deadline), "cite": deadline.cite_shown}


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
    """`file_appeals` of one appeal."""
    received = Received(attestation, filed_at, items, receipt_note, external_id, papers, form_key)
    (appeal,) = file_appeals([received], by=by)
    return appeal


def file_appeals(received: Sequence[Received], *, by: By) -> list[Appeal]:
    """¶21: put appeals on record with one item a question; too late, as `late`, with their text (I-14).

    A timely one reopens a final decision. Raises Refused and RuleRefusal: no published result, filed
    before it or in the future, no note of how it came, a question that can't be appealed, no argument.
    """
    with removed_unless_done() as stored, transaction.atomic():
        cases = lookup.locked_all([one.attestation.pk for one in received])
        checked = _check_all(received, cases, by)
        appeals = [appeal for _filing, appeal, _disputed in checked]
        timely = [appeal for filing, appeal, _disputed in checked if filing.timely]
        for some in bulk.in_rounds(timely, lambda appeal: appeal.attestation_id):
            appeal_opened(*(appeal.attestation for appeal in some), by=by)
        lifecycle.begin(*appeals, by=by)
        _put_items(checked, by=by)
        told = [
            _told(appeal, disputed, attach(appeal, one.papers, stored, by=by))
            for one, (_filing, appeal, disputed) in zip(received, checked, strict=True)
        ]
        journal.record_all(told, by=by)
        open_ruling_deadline(*timely, now=by.at)
        return appeals


def _check_all(received: Sequence[Received], cases: Mapping[int, Attestation], by: By) -> list[_Checked]:
    """Each appeal, unsaved, with its questions; those before it in this act are on record for it."""
    numbers = [one.external_id.strip() or _own_number(one.attestation) for one in received]
    on_record = set(Appeal.objects.filter(external_id__in=numbers).values_list("external_id", flat=True))
    known = Appealable(cases.values(), by)
    checked: list[_Checked] = []
    for one, number in zip(received, numbers, strict=True):
        case, filed_at = cases[one.attestation.pk], one.filed_at
        filing = check_filing(case, filed_at=filed_at, receipt_note=one.receipt_note, by=by, known=known)
        disputed = check_items(filing, one.items)
        _require_new(number, on_record)
        note = required_text(one.receipt_note, "", limit=NOTE_MAX) if one.receipt_note.strip() else ""
        appeal = Appeal(
            attestation=case,
            result=filing.result,
            external_id=number,
            filed_at=filed_at,
            closes_at=filing.deadline.closes_at,
            receipt_note=note,
            form_key=one.form_key or None,
        )
        checked.append((filing, appeal, disputed))
        on_record.add(number)
        filing.take([question for question, *_more in disputed], number)
    return checked


def _put_items(checked: Sequence[_Checked], *, by: By) -> None:
    competent = cache(partial(competent_commission, day=local_day(by.at)))
    AppealItem.objects.bulk_create(
        AppealItem(
            appeal=appeal,
            commission=competent(filing.attestation.center.labour_mobility_center) if filing.timely else None,
            **one._asdict(),
        )
        for filing, appeal, disputed in checked
        for one in disputed
    )


def check_items(filing: Filing, items: Iterable[Given]) -> list[Disputed]:
    """¶21: the questions in normal form. Raises Refused, RuleRefusal: as `file_appeal` says."""
    disputed: dict[int, Disputed] = {}
    for question, argument, ground in (Disputed(*item) for item in items):
        check_item(filing, question)
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


def _require_new(external_id: str, on_record: Collection[str]) -> None:
    if len(external_id) > EXTERNAL_ID_MAX:
        raise Refused(
            "external_id_too_long",
            gettext_lazy("The external id has more than %(limit)s characters. Shorten it."),
            limit=EXTERNAL_ID_MAX,
        )
    if external_id in on_record:
        raise Refused(
            "appeal_on_record",
            gettext_lazy("Appeal %(appeal)s is on record already; an appeal on record is not changed."),
            appeal=external_id,
        )


def _told(appeal: Appeal, disputed: Sequence[Disputed], papers: list[dict[str, object]]) -> journal.Action:
    return journal.Action(
        "file_appeal" if appeal.state == Appeal.State.OPEN else "late_appeal",
        appeal.attestation,
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
