"""I-12, I-13: rulings, the amended result, and the score and decision that follow."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from appeals.models import Appeal, AppealItem, Membership
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from appeals.services.withdrawal import withdraw
from attestation.by import By
from attestation.models import Attestation, Deadline, JournalEntry, Notice, Role, User
from attestation.reason_words import reason_text
from attestation.refusals import Refused
from scoring.services.assessing import score_due
from tests.factories import CenterFactory, EmployeeFactory, UserFactory, moment
from tests.siblings_cast import (
    APPEAL_CLOSES,
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

FILED = moment("2026-02-09 16:30")
RULED = moment("2026-02-12 11:00")
WHY = "Ключ теста расходится с действующей редакцией Правил."

made = made_once(lambda: published(60))


@pytest.fixture
def case(made: Attestation, db: None) -> Attestation:
    """A case below 70 % that may appeal."""
    return deepcopy(made)


def filed(case: Attestation, *questions: int, **more: Any) -> Appeal:
    return file_appeal(
        case,
        filed_at=more.pop("filed_at", FILED),
        items=[(question, WHY) for question in questions],
        receipt_note="by the Platform",
        by=By(None, moment("2026-02-10 18:00")),
        **more,
    )


def rule(appeal: Appeal, question: int, ruling: str, actor: User | None, **more: Any) -> AppealItem:
    values = {"reason": "Комиссия согласилась.", **more}
    by = By(actor, values.pop("now", RULED))
    return rule_item(appeal.items.get(question=question), ruling=ruling, by=by, **values)


def refusal(
    appeal: Appeal, actor: User | None, question: int = 12, ruling: str = "uphold", **more: Any
) -> Refused:
    """What is said; nothing may have changed."""
    before = footprint()
    state = list(AppealItem.objects.order_by("pk").values_list())
    with pytest.raises(Refused) as refused:
        rule(appeal, 12, ruling, actor, **more)
    assert footprint() == before
    assert list(AppealItem.objects.order_by("pk").values_list()) == state
    return refused.value


class TestEffect:
    def test_i_13_upheld_counts_as_correct_and_leaves_the_list(self) -> None:
        case, chair = published(97, wrong=[5, 12, 47]), seated()
        appeal = filed(case, 12, 47)
        rule(appeal, 12, "uphold", chair)
        assert fresh(case).results.count() == 1
        rule(appeal, 47, "reject", chair)
        result = fresh(case).results.get(superseded_at__isnull=True)
        assert (result.correct_answers, result.wrong_questions, result.source) == (98, [5, 47], "appeal")
        assert result.published_at == RULED
        assert reason_text(result.reason) == f"Appeal {appeal.external_id} upheld, questions 12."

    def test_i_13_without_a_list_each_adds_one(self, case: Attestation) -> None:
        chair = seated()
        appeal = filed(case, 1, 2)
        rule(appeal, 1, "uphold", chair)
        rule(appeal, 2, "uphold", chair)
        assert fresh(case).results.get(superseded_at__isnull=True).correct_answers == 62

    def test_i_13_at_most_up_to_the_total(self) -> None:
        case, chair = published(99), seated()
        appeal = filed(case, 1, 2)
        rule(appeal, 1, "uphold", chair)
        rule(appeal, 2, "uphold", chair)
        assert fresh(case).results.get(superseded_at__isnull=True).correct_answers == 100

    def test_i_13_a_full_result_is_not_amended(self) -> None:
        case, chair = published(100), seated()
        appeal = filed(case, 1)
        rule(appeal, 1, "uphold", chair)
        appeal.refresh_from_db()
        assert (appeal.state, fresh(case).results.count()) == ("resolved", 1)

    def test_rejected_leaves_result_and_decision(self) -> None:
        case, chair = decided(89), seated()
        decision = current_decision(case)
        appeal = filed(case, 12)
        rule(appeal, 12, "reject", chair)
        appeal.refresh_from_db()
        assert (appeal.state, appeal.resolved_at) == ("resolved", RULED)
        assert current_decision(case) == decision
        sweep(moment("2026-02-13 09:00"))
        assert (current_decision(case).state, current_decision(case).dated) == ("final", date(2026, 2, 12))

    def test_i_12_a_failed_test_passes_by_the_appeal(self) -> None:
        """Score, decision and deadlines follow; scoring is due two days after the ruling."""
        case, chair = examined(69, wrong=list(range(1, 32))), seated()
        rate(case, "5", "4")
        read(case)
        sweep(moment("2026-02-07 11:00"))
        assert current_decision(case).outcome == "lower"
        assert not Deadline.objects.filter(attestation=case, kind="scoring").exists()
        appeal = filed(case, 12)
        rule(appeal, 12, "uphold", chair)
        deadline = Deadline.objects.get(attestation=case, kind="scoring")
        assert (deadline.due_on, deadline.closes_at, deadline.state) == (
            date(2026, 2, 14),
            moment("2026-02-15 00:00"),
            "open",
        )
        assert not case.decisions.filter(superseded_at__isnull=True).exists()
        sweep(moment("2026-02-13 09:00"))
        assert current_score(case).points_total == "76"
        final = current_decision(case)
        assert (final.state, final.outcome, final.dated) == ("final", "existing", date(2026, 2, 12))
        deadline.refresh_from_db()
        assert deadline.state == "met"

    def test_the_score_is_formed_afresh_from_the_amended_result(self) -> None:
        case, chair = decided(81), seated()
        assert current_score(case).points_total == "84.8"
        appeal = filed(case, 8)
        rule(appeal, 8, "uphold", chair)
        assert fresh(case).status == "tested"
        score_due(now=RULED)
        assert current_score(case).points_total == "85.6"
        assert current_decision(case).outcome == "declared"

    def test_several_appeals_apply_to_the_result_as_it_then_stands(self) -> None:
        case, chair = published(97, wrong=[5, 12, 47]), seated()
        first, second = filed(case, 12), filed(case, 47)
        rule(second, 47, "uphold", chair)
        assert fresh(case).open_appeals == 1
        rule(first, 12, "uphold", chair)
        result = fresh(case).results.get(superseded_at__isnull=True)
        assert (result.correct_answers, result.wrong_questions) == (99, [5])
        assert fresh(case).open_appeals == 0

    def test_the_other_one_withdrawn_takes_nothing_back(self, case: Attestation) -> None:
        chair = seated()
        first, second = filed(case, 12), filed(case, 47)
        rule(first, 12, "uphold", chair)
        withdraw(second, reason="…", by=By(None, RULED))
        assert fresh(case).results.get(superseded_at__isnull=True).correct_answers == 61

    def test_employee_and_officer_are_told(self, case: Attestation) -> None:
        chair = seated()
        officer = UserFactory(role=Role.HR, center=case.center)
        rule(filed(case, 12), 12, "uphold", chair)
        kinds = set(Notice.objects.filter(attestation=case, user=officer).values_list("kind", flat=True))
        assert {"appeal_resolved", "result_amended"} <= kinds

    def test_the_journal_has_the_ruling_and_the_end(self, case: Attestation) -> None:
        chair = seated()
        appeal = filed(case, 12, 47)
        rule(appeal, 12, "uphold", chair)
        rule(appeal, 47, "reject", chair)
        acts = JournalEntry.objects.filter(attestation=case)
        ruled = acts.filter(act="rule_appeal").order_by("seq")
        assert [(entry.actor, entry.data["question"], entry.data["ruling"]) for entry in ruled] == [
            (chair, 12, "uphold"),
            (chair, 47, "reject"),
        ]
        assert acts.get(act="resolve_appeal").data["upheld"] == [12]


class TestRefused:
    def test_f_c1_a_second_ruling_sees_the_first(self, case: Attestation) -> None:
        chair = seated(username="aigul")
        appeal = filed(case, 12, 47)
        rule(appeal, 12, "uphold", chair)
        refused = refusal(appeal, chair, ruling="reject")
        assert str(refused) == ("Question 12: aigul ruled on it already, 12.02.2026 11:00: upheld.")

    def test_a_late_one_is_not_ruled_on(self, case: Attestation) -> None:
        refused = refusal(filed(case, 12, filed_at=APPEAL_CLOSES), seated())
        assert refused.code == "wrong_state"

    def test_a_withdrawn_one_is_not_ruled_on(self, case: Attestation) -> None:
        appeal = filed(case, 12)
        withdraw(appeal, reason="…", by=By(None, RULED))
        assert refusal(appeal, seated()).code == "wrong_state"

    def test_another_ruling_than_the_two(self, case: Attestation) -> None:
        assert refusal(filed(case, 12), seated(), ruling="maybe").code == "bad_ruling"

    @pytest.mark.parametrize("reason", ["", " \n"])
    def test_the_reason_is_mandatory(self, case: Attestation, reason: str) -> None:
        refused = refusal(filed(case, 12), seated(), reason=reason)
        assert str(refused) == "Give the reason of the ruling."

    @pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR, Role.HR, Role.MEMBER])
    def test_who_may_not_rule(self, case: Attestation, role: str) -> None:
        user = UserFactory(role=role, center=case.center if role == Role.HR else None)
        assert refusal(filed(case, 12), user).code == "no_permission"

    def test_the_system_never_rules(self, case: Attestation) -> None:
        assert refusal(filed(case, 12), None).code == "no_permission"

    def test_f_r8_the_role_without_a_seat(self, case: Attestation) -> None:
        assert refusal(filed(case, 12), UserFactory(role=Role.CHAIR)).code == "not_in_office"

    def test_f_r8_one_who_left(self, case: Attestation) -> None:
        chair = seated()
        Membership.objects.update(released_on=date(2026, 2, 12))
        assert refusal(filed(case, 12), chair).code == "not_in_office"

    def test_the_secretary_alone_does_not_rule(self, case: Attestation) -> None:
        assert refusal(filed(case, 12), seated(Role.SECRETARY)).code == "not_in_office"

    def test_another_regions_chair_finds_nothing(self, case: Attestation) -> None:
        assert refusal(filed(case, 12), seated(center=CenterFactory())).code == "not_found"

    def test_the_regions_own_chair_rules(self, case: Attestation) -> None:
        chair = seated(center=case.center.parent)
        rule(filed(case, 12), 12, "reject", chair)

    def test_the_central_chair_does_not_where_the_region_has_a_commission(self, case: Attestation) -> None:
        central = seated()
        seated(center=case.center.parent)
        refused = refusal(filed(case, 12), central)
        assert refused.code == "not_in_office"
        assert str(case.center.parent) in str(refused)

    def test_f_a6_the_appellant_does_not(self, case: Attestation) -> None:
        assert refusal(filed(case, 12), seated(employee=case.employee)).code == "own_record"


class TestMinutes:
    """What a sitting held elsewhere ruled, typed in by the secretary, or the chair of a commission of one."""

    def commission(self, *members: str) -> User:
        seated(username="chair")
        for name in members:
            seated(Role.MEMBER, username=name)
        return seated(Role.SECRETARY, username="secretary")

    def minutes(self, present: str = "", ayes: str = "", noes: str = "") -> dict[str, list[str]]:
        return {"present": present.split(), "for": ayes.split(), "against": noes.split()}

    def test_they_are_kept_with_the_ruling(self, case: Attestation) -> None:
        secretary = self.commission("a", "b")
        minutes = self.minutes("chair a b", "chair a", "b")
        item = rule(filed(case, 12), 12, "uphold", secretary, minutes=minutes)
        item.refresh_from_db()
        assert item.minutes == {"present": ["chair", "a", "b"], "for": ["chair", "a"], "against": ["b"]}

    @pytest.mark.parametrize(
        ("present", "ayes"),
        [("chair a", ""), ("", "chair a")],
        ids=["no votes", "nobody"],
    )
    def test_f_r8_a_commission_of_several_gives_attendance_and_votes(
        self, case: Attestation, present: str, ayes: str
    ) -> None:
        secretary = self.commission("a", "b")
        minutes = self.minutes(present, ayes)
        assert refusal(filed(case, 12), secretary, minutes=minutes).code == "minutes_missing"

    def test_left_out_the_secretary_vouches_for_them(self, case: Attestation) -> None:
        secretary = self.commission("a", "b")
        item = rule(filed(case, 12), 12, "uphold", secretary, minutes=self.minutes("", ""))
        item.refresh_from_db()
        assert (item.ruling, item.minutes, item.ruled_by) == ("uphold", {}, secretary)

    def test_a_commission_of_one_needs_nothing_more(self, case: Attestation) -> None:
        secretary = self.commission()
        assert rule(filed(case, 12), 12, "uphold", secretary, minutes={}).minutes == {}

    def test_f_r8_no_quorum(self, case: Attestation) -> None:
        secretary = self.commission("a", "b", "c", "d")
        refused = refusal(filed(case, 12), secretary, minutes=self.minutes("chair a", "chair a"))
        assert str(refused) == (
            "2 present of 5 members who are not recused make no quorum; 3 do. There is no ruling. Put the "
            "question before the next sitting."
        )

    def test_f_r8_a_recused_member_does_not_vote_and_counts_for_no_quorum(self, case: Attestation) -> None:
        secretary = self.commission("a", "b")
        for name in ("a", "b"):
            colleague = EmployeeFactory(center=case.center)
            User.objects.filter(username=name).update(employee=colleague)
        appeal = filed(case, 12)
        assert refusal(appeal, secretary, minutes=self.minutes("chair a", "chair a")).code == "recused"
        item = rule(appeal, 12, "uphold", secretary, minutes=self.minutes("chair a b", "chair"))
        assert item.ruling == "uphold"

    def test_f_r8_the_only_member_is_recused(self, case: Attestation) -> None:
        chair = seated()
        User.objects.filter(pk=chair.pk).update(employee=EmployeeFactory(center=case.center))
        assert refusal(filed(case, 12), User.objects.get(pk=chair.pk)).code == "recused"

    @pytest.mark.parametrize(
        ("ruling", "present", "ayes", "noes", "code"),
        [
            ("uphold", "chair nobody", "chair", "", "not_a_member"),
            ("uphold", "chair", "chair a", "", "voted_absent"),
            ("uphold", "chair a", "chair a", "a", "voted_twice"),
            ("uphold", "chair secretary", "chair secretary", "", "no_vote"),
            ("reject", "chair a b", "chair a", "b", "not_the_majority"),
            ("uphold", "chair a b", "a", "chair b", "not_the_majority"),
            ("uphold", "a b", "a", "b", "not_the_majority"),
            ("uphold", "chair a", "a", "chair", "not_the_majority"),
        ],
    )
    def test_what_does_not_fit_is_refused(
        self, case: Attestation, ruling: str, present: str, ayes: str, noes: str, code: str
    ) -> None:
        secretary = self.commission("a", "b")
        minutes = self.minutes(present, ayes, noes)
        assert refusal(filed(case, 12), secretary, ruling=ruling, minutes=minutes).code == code

    @pytest.mark.parametrize(("ruling", "ayes", "noes"), [("uphold", "chair", "a"), ("reject", "a", "chair")])
    def test_on_a_tie_the_chairs_vote_decides(
        self, case: Attestation, ruling: str, ayes: str, noes: str
    ) -> None:
        secretary = self.commission("a", "b")
        minutes = self.minutes("chair a", ayes, noes)
        assert rule(filed(case, 12), 12, ruling, secretary, minutes=minutes).ruling == ruling

    def test_f_r8_the_appellant_takes_no_part(self, case: Attestation) -> None:
        secretary = self.commission("a")
        User.objects.filter(username="a").update(employee=case.employee)
        minutes = self.minutes("chair a", "chair", "")
        assert refusal(filed(case, 12), secretary, minutes=minutes).code == "own_record"

    def test_the_chair_types_in_for_a_commission_of_one(self, case: Attestation) -> None:
        chair = seated()
        seated(Role.SECRETARY)
        assert rule(filed(case, 12), 12, "reject", chair, minutes={}).ruled_by == chair

    def test_and_not_for_one_of_several(self, case: Attestation) -> None:
        chair = seated(username="first")
        seated(Role.MEMBER)
        assert refusal(filed(case, 12), chair, minutes={}).code == "not_a_commission_of_one"
