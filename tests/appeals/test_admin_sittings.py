"""The pages of a sitting: names before questions, votes hidden, blind until closed, refusals in words."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from appeals.admin.queue import Desk, Matter, sifted, without_sitting
from appeals.admin.waiting import missing_votes, waiting
from appeals.models import AgendaItem, Appeal, CommissionRules, Dissent, Membership, Recusal, Sitting, Vote
from appeals.services.counting import count_item, seal_item
from appeals.services.sittings import open_sitting
from appeals.services.voting import vote
from attestation import clock
from attestation.by import By
from attestation.models import Attestation, JournalEntry, Region, Role, User
from tests.appeals.sitting_cast import (
    AT,
    BEGINS,
    LATER,
    Board,
    attend,
    board,
    count_and_seal,
    filed,
    line_of,
    opened,
    planned,
)
from tests.attestation.admin_cast import client_of, messages_of, text_of, url
from tests.binding import done
from tests.factories import (
    AttestationFactory,
    CareerCenterFactory,
    CenterFactory,
    EmployeeFactory,
    UserFactory,
)
from tests.siblings_cast import decided, made_once
from tests.tables.test_sent_twice import twice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)


def file_one() -> tuple[Board, Appeal]:
    people = board()
    return people, filed(decided(employee=EmployeeFactory(last_name="Құпияева"), case_no="ZZ-7"), 12, 14)


made = made_once(file_one)


@pytest.fixture
def filed_one(made: tuple[Board, Appeal], db: None) -> tuple[Board, Appeal]:
    return deepcopy(made)


@pytest.fixture
def people(filed_one: tuple[Board, Appeal]) -> Board:
    return filed_one[0]


@pytest.fixture
def appeal(filed_one: tuple[Board, Appeal]) -> Appeal:
    return filed_one[1]


def reads(user: User, sitting: Sitting) -> Any:
    """A client of somebody who has read the names."""
    client = client_of(user)
    page = client.get(url("appeals_sitting_change", sitting.pk))
    client.post(url("appeals_sitting_names", sitting.pk), {"seen": page.context["names_key"]})
    return client


def test_the_names_come_before_the_questions(people: Board, appeal: Appeal) -> None:
    sitting = planned(people)
    client = client_of(people.chair)
    page = text_of(client.get(url("appeals_sitting_change", sitting.pk)))
    assert "Құпияева" in page
    assert "Question 12" not in page
    line = line_of(appeal.items.get(question=12))
    for address in (
        url("appeals_agendaitem_change", line.pk),
        url("appeals_agendaitem_act", line.pk, "vote"),
        url("appeals_sitting_minutes", sitting.pk),
    ):
        assert client.get(address).status_code == 302, address
    page = text_of(reads(people.chair, sitting).get(url("appeals_sitting_change", sitting.pk)))
    assert "Құпияева" not in page
    assert "Question 12" in page
    assert "ZZ-7" not in page


def test_a_new_name_is_asked_about_again(people: Board, appeal: Appeal) -> None:
    sitting = opened(people)
    client = client_of(people.chair)
    answer = client.post(url("appeals_sitting_names", sitting.pk), {"seen": "1-2-3"}, follow=True)
    assert "read the names again" in messages_of(answer)[0]
    assert client.get(url("appeals_sitting_names", sitting.pk)).status_code == 405


def test_a_review_is_blind_until_the_matter_is_closed(people: Board, appeal: Appeal) -> None:
    sitting = opened(people)
    client = reads(people.chair, sitting)
    line = line_of(appeal.items.get(question=12))
    iin = appeal.attestation.employee.iin
    addresses = (
        url("appeals_agendaitem_change", line.pk),
        url("appeals_sitting_queue"),
        url("appeals_sitting_minutes", sitting.pk),
        url("appeals_appeal_change", appeal.pk),
        url("appeals_appeal_changelist"),
    )
    for address in addresses:
        page = text_of(client.get(address))
        assert "Құпияева" not in page, address
        assert iin not in page, address
    vote(line, "reject", by=By(people.chair, AT))
    vote(line, "reject", by=By(people.members[0], AT))
    count_and_seal(line, reason="Ключ верен.", by=By(people.secretary, AT))
    # Another item of the case is still to be voted on.
    assert "Құпияева" not in text_of(client.get(addresses[0]))
    for other in AgendaItem.objects.pending().filter(sitting=sitting):
        vote(other, "reject", by=By(people.chair, AT))
        vote(other, "reject", by=By(people.members[0], AT))
        count_and_seal(other, by=By(people.secretary, AT))
    page = text_of(client.get(addresses[0]))
    assert "Құпияева" in page
    assert iin in page


def test_what_is_counted_or_sealed_stays_on_its_agenda_and_asks_for_no_vote(
    people: Board, appeal: Appeal
) -> None:
    sitting = opened(people)
    line = line_of(appeal.items.get(question=12))
    member = people.members[0]
    asked = missing_votes(member, AT).count()
    for user in (people.chair, people.members[1]):
        vote(line, "uphold", by=By(user, AT))
    count_item(line, by=By(people.secretary, AT))
    for sealed in (False, True):
        if sealed:
            seal_item(line, reason="…", by=By(people.secretary, AT))
        (shown,) = [row for row in queue_of(member) if row.key == f"item-{line.item_id}"]
        assert (shown.state, shown.asks, shown.missing) == ("open", False, frozenset())
        assert missing_votes(member, AT).count() == asked - 1
        assert f"item-{line.item_id}" not in {
            row.key for row in without_sitting(people.commission, people.secretary, AT)
        }
    assert sitting.agenda.count() == 2


def queue_of(user: User, **chosen: str) -> list[Matter]:
    """What the person's queue shows with these filters."""
    return Desk(user, AT, sifted(waiting(user, AT), chosen, user, AT).nearest_first()).matters()


