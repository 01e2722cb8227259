"""F-C1, F-C4, F-C9: several at once on PostgreSQL: one wins, the other is told, and nothing is both.

A few rounds in every run, 200 with `make faults`; each act begins after a small pause drawn from a seed,
so that the order differs from round to round and is the same in every run.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.db import connection, connections

from appeals.models import AgendaItem, Appeal, AppealItem, Sitting, Vote
from appeals.services.counting import count_item, seal_item
from appeals.services.recount import recount
from appeals.services.ruling import rule_item
from appeals.services.sittings import close_sitting, put_on_agenda
from appeals.services.voting import vote
from appeals.services.withdrawal import withdraw
from attestation.by import By
from attestation.cases.finality import finalise_due
from attestation.models import Attestation
from attestation.refusals import Refused
from tests.appeals.sitting_cast import AT, board, concluded, filed, opened
from tests.siblings_cast import GRACE_OVER, decided, fresh, published

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

MOST_PAUSE_S = 0.012
rounds = pytest.mark.parametrize(
    "count", [pytest.param(5, id="5"), pytest.param(200, id="200", marks=pytest.mark.slow)]
)


def at_once(seed: int, *acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads of their own that start together; what each returned or raised, in order."""
    start, found = threading.Barrier(len(acts)), [None] * len(acts)
    pauses = random.Random(seed)  # an order of events, not a secret
    waits = [pauses.uniform(0, MOST_PAUSE_S) for _act in acts]

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(10)
            time.sleep(waits[place])
            found[place] = act()
        except Refused as refusal:
            found[place] = refusal  # type: ignore[call-overload]  # a refusal is an outcome here
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return found


def questions(count: int, *numbers: int) -> Iterator[AppealItem]:
    """So many appeals, one after another; the first question of each."""
    for _round in range(count):
        first = filed(published(60), *numbers or (12,)).items.order_by("question").first()
        assert first is not None
        yield first


def case_of(item: AppealItem) -> Attestation:
    return fresh(item.appeal.attestation)


def correct(item: AppealItem) -> int:
    """The correct answers of the result in force."""
    return int(case_of(item).results.get(superseded_at__isnull=True).correct_answers)


def one_after_all(found: Sequence[Any], *codes: str) -> None:
    """Whoever lost was told why, in words of this table; nobody met anything else."""
    for one in found:
        if isinstance(one, Refused):
            assert one.code in codes, (one.code, str(one))
            assert str(one)


@rounds
def test_f_c1_two_rulings_on_one_question(count: int) -> None:
    assert connection.vendor == "postgresql"
    people = board(0)
    for item in questions(count):
        found = at_once(
            item.pk,
            lambda: rule_item(item, ruling="uphold", reason="…", by=By(people.chair, AT)),  # noqa: B023  # at once
            lambda: rule_item(
                item,  # noqa: B023  # at once
                ruling="reject",
                reason="…",
                by=By(people.secretary, AT),
                minutes={},
            ),
        )
        assert [one.code for one in found if isinstance(one, Refused)] == ["ruled_already"]
        item.refresh_from_db()
        assert correct(item) == (61 if item.ruling == "uphold" else 60)
        assert case_of(item).open_appeals == 0


@rounds
def test_f_c1_two_questions_of_one_appeal_resolve_it_once(count: int) -> None:
    people = board(0)
    for first in questions(count, 12, 47):
        one, two = first.appeal.items.order_by("question")
        found = at_once(
            one.pk,
            lambda: rule_item(one, ruling="uphold", reason="…", by=By(people.chair, AT)),  # noqa: B023  # at once
            lambda: rule_item(
                two,  # noqa: B023  # at once
                ruling="uphold",
                reason="…",
                by=By(people.secretary, AT),
                minutes={},
            ),
        )
        assert not any(isinstance(one, Refused) for one in found)
        assert correct(one) == 62
        assert case_of(one).open_appeals == 0


@rounds
def test_f_c4_withdrawn_while_the_commission_rules(count: int) -> None:
    people = board(0)
    for item in questions(count):
        found = at_once(
            item.pk,
            lambda: withdraw(item.appeal, reason="…", by=By(None, AT)),  # noqa: B023  # at once
            lambda: rule_item(item, ruling="uphold", reason="…", by=By(people.chair, AT)),  # noqa: B023  # at once
        )
        assert sum(isinstance(one, Refused) for one in found) == 1
        item.appeal.refresh_from_db()
        assert (item.appeal.state, correct(item)) in {("withdrawn", 60), ("resolved", 61)}
        assert case_of(item).open_appeals == 0


@rounds
def test_f_c9_two_members_vote_as_the_item_is_counted(count: int) -> None:
    """Whose vote came before the count is counted, and nobody else's; the other is told of the count."""
    people = board(2)
    for item in questions(count):
        sitting = opened(people)
        line = AgendaItem.objects.get(sitting=sitting, item=item)
        vote(line, "uphold", by=By(people.chair, AT))
        first, second, done = at_once(
            item.pk,
            lambda: vote(line, "reject", by=By(people.members[0], AT)),  # noqa: B023  # at once
            lambda: vote(line, "reject", by=By(people.members[1], AT)),  # noqa: B023  # at once
            lambda: count_item(line, by=By(people.secretary, AT)),  # noqa: B023  # at once
        )
        one_after_all([first, second], "counted_already")
        assert isinstance(done, AgendaItem)
        counted = [one for one in (first, second) if isinstance(one, Vote)]
        assert (
            done.minutes["reject"]
            == len(counted)
            == Vote.objects.filter(agenda_item=line, choice="reject").count()
        )
        done = seal_item(line, reason="…", by=By(people.secretary, AT))
        # One against one: the chair's vote decides.
        assert done.ruling == ("reject" if len(counted) == 2 else "uphold")
        concluded(people, sitting)
        assert recount(Sitting.objects.get(pk=sitting.pk)).differences == []
        assert correct(item) == (60 if done.ruling == "reject" else 61)


