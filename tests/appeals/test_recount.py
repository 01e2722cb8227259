"""A closed sitting counted again from the journal alone: each tampering is named, and nothing else is."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from appeals.models import AgendaItem, Membership, Sitting, Vote
from appeals.services.commission import appoint
from appeals.services.counting import count_item, reopen_item
from appeals.services.recount import find_sitting, recount
from appeals.services.recusals import recuse
from appeals.services.voting import receipt_of
from appeals.triggers import TRIGGERS as APPEALS
from attestation import triggers
from attestation.by import By
from attestation.models import JournalEntry
from attestation.refusals import Refused
from tests.appeals.sitting_cast import (
    AT,
    WHY,
    Board,
    board,
    cast,
    concluded,
    count_and_seal,
    filed,
    line_of,
    on,
    opened,
)
from tests.appeals.test_sitting_course import held_row
from tests.factories import UserFactory
from tests.siblings_cast import made_once, published

pytestmark = pytest.mark.django_db

OTHERS = {"uphold": ["reject", "abstain"], "reject": ["uphold", "abstain"], "abstain": ["uphold", "reject"]}
OTHERS |= {"ten": ["zero", "abstain"], "zero": ["ten", "abstain"]}


@dataclass
class Held:
    """A closed sitting of five voters, and somebody appointed while it was open."""

    people: Board
    sitting: Sitting
    newcomer: Membership

    def line(self, position: int) -> AgendaItem:
        return self.sitting.agenda.get(position=position)


def a_sitting_with_everything() -> Held:
    """1 upheld after a vote changed and a reopening; 2 rejected, one recused after voting; 3 no ruling, by a
    tie; 4 never counted; 5 a held row given 10 points. The last member votes on the fourth item only."""
    cases = [published(60), published(60), published(60)]
    row = held_row()
    people = board(4)
    subjects: list[Any] = [filed(case, 12).items.get() for case in cases]
    late = filed(published(60), 12).items.get()
    sitting = opened(people)
    chair, one, two, three, four = people.voters
    first, second, third, last = (line_of(item) for item in (*subjects, late))
    fourth, by = line_of(row), By(people.secretary, AT)
    cast(first, (chair, "uphold"), (one, "reject"), (two, "uphold"), (one, "uphold"), (three, "reject"))
    count_item(first, by=by)
    reopen_item(first, why=WHY, by=By(chair, AT))
    cast(first, (three, "uphold"), (two, "abstain"))
    cast(second, (chair, "reject"), (one, "reject"), (two, "uphold"), (three, "abstain"))
    recuse(cases[1], reason=WHY, by=By(two, AT))
    cast(third, (chair, "abstain"), (one, "uphold"), (two, "reject"))
    cast(fourth, (chair, "ten"), (one, "zero"), (two, "ten"))
    cast(last, (chair, "uphold"), (four, "uphold"))
    newcomer = appoint(UserFactory(role="member"), "member", None, on("12"), by=By(None, AT))
    for line in (first, second, third, fourth):
        count_and_seal(line, by=by)
    return Held(people, concluded(people, sitting), newcomer)


made = made_once(a_sitting_with_everything)


@pytest.fixture
def held(made: Held, db: None) -> Held:
    return deepcopy(made)


@pytest.fixture
def bare(held: Held) -> Held:
    """The same with nothing that keeps the tables as they are."""
    connection.check_constraints()
    triggers.remove(connection, APPEALS)
    triggers.remove(connection)
    return held


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 1


def items_of(held: Held) -> list[tuple[int, str, str]]:
    """Position, outcome, ruling."""
    return list(held.sitting.agenda.order_by("position").values_list("position", "outcome", "ruling"))


@pytest.mark.daily(3)
def test_an_untouched_sitting_has_no_differences(held: Held) -> None:
    assert [one[1:] for one in items_of(held)] == [
        ("ruled", "uphold"),
        ("ruled", "reject"),
        ("no_ruling", ""),
        ("no_ruling", ""),
        ("ruled", "ten"),
    ]
    assert recount(held.sitting).as_data() == {
        "sitting": held.sitting.pk,
        "items": 4,
        "differences": [],
        "without_receipts": [],
    }


# --- a hundred tamperings ---------------------------------------------------------------------------------


def some_vote(rng: Random, *, counted: bool = False) -> Vote:
    votes = Vote.objects.select_related("agenda_item", "membership__user").order_by("pk")
    return rng.choice([vote for vote in votes if not counted or who(vote) in votes_told(vote.agenda_item)])


def who(vote: Vote) -> str:
    return vote.membership.user.username


def votes_told(line: AgendaItem) -> dict[str, str]:
    told: dict[str, str] = line.minutes.get("votes", {})
    return told


def choice(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    vote = some_vote(rng)
    sql("UPDATE appeals_vote SET choice = %s WHERE id = %s", rng.choice(OTHERS[vote.choice]), vote.pk)
    return vote.agenda_item.position, {("vote_changed", who(vote))}


def nonce(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    vote = some_vote(rng)
    sql("UPDATE appeals_vote SET nonce = %s WHERE id = %s", f"{rng.getrandbits(128):032x}", vote.pk)
    return vote.agenda_item.position, {("vote_changed", who(vote))}


def receipt(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    """Another one; that of another choice, which goes with it; or none, as before there were any."""
    vote, kind = some_vote(rng), rng.randrange(3)
    other = rng.choice(OTHERS[vote.choice])
    kept = [
        (vote.choice, vote.nonce, f"{rng.getrandbits(256):064x}"),
        (other, vote.nonce, receipt_of(vote.agenda_item_id, vote.membership_id, other, vote.nonce)),
        (vote.choice, "", ""),
    ][kind]
    sql("UPDATE appeals_vote SET choice = %s, nonce = %s, receipt = %s WHERE id = %s", *kept, vote.pk)
    return vote.agenda_item.position, {("vote_changed", who(vote))}


def added(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    """Of one who did not vote, or of one who came later; with a receipt that fits, or with none."""
    line = held.line(rng.randint(1, 5))
    silent = [*(held.people.seat(user) for user in held.people.voters), held.newcomer]
    silent = [seat for seat in silent if not line.votes.filter(membership=seat).exists()]
    seat, picked = rng.choice(silent), "abstain"
    word = rng.choice(["", f"{rng.getrandbits(128):032x}"])
    sql(
        "INSERT INTO appeals_vote (agenda_item_id, membership_id, choice, cast_at, nonce, receipt)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        *(line.pk, seat.pk, picked, AT, word, word and receipt_of(line.pk, seat.pk, picked, word)),
    )
    return line.position, {("vote_added", seat.user.username)}


def deleted(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    vote = some_vote(rng)
    sql("DELETE FROM appeals_vote WHERE id = %s", vote.pk)
    return vote.agenda_item.position, {("vote_gone", who(vote))}


def ruling(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    """The other one; or one where there was none."""
    line, other = (
        held.line(rng.choice([1, 2, 3, 4, 5])),
        {"uphold": "reject", "reject": "uphold", "ten": "zero"},
    )
    sql(
        "UPDATE appeals_agendaitem SET ruling = %s, outcome = 'ruled', reason = 'x', closed_by_id = %s"
        " WHERE id = %s",
        *(other.get(line.ruling, "uphold"), held.people.secretary.pk, line.pk),
    )
    return line.position, {("ruling", "")}


def minutes(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    """Any one thing that they tell."""
    line = held.line(rng.choice([1, 2, 3, 5]))
    told, key = line.minutes, rng.choice(sorted(line.minutes))
    found = {("minutes", "")}
    if key == "ruling":
        found.add(("ruling", ""))
    if key == "votes":
        name = rng.choice(sorted(told["votes"]))
        told["votes"][name] = rng.choice(OTHERS[told["votes"][name]])
    else:
        told[key] = {"needed": 1} if key == "quorum" else "reject" if told[key] == "uphold" else "uphold"
    sql("UPDATE appeals_agendaitem SET minutes = %s WHERE id = %s", json.dumps(told), line.pk)
    return line.position, found


def entry(rng: Random, held: Held) -> tuple[int, set[tuple[str, str]]]:
    """A choice in the journal's entry of the count."""
    line = held.line(rng.choice([1, 2, 3, 5]))
    counted = JournalEntry.objects.filter(act="count_item", data__agenda_item=line.pk).order_by("seq").last()
    assert counted is not None
    told = rng.choice(counted.data["votes"])
    told["choice"] = rng.choice(OTHERS[told["choice"]])
    sql(
        "UPDATE attestation_journalentry SET data = %s WHERE seq = %s",
        *(json.dumps(counted.data), counted.seq),
    )
    name = Membership.objects.get(pk=told["member"]).user.username
    return line.position, {("receipt", name), ("minutes", ""), ("vote_changed", name)}


