"""I-32: careers that ended wrongly before the readings were revised: listed, their dismissals suspended."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from attestation import journal
from attestation.admin.fallen import REVISED
from attestation.by import By
from attestation.cases.fallen_grounds import settle_ground
from attestation.cases.past_careers import CHECKS, CLOSED_PUBLISHED, review_past_careers
from attestation.lookup import current_decision
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    Decision,
    GroundMark,
    JournalEntry,
    Notice,
    Role,
    User,
)
from attestation.refusals import Refused
from office.replay.replay import replay
from office.report import report
from tests.attestation.admin_cast import client_of, url
from tests.attestation.past_cast import Past
from tests.jobs.story import at
from tests.services.playing import everything
from tests.siblings_cast import made_once

pytestmark = pytest.mark.django_db
REVIEWED = at("2026-03-21 10:00")
SETTLED = at("2026-03-23 10:00")
QUERIES = 17
DISMISSED = ("parallel", "other_position", "held_category", "not_first", "ground")


made = made_once(Past)


@pytest.fixture
def past(made: Past, db: None) -> Past:
    return deepcopy(made)


@pytest.fixture
def chair(past: Past) -> User:
    return past.story.account("chair", Role.CHAIR)


def dismissal(case: Attestation) -> tuple[str, str]:
    row = Consequence.objects.get(attestation=case, kind="dismissal")
    return row.state, row.why


def consequences() -> set[tuple[Any, ...]]:
    return set(Consequence.objects.values_list("pk", "attestation", "kind", "state", "why"))


@pytest.mark.daily(3)
def test_each_is_listed_with_its_reason_and_nothing_else_on_record_changes(past: Past) -> None:
    assert {code: dismissal(past.cases[code]) for code in DISMISSED} == dict.fromkeys(DISMISSED, ("open", ""))
    before, brought = everything(), consequences()
    assert review_past_careers(now=REVIEWED) == len(past.cases)
    marks = {mark.attestation_id: mark for mark in GroundMark.objects.all()}
    # Its window is wrong besides: one mark tells both.
    told_of = {code: [code] for code in (*CHECKS, CLOSED_PUBLISHED)} | {"backwards": ["window", "backwards"]}
    assert {code: marks[case.pk].grounds for code, case in past.cases.items()} == told_of
    assert {(mark.cause, mark.earlier) for mark in marks.values()} == {("revised", None)}
    after = everything()
    assert {name for name, rows in after.items() if rows != before[name]} == {
        *("attestation.GroundMark", "attestation.JournalEntry", "attestation.JournalHead"),
        "attestation.Consequence",
    }
    dismissed = {past.cases[code].pk for code in DISMISSED}
    assert {row[1:] for row in consequences() - brought} == {
        (pk, "dismissal", "suspended", "ground") for pk in dismissed
    }
    assert len(after["attestation.Consequence"]) == len(before["attestation.Consequence"])
    told = JournalEntry.objects.get(act="review_past", attestation=past.cases["parallel"])
    assert (told.actor, told.data["grounds"], len(told.data["suspended"])) == (None, ["parallel"], 1)
    assert replay().differences == []
    # The contract's word is for a ground that fell.
    assert {row["ground"] for row in report(past.cycle)["attestations"]} == {"stands"}


def test_a_second_run_makes_nothing_in_a_fixed_number_of_queries(
    past: Past, chair: User, django_assert_max_num_queries: Any
) -> None:
    review_past_careers(now=REVIEWED)
    case = past.cases["parallel"]
    settle_ground(case, outcome="stands", reason="…", by=By(chair, SETTLED))
    before = everything()
    assert Attestation.objects.count() > QUERIES
    with django_assert_max_num_queries(QUERIES):
        assert review_past_careers(now=SETTLED) == 0
    assert everything() == before


def test_weekly_reminders_stop_until_it_stands(past: Past, chair: User) -> None:
    review_past_careers(now=REVIEWED)
    reminded = Notice.objects.filter(kind="dismissal_due", created_at__gt=REVIEWED)
    past.story.swept(at("2026-03-26 10:00"))
    assert set(reminded.values_list("attestation", flat=True)) == {past.right["repeat"].pk}
    case = past.cases["parallel"]
    settle_ground(case, outcome="stands", reason="…", by=By(chair, at("2026-03-27 10:00")))
    assert dismissal(case) == ("open", "")
    past.story.swept(at("2026-04-02 10:00"))
    assert set(reminded.values_list("attestation", flat=True)) == {past.right["repeat"].pk, case.pk}
    assert replay().differences == []


def test_formed_anew_a_repeat_of_another_position_dismisses_nobody(past: Past, chair: User) -> None:
    """I-25: it is no repeat, so ¶28.1 does not apply."""
    review_past_careers(now=REVIEWED)
    case = past.cases["other_position"]
    settle_ground(case, outcome="anew", reason="…", by=By(chair, SETTLED))
    past.story.swept(SETTLED, at("2026-03-24 00:30"))
    case.refresh_from_db()
    decision = current_decision(case)
    assert decision is not None
    assert (case.status, case.repeat, decision.verdict["consequences"]) == ("final", False, ["reattest"])
    assert replay().differences == []


def test_a_closed_case_can_only_stand(past: Past, chair: User) -> None:
    review_past_careers(now=REVIEWED)
    case = past.cases[CLOSED_PUBLISHED]
    with pytest.raises(Refused) as refused:
        settle_ground(case, outcome="anew", reason="…", by=By(chair, SETTLED))
    assert refused.value.code == "closed_can_only_stand"
    page = page_of(chair, case)
    assert "stands" in page
    assert 'value="anew"' not in page
    assert 'value="anew"' in page_of(chair, past.cases["parallel"])
    settle_ground(case, outcome="stands", reason="…", by=By(chair, SETTLED))
    assert GroundMark.objects.get(attestation=case).outcome == "stands"


def page_of(user: User, case: Attestation) -> str:
    where = url("attestation_attestation_act", case.pk, "settle-ground")
    return client_of(user).get(where).content.decode()


def test_reopened_and_final_again_it_still_waits_for_a_person(past: Past, chair: User) -> None:
    """A ground that is decided anew is settled by itself; what the review suspended is not."""
    review_past_careers(now=REVIEWED)
    case = past.cases["not_first"]
    first = Attestation.objects.get(employee=case.employee, purpose="position")
    GroundMark.objects.create(
        attestation=case, earlier=first, cause="reopened", grounds=["repeat"], marked_at=REVIEWED
    )
    past.story.swept(SETTLED)
    assert set(case.ground_marks.values_list("cause", "outcome")) == {("reopened", "stands"), ("revised", "")}
    assert dismissal(case) == ("suspended", "ground")
    settle_ground(case, outcome="stands", reason="…", by=By(chair, SETTLED))
    assert dismissal(case) == ("open", "")


def marked(case: Attestation) -> list[str]:
    """What a review finds of the case; it is undone."""
    with transaction.atomic():
        review_past_careers(now=REVIEWED)
        found = GroundMark.objects.filter(attestation=case).first()
        transaction.set_rollback(True)
    return found.grounds if found else []


def test_what_the_record_shows_otherwise_or_not_at_all_is_not_listed(past: Past) -> None:
    elsewhere, backwards = past.cases["conferred_elsewhere"], past.cases["backwards"]
    subject = f"employee:{elsewhere.employee_id}"
    moved = {"changes": {"position": ["career_specialist", "unit_head"]}}
    file = {"kind": "staff", "changed": 1}
    # I-36: moved before the period began on the 10th, or after; a file does not tell whom it moved.
    for moment, act, data, found in (
        ("2026-02-09 10:00", "record_changed", moved, True),
        ("2026-02-12 10:00", "record_changed", moved, False),
        ("2026-02-09 10:00", "import_confirmed", file, True),
        ("2026-02-12 10:00", "import_confirmed", file, False),
    ):
        with transaction.atomic():
            journal.record(act, by=By(None, at(moment)), subject=subject, data=data)
            assert (marked(elsewhere) == ["conferred_elsewhere"]) == found, (moment, act)
            transaction.set_rollback(True)
    # I-16: cut on its first day by a later decision, a period was never in force.
    period = CategoryTerm.objects.get(decision__attestation=backwards)
    other = Decision.objects.current().get(attestation=past.cases["window"])
    assert other.dated == period.starts_on
    cut = {"ends_on": period.starts_on - timedelta(days=1), "ended_by": other}
    CategoryTerm.objects.filter(pk=period.pk).update(**cut)
    assert marked(backwards) == ["window"]


def test_the_page_lists_them_in_words_and_home_counts_them(past: Past, chair: User) -> None:
    review_past_careers(now=REVIEWED)
    client = client_of(chair)
    listed = client.get(url("attestation_groundmark_changelist")).content.decode()
    with translation.override(chair.language):
        for code, case in past.cases.items():
            assert case.case_no in listed
            assert str(REVISED[code]) in listed
    assert url("attestation_attestation_act", past.cases["parallel"].pk, "settle-ground") in listed
    tiles = {tile.title: tile.count for tile in client.get(url("index")).context["tiles"]}
    assert tiles["қайта шешілуге тиіс істер"] == len(past.cases)
    annulled = client.get(url("attestation_groundmark_changelist"), {"cause__exact": "annulled"})
    assert past.cases["parallel"].case_no not in annulled.content.decode()
    case_page = client.get(url("attestation_attestation_change", past.cases["parallel"].pk)).content.decode()
    with translation.override(chair.language):
        assert str(REVISED["parallel"]) in case_page
    officer = client_of(past.story.hr).get(url("attestation_groundmark_changelist")).content.decode()
    assert past.cases["parallel"].case_no in officer
    assert "settle-ground" not in officer
