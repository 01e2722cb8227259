"""I-32: a decision falls on which another case rests: the later one is marked, held back, and settled."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from attestation.by import By
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.cycles import admit_cycle, list_attestee
from attestation.cases.fallen_grounds import settle_ground
from attestation.cases.finality import finalise, reopen
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, publish_results, record_result
from attestation.lookup import current_decision, locked
from attestation.models import Attestation, Consequence, Deadline, GroundMark, Role, User
from attestation.refusals import Refused
from office.replay.replay import replay
from tests.jobs.story import FINAL, STAGE_OVER, Story, at
from tests.records import CourseRow, save_courses
from tests.siblings_cast import made_once

pytestmark = pytest.mark.django_db
ANNULLED = at("2026-06-01 10:00")
SETTLED = at("2026-06-02 10:00")


def first_failed(story: Story, purpose: str = "position", declared: str = "") -> Attestation:
    who = story.employee(
        "career_specialist" if declared else "assistant", category="case_manager" * bool(declared)
    )
    case = story.listed(who, purpose, declared)
    story.through((case, 60))
    story.read()
    story.swept(STAGE_OVER, FINAL)
    case.refresh_from_db()
    return case


OVER = at("2026-03-14 00:30")
AGAIN_FINAL = at("2026-03-19 00:30")


def repeated(story: Story, first: Attestation, correct: int, until: datetime = AGAIN_FINAL) -> Attestation:
    """The re-attestation in March, published on Friday the 13th, final on the 18th."""
    cycle = story.open_cycle("T-2026-2", date(2026, 3, 10), date(2026, 3, 13), now=at("2026-02-16 10:00"))
    case = list_attestee(
        cycle, first.employee, first.purpose, first.declared, by=By(None, at("2026-02-16 10:00"))
    )
    hours = [CourseRow(first.employee_id, first.declared, Decimal(72), Decimal(72))]
    save_courses(cycle, hours, by=By(None, at("2026-02-16 11:00")))
    admit_cycle(cycle, by=By(None, at("2026-02-16 12:00")))
    found = ResultFacts(100, correct, None, "1", at("2026-03-10 11:00"))
    record_result(locked(case), found, by=By(None, at("2026-03-10 12:00")))
    publish_results(cycle, by=By(None, at("2026-03-13 17:00")))
    story.swept(OVER, until)
    case.refresh_from_db()
    assert case.repeat
    return case


@dataclass
class Failed:
    """Failed twice: a dismissal is open."""

    story: Story
    first: Attestation
    second: Attestation


def fail_twice() -> Failed:
    story = Story()
    first = first_failed(story)
    return Failed(story, first, repeated(story, first, 60))


made = made_once(fail_twice, "class")


@pytest.fixture
def failed(made: Failed, db: None) -> Failed:
    return deepcopy(made)


def chair_of(story: Story) -> User:
    return story.account("chair", Role.CHAIR)


def annul(case: Attestation, now: datetime = ANNULLED) -> None:
    boss, _made = User.objects.get_or_create(username="boss", defaults={"role": Role.ADMINISTRATOR})
    annul_decision(case, Document("court", "2-17", date(2026, 5, 29), "…"), by=By(boss, now))


def settle(case: Attestation, chair: User, **values: Any) -> None:
    asked = {"outcome": "anew", "reason": "The failure was annulled.", **values}
    settle_ground(case, **asked, by=By(chair, SETTLED))


def dismissal(case: Attestation) -> tuple[str, str]:
    row = Consequence.objects.filter(attestation=case, kind="dismissal").latest("pk")
    return row.state, row.why


def test_a_category_that_an_annulled_decision_conferred_is_a_ground_too() -> None:
    story = Story()
    chair = chair_of(story)
    first = first_failed(story, "category", "mentor")  # case_manager, lowered to consultant
    second = repeated(story, first, 60)
    assert second.existing == "consultant"
    annul(first)
    assert GroundMark.objects.get().grounds == ["repeat", "existing"]
    settle(second, chair)
    story.swept(SETTLED, at("2026-06-03 00:30"))
    second.refresh_from_db()
    assert (second.existing, second.repeat, second.status) == ("case_manager", False, "final")
    decision = current_decision(second)
    assert decision is not None
    assert decision.category == "consultant"
    assert replay().differences == []


def test_a_later_decision_is_not_made_final_before_the_earlier_one() -> None:
    story = Story()
    first = first_failed(story)
    second = repeated(story, first, 60, until=OVER)
    assert second.status == "provisional"
    reopen(first, by=By(None, at("2026-03-16 09:00")), reason="a test")
    with pytest.raises(Refused) as refused:
        finalise(second, by=By(None, AGAIN_FINAL))
    assert refused.value.code == "waits_for_ground"
    story.swept(AGAIN_FINAL, at("2026-03-19 00:35"))
    second.refresh_from_db()
    # The first is final again, as it was: the second is made final after it.
    assert (second.status, dismissal(second)) == ("final", ("open", ""))


class TestFailedTwice:
    def test_a_dismissal_on_an_annulled_failure_is_suspended_until_somebody_decides(
        self, failed: Failed
    ) -> None:
        story, first, second = failed.story, failed.first, failed.second
        assert dismissal(second) == ("open", "")
        annul(first)
        assert dismissal(second) == ("suspended", "ground")
        (mark,) = GroundMark.objects.all()
        assert (mark.attestation, mark.earlier, mark.cause, mark.grounds) == (
            second,
            first,
            "annulled",
            ["repeat"],
        )
        # However many sweeps go by: a person decides.
        story.swept(at("2026-06-02 09:00"))
        assert dismissal(second) == ("suspended", "ground")
        assert replay().differences == []

    def test_it_stands_where_the_chair_says_so(self, failed: Failed) -> None:
        first, second = failed.first, failed.second
        chair = chair_of(failed.story)
        annul(first)
        settle(second, chair, outcome="stands")
        assert dismissal(second) == ("open", "")
        mark = GroundMark.objects.get()
        assert (mark.outcome, mark.settled_by) == ("stands", chair)
        assert replay().differences == []

    def test_formed_anew_it_is_no_repeat_and_nobody_is_dismissed(self, failed: Failed) -> None:
        story, first, second = failed.story, failed.first, failed.second
        chair = chair_of(failed.story)
        annul(first)
        settle(second, chair)
        story.swept(SETTLED, at("2026-06-03 00:30"))
        second.refresh_from_db()
        decision = current_decision(second)
        assert decision is not None
        # Dated by the day on which it was settled (I-28), and twelve months run from there.
        assert (second.status, second.repeat, str(decision.dated)) == ("final", False, "2026-06-02")
        assert dismissal(second) == ("suspended", "")
        assert str(decision.reattest_by) == "2027-06-02"
        (open_one,) = Deadline.objects.open().filter(kind="reattestation")
        assert str(open_one.due_on) == "2027-06-02"
        assert replay().differences == []

    def test_a_case_reopened_beside_a_later_one_holds_it_back_and_it_is_formed_anew(
        self, failed: Failed
    ) -> None:
        story, first, second = failed.story, failed.first, failed.second
        chair = chair_of(failed.story)
        reopen(first, by=By(None, ANNULLED), reason="a test")
        assert dismissal(second) == ("suspended", "ground")
        with pytest.raises(Refused) as refused:
            settle(second, chair)
        assert refused.value.code == "ground_undecided"
        found = ResultFacts(100, 75, None, "1", at("2026-02-02 11:00"))
        correct_result(locked(first), found, reason="…", by=By(None, ANNULLED))
        # A new appeal term and its grace: final on the fifth of June at the earliest.
        story.swept(ANNULLED, at("2026-06-06 00:30"), at("2026-06-06 00:35"), at("2026-06-07 00:40"))
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, second.status, second.repeat) == ("final", "final", False)
        assert GroundMark.objects.get().outcome == "anew"
        assert dismissal(second) == ("suspended", "")
        assert replay().differences == []

    def test_reopened_and_final_again_as_before_the_later_one_stands(self, failed: Failed) -> None:
        story, first, second = failed.story, failed.first, failed.second
        reopen(first, by=By(None, ANNULLED), reason="a test")
        story.swept(ANNULLED, at("2026-06-01 10:05"))
        assert GroundMark.objects.get().outcome == "stands"
        assert dismissal(second) == ("open", "")
        assert replay().differences == []

    @pytest.mark.parametrize(
        ("asked", "code"),
        [({"outcome": "maybe"}, "unknown_outcome"), ({"reason": " "}, "text_missing")],
    )
    def test_what_is_asked_wrongly_is_refused(self, failed: Failed, asked: dict[str, str], code: str) -> None:
        first, second = failed.first, failed.second
        chair = chair_of(failed.story)
        with pytest.raises(Refused) as refused:
            settle(second, chair)
        assert refused.value.code == "no_ground_fell"
        annul(first)
        with pytest.raises(Refused) as refused:
            settle(second, chair, **asked)
        assert refused.value.code == code
        settle(second, chair)
        with pytest.raises(Refused) as refused:
            settle(second, chair)
        assert refused.value.code == "no_ground_fell"

    def test_an_officer_does_not_settle_it(self, failed: Failed) -> None:
        annul(failed.first)
        with pytest.raises(Refused):
            settle_ground(failed.second, outcome="stands", reason="…", by=By(failed.story.hr, SETTLED))

    def test_the_page_that_settles_it_shows_what_fell(self, failed: Failed) -> None:
        first, second = failed.first, failed.second
        annul(first)
        client = Client()
        client.force_login(chair_of(failed.story))
        page = client.get(reverse("admin:attestation_attestation_act", args=(second.pk, "settle-ground")))
        assert first.case_no in page.content.decode()
