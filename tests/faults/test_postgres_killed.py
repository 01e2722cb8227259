"""F-D4, F-D23: PostgreSQL itself is killed under an act or the sweep, starts again: all is there, once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path

import pytest

from tests.faults import crash, crash_post
from tests.faults.conftest import Scene
from tests.faults.crash_cast import ACTS
from tests.faults.crash_copies import PostgresCopies
from tests.faults.pg_killed import Cluster, connected_there, running_cluster, struck_at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

STRUCK = ("sweep", "delivery", "publish", "appeal ruling", "staff confirm", "confirm ready")
MANY = 12


@pytest.fixture
def cluster(scene: Scene) -> Iterator[Cluster]:
    """With the evening in it."""
    with running_cluster() as made:
        made.take(scene.evening, "evening")
        yield made


def evenly(points: list[str]) -> Sequence[int]:
    """So many, spread over the act."""
    step = len(points) / MANY
    return [int(step * place + step / 2) + 1 for place in range(MANY)]


def around_the_commit(points: list[str]) -> Sequence[int]:
    """Right before the last one and right after it."""
    last = len(points) - points[::-1].index("before COMMIT")
    return last, last + 1


def struck(
    name: str, cluster: Cluster, folder: Path, choose: Callable[[list[str]], Sequence[int]]
) -> crash.Tally:
    """At the chosen points of the act; kill -9 and an immediate stop take turns."""
    act, figures = ACTS[name], crash.Tally(f"{name}, server")
    with connected_there(cluster):
        copies, post = PostgresCopies(), crash_post.start(folder, "struck")
        try:
            whole = crash.undisturbed(act, "evening", copies, post)
            strikes = cycle((cluster.kill_all, cluster.stop_at_once))
            for point, strike in zip(choose(whole.points), strikes, strict=False):
                found = struck_at(point, act, whole, cluster, copies, post, strike)
                figures.add(f"{act.name}, point {point}, {whole.points[point - 1]}", found)
        finally:
            post.stop()
    return figures


@pytest.mark.daily(3)
def test_f_d4_postgresql_killed_before_a_commit_and_after_it(cluster: Cluster, tmp_path: Path) -> None:
    """What it acknowledged is there when it comes up, before anybody does the act again."""
    found = struck("publish", cluster, tmp_path, around_the_commit)
    assert (found.examples, found.points, found.states) == ([], 2, 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", STRUCK)
def test_f_d4_postgresql_killed_at_many_points(
    cluster: Cluster, tmp_path: Path, figures: list[crash.Tally], name: str
) -> None:
    found = struck(name, cluster, tmp_path, evenly)
    figures.append(found)
    assert (found.examples, found.points) == ([], MANY)
