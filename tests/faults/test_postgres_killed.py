"""F-D4, F-D23: PostgreSQL itself is killed under an act or the sweep, starts again: all is there, once."""

from __future__ import annotations

from collections.abc import Iterator
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


def struck(name: str, number: int, cluster: Cluster, folder: Path) -> crash.Tally:
    """So many points of the act, evenly spread; kill -9 and an immediate stop take turns."""
    act, figures = ACTS[name], crash.Tally(f"{name}, server")
    with connected_there(cluster):
        copies, post = PostgresCopies(), crash_post.start(folder, "struck")
        try:
            whole = crash.undisturbed(act, "evening", copies, post)
            step = len(whole.points) / number
            points = [int(step * place + step / 2) + 1 for place in range(number)]
            for point, strike in zip(points, cycle((cluster.kill_all, cluster.stop_at_once)), strict=False):
                found = struck_at(point, act, whole, cluster, copies, post, strike)
                figures.add(f"{act.name}, point {point}, {whole.points[point - 1]}", found)
        finally:
            post.stop()
    return figures


def test_f_d4_postgresql_killed_at_two_points_of_an_act(cluster: Cluster, tmp_path: Path) -> None:
    found = struck("publish", 2, cluster, tmp_path)
    assert (found.examples, found.points) == ([], 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", STRUCK)
def test_f_d4_postgresql_killed_at_many_points(
    cluster: Cluster, tmp_path: Path, figures: list[crash.Tally], name: str
) -> None:
    found = struck(name, MANY, cluster, tmp_path)
    figures.append(found)
    assert (found.examples, found.points) == ([], MANY)
