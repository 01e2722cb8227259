"""A faulty question: the table shown before equals what the act and the run after it do (I-12 to I-14)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from appeals.models import FaultyQuestion
from appeals.services.faulty import Change, changes_of, digest_of, faulty_dry_run, mark_faulty
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.cases.decisions import form_due
from attestation.cases.result_changes import amend_by_ruling
from attestation.cases.results import publish_results
from attestation.cases.testing_stage import end_testing_stages
from attestation.cases.what_if import standing
from attestation.law.vocabulary import Position
from attestation.models import Attestation, Cycle, JournalEntry, Role, User
from attestation.refusals import Refused
from scoring.models import Rating
from tests.attestation.admin_cast import at, client_of, messages_of, text_of, url
from tests.factories import (
    AttestationFactory,
    CareerCenterFactory,
    CenterFactory,
    CycleFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)
from tests.siblings_cast import (
    PUBLISHED,
    READ,
    STAGE_OVER,
    footprint,
    fresh,
    made_once,
    rate,
    read,
    seated,
    sweep,
)

__all__ = ["at"]

pytestmark = pytest.mark.django_db
FINAL_DAY, RULED = moment("2026-02-11 00:05"), moment("2026-02-16 10:00")
QUESTION, VARIANT = 12, "7Б"
REASON = "Сұрақтың кілті қате: дұрыс жауап жоқ."


Empty = tuple[Cycle, User]
Ready = tuple[Cycle, User, Attestation]


def convene() -> Empty:
    cycle = CycleFactory(center=CenterFactory())
    return cycle, seated(Role.CHAIR, cycle.center)


def convene_both() -> tuple[Empty, Ready]:
    cycle, chair = convene()
    case = listed(cycle, 97)
    published_all(cycle)
    return convene(), (cycle, chair, case)


made = made_once(convene_both)


@pytest.fixture
def both(made: tuple[Empty, Ready], db: None) -> tuple[Empty, Ready]:
    return deepcopy(made)


@pytest.fixture
def cycle(both: tuple[Empty, Ready]) -> Cycle:
    """A cycle of a labour mobility centre with one career centre, where nobody is listed yet."""
    return both[0][0]


@pytest.fixture
def chair(both: tuple[Empty, Ready]) -> User:
    """The chair of its commission."""
    return both[0][1]


@pytest.fixture
def ready(both: tuple[Empty, Ready]) -> Ready:
    """Another cycle, its chair and the one case: 97 of 100, published and final."""
    return both[1]


def listed(cycle: Cycle, correct: int, *, variant: str = VARIANT, **values: Any) -> Attestation:
    """One attestee of the cycle whose first wrong question is number 12, unless `wrong` says otherwise."""
    total = values.pop("total", 100)
    wrong = values.pop("wrong", list(range(QUESTION, QUESTION + total - correct)))
    center = (
        values.pop("center", None)
        or cycle.center.career_centers.first()
        or CareerCenterFactory(parent=cycle.center)
    )
    position = values.pop("position", "career_specialist")
    purpose = "category" if position == "career_specialist" else "position"
    employee = EmployeeFactory(center=center, position=position)
    case = AttestationFactory(employee=employee, cycle=cycle, purpose=purpose, status="tested", **values)
    ResultFactory(
        attestation=case,
        correct_answers=correct,
        questions_total=total,
        wrong_questions=wrong,
        test_variant=variant,
        published_at=None,
    )
    return case


def published_all(cycle: Cycle, *, until: Any = FINAL_DAY) -> None:
    """Published, read through, assessed, and made final where nothing is waited for."""
    publish_results(cycle, by=By(None, PUBLISHED))
    for center in {case.center for case in cycle.attestations.select_related("center")}:
        read(next(case for case in cycle.attestations.filter(center=center)))
    end_testing_stages(now=STAGE_OVER)
    sweep(READ)
    if until:
        sweep(until)


def mark(cycle: Cycle, actor: User | None, **more: Any) -> FaultyQuestion:
    values: dict[str, Any] = {"reason": REASON, **more}
    by = By(actor, values.pop("now", RULED))
    return mark_faulty(cycle, VARIANT, QUESTION, by=by, **values)


def dry(cycle: Cycle) -> list[Change]:
    return faulty_dry_run(cycle, VARIANT, QUESTION, now=RULED)


def current(case: Attestation) -> tuple[int, Any]:
    result = case.results.get(superseded_at__isnull=True)
    return result.correct_answers, result.wrong_questions


def mixed(cycle: Cycle, count: int) -> list[Attestation]:
    """So many attestees of every kind: passed and failed, at each bound, rated, unrated, held, managers."""
    cases = []
    positions = ["career_specialist"] * 6 + ["assistant", "director", "center_specialist", "unit_head"]
    ratings: list[tuple[str, ...]] = [("5",), ("4",), (), ("3.9",), ("4.1",)]
    scores = [69, 70, 84, 85, 81, 82, 93, 94, 60, 99]
    for number in range(count):
        case = listed(cycle, scores[(number // 10 + number) % 10], position=positions[number % 10])
        cases.append(case)
        rate(case, *ratings[(number // 3) % 5])
    return cases


def after_the_run(cycle: Cycle, changes: list[Change]) -> list[Change]:
    """The same table with what is on record now in the place of what was foreseen."""
    found = []
    for change in changes:
        case = fresh(Attestation(pk=change.attestation_id))
        correct, _ = current(case)
        found.append(replace(change, after=correct, decision_after=standing(case)))
    return found


class TestTable:
    def test_everyone_of_the_cycle_and_variant_with_that_number(self, cycle: Cycle) -> None:
        one = listed(cycle, 97)
        listed(cycle, 97, variant="8А")
        listed(cycle, 97, wrong=[1, 2, 3])
        listed(cycle, 97, wrong=None)
        other = listed(CycleFactory(center=cycle.center), 97)
        published_all(cycle)
        publish_results(other.cycle, by=By(None, PUBLISHED))
        before = footprint()
        changes = dry(cycle)
        assert [(change.case, change.before, change.after) for change in changes] == [(one.case_no, 97, 98)]
        assert footprint() == before

    def test_it_tells_the_decision_in_force_and_the_one_to_be_formed(self, cycle: Cycle) -> None:
        case = listed(cycle, 81)
        rate(case, "5")
        published_all(cycle)
        change = dry(cycle)[0]
        assert (change.decision_before.outcome, change.decision_before.points) == ("existing", "84.8")
        assert change.decision_before.final
        assert (change.decision_after.outcome, change.decision_after.category) == ("declared", "consultant")
        assert change.decision_after.points == "85.6"
        assert not change.decision_after.final
        assert change.changes_decision

    def test_it_names_who_passes_only_by_it_with_the_points_that_follow(self, cycle: Cycle) -> None:
        case = listed(cycle, 69)
        rate(case, "5")
        published_all(cycle)
        change = dry(cycle)[0]
        assert (change.decision_before.outcome, change.decision_before.points) == ("lower", "")
        assert (change.decision_after.outcome, change.decision_after.points) == ("existing", "76")

    def test_a_variant_without_a_name_is_refused(self, cycle: Cycle) -> None:
        with pytest.raises(Refused, match="Name the test variant"):
            faulty_dry_run(cycle, " ", QUESTION, now=RULED)

    def test_unpublished_results_of_the_variant_come_first(self, cycle: Cycle) -> None:
        listed(cycle, 97)
        with pytest.raises(Refused, match="1 results of the variant “7Б” are not published yet"):
            dry(cycle)


class TestAct:
    def test_each_result_is_superseded_and_journalled_one_by_one(self, cycle: Cycle, chair: User) -> None:
        cases = [listed(cycle, 97, case_no="F-1"), listed(cycle, 60, case_no="F-2")]
        published_all(cycle)
        ruling = mark(cycle, chair)
        assert [current(case)[0] for case in cases] == [98, 61]
        assert all(QUESTION not in current(case)[1] for case in cases)
        assert all(case.results.count() == 2 for case in cases)
        entries = JournalEntry.objects.filter(act="mark_faulty").order_by("seq")
        assert [entry.attestation_id for entry in entries] == [case.pk for case in cases]
        assert all(entry.actor == chair for entry in entries)
        assert (ruling.ruled_by, ruling.reason, len(ruling.changes)) == (chair, REASON, 2)
        assert REASON in cases[0].results.get(superseded_at__isnull=True).reason

    def test_i_14_a_final_decision_is_superseded_and_formed_afresh(self, cycle: Cycle, chair: User) -> None:
        case = listed(cycle, 81)
        rate(case, "5")
        published_all(cycle)
        assert fresh(case).status == "final"
        mark(cycle, chair)
        assert fresh(case).status == "tested"
        assert not case.decisions.filter(state="final", superseded_at__isnull=True).exists()
        assert case.consequences.get().state == "suspended"
        sweep(moment("2026-02-16 11:00"))
        final = case.decisions.get(superseded_at__isnull=True)
        # I-28: dated by the day of the ruling, the last thing it waited for.
        assert (final.state, final.outcome, final.dated) == ("final", "declared", date(2026, 2, 16))

    def test_the_same_table_confirmed_twice_is_the_first_ruling(self, ready: Ready) -> None:
        cycle, chair, _ = ready
        seen = digest_of(dry(cycle))
        first = mark(cycle, chair, seen=seen)
        before = footprint()
        assert mark(cycle, chair, seen=seen) == first
        assert footprint() == before

    def test_a_second_ruling_finds_nobody(self, ready: Ready) -> None:
        cycle, chair, _ = ready
        mark(cycle, chair)
        with pytest.raises(Refused, match="nobody's list of wrong questions has the number 12"):
            mark(cycle, chair)

    def test_another_table_by_now_is_refused(self, cycle: Cycle, chair: User) -> None:
        case, other = listed(cycle, 97), listed(cycle, 96)
        published_all(cycle, until=None)
        seen = digest_of(dry(cycle))
        amend_by_ruling(other, correct=97, wrong=[14, 15, 16], reason="…", by=By(None, RULED))
        before = footprint()
        with pytest.raises(Refused, match="Something changed since the table was shown"):
            mark(cycle, chair, seen=seen)
        assert footprint() == before
        assert current(case)[0] == 97

    def test_an_open_appeal_on_it_is_shown_and_adds_nothing_when_upheld(
        self, cycle: Cycle, chair: User
    ) -> None:
        case = listed(cycle, 60)
        published_all(cycle, until=None)
        appeal = file_appeal(
            case,
            filed_at=moment("2026-02-09 10:00"),
            items=[(QUESTION, "…"), (13, "…")],
            receipt_note="…",
            by=By(None, moment("2026-02-10 10:00")),
        )
        assert dry(cycle)[0].under_appeal
        mark(cycle, chair)
        for item in appeal.items.all():
            rule_item(item, ruling="uphold", reason="…", by=By(chair, RULED))
        assert current(case)[0] == 62

    def test_it_is_written_once_for_good(self, ready: Ready) -> None:
        cycle, chair, _ = ready
        ruling = mark(cycle, chair)
        for sql in (
            "UPDATE appeals_faultyquestion SET reason = 'x' WHERE id = %s",
            "DELETE FROM appeals_faultyquestion WHERE id = %s",
        ):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, [ruling.pk])


class TestWho:
    @pytest.mark.parametrize("role", [role for role in Role.values if role != Role.CHAIR])
    def test_nobody_but_a_chair(self, role: str, ready: Ready) -> None:
        cycle, _, _ = ready
        user = (
            seated(role, cycle.center)
            if role in ("secretary", "member")
            else UserFactory(role=role, center=cycle.center if role == Role.HR else None)
        )
        with pytest.raises(Refused) as refused:
            mark(cycle, user)
        assert refused.value.code == "no_permission"

    def test_never_the_system(self, cycle: Cycle) -> None:
        with pytest.raises(Refused):
            mark(cycle, None)

    def test_a_chair_released_or_of_another_centre_is_not_competent(self, ready: Ready) -> None:
        cycle, chair, _ = ready
        chair.memberships.update(released_on=date(2026, 2, 1))
        with pytest.raises(Refused, match="not the chair in office of a commission competent"):
            mark(cycle, chair)
        with pytest.raises(Refused) as refused:
            mark(cycle, seated(Role.CHAIR, CenterFactory()))
        assert refused.value.code == "not_found"
        assert mark(cycle, seated(Role.CHAIR))

    def test_f_a6_a_chair_whose_own_result_is_concerned_does_not_rule(self, ready: Ready) -> None:
        cycle, chair, case = ready
        User.objects.filter(pk=chair.pk).update(employee=case.employee)
        with pytest.raises(Refused) as refused:
            mark(cycle, User.objects.get(pk=chair.pk))
        assert refused.value.code == "own_record"
        assert current(case)[0] == 97


class TestEquals:
    """The table is what the act does, and the decisions are those that the next run forms."""

    def check(self, cycle: Cycle, chair: User, count: int) -> list[Change]:
        mixed(cycle, count)
        published_all(cycle)
        changes = dry(cycle)
        assert len(changes) == count
        ruling = mark(cycle, chair, seen=digest_of(changes))
        assert changes_of(ruling) == changes
        end_testing_stages(now=RULED)
        from scoring.services.assessing import score_due

        score_due(now=RULED)
        form_due(now=RULED)
        assert after_the_run(cycle, changes) == changes
        return changes

    @pytest.mark.daily(4)
    def test_for_thirty(self, cycle: Cycle, chair: User) -> None:
        changes = self.check(cycle, chair, 30)
        kinds = {(change.decision_before.outcome, change.decision_after.outcome) for change in changes}
        assert len(kinds) >= 6
        assert {"held", "declared", "conforms"} <= {after for _, after in kinds}

    @pytest.mark.slow
    def test_for_a_cycle_of_five_hundred(self, cycle: Cycle, chair: User) -> None:
        self.check(cycle, chair, 500)


@pytest.mark.usefixtures("at")
class TestPage:
    def answers(self, cycle: Cycle, **more: Any) -> dict[str, Any]:
        return {"cycle": cycle.pk, "test_variant": VARIANT, "question": QUESTION, "reason": REASON, **more}

    def test_form_table_confirmation(self, ready: Ready) -> None:
        cycle, chair, case = ready
        client, door = client_of(chair), url("appeals_faultyquestion_add")
        page = text_of(client.get(door))
        assert "once it is confirmed it can't be undone" in page
        before = footprint()
        shown = client.post(door, self.answers(cycle))
        page = text_of(shown)
        assert shown.status_code == 200
        assert case.case_no in page
        assert "97/100 → 98/100" in page
        assert "it can't be undone" in page
        assert case.employee.last_name not in page
        assert footprint() == before
        seen = shown.context["table"]["digest"]
        answer = client.post(door, self.answers(cycle, seen=seen, confirm="1"), follow=True)
        assert messages_of(answer) == ["1 result is amended."]
        assert "97/100 → 98/100" in text_of(answer)
        assert current(case)[0] == 98

    def test_it_is_not_confirmed_without_a_table(self, ready: Ready) -> None:
        cycle, chair, case = ready
        answer = client_of(chair).post(url("appeals_faultyquestion_add"), self.answers(cycle, confirm="1"))
        assert answer.status_code == 422
        assert "Something changed since the table was shown" in text_of(answer)
        assert current(case)[0] == 97

    def test_a_number_nobody_has_names_the_variants(self, ready: Ready) -> None:
        cycle, chair, _ = ready
        answer = client_of(chair).post(url("appeals_faultyquestion_add"), self.answers(cycle, question=99))
        assert answer.status_code == 422
        assert "the variants of the cycle: 7Б" in text_of(answer)

    def test_only_a_chair_opens_it(self, cycle: Cycle) -> None:
        for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.HR):
            user = UserFactory(role=role, center=cycle.center if role == Role.HR else None)
            assert client_of(user).get(url("appeals_faultyquestion_add")).status_code == 403


def test_positions_named_here_exist() -> None:
    assert {"career_specialist", "assistant", "director", "center_specialist", "unit_head"} <= set(Position)


def test_ratings_are_the_specialists_own(cycle: Cycle) -> None:
    case = listed(cycle, 97)
    rate(case, "5")
    assert Rating.objects.get().employee == case.employee
