"""F-D4: kill a process at every point of an act, let the product recover, compare with a run nobody killed.

For each point: a fresh copy of the prepared database; a child process does the act and dies by SIGKILL there;
what it left is looked through for anything half-written; then a person who saw no answer does the act again,
the sweeps come by until nothing is left to do, and the whole database is compared, and the letters counted.
Between two commits every kill leaves the same behind: where every value of every table and the letters that
were accepted are equal, the recovery is the one that was seen before. Those states are counted too.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import traceback
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from signal import SIGKILL

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection
from django.test import override_settings

from appeals.services.attachments import remove_unsettled
from attestation.models import Notice
from attestation.notices.letters import message_id
from tests.faults import crash_checks, crash_post
from tests.faults.crash_bench_checks import nobodys_papers
from tests.faults.crash_cast import Act, swept
from tests.faults.crash_checks import Rows
from tests.faults.crash_copies import Copies, connected_to
from tests.faults.crash_points import Points, die, fork, forked
from tests.faults.crash_post import Post

ANSWER_MISSED = timedelta(minutes=3)
SWEEP_EVERY = timedelta(minutes=5)
A_DAY_LATER = timedelta(days=2)  # a whole one has passed then
AT_REST_WITHIN = 12
WORKERS = 2
Letters = list[tuple[str, str]]


@dataclass
class Troubles:
    """What is wrong after one point; empty lists are what is asked for."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half_written: list[str] = field(default_factory=list)
    unreached: list[str] = field(default_factory=list)
    repeated: int = 0  # letters sent again on purpose: killed between "accepted" and "marked"
    state: str = ""  # a digest of what the kill left behind


@dataclass(frozen=True)
class Undisturbed:
    """The act as it goes when nobody is killed: its points, and what is there at the end."""

    points: list[str]
    rows: Rows
    letters: Letters


@dataclass
class Tally:
    """The figures of one act."""

    act: str
    points: int = 0
    lost: int = 0
    doubled: int = 0
    half_written: int = 0
    repeated: int = 0
    left_behind: set[str] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)

    @property
    def states(self) -> int:
        """How many different states the kills left behind, each of them recovered."""
        return len(self.left_behind)

    def add(self, point: str, found: Troubles) -> None:
        """One point more; a point that was not reached counts as none and is an example of a trouble."""
        self.points += not found.unreached
        self.lost += bool(found.lost)
        self.doubled += bool(found.doubled)
        self.half_written += bool(found.half_written)
        self.repeated += found.repeated
        self.left_behind |= {found.state} - {""}
        for name in ("lost", "doubled", "half_written", "unreached"):
            self.examples += [f"{point}\n    {name}: {said}" for said in getattr(found, name)[:3]]


# --- in the processes that are killed, and in those that come after -----------------------------------------


def enter(post: Post) -> None:
    """What every process of ours needs: the real mail server, and no lines of a log between the dots."""
    logging.disable(logging.CRITICAL)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", post.port
    override_settings(MEDIA_ROOT=post.media).enable()  # the process ends with it


def act_until(
    database: str, post: Post, act: Act, wanted: int | None, strike: Callable[[], None] = die
) -> bytes:
    """Do the act and die at the wanted point; without one, give the points' names."""
    enter(post)
    points = Points(wanted, strike)
    with connected_to(database):
        # Tests before this one may have drawn numbers of tables that are empty again.
        _close_the_gaps()
        points.install()
        act.do(act.at)
    return pickle.dumps(points.names)


def recover(database: str, post: Post, act: Act, known: Container[str]) -> bytes:
    """Look at what was left, recover as the product does, and give all there is then."""
    enter(post)
    with connected_to(database):
        state = crash_checks.digest(post.accepted())
        if state in known:
            return pickle.dumps((state, None))
        half = crash_checks.half_written()
        at_risk = _accepted_and_unmarked(post.accepted())
        before = {letter for letter, _ in post.accepted()}
        ghosts = before - {message_id(key) for key in Notice.objects.values_list("key", flat=True)}
        half += [f"letter {letter} left, its notice is not on record" for letter in ghosts]
        try:
            half += _come_to_rest(act)
        except Exception:  # noqa: BLE001  whatever it is, it is shown with the point
            half.append(f"the recovery failed: {traceback.format_exc()}")
        half += [f"at the end: {said}" for said in crash_checks.half_written()]
        remove_unsettled(now=act.at + A_DAY_LATER)
        half += nobodys_papers()
        return pickle.dumps((state, (half, at_risk, crash_checks.everything(), post.accepted())))


def _accepted_and_unmarked(letters: Letters) -> set[str]:
    queued = Notice.objects.filter(state=Notice.State.QUEUED).values_list("key", flat=True)
    return {message_id(key) for key in queued} & {letter for letter, _ in letters}


def _come_to_rest(act: Act) -> list[str]:
    """A person tries again; the sweep comes by every five minutes, until it finds nothing to do."""
    _close_the_gaps()
    if act.again is not None:
        act.again(act.at + ANSWER_MISSED)
    for number in range(1, AT_REST_WITHIN + 1):
        _close_the_gaps()
        now = act.at + number * SWEEP_EVERY
        done = swept(now)
        if done.failed:
            return [f"the sweep fails: {done.failed}"]
        if done.ran and not any(done.counts.values()) and not _unsent(now):
            return []
    return ["there was no rest within an hour"]