@rounds
def test_f_c9_one_member_votes_in_two_windows(count: int) -> None:
    people = board(2)
    sitting = opened(people)
    for item in questions(count):
        line = put_on_agenda(sitting, item=item, by=By(people.secretary, AT))
        found = at_once(
            item.pk,
            lambda: vote(line, "uphold", by=By(people.chair, AT)),  # noqa: B023  # at once
            lambda: vote(line, "reject", by=By(people.chair, AT)),  # noqa: B023  # at once
        )
        one_after_all(found)
        assert Vote.objects.filter(agenda_item=line).count() == 1


@rounds
def test_f_c9_a_vote_while_the_chair_closes_the_sitting(count: int) -> None:
    people = board(2)
    for item in questions(count):
        sitting = opened(people)
        line = AgendaItem.objects.get(sitting=sitting, item=item)
        voted, closed = at_once(
            item.pk,
            lambda: vote(line, "uphold", by=By(people.members[0], AT)),  # noqa: B023  # at once
            lambda: close_sitting(sitting, by=By(people.chair, AT)),  # noqa: B023  # at once
        )
        one_after_all([voted], "item_closed", "sitting_not_open")
        assert isinstance(closed, Sitting)
        assert Vote.objects.filter(agenda_item=line).count() == (not isinstance(voted, Refused))
        line.refresh_from_db()
        assert (line.outcome, line.sitting.state) == ("no_ruling", "closed")
        withdraw(item.appeal, reason="…", by=By(None, AT))


@rounds
def test_f_c9_an_item_and_its_sitting_close_at_once(count: int) -> None:
    """Counted, and the sitting waits for the seal, or closed without a ruling; and no deadlock (F-C6)."""
    people = board(2)
    for item in questions(count):
        sitting = opened(people)
        line = AgendaItem.objects.get(sitting=sitting, item=item)
        for user in people.voters:
            vote(line, "uphold", by=By(user, AT))
        ruled, closed = at_once(
            item.pk,
            lambda: count_item(line, by=By(people.secretary, AT)),  # noqa: B023  # at once
            lambda: close_sitting(sitting, by=By(people.chair, AT)),  # noqa: B023  # at once
        )
        one_after_all([ruled, closed], "item_closed", "sitting_not_open", "not_sealed")
        assert isinstance(ruled, Refused) != isinstance(closed, Refused)
        if isinstance(closed, Refused):
            seal_item(line, reason="…", by=By(people.secretary, AT))
            concluded(people, sitting)
        line.refresh_from_db()
        assert line.outcome == ("no_ruling" if isinstance(ruled, Refused) else "ruled")
        assert correct(item) == (60 if isinstance(ruled, Refused) else 61)
        if isinstance(ruled, Refused):
            withdraw(item.appeal, reason="…", by=By(None, AT))


@rounds
def test_f_c4_withdrawn_while_the_members_vote(count: int) -> None:
    """Withdrawn or ruled on, never both; the vote is counted or refused."""
    people = board(2)
    for item in questions(count):
        sitting = opened(people)
        line = AgendaItem.objects.get(sitting=sitting, item=item)
        for user in people.voters[:2]:
            vote(line, "uphold", by=By(user, AT))
        withdrawn, voted, ruled = at_once(
            item.pk,
            lambda: withdraw(item.appeal, reason="…", by=By(None, AT)),  # noqa: B023  # at once
            lambda: vote(line, "uphold", by=By(people.members[1], AT)),  # noqa: B023  # at once
            lambda: count_item(line, by=By(people.secretary, AT)),  # noqa: B023  # at once
        )
        one_after_all([withdrawn, voted, ruled], "wrong_state", "counted_already", "item_closed")
        assert isinstance(withdrawn, Refused) != isinstance(ruled, Refused)
        if isinstance(withdrawn, Refused):
            seal_item(line, reason="…", by=By(people.secretary, AT))
        concluded(people, sitting)
        item.refresh_from_db()
        line.refresh_from_db()
        gone = isinstance(ruled, Refused)
        assert (item.appeal.state, line.outcome, bool(item.withdrawn_at), item.ruling) == (
            ("withdrawn", "withdrawn", True, "") if gone else ("resolved", "ruled", False, "uphold")
        )
        assert correct(item) == (60 if gone else 61)
        assert case_of(item).open_appeals == 0


@rounds
def test_i_14_filed_while_the_sweep_finalises(count: int) -> None:
    """F-C4: whoever is first, the case ends provisional and under appeal, never final and under appeal."""
    for place in range(count):
        case = decided(60)
        found = at_once(
            place,
            lambda: filed(case, 12, by=By(None, GRACE_OVER)),  # noqa: B023  # at once
            lambda: finalise_due(now=GRACE_OVER),
        )
        assert isinstance(found[0], Appeal)
        assert found[1] in (0, 1)
        assert (fresh(case).status, fresh(case).open_appeals) == ("provisional", 1)
        assert not case.decisions.filter(state="final", superseded_at__isnull=True).exists()