def test_the_queue_counts_its_lines_unread(people: Board, appeal: Appeal) -> None:
    """Of the central commission and of a centre's, with held cases of both; no vote about oneself."""
    pinned = appeal.attestation.rule_set
    local = board(2, center=CenterFactory())
    for center in (CareerCenterFactory(parent=local.commission.center), CenterFactory()):
        for codes in (["no_rating"], ["ratings_not_read"]):
            person = EmployeeFactory(center=center)
            AttestationFactory(
                employee=person,
                status="held",
                rule_set=pinned,
                status_reason=[{"code": code} for code in codes],
            )
    opened(people)
    own, other = people.members
    User.objects.filter(pk=own.pk).update(employee=appeal.attestation.employee)
    own.refresh_from_db()
    sizes = {}
    for user in (people.chair, own, other, people.secretary, local.chair, local.secretary):
        lines = queue_of(user)
        assert waiting(user, AT).count() == len(lines)
        assert missing_votes(user, AT).count() == sum(line.asks for line in lines)
        sizes[user] = (len(lines), sum(line.asks for line in lines))
        ends = [line.closes_at for line in lines]
        assert ends == sorted(ends, key=lambda end: (end is None, end))
        pairs = waiting(user, AT).nearest_first()
        assert [pair for place in range(len(lines)) for pair in pairs[place : place + 1]] == list(pairs)
        assert waiting(user, AT).overdue(LATER).count() == sum(
            end is not None and end <= LATER for end in ends
        )
        for state in ("nowhere", "planned", "open"):
            assert queue_of(user, state=state) == [line for line in lines if line.state == state]
        for seat in Membership.objects.all():
            assert queue_of(user, member=str(seat.pk)) == [line for line in lines if seat.pk in line.missing]
        assert queue_of(user, member="me") == [line for line in lines if line.asks]
        for region in Region.objects.all():
            of_it = Attestation.objects.filter(center__region=region).values_list("pk", flat=True)
            assert queue_of(user, region=str(region.pk)) == [line for line in lines if line.case in of_it]
    assert (sizes[local.chair], sizes[own], sizes[other]) == ((1, 0), (3, 1), (3, 3))


def test_who_has_no_staff_record_cannot_be_checked_and_the_pages_say_so(
    people: Board, appeal: Appeal
) -> None:
    sitting = opened(people)
    User.objects.filter(pk=people.members[0].pk).update(employee=EmployeeFactory())
    said = "conflicts of interest cannot be checked: no staff record"
    # The chair and the other member; the secretary does not vote.
    reader = reads(people.secretary, sitting)
    assert text_of(reader.get(url("appeals_sitting_change", sitting.pk))).count(said) == 2
    minutes = text_of(reader.get(url("appeals_sitting_minutes", sitting.pk)))
    assert f"{people.chair}; {people.members[1]}<small>{said}</small>" in minutes
    answer = client_of(UserFactory()).post(
        url("appeals_membership_add"),
        {
            "user_account": UserFactory(role=Role.MEMBER).pk,
            "seat": "member",
            "from_day": "2026-02-12",
            "reason": "Order No. 7.",
        },
        follow=True,
    )
    assert said.capitalize() in messages_of(answer)[0]


