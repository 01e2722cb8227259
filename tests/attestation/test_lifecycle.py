"""F-R4: one table of transitions; every (status, event) outside it is refused, naming the status."""

from __future__ import annotations

import pytest

from attestation.lifecycle import TRANSITIONS, Event, move
from attestation.models import JournalEntry, Status
from attestation.refusals import Refused
from tests.factories import AttestationFactory, moment

pytestmark = pytest.mark.django_db

NOW = moment("2026-02-10 12:00")
# Written a second time, from the law page: where each event may find a case.
ALLOWED = {
    "admit": {"listed", "not_admitted"},
    "refuse_admission": {"listed", "not_admitted", "admitted"},
    "record_result": {"admitted", "absent", "tested"},
    "mark_absent": {"admitted"},
    "hold": {"tested", "held"},
    "score": {"tested", "held"},
    "decide": {"tested", "scored"},
    "rescind": {"tested", "held", "scored", "provisional"},
    "finalise": {"provisional"},
    "reopen": {"final"},
    "close": {"listed", "not_admitted", "admitted", "absent", "tested"},
    # A court or a higher body annuls what is final, and nothing else.
    "annul": {"final"},
}


def test_the_table_knows_every_event() -> None:
    assert set(TRANSITIONS) == set(Event)
    assert {event.value for event in Event} == set(ALLOWED)


@pytest.mark.parametrize("status", Status.values)
def test_an_event_outside_the_table_is_refused_and_changes_nothing(status: str) -> None:
    stored = AttestationFactory(pinned=True)
    for event in Event:
        stored.status = status
        if status in ALLOWED[event.value]:
            assert TRANSITIONS[event].to.value
            continue
        with pytest.raises(Refused, match=str(stored.get_status_display())):
            move(stored, event, actor=None, now=NOW)
        assert stored.status == status
    assert not JournalEntry.objects.exists()


def test_a_move_counts_the_version_and_is_journalled() -> None:
    case = AttestationFactory(status="listed")
    move(case, Event.ADMIT, actor=None, now=NOW, reason=[{"code": "x"}])
    case.refresh_from_db()
    entry = JournalEntry.objects.get()
    assert (case.status, case.version, case.status_reason) == ("admitted", 2, [{"code": "x"}])
    assert (entry.act, entry.data["from"], entry.data["to"]) == ("admit", "listed", "admitted")
