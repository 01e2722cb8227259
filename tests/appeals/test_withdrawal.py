"""I-12: withdrawal by question or as a whole, with a reason, until the question is closed (F-C4)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from appeals.models import AgendaItem, Appeal, AppealItem, Commission, Sitting
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from appeals.services.withdrawal import withdraw, withdraw_item
from attestation.by import By
from attestation.models import Attestation, Deadline, JournalEntry, Notice, Role
from attestation.notices.letters import texts
from attestation.refusals import Refused
from tests.appeals.filing_cast import PDF, file_of, officer_of, wish
from tests.attestation.admin_cast import at, client_of, messages_of, text_of, url
from tests.factories import UserFactory, moment
from tests.siblings_cast import GRACE_OVER, decided, footprint, fresh, published, seated, sweep

__all__ = ["at"]

pytestmark = pytest.mark.django_db
FILED, RECORDED, LATER = (moment(f"2026-02-{day}") for day in ("09 16:30", "10 18:00", "12 11:00"))


def filed(case: Attestation, *questions: int, **more: Any) -> Appeal:
    return file_appeal(
        case,
        filed_at=more.get("filed_at", FILED),
        items=[(question, "…") for question in questions],
        receipt_note="…",
        by=By(None, RECORDED),
    )


def item_of(appeal: Appeal, question: int) -> AppealItem:
    return appeal.items.get(question=question)


def sent(reason: str, **changed: Any) -> dict[str, Any]:
    """What the browser sends."""
    return {"reason": reason, "paper": file_of("Хат.pdf", PDF), "received_on": "2026-02-09", **changed}


def test_one_question_is_withdrawn_and_the_appeal_goes_on() -> None:
    case = decided(60)
    appeal = filed(case, 12, 47)
    item = withdraw_item(item_of(appeal, 12), reason="Өзі сұрады", by=By(None, LATER))
    assert (item.withdrawn_at, item.withdrawal_reason, item.ruling) == (LATER, "Өзі сұрады", "")
    appeal.refresh_from_db()
    assert (appeal.state, fresh(case).open_appeals) == ("open", 1)
    entry = JournalEntry.objects.get(act="withdraw_item")
    assert (entry.data["question"], entry.data["why"]) == (12, "Өзі сұрады")


def test_i_12_the_last_open_question_withdrawn_closes_the_appeal() -> None:
    case = decided(60)
    appeal = filed(case, 12, 47)
    for question in (12, 47):
        withdraw_item(item_of(appeal, question), reason="Өзі сұрады", by=By(None, LATER))
    appeal.refresh_from_db()
    assert (appeal.state, appeal.closing_reason, appeal.resolved_at) == ("withdrawn", "Өзі сұрады", LATER)
    assert (fresh(case).open_appeals, fresh(case).last_appeal_closed_at) == (0, LATER)
    assert Deadline.objects.get(kind="ruling").state == "void"
    sweep(moment("2026-02-12 12:00"))
    assert fresh(case).status == "final"
    assert case.decisions.get(state="final").dated == date(2026, 2, 12)


@pytest.mark.parametrize(("ruling", "correct"), [("uphold", 61), ("reject", 60)])
@pytest.mark.parametrize("last", ["ruled", "withdrawn"])
def test_i_12_one_ruled_on_and_one_withdrawn_is_resolved(last: str, ruling: str, correct: int) -> None:
    case = decided(60)
    appeal, chair = filed(case, 12, 47), seated()
    acts = [
        lambda: rule_item(item_of(appeal, 12), ruling=ruling, reason="…", by=By(chair, LATER)),
        lambda: withdraw_item(item_of(appeal, 47), reason="…", by=By(None, LATER)),
    ]
    for act in acts if last == "withdrawn" else reversed(acts):
        act()
    appeal.refresh_from_db()
    assert appeal.state == "resolved"
    assert fresh(case).results.get(superseded_at__isnull=True).correct_answers == correct
    assert fresh(case).open_appeals == 0
    assert Deadline.objects.get(kind="ruling").state == "met"
    told = Notice.objects.filter(kind="appeal_resolved").first()
    assert told is not None
    assert told.context["withdrawn"] == "47"


def test_the_whole_withdraws_each_question() -> None:
    appeal = filed(published(60), 12, 47)
    appeal = withdraw(appeal, reason="Өзі сұрады", by=By(None, LATER))
    assert [item.withdrawal_reason for item in appeal.items.all()] == ["Өзі сұрады"] * 2
    assert appeal.state == "withdrawn"


def test_a_question_withdrawn_before_does_not_stop_the_whole() -> None:
    appeal = filed(published(60), 12, 47)
    withdraw_item(item_of(appeal, 12), reason="бірінші", by=By(None, RECORDED))
    withdraw(appeal, reason="екінші", by=By(None, LATER))
    assert [item.withdrawal_reason for item in appeal.items.all()] == ["бірінші", "екінші"]


def test_the_reason_is_mandatory() -> None:
    appeal = filed(published(60), 12)
    with pytest.raises(Refused, match="Give the reason of the withdrawal"):
        withdraw_item(item_of(appeal, 12), reason=" \n", by=By(None, LATER))


def test_f_c4_not_once_it_is_ruled_on() -> None:
    appeal = filed(published(60), 12, 47)
    rule_item(item_of(appeal, 12), ruling="uphold", reason="…", by=By(seated(), LATER))
    before = footprint()
    with pytest.raises(Refused, match=r"ruled on it already, 12\.02\.2026 11:00: upheld"):
        withdraw_item(item_of(appeal, 12), reason="…", by=By(None, LATER))
    assert footprint() == before


def test_not_twice() -> None:
    appeal = filed(published(60), 12, 47)
    withdraw_item(item_of(appeal, 12), reason="…", by=By(None, LATER))
    with pytest.raises(Refused, match=r"Question 12 was withdrawn, 12\.02\.2026 11:00"):
        withdraw_item(item_of(appeal, 12), reason="…", by=By(None, LATER))


def test_a_withdrawn_question_is_not_ruled_on() -> None:
    appeal = filed(published(60), 12, 47)
    withdraw_item(item_of(appeal, 12), reason="…", by=By(None, LATER))
    with pytest.raises(Refused, match="was withdrawn"):
        rule_item(item_of(appeal, 12), ruling="uphold", reason="…", by=By(seated(), LATER))


def test_a_late_one_has_nothing_to_withdraw() -> None:
    appeal = filed(published(60), 12, filed_at=moment("2026-02-10 00:00"))
    with pytest.raises(Refused, match="the state is “late: not accepted”"):
        withdraw_item(item_of(appeal, 12), reason="…", by=By(None, LATER))


def test_f_a6_nobody_withdraws_their_own() -> None:
    case = published(60)
    appeal = filed(case, 12)
    with pytest.raises(Refused) as refused:
        withdraw_item(
            item_of(appeal, 12),
            reason="…",
            by=By(officer_of(case, employee=case.employee), LATER),
        )
    assert refused.value.code == "own_record"


def test_it_leaves_the_agenda() -> None:
    appeal = filed(published(60), 12, 47)
    commission = Commission.objects.get_or_create(center=None)[0]
    sitting = Sitting.objects.create(commission=commission, number=1, starts_at=LATER, place="Астана")
    line = AgendaItem.objects.create(sitting=sitting, item=item_of(appeal, 12), position=1)
    withdraw_item(item_of(appeal, 12), reason="…", by=By(None, LATER))
    line.refresh_from_db()
    assert (line.outcome, line.closed_at) == ("withdrawn", LATER)


def test_a_withdrawal_is_told_to_officers_and_the_commission() -> None:
    case = published(60)
    officer, chair = officer_of(case), seated(Role.CHAIR)
    withdraw(filed(case, 12), reason="…", by=By(None, LATER))
    told = Notice.objects.filter(kind="appeal_withdrawn")
    assert {notice.user for notice in told if notice.user} == {officer, chair}


@pytest.mark.usefixtures("at")
def test_on_the_page_of_the_appeal() -> None:
    case = published(60)
    officer = officer_of(case)
    appeal = filed(case, 12, 47)
    item = item_of(appeal, 12)
    client = client_of(officer)
    door = url("appeals_appealitem_act", item.pk, "withdraw")
    assert door in text_of(client.get(url("appeals_appeal_change", appeal.pk)))
    answer = client.post(door, sent("Өзі сұрады"), follow=True)
    assert messages_of(answer) == ["Question 12 is withdrawn."]
    page = text_of(client.get(url("appeals_appeal_change", appeal.pk)))
    assert door not in page
    assert "Өзі сұрады" in page
    assert client.post(door, sent("тағы")).status_code == 422


def test_i_12_withdrawn_within_the_grace_the_decision_waits_for_the_grace() -> None:
    case = decided(60)
    withdraw(filed(case, 12), reason="…", by=By(None, moment("2026-02-10 18:30")))
    sweep(GRACE_OVER)
    assert case.decisions.get(state="final").dated == date(2026, 2, 10)


class TestPaper:
    """Whoever withdraws is not the applicant, so it is by a paper of the applicant's."""

    pytestmark = pytest.mark.usefixtures("media")

    @pytest.mark.parametrize("role", [Role.HR, Role.SECRETARY, Role.ADMINISTRATOR])
    def test_nobody_withdraws_without_it(self, role: str) -> None:
        case = published(60)
        appeal = filed(case, 12, 47)
        if role == Role.SECRETARY:
            who = seated(role)
        else:
            who = officer_of(case) if role == Role.HR else UserFactory(role=role)
        by, before = By(who, LATER), footprint()
        for act in (
            lambda: withdraw_item(item_of(appeal, 12), reason="…", by=by),
            lambda: withdraw(appeal, reason="…", by=by),
        ):
            with pytest.raises(Refused, match=f"Appeal {appeal.external_id}: .* by the applicant's paper"):
                act()
        assert footprint() == before

    @pytest.mark.parametrize(("day", "taken"), [(8, False), (9, True), (12, True), (13, False)])
    def test_it_came_between_the_filing_and_today(self, day: int, taken: bool, media: Path) -> None:
        case = published(60)
        item, by = item_of(filed(case, 12), 12), By(officer_of(case), LATER)
        received = date(2026, 2, day)
        if taken:
            withdraw_item(item, reason="…", wish=wish(received), by=by)
            assert AppealItem.objects.get().withdrawal_received_on == received
            return
        with pytest.raises(Refused, match=f"received on {received:%d.%m.%Y}.*filed on 09.02.2026"):
            withdraw_item(item, reason="…", wish=wish(received), by=by)
        assert not [path for path in media.rglob("*") if path.is_file()]

    def test_one_paper_for_two_questions_is_there_once(self) -> None:
        case = published(60)
        appeal, by = filed(case, 12, 47), By(officer_of(case), LATER)
        for question in (12, 47):
            withdraw_item(item_of(appeal, question), reason="…", wish=wish(LATER.date()), by=by)
        paper = appeal.attachments.get()
        assert {item.withdrawal_paper for item in appeal.items.all()} == {paper}
        data = JournalEntry.objects.filter(act="withdraw_item").latest("seq").data
        assert (data["paper"], data["received_on"]) == (paper.sha256, "2026-02-12")

    @pytest.mark.usefixtures("at")
    def test_the_page_asks_for_it(self) -> None:
        case = published(60)
        door = url("appeals_appealitem_act", filed(case, 12).items.get().pk, "withdraw")
        client = client_of(officer_of(case))
        for changed in ({"paper": ""}, {"received_on": ""}, {"paper": file_of("a.pdf", b"<html>")}):
            assert client.post(door, sent("…", **changed)).status_code == 422
        assert not AppealItem.objects.filter(withdrawn_at__isnull=False).exists()

    @pytest.mark.usefixtures("at")
    def test_who_reviews_blind_does_not_get_it(self) -> None:
        case = published(60)
        officer, member = officer_of(case), seated(Role.MEMBER)
        appeal = filed(case, 12, 47)
        withdraw_item(item_of(appeal, 12), reason="…", wish=wish(LATER.date()), by=By(officer, LATER))
        address = url("appeals_appeal_paper", appeal.pk, appeal.attachments.get().pk)
        assert client_of(officer).get(address).status_code == 200
        assert client_of(member).get(address).status_code == 302
        assert "Хат.pdf" not in text_of(client_of(member).get(url("appeals_appeal_change", appeal.pk)))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("email", ["", "a@example.kz"])
@pytest.mark.parametrize(("now", "over"), [("2026-02-09 23:59:59", False), ("2026-02-10 18:30", True)])
def test_the_applicant_is_always_told_and_until_when_to_file_again(
    now: str, over: bool, email: str, whole: bool
) -> None:
    case = published(60)
    type(case.employee).objects.filter(pk=case.employee_id).update(email=email)
    appeal = file_appeal(case, filed_at=FILED, items=[(12, "…"), (47, "…")], by=By(None, FILED))
    if whole:
        withdraw(appeal, reason="…", by=By(None, moment(now)))
    else:
        withdraw_item(item_of(appeal, 12), reason="…", by=By(None, moment(now)))
    told = Notice.objects.get(employee=case.employee, kind="question_withdrawn")
    _subject, body = texts(told, "en")
    assert f"{appeal.external_id} are withdrawn: {'12, 47' if whole else '12'}." in body
    assert "If this was not the employee's wish" in body
    assert ("can be filed again until" in body, "The term for an appeal ended on" in body) == (not over, over)
    assert "23:59:59" in body
