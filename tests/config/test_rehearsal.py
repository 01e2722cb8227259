"""The rehearsal: what it says comes true when the clock runs, and it leaves no trace (F-D2, F-D5)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import count
from threading import Thread
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from attestation import clock, journal
from attestation.admin.written import Line
from attestation.by import By
from attestation.cases import consequences
from attestation.deadlines.safeguards import Code
from attestation.models import Attestation, CalendarYear, JournalEntry, JournalHead, Notice, ReadyEffect, Role
from office.management.commands import rehearse as rehearse_command
from office.rehearsal import rehearsal
from office.rehearsal.rehearsal import rehearse
from office.sweep import sweep
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import CenterFactory, UserFactory
from tests.jobs.story import PUBLISHED, Story, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_machine_of_any_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a rehearsal says is tested here, not how fast; the limit has a test with a clock of its own."""
    for place in (rehearsal, rehearse_command):
        monkeypatch.setattr(place, "LIMIT_S", 3600.0)


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
    # A digest says nothing of its own: what stands in it is told of.
    sent = Notice.objects.filter(pk__gt=newest).exclude(state=Notice.State.MISSED).exclude(kind="digest")
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


def test_after_a_gap_what_is_due_already_waits_for_a_person(story: Story) -> None:
    """F-D8: the brake on the clock concerns what the next sweep meets; later ones close by themselves."""
    case = case_with_result(story)
    start = at("2026-02-10 09:00")
    found = rehearse(start, clock=(Code.GAP,))
    held = [line for line in found.lines if line.sort == "held"]
    assert (held[0].case_no, held[0].held_by, held[0].at) == (case.case_no, ("gap",), start)
    grace = [line for line in found.lines if line.act == "deadline_met" and "recording" in line.what]
    assert [line.at for line in grace] == [at("2026-02-11 00:00")]
    assert not [line for line in rehearse(start).lines if line.sort == "held"]


def test_it_stops_in_time_and_says_how_far_it_came(story: Story) -> None:
    case_with_result(story)
    before, ticks = content(), count()
    found = rehearse(PUBLISHED + timedelta(hours=1), limit_s=25, monotonic=lambda: next(ticks))
    assert not found.complete
    assert PUBLISHED < found.through < found.until
    assert all(line.at <= found.through for line in found.lines)
    assert content() == before


def test_a_case_that_fails_is_foretold_and_its_half_done_act_is_not(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-D18: what a failed act had put into the journal goes with it, as it does in earnest."""
    case = case_with_result(story)

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("half done")

    monkeypatch.setattr(consequences, "take_effect", broken)
    found = rehearse(PUBLISHED + timedelta(hours=1))
    assert not [line for line in found.lines if line.act == "finalise"]
    failing = next(line for line in found.lines if line.act == "needs_attention")
    assert failing.case_no == case.case_no
    assert "making a decision final, something is missing in the stored data of the case" in failing.what


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_real_act_goes_on_during_a_rehearsal() -> None:
    """The head of the journal is not locked: an act elsewhere commits while the rehearsal is under way."""
    story = Story()
    case_with_result(story)
    done: list[int] = []

    def act() -> None:
        with closing(connection), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            done.append(journal.record("open_cycle", by=By(None, PUBLISHED)).seq)

    ticks = count()

    def clock() -> float:
        tick = next(ticks)
        if tick == 60:  # well into it
            other = Thread(target=act)
            other.start()
            other.join(20)
        return 0.0

    found = rehearse(PUBLISHED + timedelta(hours=1), monotonic=clock)
    assert found.complete
    assert len(done) == 1
    assert journal.verify() is None


# --- the page and the command -------------------------------------------------------------------------------


@pytest.fixture
def desk(story: Story, monkeypatch: pytest.MonkeyPatch) -> Attestation:
    """One case an hour after its result was published."""
    monkeypatch.setattr(clock, "now", lambda: PUBLISHED + timedelta(hours=1))
    return case_with_result(story)


@pytest.mark.parametrize("role", Role.values)
def test_the_page_is_for_those_who_may_rehearse(role: str, story: Story) -> None:
    user = UserFactory(role=role, center=story.mobility if role == Role.HR else None)
    allowed = role != Role.MEMBER
    assert client_of(user).get(url("rehearsal")).status_code == (200 if allowed else 403)
    assert client_of(user).post(url("rehearsal"), {"days": "7"}).status_code == (200 if allowed else 403)


@pytest.mark.daily(3)
def test_the_page_computes_when_asked_and_changes_nothing(desk: Attestation, story: Story) -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    client.get(url("index"))
    before = content()
    asked = text_of(client.get(url("rehearsal")))
    assert "What will the system do if nobody acts?" in asked
    assert desk.case_no not in asked
    shown = text_of(client.post(url("rehearsal"), {"days": "30"}))
    assert "Decision became final: conforms to the position held" in shown
    assert "Notice:" not in shown
    assert "Notice: final decision" in text_of(client.post(url("rehearsal"), {"days": "30", "notices": "1"}))
    week = text_of(client.post(url("rehearsal"), {"days": "7"}))
    assert "05.02.2026 – 12.02.2026" in week
    assert {name: value for name, value in content().items() if name != "sessions.Session"} == {
        name: value for name, value in before.items() if name != "sessions.Session"
    }


def test_the_csv_has_a_row_for_each_line(desk: Attestation, story: Story) -> None:
    answer = client_of(story.hr).post(url("rehearsal"), {"days": "30", "csv": "1"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="rehearsal-2026-02-05.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    final = next(row for row in rows if row[0] == "11.02.2026 00:00:00" and "подп. 4) п. 17" in row[4])
    assert final[2] == desk.case_no
    assert len(rows) == len(rehearse(PUBLISHED + timedelta(hours=1)).seen_by(story.hr).lines) + 1


def test_a_foreign_officer_gets_none_of_it_f_a2(desk: Attestation) -> None:
    stranger = client_of(UserFactory(role=Role.HR, center=CenterFactory()))
    for more in ({}, {"csv": "1"}, {"notices": "1"}):
        assert desk.case_no not in text_of(stranger.post(url("rehearsal"), {"days": "30", **more}))


def test_the_command_answers_in_json_csv_and_text(desk: Attestation, story: Story) -> None:
    def ask(*arguments: str) -> str:
        out = io.StringIO()
        call_command("rehearse", *arguments, stdout=out)
        return out.getvalue()

    found = json.loads(ask("--json", "--days", "10"))
    assert (found["complete"], found["until"]) == (True, "2026-02-15T18:40:00+05:00")
    final = next(line for line in found["lines"] if line["act"] == "finalise")
    assert (final["case"], final["at"]) == (desk.case_no, "2026-02-11T00:00:00+05:00")
    assert set(final) == {"at", "sort", "act", "what", "case", "cites", "harmful", "held_by", "recipients"}
    assert "11.02.2026 00:00:00,act," in ask("--csv")
    assert "2026-02-11 00:00  " + desk.case_no in ask()
    with pytest.raises(CommandError, match="--days is a number from 1 to 400"):
        ask("--days", "0")
    before = JournalEntry.objects.count()
    stranger = UserFactory(username="elsewhere", role=Role.HR, center=CenterFactory())
    assert json.loads(ask("--json", "--as", stranger.username))["lines"] == []
    assert JournalEntry.objects.count() == before
