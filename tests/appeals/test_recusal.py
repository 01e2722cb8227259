"""F-R8: who takes no part, by rule or by own statement; and what recusals leave to the central commission."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from appeals.admin.board import reader_of
from appeals.admin.endings import ending_of
from appeals.models import AgendaItem, Recusal
from appeals.services.commission import release
from appeals.services.lines import ready_for
from appeals.services.recusals import ground_for, is_recused, pass_on_due, recuse
from appeals.services.sittings import put_on_agenda
from appeals.services.voting import vote
from attestation.by import By
from attestation.models import Attestation, JournalEntry, Role, User
from attestation.reason_words import reason_text
from attestation.refusals import Refused
from tests.appeals.sitting_cast import (
    AT,
    PLANNED,
    WHY,
    board,
    cast,
    count_and_seal,
    filed,
    line_of,
    on,
    opened,
    planned,
)
from tests.appeals.test_sitting_course import held_row
from tests.factories import AttestationFactory, CenterFactory, CycleFactory, EmployeeFactory, UserFactory
from tests.siblings_cast import footprint, published

pytestmark = pytest.mark.django_db


def colleague_of(case: Attestation, user: User, **values: Any) -> User:
    """The member is on the staff of the appellant's centre."""
    user.employee = EmployeeFactory(center=case.center, **values)
    user.save()
    return user


class TestByRule:
    def test_the_appellant_a_colleague_and_nobody_else(self) -> None:
        people, case = board(3), published(60)
        people.chair.employee = case.employee
        people.chair.save()
        colleague_of(case, people.members[0])
        people.members[1].employee = EmployeeFactory()
        people.members[1].save()
        filed(case, 12)
        planned(people)
        found = {recusal.user: recusal.ground for recusal in Recusal.objects.all()}
        assert found == {people.chair: "appellant", people.members[0]: "colleague"}
        entries = JournalEntry.objects.filter(act="recuse", attestation=case)
        assert {(entry.actor, entry.data["ground"]) for entry in entries} == {
            (None, "appellant"),
            (None, "colleague"),
        }

    @pytest.mark.parametrize(
        ("left", "ground"),
        [(None, "colleague"), (date(2025, 2, 12), "colleague"), (date(2025, 2, 11), None)],
    )
    def test_worked_there_within_the_year(self, left: date | None, ground: str | None) -> None:
        case = published(60)
        user = colleague_of(case, UserFactory(role=Role.MEMBER), left_on=left)
        assert ground_for(user, case, on("12")) == ground

    @pytest.mark.parametrize(("ended", "ground"), [("2025-02-12", "colleague"), ("2025-02-11", None)])
    def test_attested_there_before_moving_elsewhere(self, ended: str, ground: str | None) -> None:
        case, user = published(60), UserFactory(role=Role.MEMBER, employee=EmployeeFactory())
        day = date.fromisoformat(ended)
        cycle = CycleFactory(testing_starts=day, testing_ends=day)
        AttestationFactory(employee=user.employee, center=case.center, cycle=cycle)
        assert ground_for(user, case, on("12")) == ground

    def test_the_centre_of_the_case_and_that_of_today(self) -> None:
        case = published(60)
        former = UserFactory(role=Role.MEMBER, employee=EmployeeFactory(center=case.center))
        elsewhere = CenterFactory()
        case.employee.center = elsewhere
        case.employee.save()
        present = UserFactory(role=Role.MEMBER, employee=EmployeeFactory(center=elsewhere))
        assert ground_for(former, case, on("12")) == ground_for(present, case, on("12")) == "colleague"

    @pytest.mark.parametrize("own", ["center", "parent"])
    def test_the_hr_officer_of_the_centre(self, own: str) -> None:
        case = published(60)
        center = case.center if own == "center" else case.center.parent
        assert ground_for(UserFactory(role=Role.HR, center=center), case, on("12")) == "hr_officer"
        assert ground_for(UserFactory(role=Role.CHAIR, center=center), case, on("12")) is None
        assert ground_for(UserFactory(role=Role.HR, center=CenterFactory()), case, on("12")) is None

    def test_a_seat_in_the_regions_commission_is_no_work_in_its_centre(self) -> None:
        case = published(60)
        people = board(center=case.center.parent)
        filed(case, 12)
        planned(people)
        assert not Recusal.objects.exists()

    def test_who_became_a_colleague_since_does_not_vote_either(self) -> None:
        people, case = board(), published(60)
        item = filed(case, 12).items.get()
        opened(people)
        user = colleague_of(case, people.members[0])
        with pytest.raises(Refused, match="you are recused and take no part in it"):
            vote(line_of(item), "uphold", by=By(user, AT))
        cast(line_of(item), (people.chair, "uphold"), (people.members[1], "uphold"))
        line = count_and_seal(line_of(item), reason=WHY, by=By(people.secretary, AT))
        assert line.minutes["recused"] == [user.username]
        assert Recusal.objects.get().user == user

    def test_of_a_held_row_too(self) -> None:
        people, case = board(), held_row()
        colleague_of(case, people.members[0])
        planned(people)
        assert Recusal.objects.get().attestation == case


