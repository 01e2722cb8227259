"""F-R4: one table of transitions; every (status, event) outside it is refused, naming the status."""

from __future__ import annotations

import pytest

from attestation.by import By
from attestation.cases.lifecycle import TRANSITIONS, Event, guard, move
from attestation.models import Attestation, JournalEntry, Status
from attestation.refusals import Refused
from tests.factories import AttestationFactory, moment

pytestmark = pytest.mark.django_db

NOW = moment("2026-02-10 12:00")
# Written a second time, from the order: every status a case can have, what may happen in it, and what the
# case is then. What does not stand here is refused.
LEADS_TO: dict[str, dict[str, str]] = {
    "listed": {
        "admit": "admitted",
        "refuse_admission": "not_admitted",
        "close": "closed",
    },
    "not_admitted": {
        "admit": "admitted",
        "refuse_admission": "not_admitted",
        "close": "closed",
    },
    "admitted": {
        "refuse_admission": "not_admitted",
        "record_result": "tested",
        "mark_absent": "absent",
        "close": "closed",
    },
    "absent": {
        "record_result": "tested",
        "close": "closed",
    },
    "tested": {
        "record_result": "tested",
        # Its import was undone: before and after the end of the stage.
        "undo_result": "admitted",
        "undo_result_after_stage": "absent",
        "hold": "held",
        "score": "scored",
        "decide": "provisional",
        "rescind": "tested",
        "close": "closed",
    },
    "held": {
        "hold": "held",
        "score": "scored",
        "decide": "provisional",
        "rescind": "tested",
    },
    "scored": {
        "decide": "provisional",
        "rescind": "tested",
    },
    "provisional": {
        "rescind": "tested",
        "finalise": "final",
    },
    "final": {
        "reopen": "provisional",
        # A court or a higher body annuls what is final, and nothing else.
        "annul": "closed",
    },
    "closed": {},
}
EVENTS = [
    "admit",
    "refuse_admission",
    "record_result",
    "mark_absent",
    "undo_result",
    "undo_result_after_stage",
    "hold",
    "score",
    "decide",
    "rescind",
    "finalise",
    "reopen",
    "close",
    "annul",
]


def test_the_table_knows_every_status_and_every_event() -> None:
    assert set(LEADS_TO) == set(Status.values)
    assert {event.value for event in Event} == set(EVENTS) == {event.value for event in TRANSITIONS}
    assert {event for steps in LEADS_TO.values() for event in steps} == set(EVENTS)


@pytest.mark.parametrize("status", LEADS_TO)
def test_each_event_leads_where_the_table_says_or_is_refused(status: str) -> None:
    """Every pair of a status and an event; the refusal names the status."""
    case = Attestation(case_no="case-1", status=status)
    for event in Event:
        to = LEADS_TO[status].get(event.value)
        if to is not None:
            assert guard(case, event).to == to, event
            continue
        with pytest.raises(Refused, match=f"“{case.get_status_display()}”") as refusal:
            guard(case, event)
        assert refusal.value.code == "wrong_status"


@pytest.mark.parametrize("status", LEADS_TO)
def test_a_move_stores_where_it_leads_and_a_refused_one_nothing(status: str) -> None:
    """On real rows; `finalise` needs its decision and is moved by the tests of decisions."""
    for event in Event:
        case = AttestationFactory(pinned=True, status=status)
        to = LEADS_TO[status].get(event.value)
        if event is Event.FINALISE and to:
            continue
        if to is None:
            with pytest.raises(Refused):
                move(case, event, by=By(None, NOW))
        else:
            move(case, event, by=By(None, NOW))
        case.refresh_from_db()
        assert (case.status, case.version) == ((to, 2) if to else (status, 1)), event
        assert JournalEntry.objects.filter(attestation=case).count() == (1 if to else 0), event


def test_a_move_counts_the_version_and_is_journalled() -> None:
    case = AttestationFactory(status="listed")
    move(case, Event.ADMIT, by=By(None, NOW), reason=[{"code": "x"}])
    case.refresh_from_db()
    entry = JournalEntry.objects.get()
    assert (case.status, case.version, case.status_reason) == ("admitted", 2, [{"code": "x"}])
    assert (entry.act, entry.data["from"], entry.data["to"]) == ("admit", "listed", "admitted")
