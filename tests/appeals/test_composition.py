"""A sitting's composition is fixed at its opening: whatever changes since, each ruling is that of a count
made here of the votes as cast, less those of members recused before the count (I-12)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from itertools import product

import pytest
from django.db import transaction

from appeals.rules import MemberFact, tally
from attestation.models import Role
from tests.appeals.course import QUESTIONS, Course, Scene
from tests.appeals.sitting_cast import board, filed
from tests.appeals.test_sitting_course import held_row
from tests.appeals.test_sitting_rules import VOTES, by_the_sentences
from tests.factories import UserFactory
from tests.siblings_cast import made_once, published

CHANGES = ("release", "switch_off", "role_change", "appoint", "recuse")
RULES = ("more_than_half", "two_thirds")
States = tuple[str, ...]


# --- the pure rules: every table of votes, every change, between any two events ---------------------------


class Room:
    """The events of one item as data, as a sitting keeps them; the places are the members'."""

    def __init__(self, states: States) -> None:
        self.states, self.composition = states, tuple(range(len(states)))
        self.present: set[int] = set()
        self.recused = {place for place, state in enumerate(states) if state == "recused"}
        self.off: set[int] = set()
        self.votes: dict[int, str] = {}

    def change(self, change: str, place: int) -> None:
        """A release, another role or an appointment touches nothing of the composition."""
        if change == "switch_off":
            self.off.add(place)
        elif change == "recuse":
            self.recused.add(place)

    def attend(self) -> None:
        self.present = {place for place in self.composition if self.states[place] != "absent"}

    def vote(self, place: int) -> None:
        state, out = self.states[place], self.off | self.recused
        if state in VOTES and place in self.present and place not in out:
            self.votes[place] = state

    def events(self) -> list[object]:
        """Attendance, then each vote; the opening is before them, the count after."""
        return [self.attend, *(lambda place=place: self.vote(place) for place in self.composition)]


@cache
def counted(
    facts: tuple[tuple[bool, bool], ...], votes: tuple[tuple[int, str], ...], rule: str
) -> str | None:
    """By the product; the first of the composition is the chair, the second the deputy."""
    seats = ("chair", "deputy", *["member"] * len(facts))
    members = [
        MemberFact(place, present, recused, seats[place]) for place, (present, recused) in enumerate(facts)
    ]
    return tally(dict(votes), members, rule).ruling


@cache
def by_hand(states: States, rule: str) -> str | None:
    """The same from the states of the members, by the issue's sentences."""
    chair = 0 if states[0] not in ("absent", "recused") else 1
    return by_the_sentences(states, chair, rule)[0]


def after(states: States, change: str, place: int, gap: int) -> States:
    """What a change before the event of this number makes of the table: the votes cast before it stay."""
    if states[place] in ("absent", "recused") and change != "recuse":
        return states
    changed = {"switch_off": states[place] if gap > place + 1 else "silent", "recuse": "recused"}
    return (*states[:place], changed.get(change, states[place]), *states[place + 1 :])


def tables() -> Iterator[States]:
    """Every table of three, four and five members; of three and four also those who are there and silent."""
    states = ("absent", "recused", *VOTES)
    for size in (3, 4):
        yield from product((*states, "silent"), repeat=size)
    yield from product(states, repeat=5)


@pytest.mark.daily(3)
def test_whatever_changes_between_two_events_the_composition_of_the_opening_counts() -> None:
    done = 0
    for number, states in enumerate(tables()):
        size = len(states)
        # Of the small tables every member changes; of those of five one, each in turn.
        places = range(size) if size < 4 else [number % size]
        for change, place, gap in product(CHANGES, places, range(size + 2)):
            room = Room(states)
            for at, event in enumerate([*room.events(), None]):
                if at == gap:
                    room.change(change, place)
                if callable(event):
                    event()
            facts = tuple((one in room.present, one in room.recused) for one in room.composition)
            votes = tuple(sorted(room.votes.items()))
            for rule in RULES:
                expected = by_hand(after(states, change, place, gap), rule)
                assert counted(facts, votes, rule) == expected, (states, change, place, gap, rule)
                done += 1
    assert done == 2 * len(CHANGES) * (216 * 3 * 5 + 1296 * 6 + 3125 * 7)


# --- the services: a seeded course of a whole sitting ------------------------------------------------------


def before_anybody_is_seated() -> Scene:
    """Two questions of one case, one of another, a held row; a commission of a chair and a secretary."""
    first, second, row = published(60), published(60), held_row()
    lines = [*filed(first, *QUESTIONS).items.order_by("question"), filed(second, 5).items.get(), row]
    people = board(0)
    pool = [UserFactory(role=Role.CHAIR), *(UserFactory(role=Role.MEMBER) for _ in range(8))]
    return Scene(people, pool, [first, second, row], lines, UserFactory())


made = made_once(before_anybody_is_seated)


def play(scene: Scene, seed: int) -> Course:
    """One whole sitting; what was asserted on the way stands, the rows are taken back."""
    course = Course(deepcopy(scene), seed)
    with transaction.atomic():
        course.play()
        transaction.set_rollback(True)
    return course


@pytest.mark.daily(5)
@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(25))
def test_a_random_sitting_rules_as_its_votes_were_cast(made: Scene, db: None, seed: int) -> None:
    play(made, seed)


@pytest.mark.slow
@pytest.mark.django_db
def test_three_hundred_of_them_and_what_they_met(made: Scene, db: None) -> None:
    """No branch is there for nothing: each act was taken and each refusal met somewhere among them."""
    courses = [play(made, seed) for seed in range(300)]
    met = {one for course in courses for one in course.met}
    assert met >= {
        *("attend", "not_of_the_composition", "vote", "vote changed", "absent", "recused", "no_permission"),
        *("release", "release corrected", "in_open_sitting", "released_already", "role in_open_sitting"),
        *("switch_off", "appoint", "recuse", "nothing_to_recuse_from", "counted_already", "midnight"),
        *(
            "recuse counted_already",
            "count",
            "no_ruling",
            "reopen",
            "not_in_the_chair",
            "not_counted",
            "seal",
        ),
        *(
            "item_closed",
            "not_sealed",
            "closed by the chair",
            "closed by the deputy",
            "ruled ten",
            "ruled zero",
        ),
        *("ruled uphold", "ruled reject", "released_before_vote", "counted, reopened, never counted again"),
    }