def test_votes_are_hidden_from_everyone_until_closed(people: Board, appeal: Appeal) -> None:
    sitting = opened(people)
    line = line_of(appeal.items.get(question=12))
    vote(line, "uphold", by=By(people.members[0], AT))
    watchers = (people.chair, people.secretary, UserFactory(role=Role.AUDITOR))
    for user in watchers:
        page = reads(user, sitting).get(url("appeals_agendaitem_change", line.pk))
        assert "outcome" not in page.context
        assert 'aria-pressed="true"' not in text_of(page)
        assert 'class="tally"' not in text_of(page)


def test_a_vote_by_the_page_changes_and_a_double_one_is_one_f_c2(people: Board, appeal: Appeal) -> None:
    sitting = opened(people)
    client = reads(people.chair, sitting)
    line = line_of(appeal.items.get(question=12))
    address = url("appeals_agendaitem_act", line.pk, "vote")
    for choice in ("uphold", "uphold", "abstain"):
        assert client.post(address, {"choice": choice}).status_code == 302
    assert [row.choice for row in Vote.objects.all()] == ["abstain"]
    answer = client.post(address, {"choice": "ten"})
    assert answer.status_code == 422
    count_and_seal(line, by=By(people.secretary, AT))
    answer = client.post(address, {"choice": "uphold"})
    assert "was closed" in text_of(answer)
    assert Vote.objects.get().choice == "abstain"


def test_a_recused_member_sees_no_votes_and_no_ballot_f_r8(people: Board, appeal: Appeal) -> None:
    sitting = planned(people)
    aside = people.members[1]
    client = client_of(aside)
    person = appeal.attestation.employee_id
    answer = client.post(
        url("appeals_sitting_act", sitting.pk, "recuse"), {"person": person, "reason": "Родственник."}
    )
    assert answer.status_code == 302
    assert Recusal.objects.filter(user=aside).count() == 2
    open_sitting(sitting, by=By(people.secretary, BEGINS))
    attend(people, sitting, people.voters)
    client = reads(aside, sitting)
    line = line_of(appeal.items.get(question=12))
    page = text_of(client.get(url("appeals_agendaitem_change", line.pk)))
    assert "ballot" not in page
    assert "own statement: Родственник." in page
    for user, choice in ((people.chair, "uphold"), (people.members[0], "reject")):
        vote(line, choice, by=By(user, AT))
    answer = client.post(url("appeals_agendaitem_act", line.pk, "vote"), {"choice": "uphold"})
    assert "you are recused" in text_of(answer)
    count_and_seal(line, reason="Екі жауап та дұрыс.", by=By(people.secretary, AT))
    member = client_of(people.members[0])
    member.post(url("appeals_agendaitem_act", line.pk, "dissent"), {"text": "Мен қарсымын."})
    assert Dissent.objects.get().text == "Мен қарсымын."
    for address in (
        url("appeals_agendaitem_change", line.pk),
        url("appeals_sitting_change", sitting.pk),
        url("appeals_sitting_minutes", sitting.pk),
    ):
        page = text_of(client.get(address))
        assert "Мен қарсымын." not in page, address
        assert 'class="tally"' not in page, address
        assert "votes counted" not in page, address
    assert "Мен қарсымын." in text_of(member.get(url("appeals_agendaitem_change", line.pk)))


def test_attendance_on_a_stale_form_is_refused_and_kept_f_c3(people: Board, appeal: Appeal) -> None:
    sitting = opened(people, present=[])
    client = client_of(people.secretary)
    address = url("appeals_sitting_act", sitting.pk, "attendance")
    seen = Sitting.objects.get().version
    chair, member = (people.seat(user).pk for user in people.voters[:2])
    assert client.post(address, {"seen_version": seen, "present": [chair]}).status_code == 302
    answer = client.post(address, {"seen_version": seen, "present": [member]})
    assert answer.status_code == 422
    assert "Somebody changed this sitting meanwhile" in text_of(answer)
    assert answer.context["form"]["present"].value() == [str(member)]
    again = answer.context["form"]["seen_version"].value()
    assert client.post(address, {"seen_version": again, "present": [member]}).status_code == 302
    here = sitting.attendance.filter(present=True).values_list("membership_id", flat=True)
    assert list(here) == [member]


def test_the_queue_filters_by_member_and_state_and_forgets_nonsense(people: Board, appeal: Appeal) -> None:
    filed(decided(case_no="ZZ-8"), 3, external_id="other")
    client = client_of(people.chair)
    queue = url("appeals_sitting_queue")
    assert client.get(queue).context["page"].paginator.count == 3
    opened(people)
    seat = people.seat(people.chair).pk
    page = client.get(queue, {"member": seat})
    assert page.context["page"].paginator.count == 3
    assert text_of(page).count('class="btn small primary"') == 3
    for line in appeal.items.all():
        vote(line_of(line), "reject", by=By(people.chair, AT))
    assert client.get(queue, {"member": seat}).context["page"].paginator.count == 1
    assert client.get(queue, {"state": "nowhere"}).context["page"].paginator.count == 0
    assert (
        client.get(queue, {"member": "999", "state": "x", "region": "y"}).context["page"].paginator.count == 3
    )


