"""A sitting from plan to closing: agenda, attendance, who takes which step, read-only for ever (I-12)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from appeals.models import (
    AgendaItem,
    AppealItem,
    Attendance,
    CommissionRules,
    Dissent,
    Membership,
    Recusal,
    Sitting,
    Vote,
)
from appeals.services.commission import release
from appeals.services.lines import ready_for
from appeals.services.ruling import rule_item
from appeals.services.sittings import (
    close_sitting,
    mark_attendance,
    move_sitting,
    names_on_agenda,
    open_sitting,
    plan_sitting,
    put_on_agenda,
)
from appeals.services.voting import record_dissent, vote
from appeals.services.withdrawal import withdraw
from attestation.by import By
from attestation.law.parameters import NotInForce
from attestation.models import Attestation, JournalEntry, Role
from attestation.reason_words import reason_text
from attestation.refusals import Refused
from scoring.models import RatingRuling
from scoring.services.rulings import rule_rating
from tests.appeals.sitting_cast import (
    AT,
    BEGINS,
    LATER,
    PLANNED,
    WHY,
    Board,
    attend,
    board,
    cast,
    concluded,
    count_and_seal,
    filed,
    line_of,
    on,
    opened,
    planned,
)
from tests.factories import UserFactory
from tests.siblings_cast import (
    READ,
    examined,
    footprint,
    fresh,
    made_once,
    published,
    rate,
    read,
    sweep,
)

pytestmark = pytest.mark.django_db


def held_row() -> Any:
    """A case whose mean rating is 4.0: row 2 waits for a ruling (I-04)."""
    case = examined(90)
    rate(case, "4", "4")
    read(case)
    sweep(READ)
    assert fresh(case).status == "held"
    return fresh(case)


@dataclass
class Scene:
    """A central commission, and a case below 70 % that may appeal."""

    people: Board
    case: Attestation


made = made_once(lambda: Scene(board(), published(60)))


@pytest.fixture
def scene(made: Scene, db: None) -> Scene:
    return deepcopy(made)


held_made = made_once(lambda scene: (scene.people, held_row()), "class", on="made")


@pytest.fixture
def held(held_made: Any, db: None) -> Any:
    """The commission and a held row."""
    return deepcopy(held_made)


def finish(scene: Scene) -> tuple[Board, Sitting, AgendaItem]:
    people = scene.people
    item = filed(scene.case, 12).items.get()
    sitting = opened(people)
    line = line_of(item)
    cast(line, *((user, "reject") for user in people.voters))
    count_and_seal(line, reason=WHY, by=By(people.secretary, AT))
    record_dissent(line, "Не согласен.", by=By(people.members[0], AT))
    sitting = close_sitting(sitting, by=By(people.chair, LATER))
    return people, sitting, AgendaItem.objects.get(pk=line.pk)


finished_made = made_once(finish, "class", on="made")


@pytest.fixture
def finished(finished_made: Any, db: None) -> Any:
    """The commission, its closed sitting, the one item of it."""
    return deepcopy(finished_made)


class TestAgenda:
    def test_a_planned_sitting_takes_what_waits(self, scene: Scene) -> None:
        people, case, row = scene.people, scene.case, held_row()
        appeal = filed(case, 12, 47)
        sitting = planned(people)
        assert [
            (line.position, line.item and line.item.question, line.attestation)
            for line in sitting.agenda.all()
        ] == [
            (1, 12, None),
            (2, 47, None),
            (3, None, row),
        ]
        assert ready_for(people.commission, PLANNED).cases == set()
        assert sitting.number == 1
        assert JournalEntry.objects.filter(act="put_on_agenda", subject="central-1").count() == 3
        assert appeal.items.first().commission == people.commission

    def test_or_line_by_line(self, scene: Scene) -> None:
        people, case = scene.people, scene.case
        one, two = filed(case, 12, 47).items.order_by("question")
        sitting = planned(people, fill=False)
        put_on_agenda(sitting, item=two, by=By(people.secretary, PLANNED))
        assert ready_for(people.commission, PLANNED).items == [one]
        put_on_agenda(sitting, item=one, by=By(people.secretary, PLANNED))
        assert [line.item for line in sitting.agenda.order_by("position")] == [two, one]

    def test_what_came_since_joins_an_open_sitting(self, scene: Scene) -> None:
        people = scene.people
        sitting = opened(people)
        item = filed(scene.case, 12).items.get()
        assert put_on_agenda(sitting, item=item, by=By(people.secretary, AT)).position == 1

    def test_one_agenda_at_a_time(self, scene: Scene) -> None:
        people = scene.people
        item = filed(scene.case, 12).items.get()
        planned(people)
        second = planned(people)
        with pytest.raises(Refused, match="central commission, sitting № 1, item 1") as refused:
            put_on_agenda(second, item=item, by=By(people.secretary, PLANNED))
        assert refused.value.code == "on_an_agenda"
        with pytest.raises(IntegrityError), transaction.atomic():
            AgendaItem.objects.create(sitting=second, item=item, position=1)

    def test_what_is_closed_late_or_not_held_is_no_matter_for_it(self, scene: Scene) -> None:
        people, case = scene.people, scene.case
        appeal = filed(case, 12)
        withdraw(appeal, reason="…", by=By(None, PLANNED))
        sitting = planned(people)
        assert not sitting.agenda.exists()
        for subject in ({"item": appeal.items.get()}, {"attestation": case}):
            with pytest.raises(Refused) as refused:
                put_on_agenda(sitting, **subject, by=By(people.secretary, PLANNED))
            assert refused.value.code == "not_for_this_agenda"

    def test_each_commission_has_its_own(self, scene: Scene) -> None:
        case, central = scene.case, scene.people
        regional = board(center=case.center.parent)
        item = filed(case, 12).items.get()
        assert item.commission == regional.commission
        assert ready_for(central.commission, PLANNED).items == []
        with pytest.raises(Refused) as refused:
            put_on_agenda(planned(central), item=item, by=By(central.secretary, PLANNED))
        assert refused.value.code == "not_for_this_agenda"
        assert planned(regional).agenda.get().item == item

    def test_the_names_stand_apart_from_the_items(self, scene: Scene) -> None:
        people = scene.people
        cases = [published(60), published(60)]
        filed(cases[1], 12, 47)
        filed(cases[0], 5)
        names = names_on_agenda(planned(people))
        assert {case for case, _name in names} == set(cases)
        people = sorted((case.employee for case in cases), key=lambda person: person.sort_key)
        assert [name for _case, name in names] == [person.full_name for person in people]


class TestCourse:
    def test_opened_by_the_secretary_closed_by_the_chair(self, scene: Scene) -> None:
        people = scene.people
        sitting = opened(people)
        sitting.refresh_from_db()
        assert (sitting.state, sitting.opened_at, sitting.opened_by) == ("open", BEGINS, people.secretary)
        closed = close_sitting(sitting, by=By(people.chair, LATER))
        assert (closed.state, closed.closed_at, closed.closed_by) == ("closed", LATER, people.chair)
        acts = JournalEntry.objects.filter(subject="central-1").order_by("seq")
        assert [entry.act for entry in acts] == [
            "plan_sitting",
            "open_sitting",
            "mark_attendance",
            "close_sitting",
        ]

    def test_moved_while_it_is_planned(self, scene: Scene) -> None:
        people = scene.people
        sitting = planned(people)
        moved = move_sitting(sitting, starts_at=LATER, online=True, by=By(people.secretary, PLANNED))
        assert (moved.starts_at, moved.place, moved.online) == (LATER, "", True)
        open_sitting(sitting, by=By(people.secretary, BEGINS))
        with pytest.raises(Refused, match="the state is “open”"):
            move_sitting(sitting, starts_at=LATER, online=True, by=By(people.secretary, PLANNED))

    def test_a_place_or_online(self, scene: Scene) -> None:
        people = scene.people
        with pytest.raises(Refused, match="say that it is online"):
            planned(people, place=" ")
        assert planned(people, place="", online=True).place == ""

    def test_what_was_not_closed_goes_to_the_next_sitting(self, scene: Scene) -> None:
        people = scene.people
        item = filed(scene.case, 12).items.get()
        sitting = opened(people)
        following = planned(people)
        cast(line_of(item), (people.chair, "uphold"))
        close_sitting(sitting, by=By(people.chair, LATER))
        line = sitting.agenda.get()
        assert (line.outcome, reason_text(line.reason)) == (
            "no_ruling",
            "The sitting was closed before the item was.",
        )
        assert line_of(item).sitting == following

    def test_and_waits_where_none_is_planned(self, scene: Scene) -> None:
        people = scene.people
        item = filed(scene.case, 12).items.get()
        close_sitting(opened(people), by=By(people.chair, LATER))
        assert ready_for(people.commission, LATER).items == [item]
        assert planned(people).agenda.get().item == item

    def test_f_r8_a_released_member_leaves_and_a_replacement_is_journalled(self, scene: Scene) -> None:
        people = scene.people
        administrator = UserFactory()
        leaving = people.seat(people.members[0])
        release(leaving, on("12"), order_no="7-К", by=By(administrator, PLANNED))
        entry = JournalEntry.objects.get(act="release")
        assert (entry.data["on"], entry.data["order"]) == ("2026-02-12", "7-К")
        item = filed(scene.case, 12).items.get()
        opened(people, [people.chair, people.members[1]])
        with pytest.raises(Refused) as refused:
            vote(line_of(item), "uphold", by=By(people.members[0], AT))
        assert refused.value.code == "not_of_the_composition"
        with pytest.raises(Refused, match="did not belong to the commission as this sitting was opened"):
            mark_attendance(line_of(item).sitting, [leaving], by=By(people.secretary, AT))
        with pytest.raises(Refused, match="was released already"):
            release(leaving, on("13"), by=By(administrator, AT))

    def test_the_rules_are_dated(self) -> None:
        CommissionRules.objects.create(effective_from=date(2026, 3, 1), quorum="two_thirds")
        assert CommissionRules.objects.in_force_on(date(2026, 2, 28)).quorum == "more_than_half"
        assert CommissionRules.objects.in_force_on(date(2026, 3, 1)).quorum == "two_thirds"
        with pytest.raises(NotInForce):
            CommissionRules.objects.in_force_on(date(2025, 9, 28))


class TestRow:
    """A held row 2 of App. 1-2 (I-04, I-05), ruled on in a sitting or by the chair at once."""

    @pytest.mark.parametrize(("choice", "points", "total"), [("ten", 10, "92"), ("zero", 0, "82")])
    def test_it_is_voted_on(self, held: Any, choice: str, points: int, total: str) -> None:
        people, case = held
        opened(people)
        line = line_of(case)
        cast(line, *((user, choice) for user in people.voters))
        closed = count_and_seal(line, reason="Оценок мало.", by=By(people.secretary, AT))
        assert (closed.outcome, closed.ruling) == ("ruled", choice)
        assert not RatingRuling.objects.exists()  # until the sitting is closed
        concluded(people, line.sitting)
        ruling = RatingRuling.objects.get()
        assert (ruling.points, ruling.reason, ruling.ruled_by) == (points, "Оценок мало.", people.chair)
        assert case.assessments.get(superseded_at__isnull=True).points_total == total

    def test_votes_for_upholding_belong_to_appeals(self, held: Any) -> None:
        people, case = held
        opened(people)
        with pytest.raises(Refused, match="one of: 10 points, 0 points, abstain"):
            vote(line_of(case), "uphold", by=By(people.chair, AT))

    def test_i_05_the_chair_still_rules_at_once(self, held: Any) -> None:
        people, case = held
        opened(people)
        line = line_of(case)
        rule_rating(case, points=10, reason="…", by=By(people.chair, AT))
        closed = count_and_seal(line, reason="…", by=By(people.secretary, AT))
        assert (closed.outcome, closed.closed_by) == ("withdrawn", None)
        assert RatingRuling.objects.count() == 1

    def test_the_secretary_rules_on_no_row_outside_a_sitting(self, held: Any) -> None:
        people, case = held
        with pytest.raises(Refused) as refused:
            rule_rating(case, points=10, reason="…", by=By(people.secretary, AT))
        assert refused.value.code == "no_permission"


class TestWho:
    """Each step is of one seat, in this very commission."""

    @pytest.mark.parametrize("who", ["chair", "member", "hr", "administrator", "auditor", "elsewhere", None])
    @pytest.mark.parametrize("step", ["plan", "put", "move", "open", "attend", "close_item"])
    def test_what_the_secretary_does(self, scene: Scene, step: str, who: str | None) -> None:
        people = scene.people
        item = filed(scene.case, 12).items.get()
        sitting = opened(people) if step in ("attend", "close_item") else planned(people, fill=step != "put")
        actor = {
            "chair": people.chair,
            "member": people.members[0],
            "hr": UserFactory(role=Role.HR, center=item.appeal.attestation.center),
            "administrator": UserFactory(),
            "auditor": UserFactory(role=Role.AUDITOR),
            "elsewhere": UserFactory(role=Role.SECRETARY),
            None: None,
        }[who]
        how = {"by": By(actor, AT)}
        steps = {
            "plan": lambda: plan_sitting(people.commission, starts_at=BEGINS, online=True, **how),
            "put": lambda: put_on_agenda(sitting, item=item, **how),
            "move": lambda: move_sitting(sitting, starts_at=LATER, online=True, **how),
            "open": lambda: open_sitting(sitting, **how),
            "attend": lambda: mark_attendance(sitting, [], **how),
            "close_item": lambda: count_and_seal(line_of(item), reason="…", **how),
        }
        before = footprint(), Sitting.objects.values_list().get(), AgendaItem.objects.count()
        with pytest.raises(Refused) as refused:
            steps[step]()
        assert refused.value.code == ("not_in_office" if who == "elsewhere" else "no_permission")
        assert (footprint(), Sitting.objects.values_list().get(), AgendaItem.objects.count()) == before

    @pytest.mark.parametrize("who", ["secretary", "member", "administrator", "elsewhere", None])
    def test_only_the_chair_closes_the_sitting(self, scene: Scene, who: str | None) -> None:
        people = scene.people
        sitting = opened(people)
        actor = {
            "secretary": people.secretary,
            "member": people.members[0],
            "administrator": UserFactory(),
            "elsewhere": UserFactory(role=Role.CHAIR),
            None: None,
        }[who]
        with pytest.raises(Refused) as refused:
            close_sitting(sitting, by=By(actor, LATER))
        assert refused.value.code == ("not_in_the_chair" if who == "elsewhere" else "no_permission")

    def test_a_superuser_has_no_seat(self, scene: Scene) -> None:
        people = scene.people
        root = UserFactory(is_superuser=True, role="")
        item = filed(scene.case, 12).items.get()
        opened(people)
        with pytest.raises(Refused) as refused:
            vote(line_of(item), "uphold", by=By(root, AT))
        assert refused.value.code == "no_permission"


class TestForEver:
    """Nothing of a closed sitting changes, by the services or by raw SQL."""

    def test_by_the_services(self, finished: Any) -> None:
        people, sitting, line = finished
        item = filed(published(60), 12).items.get()
        after = LATER + timedelta(minutes=1)
        by = By(people.secretary, after)
        before = footprint()
        for act in (
            lambda: open_sitting(sitting, by=by),
            lambda: mark_attendance(sitting, [], by=by),
            lambda: put_on_agenda(sitting, item=item, by=by),
            lambda: move_sitting(sitting, starts_at=LATER, online=True, by=by),
            lambda: record_dissent(line, "…", by=By(people.members[1], after)),
            lambda: close_sitting(sitting, by=By(people.chair, after)),
        ):
            with pytest.raises(Refused, match="nothing of it changes any more"):
                act()
        for act in (
            lambda: count_and_seal(line, reason="…", by=by),
            lambda: vote(line, "uphold", by=By(people.chair, after)),
        ):
            with pytest.raises(Refused, match="It does not change any more"):
                act()
        assert footprint() == before

    @pytest.mark.parametrize(
        ("model", "values"),
        [
            (Sitting, {"place": "elsewhere"}),
            (Sitting, {"state": "open", "closed_at": None}),
            (AgendaItem, {"reason": "x"}),
            (AgendaItem, {"outcome": "", "closed_at": None, "ruling": ""}),
            (Attendance, {"present": False}),
            (Vote, {"choice": "uphold"}),
            (Dissent, {"text": "x"}),
            (AppealItem, {"ruling": "uphold"}),
            (AppealItem, {"reason": "x"}),
        ],
    )
    def test_by_the_database(self, finished: Any, model: Any, values: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.update(**values)

    @pytest.mark.parametrize("model", [Sitting, AgendaItem, Attendance, Vote, Dissent])
    def test_f_r9_nothing_is_deleted(self, finished: Any, model: Any) -> None:
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            model.objects.all()._raw_delete(using="default")

    def test_nothing_is_added(self, finished: Any) -> None:
        people, sitting, line = finished
        other = filed(published(60), 12).items.get()
        seat = people.seat(people.members[1])
        for make in (
            lambda: AgendaItem.objects.create(sitting=sitting, item=other, position=9),
            lambda: Vote.objects.create(agenda_item=line, membership=seat, choice="uphold", cast_at=AT),
            lambda: Dissent.objects.create(agenda_item=line, membership=seat, text="x", recorded_at=AT),
            lambda: Attendance.objects.create(
                sitting=sitting,
                membership=Membership.objects.create(
                    commission=people.commission, user=UserFactory(), seat="member", appointed_on=on("1")
                ),
            ),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                make()


class TestByTheDatabase:
    """What no service would do is refused by the database as well."""

    def test_the_database_closes_no_sitting_with_items_left(self, scene: Scene) -> None:
        people = scene.people
        filed(scene.case, 12)
        opened(people)
        with pytest.raises(IntegrityError, match="every item of its agenda"), transaction.atomic():
            Sitting.objects.update(state="closed", closed_at=LATER)

    def test_f_r8_the_database_counts_no_vote_of_the_absent_the_recused_or_the_secretary(
        self, scene: Scene
    ) -> None:
        people = scene.people
        item = filed(scene.case, 12).items.get()
        sitting = opened(people, [people.chair, people.members[0]])
        line = line_of(item)
        Recusal.objects.create(
            user=people.members[0], item=item, automatic=False, ground="statement", reason="…", at=AT
        )
        attend(people, sitting, [people.chair, people.members[0], people.secretary])
        for user in (people.members[0], people.members[1], people.secretary):
            with pytest.raises(IntegrityError, match="recused or absent"), transaction.atomic():
                Vote.objects.create(
                    agenda_item=line, membership=people.seat(user), choice="uphold", cast_at=AT
                )
        with pytest.raises(IntegrityError, match="no such choice"), transaction.atomic():
            Vote.objects.create(
                agenda_item=line, membership=people.seat(people.chair), choice="ten", cast_at=AT
            )

    def test_a_ruling_elsewhere_takes_the_item_off_the_agenda(self, scene: Scene) -> None:
        people = board(0, center=scene.case.center.parent)
        item = filed(scene.case, 12).items.get()
        opened(people)
        line = line_of(item)
        rule_item(item, ruling="reject", reason="…", by=By(people.chair, AT))
        line.refresh_from_db()
        assert line.outcome == "withdrawn"
