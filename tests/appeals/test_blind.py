"""Whoever may have to vote on an open item learns nowhere whose it is; everybody else sees as ever."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime
from pathlib import Path

import pytest

from appeals.models import AgendaItem, CommissionRules, Recusal
from appeals.services.attachments import attach, checked
from appeals.services.commission import appoint
from appeals.services.counting import count_item, reopen_item, seal_item
from appeals.services.sittings import close_sitting
from appeals.services.voting import vote
from attestation import access
from attestation.by import By
from attestation.models import Attestation, Role, User
from scoring.models import Assessment
from tests.appeals.blind_cast import NOW, Hall, enter, leaks, make_hall, said_to
from tests.appeals.filing_cast import PDF, file_of
from tests.appeals.sitting_cast import WHY, filed
from tests.attestation.admin_cast import at, client_of, messages_of, text_of, url
from tests.factories import CenterFactory, EmployeeFactory, UserFactory, moment
from tests.siblings_cast import decided, made_once, seated

pytestmark = pytest.mark.django_db
__all__ = ["at"]

NONE = "There is no such record among those in your sight."
OTHERS = (Role.ADMINISTRATOR, Role.AUDITOR, Role.HR)
made = made_once(make_hall)
LATER = moment("2026-02-12 17:00")


@pytest.fixture
def hall(made: Hall, db: None, at: Callable[[datetime], None]) -> Hall:
    """Everybody, in the middle of the regional sitting."""
    at(NOW)
    return deepcopy(made)


@pytest.mark.usefixtures("frame_once")
@pytest.mark.daily(3)
def test_a_voting_member_reads_no_name_no_number_no_centre(hall: Hall) -> None:
    """A page of every kind, as the central chair in Kazakh; `make faults` asks for all, as all, in both."""
    told = list(said_to(hall.central.chair, hall, "kk", rows=1))
    assert len(told) > 250
    assert [leak for address, text in told for leak in leaks(hall, address, text)] == []


@pytest.mark.usefixtures("frame_once")
@pytest.mark.slow
@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("place", range(6))
def test_nor_with_any_search_order_or_filter(hall: Hall, place: int, language: str) -> None:
    told = list(said_to(hall.voters[place], hall, language, rows=10))
    assert len(told) >= 1200
    assert [leak for address, text in told for leak in leaks(hall, address, text)] == []


@pytest.mark.usefixtures("frame_once")
@pytest.mark.daily(4)
def test_the_walk_finds_what_is_there(hall: Hall) -> None:
    """The lists alone, as the secretary, tell all of it: the walk would see a leak."""
    told = list(said_to(hall.regional.secretary, hall, "ru", rows=0))
    found = {leak.rpartition(": ")[2] for address, text in told for leak in leaks(hall, address, text)}
    assert {mark for mark in hall.marks if "@" not in mark and not mark.isdigit()} <= found


def hidden(hall: Hall, user: User) -> list[bool]:
    """Of the three: voted on, waiting for an agenda, held."""
    return [access.hides_identity_from(user, secret.case) for secret in hall.secrets]


def test_the_rule_is_for_whoever_may_have_to_vote(hall: Hall) -> None:
    deputy = UserFactory(role=Role.CHAIR, center=hall.center)
    appoint(deputy, "deputy", hall.center, date(2026, 1, 5), by=By(None, NOW))
    for user in (*hall.voters, deputy):
        assert hidden(hall, user) == [True] * 3, user
    others = [UserFactory(role=role, center=hall.center if role == Role.HR else None) for role in OTHERS]
    for reader in (*others, hall.regional.secretary, hall.central.secretary, None):
        assert hidden(hall, reader) == [False] * 3, reader


def test_one_reads_ones_own_case(hall: Hall) -> None:
    member = hall.regional.members[0]
    member.employee = hall.secrets[1].case.employee
    assert hidden(hall, member) == [True, False, True]
    hall.secrets[1].case.refresh_from_db()
    assert access.scoped(member, Attestation.objects.all()).filter(pk=hall.secrets[1].case.pk).exists()


def test_what_is_sealed_is_named_and_what_is_reopened_is_not(hall: Hall) -> None:
    """Every item of the person in the sitting, first."""
    chair, member = hall.regional.chair, hall.regional.members[0]
    lines = list(AgendaItem.objects.pending())
    states = []
    for line in lines:
        for user in (chair, member):
            vote(line, "reject", by=By(user, NOW))
        count_item(line, by=By(hall.regional.secretary, NOW))
        states.append(hidden(hall, member)[0])
        seal_item(line, reason="Ключ верен.", by=By(hall.regional.secretary, NOW))
        states.append(hidden(hall, member)[0])
    assert states == [True, True, True, False]
    reopen_item(lines[0], why="Голос учтён неверно.", by=By(chair, NOW))
    assert hidden(hall, member)[0]
    count_item(lines[0], by=By(hall.regional.secretary, NOW))
    seal_item(lines[0], reason="Ключ верен.", by=By(hall.regional.secretary, NOW))
    close_sitting(lines[0].sitting, by=By(chair, LATER))
    assert not hidden(hall, member)[0]


def test_a_review_that_is_not_blind_hides_nobody(hall: Hall) -> None:
    CommissionRules.objects.create(effective_from=date(2026, 2, 12), blind_review=False)
    assert hidden(hall, hall.regional.chair) == [False] * 3


def test_the_case_answers_as_if_it_did_not_exist(hall: Hall) -> None:
    client = client_of(hall.regional.chair)
    for page in ("attestation_attestation_change", "attestation_attestation_history"):
        answers = [client.get(url(page, key), follow=True) for key in (hall.secrets[0].case.pk, 10**6)]
        assert {answer.redirect_chain[0] for answer in answers} == {(url("index"), 302)}
        assert messages_of(answers[0]) == messages_of(answers[1]) == [NONE]


def test_the_chair_rules_on_a_held_row_by_the_ratings_and_their_days_alone(hall: Hall) -> None:
    """I-05 needs no sitting, and ¶28-1 runs."""
    secret = hall.secrets[2]
    client = client_of(hall.regional.chair)
    page = text_of(client.get(url("appeals_sitting_queue")))
    assert url("scoring_heldrow_change", secret.case.pk) in page
    for address in (
        url("scoring_heldrow_change", secret.case.pk),
        url("scoring_heldrow_act", secret.case.pk, "rule-rating"),
    ):
        page = text_of(client.get(address))
        assert "03.11.2025: <b>4</b>" in page
        assert leaks(hall, address, page) == []
        assert "90 / 100" not in page
    answer = client.post(address, {"points": "10", "reason": "Шағым жоқ."}, follow=True)
    assert answer.redirect_chain == [(url("index"), 302)]
    assert Assessment.objects.current().get(attestation=secret.case).points_total == "92"
    assert not access.hides_identity_from(hall.regional.chair, secret.case)


def test_a_held_row_is_the_chairs_alone(hall: Hall) -> None:
    address = url("scoring_heldrow_change", hall.secrets[2].case.pk)
    for user, status in ((hall.regional.members[0], 403), (hall.regional.secretary, 403)):
        assert client_of(user).get(address).status_code == status
    other = seated(Role.CHAIR, CenterFactory())
    assert client_of(other).get(address).status_code == 302


def test_a_commission_of_one_rules_as_blind(hall: Hall) -> None:
    center = CenterFactory()
    chair = seated(Role.CHAIR, center)
    person = EmployeeFactory(center=center, last_name="Жалғызова", position="career_specialist")
    case = decided(90, employee=person, case_no="ALONE-1")
    item = filed(case, 12).items.get()
    client = client_of(chair)
    assert url("appeals_appealitem_change", item.pk) in text_of(client.get(url("appeals_sitting_queue")))
    page = client.get(url("appeals_appealitem_change", item.pk))
    assert [button.action.slug for button in page.context["buttons"]] == ["rule"]
    act = url("appeals_appealitem_act", item.pk, "rule")
    for text in (text_of(page), text_of(client.get(act))):
        assert WHY in text
        assert not [
            mark for mark in ("Жалғызова", "ALONE-1", person.iin, center.name_ru, "90 / 100") if mark in text
        ]
    answer = client.post(act, {"ruling": "reject", "reason": "Кілт дұрыс."}, follow=True)
    assert answer.redirect_chain[-1][0] == url("appeals_appeal_change", item.appeal_id)
    assert "Жалғызова" in text_of(answer)


def test_a_file_is_named_by_its_number(hall: Hall, media: Path) -> None:
    """People put their own names into those of their files."""
    appeal = hall.appeals[0]
    attach(appeal, checked([file_of("Канарейкина.pdf", PDF)], now=NOW), [], by=By(None, NOW))
    paper = appeal.attachments.get()
    address = url("appeals_appeal_paper", appeal.pk, paper.pk)
    names = [
        client_of(user).get(address).headers["Content-Disposition"]
        for user in (hall.regional.chair, hall.regional.secretary)
    ]
    assert names[0] == f'attachment; filename="{paper.pk}.pdf"'
    assert "%D0%9A" in names[1]


def test_whoever_recognises_the_person_recuses_from_the_ballot(hall: Hall) -> None:
    """Of all their matters, and without reading whose they are."""
    member = hall.regional.members[0]
    client = enter(member, hall, "en")
    first, second = AgendaItem.objects.pending()
    vote(second, "reject", by=By(member, NOW))
    page = client.get(url("appeals_agendaitem_change", first.pk))
    assert [button.action.slug for button in page.context["buttons"]] == ["recuse"]
    act = url("appeals_agendaitem_act", first.pk, "recuse")
    assert leaks(hall, act, text_of(client.get(act))) == []
    answer = client.post(act, {"reason": "Мы учились вместе."}, follow=True)
    assert leaks(hall, act, text_of(answer)) == []
    recused = Recusal.objects.filter(user=member).values_list("item", flat=True)
    assert set(recused) == {first.item_id, second.item_id}


def test_a_name_like_ones_own_is_pointed_at_before_the_questions(hall: Hall) -> None:
    member = hall.regional.members[0]
    member.last_name = "Канарейкинаа"
    member.save()
    page = client_of(member).get(url("appeals_sitting_change", AgendaItem.objects.first().sitting_id))
    assert page.context["ask_names"]
    assert [row.hint for row in page.context["names"]] == [True]
    other = client_of(hall.regional.members[1])
    page = other.get(url("appeals_sitting_change", AgendaItem.objects.first().sitting_id))
    assert [row.hint for row in page.context["names"]] == [False]