TAMPERINGS: list[Callable[[Random, Held], tuple[int, set[tuple[str, str]]]]] = [
    *(choice, nonce, receipt, added, deleted, ruling, minutes, entry)
]
EACH = 13


@pytest.mark.parametrize("tamper", TAMPERINGS)
@pytest.mark.daily(3)
def test_each_of_a_hundred_tamperings_is_named(
    tamper: Callable[[Random, Held], tuple[int, set[tuple[str, str]]]], bare: Held
) -> None:
    assert EACH * len(TAMPERINGS) >= 100
    for seed in range(EACH):
        with transaction.atomic():
            position, expected = tamper(Random(f"{tamper.__name__}-{seed}"), bare)
            done = recount(bare.sitting)
            transaction.set_rollback(True)
        found = {(one["what"], one.get("member", "")) for one in done.differences}
        assert {one["item"] for one in done.differences} == {position}, (seed, done)
        # A choice of the entry may turn the outcome of the count as well.
        beside = {("count", ""), ("ruling", "")} if tamper is entry else set()
        assert expected <= found <= expected | beside, (seed, done)
        assert done.without_receipts == []
    assert recount(bare.sitting).differences == []


def test_the_rows_of_an_item_that_was_never_counted_are_compared_too(bare: Held) -> None:
    """It was closed with the sitting: its votes rule on nothing, and none of them changes unseen."""
    vote = bare.line(4).votes.get(membership__user=bare.people.voters[4])
    sql("DELETE FROM appeals_vote WHERE id = %s", vote.pk)
    assert recount(bare.sitting).differences == [
        {"item": 4, "member": bare.people.voters[4].username, "what": "vote_gone"}
    ]


