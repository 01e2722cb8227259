"""Who is in the chair, releases that are corrected, a count that stands, and the upgrade to all of it."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from appeals.admin.board import reader_of
from appeals.models import AgendaItem, Attendance, Membership, Sitting
from appeals.services.commission import appoint, commission_for, free_seat, release
from appeals.services.counting import count_item, reopen_item, seal_item
from appeals.services.recusals import presides, recuse
from appeals.services.sittings import close_sitting, mark_attendance
from appeals.services.withdrawal import withdraw, withdraw_item
from appeals.triggers import TRIGGERS
from attestation import clock, triggers
from attestation.accounts.requests import confirm_request
from attestation.by import By
from attestation.models import AccountRequest, JournalEntry, Role, User
from attestation.refusals import Refused
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
    filed,
    line_of,
    on,
    opened,
    planned,
)
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import UserFactory
from tests.siblings_cast import footprint, published

pytestmark = pytest.mark.django_db


def with_a_deputy() -> tuple[Board, User]:
    """A chair, a deputy and two members."""
    people, deputy = board(), UserFactory(role=Role.CHAIR)
    appoint(deputy, "deputy", None, on("1"), by=By(None, PLANNED))
    return people, deputy


def refused_code(act: Any) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


class TestTheChair:
    @pytest.mark.parametrize("seat", ["chair", "deputy"])
    def test_there_is_one_of_each_at_a_time(self, seat: str) -> None:
        people, deputy = with_a_deputy()
        holder, other = people.chair if seat == "chair" else deputy, UserFactory(role=Role.CHAIR)
        by = By(UserFactory(), PLANNED)
        with pytest.raises(Refused, match=str(holder)) as refused:
            appoint(other, seat, None, on("12"), by=by)
        assert refused.value.code == "seat_taken"
        release(people.seat(holder), on("12"), by=by)
        assert refused_code(lambda: appoint(other, seat, None, on("11"), by=by)) == "seat_taken"
        assert appoint(other, seat, None, on("12"), by=by).seat == seat

    def test_a_further_chairs_account_takes_the_deputys_seat(self) -> None:
        assert free_seat("chair", None, on("12")) == "chair"
        people = board()
        assert free_seat("chair", None, on("12")) == "deputy"
        assert free_seat("member", None, on("12")) == "member"
        release(people.seat(people.chair), on("13"), by=By(None, PLANNED))
        assert [free_seat("chair", None, on(day)) for day in ("12", "13")] == ["deputy", "chair"]

    def test_a_deputy_closes_the_sitting_only_where_the_chair_is_absent(self) -> None:
        people, deputy = with_a_deputy()
        sitting = opened(people, [people.chair, deputy])
        by = By(deputy, LATER)
        assert refused_code(lambda: close_sitting(sitting, by=by)) == "not_in_the_chair"
        attend(people, sitting, [deputy])
        absent = By(people.chair, LATER)
        assert refused_code(lambda: close_sitting(sitting, by=absent)) == "not_in_the_chair"
        assert close_sitting(sitting, by=by).closed_by == deputy

    def test_where_neither_came_the_chair_closes_the_sitting(self) -> None:
        people, deputy = with_a_deputy()
        sitting = opened(people, [])
        by = By(deputy, LATER)
        assert refused_code(lambda: close_sitting(sitting, by=by)) == "not_in_the_chair"
        assert close_sitting(sitting, by=By(people.chair, LATER)).closed_by == people.chair

    def test_who_leads_is_who_closes(self) -> None:
        people, deputy = with_a_deputy()
        sitting = opened(people, [people.chair, deputy])
        for present, leads in (
            ([people.chair, deputy], people.chair),
            ([deputy], deputy),
            ([], people.chair),
        ):
            attend(people, sitting, present)
            for user in (people.chair, deputy):
                assert reader_of(user, sitting, on("12")).leads is (user == leads)
                assert presides(user, sitting, on("12")) is (user == leads)

    @pytest.mark.parametrize("why", ["absent", "recused"])
    def test_a_deputy_reopens_only_where_the_chair_takes_no_part(self, why: str) -> None:
        (people, deputy), case = with_a_deputy(), published(60)
        item = filed(case, 12).items.get()
        sitting = opened(people, [*people.voters, deputy])
        line = line_of(item)
        cast(line, *((user, "uphold") for user in (*people.members, deputy)))
        if why == "recused":
            recuse(case, reason=WHY, by=By(people.chair, AT))
        count_item(line, by=By(people.secretary, AT))
        by = By(deputy, AT)
        if why == "absent":
            assert refused_code(lambda: reopen_item(line, why=WHY, by=by)) == "not_in_the_chair"
            attend(people, sitting, [*people.members, deputy])
        chair = By(people.chair, AT)
        assert refused_code(lambda: reopen_item(line, why=WHY, by=chair)) == "not_in_the_chair"
        assert reopen_item(line, why=WHY, by=by).counted_at is None

    def test_the_page_of_accounts_gives_a_member_no_other_role_while_the_sitting_is_open(self) -> None:
        people = board()
        sitting, user = opened(people), people.members[0]
        client = client_of(UserFactory())
        values = {"role": "auditor", "is_active": "on", "reason": "Order No. 7."}
        page = url("attestation_user_act", user.pk, "rights")
        answer = client.post(page, values)
        assert "belongs to an open sitting: central commission, sitting № 1" in text_of(answer)
        user.refresh_from_db()
        assert user.role == Role.MEMBER
        close_sitting(sitting, by=By(people.chair, LATER))
        assert client.post(page, values).status_code == 302
        confirm_request(AccountRequest.objects.get(account=user), by=By(UserFactory(), clock.now()))
        user.refresh_from_db()
        assert user.role == Role.AUDITOR


class TestRelease:
    def test_a_release_to_come_is_corrected_by_a_second_one(self) -> None:
        people = board()
        seat, by = people.seat(people.members[0]), By(UserFactory(), PLANNED)
        release(seat, on("20"), order_no="7-К", by=by)
        done = release(seat, on("16"), order_no="8-К", by=by)
        assert (done.released_on, done.release_order_no) == (on("16"), "8-К")
        entries = JournalEntry.objects.filter(act="release").order_by("seq")
        assert [(one.data["on"], one.data["was"]) for one in entries] == [
            ("2026-02-20", None),
            ("2026-02-16", "2026-02-20"),
        ]

    def test_f_c2_the_same_release_again_changes_nothing(self) -> None:
        people = board()
        seat, by = people.seat(people.members[0]), By(UserFactory(), PLANNED)
        release(seat, on("20"), order_no="7-К", by=by)
        before = footprint()
        assert release(seat, on("20"), order_no="7-К", by=by).released_on == on("20")
        assert footprint() == before

    def test_todays_is_refused_while_the_sitting_is_open_and_tomorrows_is_not(self) -> None:
        people = board()
        opened(people)
        seat, by = people.seat(people.members[0]), By(UserFactory(), AT)
        with pytest.raises(Refused, match="central commission, sitting № 1") as refused:
            release(seat, on("12"), by=by)
        assert refused.value.code == "in_open_sitting"
        assert release(seat, on("13"), by=by).released_on == on("13")


class TestStands:
    def test_f_c2_a_sitting_planned_twice_is_one(self) -> None:
        people = board()
        filed(published(60), 12)
        first = planned(people)
        before = footprint()
        assert planned(people) == first
        assert (Sitting.objects.count(), footprint()) == (1, before)
        assert planned(people, place="", online=True) != first

    def test_a_counted_item_is_sealed_before_the_sitting_is_closed(self) -> None:
        people = board()
        item = filed(published(60), 12).items.get()
        sitting = opened(people)
        line = line_of(item)
        cast(line, *((user, "uphold") for user in people.voters))
        count_item(line, by=By(people.secretary, AT))
        with pytest.raises(Refused, match="Item 1 is counted and has no reason yet") as refused:
            close_sitting(sitting, by=By(people.chair, LATER))
        assert refused.value.code == "not_sealed"
        seal_item(line, reason=WHY, by=By(people.secretary, AT))
        close_sitting(sitting, by=By(people.chair, LATER))
        item.refresh_from_db()
        assert item.ruling == "uphold"

    def test_f_c4_a_question_that_is_counted_is_not_withdrawn(self) -> None:
        people = board()
        appeal = filed(published(60), 12, 47)
        opened(people)
        first, second = appeal.items.order_by("question")
        line, by = line_of(first), By(None, AT)
        cast(line, *((user, "reject") for user in people.voters))
        count_item(line, by=By(people.secretary, AT))
        for sealed in (False, True):
            if sealed:
                seal_item(line, reason=WHY, by=By(people.secretary, AT))
            acts = (
                lambda: withdraw_item(first, reason=WHY, by=by),
                lambda: withdraw(appeal, reason=WHY, by=by),
            )
            assert [refused_code(act) for act in acts] == ["counted_already"] * 2
        withdraw_item(second, reason=WHY, by=by)
        assert AgendaItem.objects.get(item=second).outcome == "withdrawn"


migration = import_module("appeals.migrations.0003_composition_and_receipts")


class TestUpgrade:
    """The functions of migration 0003 on rows as they were before it."""

    def test_an_open_sitting_gets_the_composition_of_its_opening(self) -> None:
        people = board()
        sitting = opened(people)
        newcomers = []
        for moment in (BEGINS, BEGINS + timedelta(seconds=1)):
            user = UserFactory(role=Role.MEMBER)
            newcomers.append(appoint(user, "member", None, on("12"), by=By(None, moment)))
        unknown = Membership.objects.create(
            commission=people.commission, user=UserFactory(), seat="member", appointed_on=on("1")
        )
        connection.check_constraints()
        triggers.remove(connection, TRIGGERS)
        for member in (*newcomers, unknown):
            Attendance.objects.create(sitting=sitting, membership=member, present=True)
        connection.check_constraints()
        Attendance.objects.update(seat="")
        migration.fix_compositions(apps, None)
        triggers.install(connection, TRIGGERS)
        found = dict(Attendance.objects.values_list("membership__user", "seat"))
        assert found == {
            people.chair.pk: "chair",
            people.secretary.pk: "secretary",
            **{user.pk: "member" for user in people.members},
            newcomers[0].user_id: "member",
            newcomers[1].user_id: "",
            unknown.user_id: "member",
        }
        by = By(people.secretary, AT)
        code = refused_code(lambda: mark_attendance(sitting, [newcomers[1]], by=by))
        assert code == "not_of_the_composition"

    def test_of_several_chairs_the_first_stays_the_next_is_deputy_any_other_a_member(self) -> None:
        people = board()
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_chair_and_one_deputy")
        made = [
            Membership.objects.create(
                commission=commission,
                user=UserFactory(),
                seat="chair",
                appointed_on=on(day),
                released_on=on("9") if gone else None,
            )
            for commission, day, gone in (
                (people.commission, "3", False),
                (people.commission, "2", False),
                (people.commission, "1", True),
                (commission_for(published(60).center.parent), "4", False),
            )
        ]
        migration.one_chair(apps, None)
        for one in made:
            one.refresh_from_db()
        assert [one.seat for one in made] == ["member", "deputy", "chair", "chair"]
        assert people.seat(people.chair).seat == "chair"