class TestOwnStatement:
    def test_of_everything_of_this_person_on_the_agenda(self) -> None:
        people, case, other = board(), published(60), published(60)
        appeal = filed(case, 12, 47)
        filed(other, 5)
        opened(people)
        user = people.members[0]
        made = recuse(case, reason=" Родственник. ", by=By(user, AT))
        assert [recusal.item for recusal in made] == list(appeal.items.order_by("question"))
        assert {(one.automatic, one.ground, one.reason) for one in made} == {
            (False, "statement", "Родственник.")
        }
        entry = JournalEntry.objects.filter(act="recuse").first()
        assert entry is not None
        assert (entry.actor, entry.attestation) == (user, case)

    def test_a_vote_cast_before_counts_no_more(self) -> None:
        people, case = board(), published(60)
        item = filed(case, 12).items.get()
        opened(people)
        line = line_of(item)
        cast(line, (people.chair, "reject"), *((user, "uphold") for user in people.members))
        recuse(case, reason="…", by=By(people.members[0], AT))
        done = count_and_seal(line, reason=WHY, by=By(people.secretary, AT))
        assert (done.ruling, done.minutes["why"]) == ("reject", "chair")
        assert people.members[0].username not in done.minutes["votes"]

    def test_recused_one_neither_votes_nor_sees_the_votes(self) -> None:
        people, case = board(), published(60)
        item = filed(case, 12).items.get()
        opened(people)
        line, user = line_of(item), people.members[0]
        recuse(case, reason="…", by=By(user, AT))
        assert is_recused(user, line, on("12"))
        with pytest.raises(Refused) as refused:
            vote(line, "uphold", by=By(user, AT))
        assert refused.value.code == "recused"
        cast(line, (people.chair, "uphold"), (people.members[1], "uphold"))
        count_and_seal(line, reason=WHY, by=By(people.secretary, AT))
        reader = reader_of(user, line.sitting, AT.date())
        assert reader.recused(line)
        line.refresh_from_db()
        ending = ending_of(line, reader, {}, ())
        assert (ending.tally, ending.votes, ending.hidden != "") == ([], [], True)

    def test_what_is_refused(self) -> None:
        people, case = board(), published(60)
        item = filed(case, 12).items.get()
        before = footprint()
        for code, values in {
            "nothing_to_recuse_from": {"by": By(people.chair, AT)},
            "no_permission": {"by": By(people.secretary, AT)},
            "text_missing": {"by": By(people.chair, AT), "reason": " "},
        }.items():
            with pytest.raises(Refused) as refused:
                recuse(case, **{"reason": "…", **values})
            assert refused.value.code == code
        assert footprint() == before
        planned(people)
        stranger = UserFactory(role=Role.MEMBER)
        with pytest.raises(Refused) as refused:
            recuse(case, reason="…", by=By(stranger, AT))
        assert refused.value.code == "nothing_to_recuse_from"
        recuse(case, reason="…", by=By(people.chair, AT))
        assert recuse(case, reason="once more", by=By(people.chair, AT)) == []
        assert Recusal.objects.get(item=item).reason == "…"

    def test_it_is_never_taken_back(self) -> None:
        people, case = board(), published(60)
        filed(case, 12)
        planned(people)
        recuse(case, reason="…", by=By(people.chair, AT))
        with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
            Recusal.objects.update(reason="x")
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            Recusal.objects.all()._raw_delete(using="default")


