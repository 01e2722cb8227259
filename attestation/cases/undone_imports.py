"""What an import brought to cases is taken back; the rows that anything rests on never come here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, bulk, lookup
from attestation.by import By
from attestation.cases.lifecycle import Event, guard, move_all
from attestation.cases.results import facts_of, new_result, result_data
from attestation.models import Attestation, JournalEntry, Notice, Result
from attestation.notices import outbox
from attestation.reason_words import coded
from attestation.refusals import Refused


@transaction.atomic
def unlist(cases: Collection[int], *, job: int, reason: str, by: By) -> None:
    """¶9: close the cases of these keys, which an undone list of attestees had made; a fixed number of
    statements. What is queued about them is not sent, and whoever was told gets a correction.

    `job`: the key of the import; `reason`: the officer's words, may be empty. Raises Refused.
    """
    found = lookup.locked_all(cases)
    _require(found, "list_attestees", by)
    why = {pk: [{"code": "import_undone"}] for pk in found}
    told = _told("import_undone", job, reason)
    move_all([(case, told) for case in found.values()], Event.CLOSE, by=by, reasons=why)
    outbox.correct(Notice.objects.filter(attestation__in=found), by=by, reason=reason)


@transaction.atomic
def take_back_results(replaced: Mapping[int, int | None], *, job: int, reason: str, by: By) -> dict[int, int]:
    """¶17, I-23: make void the unpublished results that an undone import had put on record; a fixed number of
    statements. `replaced`: of each by its key the key of the result it had replaced, or None.

    A case without an earlier result waits for its test again or, once its stage has ended, is absent. Of an
    earlier one the facts are put on record anew: gives the new keys by those of the replaced. Raises Refused.
    """
    of_results = Result.objects.filter(pk__in=replaced)
    cases = lookup.locked_all(set(of_results.values_list("attestation_id", flat=True)))
    _require(cases, "import_results", by)
    results = Result.objects.in_bulk(replaced)
    earlier = Result.objects.in_bulk([pk for pk in replaced.values() if pk is not None])
    for result in results.values():
        _check_free(cases[result.attestation_id], result)
    Result.objects.filter(pk__in=results).update(superseded_at=by.at, voided_at=by.at)
    void = {result.attestation_id: result for result in results.values()}
    before = {case: earlier[was] for case, result in void.items() if (was := replaced[result.pk]) is not None}
    bulk.insert_objects(
        [
            new_result(
                cases[case],
                facts_of(result),
                void[case],
                source=result.source,
                reason=coded("replacement_undone"),
                by=by,
            )
            for case, result in before.items()
        ]
    )
    again = lookup.current_results(before)
    told = _told("replacement_undone", job, reason)
    move_all([(cases[pk], result_data(again[pk]) | told) for pk in before], Event.RECORD_RESULT, by=by)
    told, reasons = _told("import_undone", job, reason), _reasons_before(void.keys() - before)
    for event, over in ((Event.UNDO_RESULT, False), (Event.UNDO_RESULT_AFTER_STAGE, True)):
        back = [pk for pk in void if pk not in before and (cases[pk].rule_set_id is not None) == over]
        moved = [(cases[pk], result_data(void[pk]) | told) for pk in back]
        move_all(moved, event, by=by, reasons={pk: reasons[event].get(pk, []) for pk in back})
    return {before[case].pk: again[case].pk for case in before}


def _require(cases: Mapping[int, Attestation], right: str, by: By) -> None:
    centers, people = zip(*((case.center_id, case.employee_id) for case in cases.values()), strict=True)
    access.require_all(by.user, right, set(centers), set(people))


def _check_free(case: Attestation, result: Result) -> None:
    """Whether the result is the case's current one, unpublished. Raises Refused."""
    guard(case, Event.UNDO_RESULT)
    if result.published_at is not None or result.superseded_at is not None:
        raise Refused(
            "result_stands",
            _(
                "Case %(case)s: the result %(result)s is published or was replaced, so it is not taken back. "
                "A clerical error is corrected on the case's page."
            ),
            case=case.case_no,
            result=str(result),
        )


def _told(code: str, job: int, reason: str) -> dict[str, Any]:
    """What the journal is told of an undone import."""
    return {"import": job, "why": coded(code), "text": reason}


def _reasons_before(cases: Collection[int]) -> dict[Event, dict[int, list[Any]]]:
    """The reasons of the status that cases had before their results: of admission, and of absence."""
    found: dict[Event, dict[int, list[Any]]] = {Event.UNDO_RESULT: {}, Event.UNDO_RESULT_AFTER_STAGE: {}}
    entries = JournalEntry.objects.filter(
        attestation__in=cases, act__in=(Event.ADMIT, Event.MARK_ABSENT, "record_absence")
    )
    for case, act, data in entries.order_by("seq").values_list("attestation_id", "act", "data"):
        event = Event.UNDO_RESULT if act == Event.ADMIT else Event.UNDO_RESULT_AFTER_STAGE
        found[event][case] = [data] if act == "record_absence" else data["reason"]
    return found
