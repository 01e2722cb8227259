"""One question, one answer: earlier rulings are read, a departure says why, the chair gets what differs."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from appeals.models import AgendaItem, AppealItem, DifferingRuling, Sitting
from appeals.services.counting import count_item, reopen_item, seal_item
from appeals.services.differing import leave_as_ruled
from appeals.services.earlier import earlier_rulings
from appeals.services.faulty import mark_faulty
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.models import Notice, Role, User
from attestation.refusals import Refused
from tests.appeals.sitting_cast import (
    AT,
    BEGINS,
    LATER,
    WHY,
    Board,
    board,
    cast,
    concluded,
    count_and_seal,
    filed,
    line_of,
    opened,
)
from tests.attestation.admin_cast import at, client_of, text_of, url
from tests.factories import CenterFactory, CycleFactory, EmployeeFactory, moment
from tests.siblings_cast import published, seated

__all__ = ["at"]

pytestmark = pytest.mark.django_db
QUESTION, VARIANT = 12, "7Б"
WRONG = list(range(QUESTION, QUESTION + 11))
DEPARTS = "По этому делу представлена новая редакция Правил."


@pytest.fixture
def people() -> Board:
    return board()


@pytest.fixture
def cycle() -> Any:
    return CycleFactory(center=CenterFactory())


def appealed(cycle: Any, variant: str = VARIANT) -> AppealItem:
    """Question 12 of the variant under appeal."""
    employee = EmployeeFactory(center=cycle.center)
    case = published(cycle=cycle, wrong=WRONG, variant=variant, employee=employee)
    return filed(case, QUESTION).items.get()


def counted(people: Board, item: AppealItem, choice: str) -> AgendaItem:
    """Everybody votes so, and the votes are counted."""
    line = line_of(item)
    cast(line, *((user, choice) for user in people.voters))
    return count_item(line, by=By(people.secretary, AT))


def both(people: Board, cycle: Any) -> tuple[AppealItem, AppealItem]:
    """Two appellants with the same question in one open sitting, the first one rejected and sealed."""
    first, second = appealed(cycle), appealed(cycle)
    opened(people)
    seal_item(counted(people, first, "reject"), reason="Ключ верен.", by=By(people.secretary, AT))
    return first, second


def told() -> set[tuple[str, str]]:
    found = Notice.objects.filter(kind="rulings_differ").select_related("user")
    return {(row.kind, row.user.role) for row in found if row.user is not None}


def test_a_departure_needs_a_sentence_and_the_chair_gets_the_earlier_appellant(
    people: Board, cycle: Any
) -> None:
    first, second = both(people, cycle)
    line = counted(people, second, "uphold")
    by = By(people.secretary, AT)
    with pytest.raises(Refused, match=r"Item 2: an earlier .* of 12\.02\.2026, is “rejected”") as why:
        seal_item(line, reason=WHY, by=by)
    assert why.value.code == "departure_missing"
    sealed = seal_item(line, reason=WHY, departure=f" {DEPARTS} ", by=by)
    assert (sealed.ruling, sealed.departure) == ("uphold", DEPARTS)
    assert not DifferingRuling.objects.exists()  # nothing has taken effect yet
    concluded(people, Sitting.objects.get())
    matter = DifferingRuling.objects.get()
    assert (matter.item, matter.question, matter.test_variant) == (second, QUESTION, VARIANT)
    assert told() == {("rulings_differ", "chair"), ("rulings_differ", "secretary")}
    first.refresh_from_db()
    assert first.ruling == "reject"  # it is for the chair to say what becomes of it


def test_the_same_outcome_needs_none_and_waits_for_nobody(people: Board, cycle: Any) -> None:
    _first, second = both(people, cycle)
    sealed = seal_item(
        counted(people, second, "reject"), reason=WHY, departure="?", by=By(people.secretary, AT)
    )
    assert sealed.departure == ""
    concluded(people, Sitting.objects.get())
    assert not DifferingRuling.objects.exists()


def test_sealed_in_either_order_the_rejected_one_is_put_before_the_chair(people: Board, cycle: Any) -> None:
    """Rulings take effect by their places on the agenda, not by the order of their seals."""
    first, second = appealed(cycle), appealed(cycle)
    opened(people)
    by = By(people.secretary, AT)
    seal_item(counted(people, second, "reject"), reason=WHY, by=by)
    seal_item(counted(people, first, "uphold"), reason=WHY, departure=DEPARTS, by=by)
    concluded(people, Sitting.objects.get())
    assert DifferingRuling.objects.get().item == second


def test_another_variant_another_cycle_and_no_variant_are_other_questions(people: Board, cycle: Any) -> None:
    item = appealed(cycle)
    elsewhere = appealed(CycleFactory(center=CenterFactory()))
    others = [appealed(cycle, "8А"), elsewhere, appealed(cycle, ""), appealed(cycle, "")]
    opened(people)
    for other in others:
        count_and_seal_as(people, other, "reject")
    assert earlier_rulings(item, people.commission) == []
    assert earlier_rulings(others[2], people.commission) == []


def count_and_seal_as(people: Board, item: AppealItem, choice: str) -> None:
    cast(line_of(item), *((user, choice) for user in people.voters))
    count_and_seal(line_of(item), by=By(people.secretary, AT))


def test_what_another_commission_sealed_is_its_secret_until_its_sitting_is_closed(
    people: Board, cycle: Any
) -> None:
    first, second = both(people, cycle)
    assert [row.ruling for row in earlier_rulings(second, people.commission)] == ["reject"]
    assert earlier_rulings(second) == []
    concluded(people, Sitting.objects.get())
    (row,) = earlier_rulings(AppealItem.objects.get(pk=second.pk))
    assert (row.ruling, row.reason, row.sealed) == ("reject", "Ключ верен.", False)


def test_a_reopened_item_keeps_its_sentence_beside_it(people: Board, cycle: Any) -> None:
    _first, second = both(people, cycle)
    line = counted(people, second, "uphold")
    line = seal_item(line, reason=WHY, departure=DEPARTS, by=By(people.secretary, AT))
    line = reopen_item(line, why="Ошибка", by=By(people.chair, AT))
    assert (line.departure, line.reopenings.get().departure) == ("", DEPARTS)


def alone() -> User:
    """A commission of one."""
    chair = seated(Role.CHAIR)
    seated(Role.SECRETARY)
    return chair


def differing(cycle: Any, chair: User) -> DifferingRuling:
    """Rejected for one, upheld for another, by a commission of one: the reason counts as the sentence."""
    first, second = appealed(cycle), appealed(cycle)
    rule_item(first, ruling="reject", reason=WHY, by=By(chair, LATER))
    rule_item(second, ruling="uphold", reason=DEPARTS, by=By(chair, LATER))
    return DifferingRuling.objects.get()


def test_a_faulty_question_settles_it_and_treats_all_alike(cycle: Any) -> None:
    chair = alone()
    matter = differing(cycle, chair)
    mark_faulty(cycle, VARIANT, QUESTION, reason=WHY, by=By(chair, LATER))
    matter.refresh_from_db()
    assert (matter.outcome, matter.settled_by, matter.settled_at) == ("faulty", chair, LATER)
    third = appealed_again(cycle, chair)
    assert third is None  # everybody who was rejected has the question counted as correct


def appealed_again(cycle: Any, chair: User) -> DifferingRuling | None:
    rule_item(appealed(cycle), ruling="uphold", reason=WHY, by=By(chair, LATER))
    return DifferingRuling.objects.waiting().first()


def test_a_third_ruling_adds_no_second_matter(cycle: Any) -> None:
    chair = alone()
    matter = differing(cycle, chair)
    rule_item(appealed(cycle), ruling="reject", reason=WHY, by=By(chair, LATER))
    assert DifferingRuling.objects.get() == matter
    assert Notice.objects.filter(kind="rulings_differ").count() == 2


def test_the_chair_may_leave_it_with_a_reason_once_and_for_good(cycle: Any) -> None:
    chair = alone()
    matter = differing(cycle, chair)
    with pytest.raises(Refused) as why:
        leave_as_ruled(matter, reason=" ", by=By(chair, LATER))
    assert why.value.code == "text_missing"
    leave_as_ruled(matter, reason=WHY, by=By(chair, LATER))
    with pytest.raises(Refused) as why:
        leave_as_ruled(matter, reason=WHY, by=By(chair, LATER))
    assert why.value.code == "settled_already"
    refused = "what is settled of differing rulings never changes"
    with pytest.raises(IntegrityError, match=refused), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE appeals_differingruling SET reason = 'x' WHERE id = %s", [matter.pk])


def test_who_is_not_the_chair_in_office_leaves_nothing(cycle: Any) -> None:
    matter = differing(cycle, alone())
    with pytest.raises(Refused) as why:
        leave_as_ruled(matter, reason=WHY, by=By(seated(Role.SECRETARY), LATER))
    assert why.value.code == "no_permission"


# --- the pages -------------------------------------------------------------------------------------------


def test_secretary_and_chair_read_earlier_rulings_before_the_count_and_no_name(
    at: Any, people: Board, cycle: Any
) -> None:
    first, second = both(people, cycle)
    at(moment("2026-02-12 10:40"))
    line, appellant = line_of(second), first.appeal.attestation
    for user, reads in ((people.secretary, True), (people.chair, True), (people.members[0], False)):
        client = client_of(user)
        sitting = client.get(url("appeals_sitting_change", line.sitting_id))
        client.post(url("appeals_sitting_names", line.sitting_id), {"seen": sitting.context["names_key"]})
        page = text_of(client.get(url("appeals_agendaitem_change", line.pk)))
        assert ("Earlier rulings on this question" in page) is reads
        assert ("Ключ верен." in page) is reads
        assert appellant.employee.iin not in page
        assert appellant.case_no not in page


def test_the_seal_asks_for_the_sentence_where_it_is_needed_and_the_minutes_show_it(
    at: Any, people: Board, cycle: Any
) -> None:
    _first, second = both(people, cycle)
    at(moment("2026-02-12 10:40"))
    line, client = counted(people, second, "uphold"), client_of(people.secretary)
    door = url("appeals_agendaitem_act", line.pk, "seal")
    assert 'name="departure"' in client.get(door).content.decode()
    assert client.post(door, {"reason": WHY, "departure": DEPARTS}).status_code == 302
    concluded(people, Sitting.objects.get())
    assert DEPARTS in text_of(client.get(url("appeals_sitting_minutes", line.sitting_id)))


def test_nothing_to_differ_from_asks_for_nothing(at: Any, people: Board, cycle: Any) -> None:
    item = appealed(cycle)
    opened(people)
    at(BEGINS)
    line = counted(people, item, "uphold")
    page = client_of(people.secretary).get(url("appeals_agendaitem_act", line.pk, "seal"))
    assert 'name="departure"' not in page.content.decode()


def test_the_chair_finds_it_on_the_home_page_with_both_ways_out(at: Any, cycle: Any) -> None:
    chair = alone()
    matter = differing(cycle, chair)
    at(LATER)
    client = client_of(chair)
    (tile,) = [one for one in client.get(url("index")).context["tiles"] if "differ" in one.title]
    assert tile.count == 1
    page = client.get(url("appeals_differingruling_change", matter.pk)).content.decode()
    assert f"{url('appeals_faultyquestion_add')}?cycle={cycle.pk}&amp;test_variant=" in page
    answer = client.post(url("appeals_differingruling_act", matter.pk, "leave"), {"reason": WHY})
    assert answer.status_code == 302
    matter.refresh_from_db()
    assert matter.outcome == "left"