def test_f_c2_agenda_time_and_attendance_sent_twice(people: Board, appeal: Appeal) -> None:
    client = client_of(people.secretary)
    sitting = planned(people, fill=False)
    matters = [f"item-{item.pk}" for item in appeal.items.all()]
    assert twice(client, url("appeals_sitting_act", sitting.pk, "agenda"), {"matters": matters}) == ""
    assert AgendaItem.objects.filter(sitting=sitting).count() == len(matters)
    seen = Sitting.objects.get().version
    moved = {"seen_version": seen, "starts_at": "2026-02-12T16:00", "online": "on", "place": ""}
    assert twice(client, url("appeals_sitting_act", sitting.pk, "move"), moved) == ""
    sitting = open_sitting(Sitting.objects.get(pk=sitting.pk), by=By(people.secretary, LATER))
    present = {"seen_version": sitting.version, "present": [people.seat(people.chair).pk]}
    assert twice(client, url("appeals_sitting_act", sitting.pk, "attendance"), present) == ""


def test_minutes_outlast_the_sitting_and_no_button_is_left(people: Board, appeal: Appeal) -> None:
    sitting = opened(people)
    chair = reads(people.chair, sitting)
    assert done(chair, url("appeals_sitting_act", sitting.pk, "close")).status_code == 302
    assert "/do/" not in text_of(chair.get(url("appeals_sitting_change", sitting.pk)))
    answer = client_of(people.secretary).post(url("appeals_sitting_act", sitting.pk, "attendance"), {})
    assert answer.status_code == 422
    assert "The sitting is closed" in text_of(chair.get(url("appeals_sitting_minutes", sitting.pk)))


@pytest.mark.parametrize(("role", "told"), [(Role.HR, 302), (Role.AUDITOR, 403), (Role.ADMINISTRATOR, 403)])
def test_nobody_outside_the_commission_acts(role: str, told: int, people: Board, appeal: Appeal) -> None:
    """Of the three an HR officer alone sees no sitting."""
    sitting = opened(people)
    line = line_of(appeal.items.get(question=12))
    center = appeal.attestation.center if role == Role.HR else None
    client = client_of(UserFactory(role=role, center=center))
    entries = JournalEntry.objects.count()
    for slug in ("agenda", "open", "move", "attendance", "recuse", "close"):
        assert client.post(url("appeals_sitting_act", sitting.pk, slug)).status_code == told
    for slug in ("vote", "count", "seal", "reopen", "dissent"):
        address = url("appeals_agendaitem_act", line.pk, slug)
        assert (
            client.post(address, {"choice": "uphold", "text": "x", "reason": "x", "why": "x"}).status_code
            == told
        )
    assert JournalEntry.objects.count() == entries
    assert client.get(url("appeals_sitting_queue")).status_code == (403 if role == Role.HR else 200)


def test_the_rules_say_that_they_are_ours_and_are_never_changed_backwards() -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    page = text_of(client.get(url("appeals_commissionrules_changelist")))
    assert "Ours, not the order's" in page
    values = {"quorum": "two_thirds", "ruling_days": 5, "recusal_months": 12, "attachment_max_mb": 10}
    answer = client.post(url("appeals_commissionrules_add"), {**values, "effective_from": "2026-02-12"})
    assert answer.status_code == 200
    assert CommissionRules.objects.count() == 1
    client.post(url("appeals_commissionrules_add"), {**values, "effective_from": "2026-02-13"})
    assert CommissionRules.objects.latest("effective_from").quorum == "two_thirds"


def test_the_administrator_releases_a_member_by_an_order(people: Board) -> None:
    member = Membership.objects.create(
        commission=people.commission,
        user=UserFactory(role=Role.MEMBER),
        seat=Membership.Seat.MEMBER,
        appointed_on=date(2026, 1, 12),
    )
    client = client_of(UserFactory())
    page, act = (
        url("appeals_membership_change", member.pk),
        url("appeals_membership_act", member.pk, "release"),
    )
    assert act in client.get(page).content.decode()
    early = client.post(act, {"on": "2026-01-11", "order_no": "17"})
    assert "was appointed on 12.01.2026" in text_of(early)
    client.post(act, {"on": "2026-02-02", "order_no": "17"})
    member.refresh_from_db()
    assert (member.released_on, member.release_order_no) == (date(2026, 2, 2), "17")
    assert act not in client.get(page).content.decode()