class TestToTheCentral:
    """What recusals leave without a possible quorum passes on, by itself and visibly."""

    def test_when_the_last_one_recuses(self) -> None:
        case = published(60)
        regional, central = board(1, center=case.center.parent), board()
        item = filed(case, 12).items.get()
        opened(regional)
        line, following = line_of(item), planned(central)
        recuse(case, reason="…", by=By(regional.chair, AT))
        assert line_of(item) == line
        recuse(case, reason="…", by=By(regional.members[0], AT))
        line.refresh_from_db()
        assert (line.outcome, line.closed_by, reason_text(line.reason)) == (
            "passed_to_central",
            None,
            "Recusals left the item without a possible quorum.",
        )
        moved = line_of(item)
        assert (moved.sitting, moved.item.commission) == (following, central.commission)
        entry = JournalEntry.objects.get(act="passed_to_central")
        assert (entry.actor, entry.attestation, entry.data["question"]) == (None, case, 12)

    def test_when_the_rule_leaves_nobody(self) -> None:
        case = published(60)
        regional = board(1, center=case.center.parent)
        for user in regional.voters:
            colleague_of(case, user)
        item = filed(case, 12).items.get()
        item.commission = regional.commission
        item.save()
        line = put_on_agenda(planned(regional, fill=False), item=item, by=By(regional.secretary, PLANNED))
        assert AgendaItem.objects.get(pk=line.pk).outcome == "passed_to_central"
        central = board()
        assert ready_for(central.commission, PLANNED).items == [item]
        assert ready_for(regional.commission, PLANNED).items == []

    def test_a_held_row_goes_the_same_way(self) -> None:
        case = held_row()
        regional, central = board(0, center=case.center.parent), board()
        colleague_of(case, regional.chair)
        planned(regional)
        assert ready_for(central.commission, PLANNED).rows == [case]
        opened(central)
        line = line_of(case)
        cast(line, *((user, "ten") for user in central.voters))
        assert count_and_seal(line, reason=WHY, by=By(central.secretary, AT)).ruling == "ten"

    def test_the_sweep_passes_on_what_is_on_no_agenda(self) -> None:
        case = published(60)
        regional, central = board(1, center=case.center.parent), board()
        item = filed(case, 12).items.get()
        assert pass_on_due(now=PLANNED) == 0
        for user in regional.voters:
            colleague_of(case, user)
        assert pass_on_due(now=PLANNED) == 1
        assert pass_on_due(now=PLANNED) == 0
        assert ready_for(central.commission, PLANNED).items == [item]
        assert JournalEntry.objects.get(act="passed_to_central").actor is None

    def test_f_r8_and_what_waits_where_everybody_was_released(self) -> None:
        case = published(60)
        regional, central = board(1, center=case.center.parent), board()
        item = filed(case, 12).items.get()
        planned(regional)
        following = planned(central)
        for user in regional.voters:
            release(regional.seat(user), on("12"), by=By(None, PLANNED))
        assert pass_on_due(now=PLANNED) == 0
        assert pass_on_due(now=AT) == 1
        assert line_of(item).sitting == following

    def test_there_is_nobody_beyond_the_central_one(self) -> None:
        people, case = board(1), published(60)
        for user in people.voters:
            colleague_of(case, user)
        item = filed(case, 12).items.get()
        opened(people)
        done = count_and_seal(line_of(item), by=By(people.secretary, AT))
        assert (done.outcome, done.minutes["why"]) == ("no_ruling", "no_quorum")
        assert ready_for(people.commission, AT).items == [item]