def _unsent(now: datetime) -> bool:
    soon = now + SWEEP_EVERY * AT_REST_WITHIN
    return Notice.objects.to_send(soon).exists() or Notice.objects.to_gather(soon).exists()


def _close_the_gaps() -> None:
    """PostgreSQL leaves out the numbers of rolled-back rows; set back, both runs can be compared by them."""
    models = list(crash_checks.our_models())
    for statement in connection.ops.sequence_reset_sql(no_style(), models):
        with connection.cursor() as cursor:
            cursor.execute(statement)


# --- in the process of the test -----------------------------------------------------------------------------


def undisturbed(act: Act, evening: str, copies: Copies, post: Post, name: str = "whole") -> Undisturbed:
    """Do the act and what follows it without any kill. Raises AssertionError where even that goes wrong."""
    post.empty()
    database = copies.copy(evening, name)
    status, said = forked(partial(act_until, database, post, act, None))
    assert status == 0, f"{act.name} ends with status {status}"
    copies.settle(database)
    at_end, answer = forked(partial(recover, database, post, act, ()))
    assert at_end == 0, f"after {act.name} the recovery ends with status {at_end}"
    _state, (half, at_risk, rows, letters) = pickle.loads(answer)
    assert (half, at_risk) == ([], set())
    assert len({letter for letter, _ in letters}) == len(letters), "a letter is sent twice without any kill"
    copies.drop(name)
    return Undisturbed(pickle.loads(said), rows, letters)


Known = dict[str, Troubles]


def killed_at(
    point: int,
    act: Act,
    whole: Undisturbed,
    evening: str,
    copies: Copies,
    post: Post,
    name: str,
    known: Known,
) -> Troubles:
    """Kill the act at one point (from 1), recover, and compare with the run that nobody killed."""
    post.empty()
    database = copies.copy(evening, name)
    status, _nothing = forked(partial(act_until, database, post, act, point))
    if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == SIGKILL):
        return Troubles(unreached=[f"the process ended with status {status}"])
    copies.settle(database)
    status, answer = forked(partial(recover, database, post, act, known))
    if status:
        return Troubles(half_written=[f"the recovery ended with status {status}"])
    state, seen = pickle.loads(answer)
    if seen is not None:
        known[state] = judged(state, *seen, whole=whole)
    return known[state]


def judged(
    state: str, half: list[str], at_risk: set[str], rows: Rows, letters: Letters, *, whole: Undisturbed
) -> Troubles:
    lost, doubled = crash_checks.differences(whole.rows, rows)
    missing, again = _compared(whole.letters, letters, at_risk)
    repeated = len(letters) - len(set(letters))
    return Troubles(lost + missing, doubled + again, half, repeated=repeated, state=state)


def _compared(expected: Letters, found: Letters, at_risk: set[str]) -> tuple[list[str], list[str]]:
    """Every letter once at least; twice only the one that was accepted and not marked, word for word."""
    missing = [f"letter {letter}" for letter, _ in set(expected) - set(found)]
    times = Counter(letter for letter, _ in found)
    allowed = Counter(times.keys()) + Counter(at_risk)
    doubled = [f"letter {letter} is sent once too often" for letter in (times - allowed).elements()]
    doubled += [f"letter {letter} says something else" for letter, _ in set(found) - set(expected)]
    if len(at_risk) > 1:
        doubled.append(f"{len(at_risk)} letters were accepted and not marked")
    return missing, doubled


def every(points: list[str]) -> Sequence[int]:
    """All of them."""
    return range(1, len(points) + 1)


def tally(
    act: Act,
    evening: str,
    copies: Copies,
    folder: Path,
    *,
    choose: Callable[[list[str]], Sequence[int]] = every,
) -> Tally:
    """Kill the act at the points chosen by their names (every one, from 1), in two processes at a time."""
    posts = [crash_post.start(folder, f"post{number}") for number in range(WORKERS)]
    try:
        whole = undisturbed(act, evening, copies, posts[0])
        found = _in_parallel(choose(whole.points), act, whole, evening, copies, posts)
    finally:
        for post in posts:
            post.stop()
    figures = Tally(act.name)
    for point in sorted(found):
        figures.add(f"{act.name}, point {point}, {whole.points[point - 1]}", found[point])
    return figures


def _in_parallel(
    wanted: Sequence[int], act: Act, whole: Undisturbed, evening: str, copies: Copies, posts: list[Post]
) -> dict[int, Troubles]:
    workers = []
    for number, post in enumerate(posts):
        # Neighbours to one worker: between two commits they leave the same state behind.
        mine = wanted[len(wanted) * number // len(posts) : len(wanted) * (number + 1) // len(posts)]
        work = partial(_share, mine, act, whole, evening, copies, post, f"worker{number}")
        workers.append(fork(work, within_s=3600))
    found: dict[int, Troubles] = {}
    for worker in workers:
        status, answer = worker.wait()
        assert status == 0, f"a worker of {act.name} ended with status {status}"
        found |= pickle.loads(answer)
    return found


def _share(
    mine: Sequence[int], act: Act, whole: Undisturbed, evening: str, copies: Copies, post: Post, name: str
) -> bytes:
    # What is there already stays where it is: a collection in a child would copy every page of it.
    gc.freeze()
    known: Known = {}
    found = {point: killed_at(point, act, whole, evening, copies, post, name, known) for point in mine}
    copies.drop(name)
    return pickle.dumps(found)
