"""F-C9: votes in a sitting, hidden until the item is closed; the count, the ruling, its effect, dissent."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from django.contrib.admin import site
from django.db import IntegrityError, transaction

from appeals.admin.agenda import AgendaItemAdmin
from appeals.admin.board import reader_of
from appeals.admin.endings import Ending
from appeals.models import AgendaItem, CommissionRules, Vote
from appeals.services.counting import count_item, seal_item
from appeals.services.sittings import close_sitting
from appeals.services.voting import record_dissent, vote
from appeals.services.withdrawal import withdraw_item
from attestation.admin.journal_lines import lines
from attestation.by import By
from attestation.models import JournalEntry, Notice, Role, User
from attestation.reason_words import reason_text
from attestation.refusals import Refused
from tests.appeals.sitting_cast import (
    AT,
    BEGINS,
    LATER,
    WHY,
    Board,
    attend,
    board,
    cast,
    concluded,
    count_and_seal,
    filed,
    line_of,
    opened,
    planned,
)
from tests.factories import UserFactory
from tests.siblings_cast import decided, footprint, fresh, made_once, published, sweep

pytestmark = pytest.mark.django_db


def before_the_board() -> tuple[Board, AgendaItem]:
    """One question on the agenda of an open sitting with everybody there: a chair and two members."""
    people = board()
    item = filed(published(60), 12).items.get()
    opened(people)
    return people, line_of(item)


made = made_once(before_the_board)


@pytest.fixture
def sat(made: tuple[Board, AgendaItem], db: None) -> tuple[Board, AgendaItem]:
    return deepcopy(made)


@pytest.fixture
def five(db: None) -> tuple[Board, AgendaItem]:
    """The same with four members, in the commission of a centre."""
    case = published(60)
    people = board(4, case.center.labour_mobility_center)
    item = filed(case, 12).items.get()
    opened(people)
    return people, line_of(item)


def closed(people: Board, line: AgendaItem, **more: Any) -> AgendaItem:
    return count_and_seal(line, **{"reason": WHY, "by": By(people.secretary, AT), **more})


class TestVote:
    def test_one_a_member_changeable_until_closed(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        first = vote(line, "uphold", by=By(people.chair, BEGINS))
        second = vote(line, "reject", by=By(people.chair, AT))
        assert first.pk == second.pk
        assert Vote.objects.get().choice == "reject"
        with pytest.raises(IntegrityError), transaction.atomic():
            Vote.objects.create(
                agenda_item=line, membership=people.seat(people.chair), choice="uphold", cast_at=AT
            )

    def test_f_c2_the_same_again_changes_nothing(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        first = vote(line, "uphold", by=By(people.chair, BEGINS))
        before = footprint()
        assert vote(line, "uphold", by=By(people.chair, AT)).cast_at == first.cast_at
        assert footprint() == before

    def test_the_journal_tells_that_and_not_how(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, (people.chair, "uphold"), (people.chair, "reject"))
        entries = JournalEntry.objects.filter(act="vote").order_by("seq")
        assert [(entry.actor, entry.attestation, entry.data["changed"]) for entry in entries] == [
            (people.chair, None, False),
            (people.chair, None, True),
        ]
        assert all("uphold" not in str(entry.data) and "reject" not in str(entry.data) for entry in entries)
        assert "uphold" not in str(Vote.objects.get())

    def test_the_absent_does_not_vote(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        attend(people, line.sitting, [])
        with pytest.raises(Refused, match="not marked as present") as refused:
            vote(line, "uphold", by=By(people.chair, AT))
        assert refused.value.code == "absent"

    def test_nor_the_secretary_or_somebody_elses_commission(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        others = board(center=fresh(line.item.appeal.attestation).center.parent)
        for user, code in ((people.secretary, "no_permission"), (others.chair, "not_of_the_composition")):
            with pytest.raises(Refused) as refused:
                vote(line, "uphold", by=By(user, AT))
            assert refused.value.code == code

    def test_nor_before_the_sitting_is_open(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        item = filed(line.item.appeal.attestation, 13).items.get()
        planned(people)
        with pytest.raises(Refused, match="the state is “planned”; items are voted on while it is open"):
            vote(line_of(item), "uphold", by=By(people.chair, AT))

    @pytest.mark.parametrize("choice", ["ten", "maybe", ""])
    def test_other_choices(self, sat: tuple[Board, AgendaItem], choice: str) -> None:
        people, line = sat
        with pytest.raises(Refused, match="one of: uphold, reject, abstain"):
            vote(line, choice, by=By(people.chair, AT))

    def test_f_c1_after_the_closing_one_is_told_how_it_ended(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, *((user, "uphold") for user in people.voters))
        closed(people, line)
        with pytest.raises(Refused) as refused:
            vote(line, "reject", by=By(people.chair, LATER))
        assert str(refused.value) == (
            "Item 1 of the agenda was closed, 12.02.2026 10:30: ruled on. It does not change any more."
        )


def told(line: AgendaItem, user: User) -> Ending | None:
    """How the item was counted or closed, as the page tells this person; None where it tells nothing."""
    line = AgendaItem.objects.select_related("sitting__commission").get(pk=line.pk)
    reader = reader_of(user, line.sitting, AT.date())
    page = site._registry[AgendaItem]
    assert isinstance(page, AgendaItemAdmin)
    found: Ending | None = page.ending(line, reader).get("outcome")
    return found


class TestHidden:
    @pytest.mark.parametrize("who", ["chair", "secretary", "member", "administrator", "auditor"])
    def test_the_votes_are_hidden_from_everyone_until_counted_and_then_until_sealed(
        self, sat: tuple[Board, AgendaItem], who: str
    ) -> None:
        people, line = sat
        cast(line, *((user, "uphold") for user in people.voters))
        user = {
            "chair": people.chair,
            "secretary": people.secretary,
            "member": people.members[0],
            "administrator": UserFactory(),
            "auditor": UserFactory(role=Role.AUDITOR),
        }[who]
        assert told(line, user) is None
        count_item(line, by=By(people.secretary, AT))
        assert (told(line, user) is not None) == (who in ("chair", "secretary"))
        seal_item(line, reason=WHY, by=By(people.secretary, AT))
        assert (told(line, user) is not None) == (who in ("chair", "secretary", "member"))
        concluded(people, line.sitting)
        ending = told(line, user)
        assert ending is not None
        assert (ending.title, ending.reason) == ("upheld", WHY)
        assert [part.count for part in ending.tally] == [3, 0, 0]
        assert {row.name for row in ending.votes} == {str(voter) for voter in people.voters}

    def test_what_was_never_counted_has_no_votes(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, (people.chair, "uphold"))
        withdraw_item(line.item, reason="…", by=By(None, AT))
        ending = told(line, people.chair)
        assert ending is not None
        assert (ending.tally, ending.votes) == ([], [])

    def test_no_line_of_the_journal_tells_of_a_sealed_ruling(self, sat: tuple[Board, AgendaItem]) -> None:
        """Until the sitting is closed its commission alone reads it, on its own pages."""
        people, line = sat
        cast(line, *((user, "uphold") for user in people.voters))
        closed(people, line)
        acts = ("vote", "count_item", "rule_in_sitting")
        told = [detail for row in lines(JournalEntry.objects.filter(act__in=acts)) for detail in row.details]
        assert told == []

    def test_the_journal_of_a_case_names_nobody_who_voted(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, *((user, "uphold") for user in people.voters))
        closed(people, line)
        concluded(people, line.sitting)
        entries = JournalEntry.objects.filter(attestation=line.item.appeal.attestation)
        assert not any(people.members[0].username in str(entry.data) for entry in entries)


class TestClosing:
    def test_i_13_sealed_rulings_take_effect_when_the_sitting_is_closed(
        self, sat: tuple[Board, AgendaItem]
    ) -> None:
        (people, _), case = sat, decided(81)
        officer = UserFactory(role=Role.HR, center=case.center)
        appeal = filed(case, 8, 9)
        opened(people)
        for question, choice in ((8, "uphold"), (9, "reject")):
            line = line_of(appeal.items.get(question=question))
            cast(line, *((user, choice) for user in people.voters))
            assert closed(people, line).ruling == choice
        appeal.refresh_from_db()
        assert (appeal.state, appeal.items.exclude(ruling="").count()) == ("open", 0)
        concluded(people, line.sitting)
        appeal.refresh_from_db()
        assert (appeal.state, appeal.resolved_at) == ("resolved", LATER)
        result = case.results.get(superseded_at__isnull=True)
        assert (result.correct_answers, result.source) == (82, "appeal")
        assert fresh(case).open_appeals == 0
        kinds = set(Notice.objects.filter(attestation=case, user=officer).values_list("kind", flat=True))
        assert {"appeal_resolved", "result_amended"} <= kinds
        sweep(LATER)
        assert case.decisions.get(superseded_at__isnull=True).state == "final"

    def test_the_minutes_stand_with_the_item(self, five: tuple[Board, AgendaItem]) -> None:
        people, line = five
        sitting = line.sitting
        attend(people, sitting, people.voters[:4])
        cast(line, (people.chair, "uphold"), (people.members[0], "reject"), (people.members[1], "abstain"))
        minutes = closed(people, line).minutes
        assert minutes["quorum"] == {"rule": "more_than_half", "present": 4, "of": 5, "needed": 3}
        assert (minutes["uphold"], minutes["reject"], minutes["abstain"]) == (1, 1, 1)
        assert minutes["why"] == "chair"
        assert minutes["votes"] == {
            people.chair.username: "uphold",
            people.members[0].username: "reject",
            people.members[1].username: "abstain",
        }

    def test_the_items_own_record_names_the_sitting_and_no_votes(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, *((user, "uphold") for user in people.voters))
        closed(people, line)
        concluded(people, line.sitting)
        line.item.refresh_from_db()
        assert line.item.minutes == {"sitting": "central commission, sitting № 1", "agenda_item": line.pk}
        assert (line.item.ruled_by, line.item.reason) == (people.chair, WHY)

    @pytest.mark.parametrize(
        ("votes", "present", "reason"),
        [
            (["uphold", "abstain", "abstain"], 1, "No quorum: the item goes to the next sitting."),
            (
                ["abstain", "abstain", "abstain"],
                3,
                "Nobody voted for one of the two: the item goes to the next sitting.",
            ),
            (
                ["abstain", "uphold", "reject"],
                3,
                "A tie that the chair's vote does not break: the item goes to the next sitting.",
            ),
            ([], 3, "Nobody voted for one of the two: the item goes to the next sitting."),
        ],
    )
    def test_without_a_ruling_it_goes_to_the_next_sitting(
        self, sat: tuple[Board, AgendaItem], votes: list[str], present: int, reason: str
    ) -> None:
        people, line = sat
        cast(line, *zip(people.voters, votes, strict=False))
        attend(people, line.sitting, people.voters[:present])
        following = planned(people)
        done = closed(people, line, reason="")
        assert (done.outcome, reason_text(done.reason), done.ruling) == ("no_ruling", reason, "")
        assert line_of(line.item).sitting == following
        line.item.refresh_from_db()
        assert line.item.ruling == ""

    def test_f_r8_who_left_the_room_counts_no_more(self, five: tuple[Board, AgendaItem]) -> None:
        people, line = five
        cast(line, *((user, "uphold") for user in people.voters[:3]))
        cast(line, *((user, "reject") for user in people.voters[3:]))
        attend(people, line.sitting, [people.chair, *people.voters[3:]])
        assert closed(people, line).ruling == "reject"

    def test_two_thirds_where_it_is_set(self, five: tuple[Board, AgendaItem]) -> None:
        CommissionRules.objects.create(effective_from=date(2026, 2, 1), quorum="two_thirds")
        people, line = five
        cast(line, *((user, "uphold") for user in people.voters[:3]))
        attend(people, line.sitting, people.voters[:3])
        done = closed(people, line)
        assert done.outcome == "no_ruling"
        assert done.minutes["quorum"] == {"rule": "two_thirds", "present": 3, "of": 5, "needed": 4}

    def test_a_ruling_needs_the_secretarys_reason(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, *((user, "uphold") for user in people.voters))
        count_item(line, by=By(people.secretary, AT))
        before = footprint()
        with pytest.raises(Refused, match="Give the reason of the ruling"):
            seal_item(line, reason=" ", by=By(people.secretary, AT))
        assert footprint() == before
        line.refresh_from_db()
        assert line.outcome == ""

    def test_f_c2_closed_twice_the_second_sees_the_first(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, *((user, "reject") for user in people.voters))
        closed(people, line)
        with pytest.raises(Refused) as refused:
            closed(people, line)
        assert refused.value.code == "item_closed"

    def test_f_a6_the_secretary_closes_no_item_of_their_own(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        people.secretary.employee = line.item.appeal.attestation.employee
        people.secretary.save()
        with pytest.raises(Refused) as refused:
            closed(people, line)
        assert refused.value.code == "own_record"

    def test_f_c4_a_withdrawn_question_is_voted_on_no_more(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        withdraw_item(line.item, reason="…", by=By(None, AT))
        for act in (
            lambda: vote(line, "uphold", by=By(people.chair, AT)),
            lambda: closed(people, line),
        ):
            with pytest.raises(Refused, match="withdrawn or ruled on elsewhere"):
                act()
        assert close_sitting(line.sitting, by=By(people.chair, LATER)).state == "closed"


class TestDissent:
    def ruled(self, people: Board, line: AgendaItem) -> tuple[Board, AgendaItem]:
        cast(line, (people.chair, "reject"), (people.members[0], "reject"))
        return people, closed(people, line)

    def test_a_members_own_and_one_typed_in_by_the_secretary(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = self.ruled(*sat)
        own = record_dissent(line, " Ключ неверен. ", by=By(people.members[0], AT))
        typed = record_dissent(
            line, "Согласен.", membership=people.seat(people.chair), by=By(people.secretary, AT)
        )
        assert (own.text, typed.membership.user) == ("Ключ неверен.", people.chair)
        assert JournalEntry.objects.filter(act="record_dissent").count() == 2

    def test_what_is_refused(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = self.ruled(*sat)
        record_dissent(line, "…", by=By(people.members[0], AT))
        seat = people.seat(people.chair)
        for code, values in {
            "dissent_recorded": {"by": By(people.members[0], AT)},
            "took_no_part": {"by": By(people.members[1], AT)},
            "not_in_office": {"by": By(people.members[0], AT), "membership": seat},
            "wrong_role": {"by": By(UserFactory(), AT)},
        }.items():
            with pytest.raises(Refused) as refused:
                record_dissent(line, "…", **values)
            assert refused.value.code == code
        with pytest.raises(Refused, match="Write the dissent down"):
            record_dissent(line, " ", by=By(people.chair, AT))

    def test_not_before_a_ruling(self, sat: tuple[Board, AgendaItem]) -> None:
        people, line = sat
        cast(line, (people.chair, "reject"))
        with pytest.raises(Refused) as refused:
            record_dissent(line, "…", by=By(people.chair, AT))
        assert refused.value.code == "no_ruling_yet"
