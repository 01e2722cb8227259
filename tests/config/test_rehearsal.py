"""The rehearsal: what it says comes true when the clock runs, and it leaves no trace (F-D2, F-D5)."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from attestation.models import Attestation, CalendarYear, JournalEntry, JournalHead, Notice, ReadyEffect, Role
from config import sweep
from config.rehearsal import rehearse
from config.rehearsal_lines import Line
from tests.factories import CenterFactory, UserFactory
from tests.jobs.story import PUBLISHED, Story, at

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return Story()


def content() -> dict[str, str]:
    """Every table of ours by the hash of its rows."""
    found = {}
    for app in ("attestation", "appeals", "scoring", "sessions"):
        for model in apps.get_app_config(app).get_models():
            rows = model._default_manager.order_by("pk").values_list()
            found[model._meta.label] = hashlib.sha256(repr(list(rows)).encode()).hexdigest()
    return found


def case_with_result(story: Story, correct: int = 89, **values: Any) -> Attestation:
    case = story.listed(story.employee(**values))
    story.through((case, correct))
    return case


def acts(lines: list[Line]) -> list[tuple[str, str, datetime]]:
    return [(line.act, line.case_no, line.at) for line in lines if line.sort == "act"]


def test_it_tells_the_way_of_a_case_to_its_final_decision(story: Story) -> None:
    case = case_with_result(story)
    found = rehearse(PUBLISHED + timedelta(hours=1))
    case.refresh_from_db()
    assert case.status == "tested"
    assert found.complete
    told = [act for act, number, _at in acts(found.lines) if number == case.case_no]
    assert told[:4] == ["pin", "decide", "deadline_met", "deadline_met"]
    assert "finalise" in told
    final = next(line for line in found.lines if line.act == "finalise")
    assert final.at == at("2026-02-11 00:00")
    assert final.what == "Decision became final: conforms to the position held"
    assert "¶17.4" in " ".join(final.cites) or final.cites
    assert not final.harmful
    closed = next(line for line in found.lines if line.act == "deadline_met")
    assert (closed.at, closed.cites, closed.harmful) == (at("2026-02-10 00:00"), ("¶21",), True)
    assert closed.what == "Term closed in time: filing an appeal, last day 09.02.2026"


def test_it_writes_nothing_and_takes_no_number_of_the_journal(story: Story) -> None:
    case_with_result(story)
    before, head = content(), JournalHead.objects.get(pk=1).seq
    found = rehearse(PUBLISHED + timedelta(hours=1), days=60)
    assert len(found.lines) > 5
    assert content() == before
    assert JournalHead.objects.get(pk=1).seq == head
    assert not JournalEntry.objects.filter(seq__lt=0).exists()


def test_what_it_says_is_what_then_happens(story: Story) -> None:
    """The same acts on the same cases at the same moments, and as many notices of each kind."""
    story.listed(story.employee())
    begun = date(2023, 2, 20)
    story.employee(category="mentor", since=begun, until=date(2026, 2, 20))
    failing = story.listed(story.employee())
    story.through(*((case, 50 if case == failing else 89) for case in Attestation.objects.order_by("pk")))
    start = PUBLISHED + timedelta(hours=1)
    sweep.run(start)
    found = rehearse(start, days=40)
    newest, last = Notice.objects.latest("pk").pk, JournalHead.objects.get(pk=1).seq
    moments = sorted({line.at for line in found.lines})
    assert len(moments) > 4
    for moment in moments:
        sweep.run(moment, journalled=False)
    really = JournalEntry.objects.filter(seq__gt=last).order_by("seq").select_related("attestation")
    assert acts(found.lines) == [
        (entry.act, entry.attestation.case_no if entry.attestation else found_code(entry), entry.at)
        for entry in really
    ]
    sent = Notice.objects.filter(pk__gt=newest).exclude(state=Notice.State.MISSED)
    told = Counter[tuple[str, datetime]]()
    for line in found.lines:
        if line.sort == "notice":
            told[line.act, line.at] += line.recipients
    assert told == Counter(sent.values_list("kind", "created_at"))


def found_code(entry: JournalEntry) -> str:
    return entry.subject if entry.act == "testing_stage_ended" else ""


def test_a_brake_shows_as_held_and_says_which(story: Story) -> None:
    CalendarYear.objects.update(confirmed_at=None)
    case = case_with_result(story)
    found = rehearse(PUBLISHED + timedelta(hours=1))
    held = [line for line in found.lines if line.sort == "held"]
    assert [(line.case_no, line.held_by) for line in held][:2] == [(case.case_no, ("calendar",))] * 2
    assert held[0].held_in_words == "the calendar of a year is not confirmed"
    assert held[0].harmful
    assert not ReadyEffect.objects.exists()


def test_an_officer_sees_the_lines_of_their_own_centres_alone(story: Story) -> None:
    case_with_result(story)
    stranger = UserFactory(role=Role.HR, center=CenterFactory())
    found = rehearse(PUBLISHED + timedelta(hours=1))
    assert {line.case_no[:8] for line in found.seen_by(story.hr).lines} == {"T-2026-1"}
    assert found.seen_by(stranger).lines == []
    assert found.seen_by(None).lines == found.lines
