"""F-D4, F-D24, F-I19: killed before and after every statement and every send, and nothing is lost or doubled.

The long proof takes every point, `make test` a few of each act; the rest shows that a planted bug is seen.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction

from attestation import clock, journal
from attestation.by import By
from attestation.cases import results
from attestation.models import Cycle, Deadline, Notice, Result
from attestation.notices import delivery
from attestation.notices.letters import address_of, compose
from office import tasks
from tests.faults import crash, crash_checks, crash_post
from tests.faults.conftest import Scene
from tests.faults.crash_bench import BENCH
from tests.faults.crash_cast import ACTS, EVENING, NIGHT, TO_PUBLISH, Act, publish
from tests.faults.crash_copies import connected_to
from tests.faults.crash_points import forked

pytestmark = pytest.mark.django_db(transaction=True)

A_FEW = 2 if connection.vendor == "sqlite" else 1


def few(points: list[str]) -> Sequence[int]:
    """Some points, always the same of the same act."""
    return sorted(Random(271).sample(range(1, len(points) + 1), A_FEW))


def killed(act: Act, scene: Scene, choose: Callable[[list[str]], Sequence[int]]) -> crash.Tally:
    return crash.tally(act, scene.evening, scene.copies, scene.folder, choose=choose)


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTS)
def test_f_d4_killed_at_every_point_nothing_is_lost_doubled_or_half_written(
    scene: Scene, figures: list[crash.Tally], name: str
) -> None:
    found = killed(ACTS[name], scene, crash.every)
    figures.append(found)
    assert found.examples == []
    assert found.points >= 30
    # Killed between "accepted" and "marked", a letter goes out again: that these points were hit shows there.
    assert bool(found.repeated) == (name in ("sweep", "delivery", "digests"))


@pytest.mark.daily(3)
@pytest.mark.postgres  # both in `make faults`, at every point
@pytest.mark.parametrize("name", ACTS)
def test_f_d4_killed_at_a_few_points(scene: Scene, name: str) -> None:
    found = killed(ACTS[name], scene, few)
    assert (found.examples, found.points) == ([], A_FEW)


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCH)
def test_f_d4_killed_at_every_point_the_commission_and_its_papers_are_whole(
    bench: Scene, figures: list[crash.Tally], name: str
) -> None:
    found = killed(BENCH[name], bench, crash.every)
    figures.append(found)
    assert (found.examples, found.repeated) == ([], 0)
    assert found.points >= 20


@pytest.mark.daily(3)
@pytest.mark.postgres  # both in `make faults`, at every point
@pytest.mark.parametrize("name", BENCH)
def test_f_d4_killed_at_a_few_points_of_the_commissions_acts(bench: Scene, name: str) -> None:
    found = killed(BENCH[name], bench, few)
    assert (found.examples, found.points) == ([], A_FEW)


# --- the points ---------------------------------------------------------------------------------------------


@pytest.mark.slow  # it is the harness that is looked at
def test_every_statement_commit_and_answer_of_the_mail_server_is_two_points(scene: Scene) -> None:
    post = crash_post.start(scene.folder, "names")
    try:
        act = Act("both", EVENING, lambda now: (publish(now), delivery.deliver(now=now)))
        names = crash.undisturbed(act, scene.evening, scene.copies, post).points
    finally:
        post.stop()
    said = " | ".join(names)
    assert said.count("before COMMIT") == said.count("after COMMIT") >= 2
    assert said.count("before UPDATE") == said.count("after UPDATE") > 10
    assert said.count("before INSERT") == said.count("after INSERT") > 10
    assert said.count("before SMTP connect") == said.count("after SMTP connect") >= 1
    accepted = [number for number, name in enumerate(names) if name == "after SMTP 354"]
    # The text is with the server, which has accepted it; we have not yet read that it did.
    assert accepted
    assert all(
        names[number + 1 : number + 3] == ["before SMTP answer", "after SMTP 250"] for number in accepted
    )


@pytest.mark.once  # it is the harness that is looked at
@pytest.mark.daily(4)
def test_a_killed_process_leaves_nothing_of_its_transaction_and_all_of_the_ones_before(scene: Scene) -> None:
    """F-I19: of the import the kill right before its commit leaves nothing, right after it everything."""
    post = crash_post.start(scene.folder, "import")
    act = ACTS["import confirm"]
    try:
        points = crash.undisturbed(act, scene.evening, scene.copies, post).points
        last = len(points) - points[::-1].index("before COMMIT")
        found = []
        for point in (last, last + 1):
            database = scene.copies.copy(scene.evening, "import")
            forked(partial(crash.act_until, database, post, act, point))
            scene.copies.settle(database)
            status, said = forked(partial(_imported, database))
            assert status == 0
            found.append(pickle.loads(said))
    finally:
        post.stop()
    assert found == [("previewed", 0), ("confirmed", 3)]


def _imported(database: str) -> bytes:
    from attestation.models import ImportJob

    with connected_to(database):
        job = ImportJob.objects.get(kind="results")
        return pickle.dumps((job.state, Result.objects.filter(attestation__cycle=job.cycle).count()))


# --- planted bugs: a proof that can't fail is none ----------------------------------------------------------


def after(beginning: str, number: int = 1) -> Callable[[list[str]], Sequence[int]]:
    """The point after the statement that begins so, the first unless another is named."""

    def choose(points: list[str]) -> Sequence[int]:
        found = [at for at, name in enumerate(points, 1) if name.startswith(f"after {beginning}")]
        return [found[number - 1]]

    return choose


def in_two_halves(now: datetime) -> None:
    """A publication whose results are committed before their deadlines are opened."""
    waiting = list(
        Result.objects.filter(attestation__cycle__code=TO_PUBLISH, published_at=None).order_by("pk")
    )
    Result.objects.filter(pk__in=[result.pk for result in waiting]).update(published_at=now)
    for result in waiting:
        with transaction.atomic():
            results.open_appeal_deadlines(result.attestation, result, now=now)
            journal.record("publish", by=By(None, now), attestation=result.attestation)


@pytest.mark.once  # it is the harness that is looked at
def test_an_act_that_commits_in_two_halves_is_seen(scene: Scene) -> None:
    act = Act("in two halves", EVENING, in_two_halves, publish)
    found = killed(act, scene, after('UPDATE "attestation_result"'))
    assert (found.points, found.lost, found.half_written) == (1, 1, 1)
    said = "\n".join(found.examples)
    assert "published without its terms" in said
    assert "lost: deadline:" in said


def said_twice(now: datetime) -> None:
    """An act that says so in the journal before it is done, in a transaction of its own."""
    if Result.objects.filter(attestation__cycle__code=TO_PUBLISH, published_at=None).exists():
        journal.record("publishing", by=By(None, now), subject=TO_PUBLISH)
        publish(now)


@pytest.mark.slow  # the harness once more; `make test` looks at two halves alone
def test_an_act_done_again_that_leaves_a_trace_of_the_first_try_is_seen(scene: Scene) -> None:
    found = killed(Act("said twice", EVENING, said_twice, said_twice), scene, after("COMMIT"))
    assert (found.points, found.lost, found.doubled, found.half_written) == (1, 0, 1, 0)
    assert "act=publishing" in "\n".join(found.examples)


def marked_first(now: datetime) -> None:
    """A delivery that marks a letter as sent, and then sends it."""
    inner = delivery.compose

    def composed(notice: Notice, connection_: Any) -> Any:
        delivery._mark(notice, state=Notice.State.SENT, sent_at=now)
        return inner(notice, connection_)

    delivery.compose = composed
    delivery.deliver(now=now)


@pytest.mark.slow  # the harness once more; `make test` looks at two halves alone
def test_a_delivery_that_marks_before_it_sends_is_seen(scene: Scene) -> None:
    act = Act("marked first", EVENING, marked_first)
    found = killed(act, scene, after("SMTP connect"))
    assert (found.points, found.lost, found.doubled) == (1, 1, 0)
    assert "lost: letter <" in "\n".join(found.examples)


def marked_at_the_end(now: datetime) -> None:
    """A delivery that sends a batch and then marks it."""
    waiting = [notice for notice in Notice.objects.to_send(now) if address_of(notice)]
    for notice in waiting:
        compose(notice).send()
    Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(state="sent", sent_at=now)


@pytest.mark.slow  # the harness once more; `make test` looks at two halves alone
def test_a_delivery_that_marks_a_batch_at_its_end_is_seen(scene: Scene) -> None:
    act = Act("marked at the end", EVENING, marked_at_the_end)
    found = killed(act, scene, after("SMTP 354", 2))
    assert (found.points, found.lost, found.doubled) == (1, 0, 0)
    found = killed(act, scene, after("SMTP 221", 2))
    assert (found.points, found.lost, found.doubled) == (1, 0, 1)
    assert "2 letters were accepted and not marked" in "\n".join(found.examples)


@pytest.mark.slow  # the harness once more; `make test` looks at two halves alone
def test_a_point_that_is_not_reached_counts_as_none_and_fails_the_proof(scene: Scene) -> None:
    post = crash_post.start(scene.folder, "unreached")
    try:
        act = Act("quick", EVENING, lambda now: Cycle.objects.count())
        whole = crash.undisturbed(act, scene.evening, scene.copies, post)
        found = crash.killed_at(3, act, whole, scene.evening, scene.copies, post, "unreached", {})
    finally:
        post.stop()
    assert len(whole.points) == 2
    assert found == crash.Troubles(unreached=["the process ended with status 0"])
    figures = crash.Tally("quick")
    figures.add("point 3", found)
    assert (figures.points, len(figures.examples)) == (0, 1)


# --- a message that comes three times -----------------------------------------------------------------------


def thrice(database: str, post: crash_post.Post) -> bytes:
    """What the worker does with the same messages, again and late; what was there after each."""
    crash.enter(post)
    found = []
    # The process ends with this; the clock goes at a pace of its own, which is no jump.
    clock.is_simulated = lambda: True
    with connected_to(database):
        for moment in (NIGHT, NIGHT, NIGHT + crash.SWEEP_EVERY):
            clock.now = lambda moment=moment: moment  # type: ignore[misc]
            tasks.sweep()
            tasks.deliver()
            found.append((crash_checks.everything(), post.accepted(), Deadline.objects.open().count()))
    return pickle.dumps(found)


def test_f_d5_a_message_delivered_again_finds_nothing_left_to_do(scene: Scene) -> None:
    post = crash_post.start(scene.folder, "thrice")
    try:
        database = scene.copies.copy(scene.evening, "thrice")
        before = forked(partial(_counted, database))[1]
        status, said = forked(partial(thrice, database, post))
    finally:
        post.stop()
    assert status == 0
    first, second, late = pickle.loads(said)
    for again in (second, late):
        assert {
            name: (first[0][name] - again[0][name], again[0][name] - first[0][name])
            for name in first[0]
            if first[0][name] != again[0][name]
        } == {}
        assert again[1:] == first[1:]
    assert len(first[1]) > 10
    assert pickle.loads(before) != first[2]


def _counted(database: str) -> bytes:
    with connected_to(database):
        return pickle.dumps(Deadline.objects.open().count())
