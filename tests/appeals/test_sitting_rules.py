"""F-R8: quorum, recusal, tie and abstention, against a count written here from the issue's own sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

from appeals.rules import (
    MemberBackground,
    MemberFact,
    Worked,
    possible,
    presiding,
    quorum,
    recusal_reason,
    tally,
)

VOTES = ("uphold", "reject", "abstain")
STATES = ("absent", "recused", *VOTES)


def by_the_sentences(states: Sequence[str], chair: int | None, rule: str) -> tuple[str | None, bool]:
    """The ruling and whether there was a quorum.

    "Present members who are not recused are more than half of the members in office who are not recused.
    Abstaining counts for the quorum. Upheld or rejected by the majority of uphold against reject; on a tie
    the chair's own vote decides, if the chair voted one of the two and is not recused; otherwise, and when
    nobody voted uphold or reject, and without a quorum, there is no ruling."
    """
    in_office = [state for state in states if state != "recused"]
    there = [state for state in in_office if state != "absent"]
    if rule == "more_than_half":
        enough = 2 * len(there) > len(in_office)
    else:
        enough = bool(there) and 3 * len(there) >= 2 * len(in_office)
    up, down = there.count("uphold"), there.count("reject")
    if not enough or not (up or down):
        return None, enough
    if up > down:
        return "uphold", enough
    if down > up:
        return "reject", enough
    own = states[chair] if chair is not None else "absent"
    return (own if own in ("uphold", "reject") else None), enough


def as_facts(states: Sequence[str], chair: int | None) -> tuple[list[MemberFact], dict[int | str, str]]:
    """Members and votes; the absent and the recused have stale votes, which may not count."""
    members = [
        MemberFact(
            place,
            # Recused members sit in the room or don't: it is all one.
            present=state not in ("absent", "recused") or (state == "recused" and place % 2 == 0),
            recused=state == "recused",
            seat="chair" if place == chair else "member",
        )
        for place, state in enumerate(states)
    ]
    votes: dict[int | str, str] = {}
    for place, state in enumerate(states):
        if state in VOTES:
            votes[place] = state
        elif state != "silent":
            votes[place] = VOTES[place % 2]
    return members, votes


def every(size: int, states: Sequence[str] = STATES) -> Iterator[tuple[str, ...]]:
    return product(states, repeat=size)


@pytest.mark.parametrize(("size", "combinations"), [(3, 125), (5, 3125), (7, 78125)])
@pytest.mark.daily(3)
def test_f_r8_every_combination_of_members_and_votes(size: int, combinations: int) -> None:
    done = 0
    for states in every(size):
        members, votes = as_facts(states, chair=0)
        counted = [states.count(vote) for vote in VOTES]
        for rule in ("more_than_half", "two_thirds"):
            found = tally(votes, members, rule)
            expected, enough = by_the_sentences(states, 0, rule)
            assert found.ruling == expected, (states, found)
            assert (found.why == "no_quorum") == (not enough), (states, found)
            assert [found.uphold, found.reject, found.abstain] == counted, states
        done += 1
    assert done == combinations


@pytest.mark.parametrize("chair", [0, 1, 2, None])
@pytest.mark.parametrize("size", [3, 4])
def test_wherever_the_chair_stands_and_whoever_is_silent(size: int, chair: int | None) -> None:
    """One who is there and casts no vote counts for the quorum, like one who abstains."""
    for states in every(size, (*STATES, "silent")):
        members, votes = as_facts(states, chair)
        assert tally(votes, members).ruling == by_the_sentences(states, chair, "more_than_half")[0], states


@pytest.mark.parametrize(
    ("present", "absent", "recused", "rule", "needed", "reached"),
    [
        (2, 1, 0, "more_than_half", 2, True),
        (1, 2, 0, "more_than_half", 2, False),
        (2, 2, 0, "more_than_half", 3, False),
        (1, 0, 2, "more_than_half", 1, True),
        (0, 0, 3, "more_than_half", 1, False),
        (0, 0, 0, "more_than_half", 1, False),
        (2, 1, 0, "two_thirds", 2, True),
        (3, 2, 0, "two_thirds", 4, False),
        (4, 1, 0, "two_thirds", 4, True),
        (4, 3, 0, "two_thirds", 5, False),
        (0, 0, 3, "two_thirds", 0, False),
    ],
)
def test_the_quorum_at_its_bounds(
    present: int, absent: int, recused: int, rule: str, needed: int, reached: bool
) -> None:
    members = [MemberFact(place, present=place < present) for place in range(present + absent)]
    members += [MemberFact(100 + place, present=True, recused=True) for place in range(recused)]
    found = quorum(members, rule)
    assert (found.present, found.of, found.needed, found.reached) == (
        present,
        present + absent,
        needed,
        reached,
    )


@pytest.mark.parametrize("rule", ["more_than_half", "two_thirds"])
def test_recusals_leave_no_possible_quorum_when_nobody_is_left(rule: str) -> None:
    for states in every(5, ("absent", "recused")):
        members, _votes = as_facts(states, 0)
        assert possible(members, rule) == (states.count("recused") < 5)
    assert not possible([], rule)


@pytest.mark.parametrize(
    ("states", "ruling", "why"),
    [
        (("uphold", "reject", "abstain"), "uphold", "chair"),
        (("reject", "uphold", "abstain"), "reject", "chair"),
        (("abstain", "uphold", "reject"), None, "tie"),
        (("recused", "uphold", "reject"), None, "tie"),
        (("absent", "uphold", "reject"), None, "tie"),
        (("abstain", "abstain", "abstain"), None, "no_votes"),
        (("abstain", "abstain", "reject"), "reject", "majority"),
        (("uphold", "absent", "absent"), None, "no_quorum"),
        (("uphold", "recused", "recused"), "uphold", "majority"),
        (("recused", "recused", "recused"), None, "no_quorum"),
    ],
)
def test_what_made_the_ruling(states: tuple[str, ...], ruling: str | None, why: str) -> None:
    members, votes = as_facts(states, 0)
    assert (tally(votes, members).ruling, tally(votes, members).why) == (ruling, why)


@pytest.mark.parametrize(
    ("chair", "deputy", "ruling"),
    [
        ("uphold", "reject", "uphold"),  # the chair is there: the deputy votes as a member
        ("abstain", "uphold", None),  # and is in nobody's place
        ("absent", "uphold", "uphold"),
        ("recused", "reject", "reject"),
        ("absent", "recused", None),
        ("recused", "abstain", None),
    ],
)
def test_the_deputy_decides_a_tie_only_where_the_chair_takes_no_part(
    chair: str, deputy: str, ruling: str | None
) -> None:
    states = [chair, deputy]
    # So many members that the two of them are outweighed to a tie.
    up, down = states.count("uphold"), states.count("reject")
    states += ["uphold"] * (3 - up) + ["reject"] * (3 - down)
    members, votes = as_facts(states, chair=0)
    members[1] = replace(members[1], seat="deputy")
    assert tally(votes, members).ruling == ruling
    presides = presiding(members)
    assert (presides.id if presides else None) == next(
        (place for place in (0, 1) if states[place] not in ("absent", "recused")), None
    )


def test_an_unknown_rule_or_vote_is_no_silent_default() -> None:
    with pytest.raises(ValueError, match="everybody"):
        quorum([MemberFact(1, True)], "everybody")
    with pytest.raises(ValueError, match="perhaps"):
        tally({1: "perhaps"}, [MemberFact(1, True)])


APPELLANT, CENTER, ELSEWHERE = 7, 70, 71
ON = date(2026, 2, 12)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (MemberBackground(APPELLANT), "appellant"),
        (MemberBackground(APPELLANT, worked=(Worked(CENTER),)), "appellant"),
        (MemberBackground(8, worked=(Worked(CENTER),)), "colleague"),
        (MemberBackground(8, worked=(Worked(ELSEWHERE),)), None),
        # Twelve months: the same day a year later is still within them.
        (MemberBackground(8, worked=(Worked(CENTER, date(2025, 2, 12)),)), "colleague"),
        (MemberBackground(8, worked=(Worked(CENTER, date(2025, 2, 11)),)), None),
        (MemberBackground(8, worked=(Worked(ELSEWHERE), Worked(CENTER, date(2025, 6, 1)))), "colleague"),
        (MemberBackground(None, officer_of=frozenset({CENTER})), "hr_officer"),
        (MemberBackground(None, officer_of=frozenset({ELSEWHERE})), None),
        (MemberBackground(None), None),
    ],
)
def test_f_r8_who_is_recused_by_rule(member: MemberBackground, reason: str | None) -> None:
    assert recusal_reason(member, APPELLANT, {CENTER}, ON, 12) == reason


def test_the_months_are_a_setting() -> None:
    left = MemberBackground(8, worked=(Worked(CENTER, date(2025, 12, 31)),))
    assert recusal_reason(left, APPELLANT, {CENTER}, ON, 1) is None
    assert recusal_reason(left, APPELLANT, {CENTER}, ON, 2) == "colleague"
    assert recusal_reason(left, APPELLANT, {CENTER}, date(2025, 12, 31), 0) == "colleague"
