"""I-04, I-05: the chair's ruling on a held row 2, and who may not make it or when."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from appeals.models import Membership
from attestation.by import By
from attestation.cases.result_changes import amend_result
from attestation.law.refusals import RuleRefusal
from attestation.models import Attestation, JournalEntry, Role, User
from attestation.refusals import Refused
from scoring.models import RatingRuling
from scoring.services.assessing import score_due
from scoring.services.rulings import rule_rating
from tests.factories import CareerCenterFactory, CenterFactory, UserFactory, moment
from tests.siblings_cast import (
    READ,
    STAGE_OVER,
    current_decision,
    current_score,
    decided,
    examined,
    footprint,
    fresh,
    made_once,
    published,
    rate,
    read,
    seated,
    sweep,
)

pytestmark = pytest.mark.django_db

made = made_once(lambda: decided(90, "4"))


@pytest.fixture
def held(made: Attestation, db: None) -> Attestation:
    """A case whose mean rating is 4.0: row 2 waits for a ruling (I-04)."""
    return deepcopy(made)


RULED = moment("2026-02-08 12:00")


def rule(case: Attestation, actor: User | None, points: int = 10, reason: str = "Без замечаний.") -> None:
    rule_rating(case, points=points, reason=reason, by=By(actor, RULED))


def refusal(case: Attestation, actor: User | None, **more: object) -> Refused | RuleRefusal:
    """What is said; nothing may have changed."""
    before = footprint()
    with pytest.raises((Refused, RuleRefusal)) as refused:
        rule(case, actor, **more)  # type: ignore[arg-type]  # points and reason
    assert footprint() == before
    assert not RatingRuling.objects.filter(ruled_at=RULED).exists()
    return refused.value


@pytest.mark.parametrize(
    ("points", "total", "outcome"),
    [(10, "92", "declared"), (0, "82", "existing")],
)
def test_e11_the_ruling_completes_the_score_at_once(
    held: Attestation, points: int, total: str, outcome: str
) -> None:
    case, chair = held, seated()
    rule(case, chair, points)
    assert fresh(case).status == "provisional"
    row = current_score(case)
    assert (row.points_total, row.points_rating) == (total, points)
    assert (row.ruling.ruled_by, row.ruling.reason) == (chair, "Без замечаний.")  # type: ignore[union-attr]
    assert current_decision(case).outcome == outcome
    entry = JournalEntry.objects.get(act="rule_rating")
    assert (entry.actor, entry.data["points"], entry.data["why"]) == (chair, points, "Без замечаний.")


def test_i_05_no_ratings_can_be_ruled_on() -> None:
    case, chair = examined(90), seated()
    read(case)
    sweep(READ)
    rule(case, chair)
    assert current_score(case).points_total == "92"


def test_i_28_the_ruling_dates_the_decision(held: Attestation) -> None:
    case, chair = held, seated()
    rule_rating(case, points=10, reason="…", by=By(chair, moment("2026-02-12 00:10")))
    sweep(moment("2026-02-20 09:00"))
    assert current_decision(case).dated == date(2026, 2, 12)


def test_the_stage_that_is_over_by_the_clock_need_not_wait_for_the_sweep() -> None:
    case, chair = published(90), seated()
    rate(case, "4")
    read(case)
    rule(case, chair)
    assert (fresh(case).status, current_score(case).points_total) == ("provisional", "92")


def test_while_violations_are_not_read_the_ruling_is_made_and_the_case_waits_on() -> None:
    case, chair = examined(90), seated()
    rate(case, "4")
    read(case, "ratings")
    sweep(READ)
    rule(case, chair)
    assert fresh(case).status_reason == [{"code": "violations_not_read"}]
    assert current_score(case).points_rating == 10
    read(case, "violations", at=RULED)
    score_due(now=RULED)
    assert current_score(case).points_total == "92"


def test_the_ruling_outlasts_an_amended_result(held: Attestation) -> None:
    case, chair = held, seated()
    rule(case, chair)
    amend_result(case, correct=91, wrong=None, reason="appeal", by=By(None, RULED))
    score_due(now=RULED)
    assert current_score(case).points_total == "92.8"


class TestRefused:
    def test_row_2_with_points_is_not_held(self) -> None:
        refused = refusal(decided(90), seated())
        assert str(refused).endswith(
            "row 2 has 10 points by the ratings (App. 1-2 row 2); there is nothing to rule on."
        )

    def test_i_27_ratings_not_read_are_read_first(self) -> None:
        case = examined(90)
        sweep(STAGE_OVER)
        refused = refusal(fresh(case), seated())
        assert "the ratings are not read through 06.02.2026 yet." in str(refused)

    def test_f_c1_a_second_ruling_sees_the_first(self, held: Attestation) -> None:
        case, chair = held, seated(username="aigul")
        rule_rating(case, points=10, reason="…", by=By(chair, READ))
        refused = refusal(case, chair, points=0)
        assert "row 2 was ruled on already: 10 points, by aigul, on 07.02.2026" in str(refused)

    def test_the_reason_is_mandatory(self, held: Attestation) -> None:
        assert str(refusal(held, seated(), reason=" \n")) == "Give the reason of the ruling."

    def test_a_reason_with_a_null_character_is_refused(self, held: Attestation) -> None:
        assert refusal(held, seated(), reason="a\0b").code == "bad_text"

    def test_other_points_are_refused(self, held: Attestation) -> None:
        refused = refusal(held, seated(), points=5)
        assert (refused.code, refused.cite) == ("ruling_not_ten_or_zero", "App. 1-2 row 2")

    def test_a_failed_test_has_no_row_2(self) -> None:
        assert refusal(decided(60), seated()).code == "not_admitted_to_assessment"

    @pytest.mark.parametrize("role", [role for role in Role.values if role != Role.CHAIR])
    def test_only_the_chair_rules(self, held: Attestation, role: str) -> None:
        case = held
        user = UserFactory(role=role, center=case.center if role == Role.HR else None)
        assert refusal(case, user).code == "no_permission"

    def test_the_system_never_rules(self, held: Attestation) -> None:
        assert refusal(held, None).code == "no_permission"

    def test_f_a10_a_superuser_without_a_seat_does_not(self, held: Attestation) -> None:
        user = UserFactory(role="", is_superuser=True)
        assert refusal(held, user).code == "no_permission"

    def test_f_r8_the_role_without_a_seat_does_not(self, held: Attestation) -> None:
        assert refusal(held, UserFactory(role=Role.CHAIR)).code == "not_in_office"

    def test_f_r8_a_chair_who_was_released_does_not(self, held: Attestation) -> None:
        case, chair = held, seated()
        Membership.objects.update(released_on=date(2026, 2, 8))
        assert refusal(case, chair).code == "not_in_office"
        Membership.objects.update(released_on=date(2026, 2, 9))
        rule(case, chair)

    def test_f_r8_a_chair_appointed_from_tomorrow_does_not(self, held: Attestation) -> None:
        case, chair = held, seated()
        Membership.objects.update(appointed_on=date(2026, 2, 9))
        assert refusal(case, chair).code == "not_in_office"

    def test_the_chair_of_another_region_finds_nothing(self, held: Attestation) -> None:
        assert refusal(held, seated(center=CenterFactory())).code == "not_found"

    def test_the_chair_of_the_own_region_rules(self, held: Attestation) -> None:
        case = held
        rule(case, seated(center=case.center.parent))
        assert current_score(case).points_total == "92"

    def test_a_seat_elsewhere_does_not_help_the_central_role(self, held: Attestation) -> None:
        case, chair = held, UserFactory(role=Role.CHAIR)
        from appeals.services.commission import appoint

        appoint(chair, "chair", CenterFactory(), date(2026, 1, 5), by=By(None, READ))
        assert refusal(case, chair).code == "not_in_office"

    def test_f_a6_nobody_rules_on_their_own_row(self, held: Attestation) -> None:
        case = held
        assert refusal(case, seated(employee=case.employee)).code == "own_record"


class TestCommand:
    def call(self, case: Attestation, *more: str, user: str = "chair") -> dict[str, object]:
        out = StringIO()
        call_command(
            "rule_rating",
            *("--cycle", case.cycle.code, "--iin", case.employee.iin, "--as", user),
            *("--at", "2026-02-08T12:00:00+05:00", "--json", *more),
            stdout=out,
        )
        return json.loads(out.getvalue())

    @pytest.fixture(autouse=True)
    def time_travel(self, settings: object) -> None:
        settings.ALLOW_TIME_TRAVEL = True  # type: ignore[attr-defined]  # pytest-django's wrapper

    def test_it_rules(self, held: Attestation) -> None:
        case = held
        seated(username="chair")
        answer = self.call(case, "--points", "10", "--reason", "Без замечаний.")
        assert answer["status"] == "provisional"
        assert answer["points"] == {"test": "72", "rating": 10, "violations": 10, "total": "92"}

    def test_a_refusal_says_why_and_exits_1(self) -> None:
        case = decided(90)
        seated(username="chair")
        with pytest.raises(CommandError, match="there is nothing to rule on") as refused:
            self.call(case, "--points", "10", "--reason", "Без замечаний.")
        assert refused.value.returncode == 1

    def test_a_case_out_of_sight_is_not_found(self, held: Attestation) -> None:
        case = held
        seated(username="chair", center=CareerCenterFactory().parent)
        with pytest.raises(CommandError, match="There is no cycle with the code"):
            self.call(case, "--points", "10", "--reason", "Без замечаний.")