# --- before there were receipts ---------------------------------------------------------------------------


def without_receipts(line: AgendaItem) -> None:
    """The item as it stood when votes had no receipts and the journal no count."""
    line.votes.update(nonce="", receipt="")
    for told in JournalEntry.objects.filter(act="vote", data__agenda_item=line.pk):
        kept = {key: told.data[key] for key in ("agenda_item", "position", "changed")}
        sql("UPDATE attestation_journalentry SET data = %s WHERE seq = %s", json.dumps(kept), told.seq)
    counts = JournalEntry.objects.filter(act="count_item", data__agenda_item=line.pk)
    counts._raw_delete(using="default")


def test_items_voted_on_before_receipts_are_named_and_are_no_difference(bare: Held) -> None:
    for position in (2, 5):
        without_receipts(bare.line(position))
    done = recount(bare.sitting)
    assert (done.differences, done.without_receipts, done.items) == ([], [2, 5], 4)
    vote = bare.line(1).votes.first()
    assert vote is not None
    sql("DELETE FROM appeals_vote WHERE id = %s", vote.pk)
    assert [one["item"] for one in recount(bare.sitting).differences] == [1]


# --- which sitting, and the command -----------------------------------------------------------------------


def asked(name: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the object that the command prints."""
    out = io.StringIO()
    try:
        call_command("recount", name, "--json", stdout=out)
    except CommandError as error:
        return error.returncode, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_the_command_by_id_and_by_name(bare: Held) -> None:
    assert bare.sitting.code == "central-1"
    fits = {"sitting": bare.sitting.pk, "items": 4, "differences": [], "without_receipts": []}
    for name in (str(bare.sitting.pk), "central-1"):
        assert asked(name) == (0, fits)
    out = io.StringIO()
    call_command("recount", "central-1", stdout=out)
    assert "4 items counted again, 0 differences" in out.getvalue()
    chair = bare.line(1).votes.get(membership__user=bare.people.chair)
    sql("UPDATE appeals_vote SET choice = 'reject' WHERE id = %s", chair.pk)
    differs = [{"item": 1, "member": bare.people.chair.username, "what": "vote_changed"}]
    for name in (str(bare.sitting.pk), "central-1"):
        assert asked(name) == (1, {**fits, "differences": differs})
    with pytest.raises(CommandError, match=f"Item 1: vote_changed {bare.people.chair.username}"):
        call_command("recount", "central-1")


@pytest.mark.parametrize("name", ["central-2", "0", "9" * 30, "", "-1", "central"])
def test_a_sitting_that_there_is_not(held: Held, name: str) -> None:
    with pytest.raises(Refused) as refused:
        find_sitting(name)
    assert refused.value.code == "unknown_sitting"
    assert f"“{name}”" in str(refused.value)
    status, told = asked(name) if not name.startswith("-") else (1, {"code": "unknown_sitting"})
    assert (status, told["code"]) == (1, "unknown_sitting")


def test_a_sitting_of_a_centre_by_its_bin() -> None:
    case = published(60)
    people = board(center=case.center.parent)
    sitting = concluded(people, opened(people))
    assert find_sitting(f"{case.center.parent.bin}-1") == sitting
    assert asked(f"{case.center.parent.bin}-1") == (
        0,
        {"sitting": sitting.pk, "items": 0, "differences": [], "without_receipts": []},
    )


def test_one_that_is_not_closed_is_refused(held: Held) -> None:
    sitting = opened(held.people)
    assert asked("central-2") == (
        1,
        {
            "error": "central commission, sitting № 2 is not closed: it is recounted once it is.",
            "code": "sitting_not_closed",
        },
    )
    concluded(held.people, sitting)
    assert asked("central-2")[0] == 0
