"""One kill at a chosen moment, on the embedded default: and that the harness sees a letter that is lost."""

import hashlib
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from tests.faults import kills
from tests.faults.kills_killer import Killer
from tests.faults.kills_office import Office
from tests.faults.stack import Stack, add_product, running_stack
from tests.faults.stack_service import kill

APP, PLANTED = "tests.faults.stack_app", "tests.faults.stack_planted"

pytestmark = pytest.mark.slow


@pytest.fixture
def office() -> Iterator[Office]:
    """A round published by commands: letters wait; nothing of the product runs yet."""
    with running_stack(7, postgres=False) as stack:
        made = kills.set_up(stack, seed=7, rounds=1, failures=False)
        made.quiet_round()
        stack.mail.taken.clear()
        yield made


def until(seen: Callable[[], object], stack: Stack, seconds: float = 90) -> None:
    """Wait for it."""
    give_up_at = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < give_up_at, stack.log_of("worker")[-3000:]
        time.sleep(0.05)


def kill_at_first_letter(office: Office, app: str) -> tuple[kills.Findings, str]:
    """Kill the worker when the server has read its first letter and not taken it; which letter it was."""
    stack = office.stack
    # Letters of the set-up were taken before this test began to count.
    before = {row[0] for row in office.sql("SELECT id FROM attestation_notice WHERE sent_at IS NOT NULL")}
    killer = Killer(stack, stack.chance, [])
    struck: list[str] = []

    def die(message_id: str) -> None:
        stack.mail.before = None
        struck.append(message_id)
        killer.strike("worker")

    stack.mail.before = die
    add_product(stack, app, web=False, beats=0)
    until(lambda: killer.log and stack.services["worker"].starts > 1, stack)
    kills.calm_down(office)
    found = kills.Findings()
    kills.audit_letters(office, killer, found, leave_out=before)
    assert len(killer.log) == 1
    return found, struck[0]


def taken(office: Office, message_id: str) -> int:
    """How often the mail server took the letter."""
    return sum(one.key == message_id for one in office.stack.mail.taken)


def test_f_d4_a_worker_killed_as_it_sends_loses_no_letter(office: Office) -> None:
    found, struck = kill_at_first_letter(office, APP)
    assert found.all() == []
    assert found.letters > 10
    assert taken(office, struck) == 1  # read twice: the first time the sender died before it was taken


def test_the_harness_sees_a_letter_that_was_marked_before_it_was_sent(office: Office) -> None:
    """The audit names the very letter whose sender was killed, and finds nothing else."""
    found, struck = kill_at_first_letter(office, PLANTED)
    assert taken(office, struck) == 0
    keys = {key for (key,) in office.sql("SELECT key FROM attestation_notice WHERE sent_at IS NOT NULL")}
    (key,) = [key for key in keys if struck.startswith(f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@")]
    (line,) = found.lost
    assert line.startswith("sent, and never received")
    assert repr(key) in line
    assert found.doubled + found.wrong == []
    assert found.letters > 10


def test_f_d24_a_deployment_in_the_middle_of_a_sweep_leaves_nothing_undone(office: Office) -> None:
    """F-D24: SIGTERM, SIGKILL ten seconds later; the new worker does the rest, and waits for no lease."""
    stack = office.stack
    before = {row[0] for row in office.sql("SELECT id FROM attestation_notice WHERE sent_at IS NOT NULL")}
    runs = office.sql("SELECT finished_at FROM attestation_jobrun WHERE name = 'sweep'")
    unswept = runs[0][0] if runs else None
    stack.mail.slow_s = 1.0  # a sweep now takes longer than a deployment waits
    add_product(stack, APP, web=False, beats=0)
    until(lambda: len(stack.mail.taken) > 1, stack)
    killer = Killer(stack, stack.chance, [])
    worker = stack.services["worker"]
    with stack.lock:
        assert worker.process is not None
        kill([worker.process.pid], signal.SIGTERM)
        begun = time.monotonic()
        while worker.alive and time.monotonic() - begun < 10:
            time.sleep(0.05)
        assert not worker.alive, "the worker would have had to be killed"
        killer.strike("worker")
    stack.mail.slow_s = 0.0
    waiting = "SELECT COUNT(*) FROM attestation_notice WHERE state = 'queued'"
    assert office.one(waiting) > 0
    ((finished, lease),) = office.sql(
        "SELECT finished_at, lease_until FROM attestation_jobrun WHERE name = 'sweep'"
    )
    assert (finished, lease) == (unswept, None)  # in the middle of a sweep, which gave its lease back
    taken_before = len(stack.mail.taken)
    swept = "SELECT finished_at FROM attestation_jobrun WHERE name = 'sweep'"
    until(lambda: office.one(swept) != unswept, stack, seconds=60)  # half as long as a lease
    assert worker.starts > 1
    assert len(stack.mail.taken) > taken_before
    # Letters that the old worker had claimed wait until the claim is over: sweeps far ahead send them.
    kills.calm_down(office)
    found = kills.Findings()
    kills.audit_letters(office, killer, found, leave_out=before)
    kills.audit_effects(office, found)
    assert found.all() == []
    assert found.repeats <= 1
    assert office.one(waiting) == 0


def test_f_d7_a_worker_whose_broker_stood_still_and_died_works_again(office: Office) -> None:
    """F-D7, F-D6: Redis stops answering without a word, dies and comes back on its port."""
    stack = office.stack
    add_product(stack, APP, web=False)
    finished = "SELECT MAX(finished_at) FROM attestation_jobrun WHERE name = 'sweep'"
    until(lambda: "Task office.tasks.sweep" in stack.log_of("worker"), stack)
    first = office.one(finished)
    until(lambda: office.one(finished) != first, stack)
    redis = stack.services["redis"]
    assert redis.process is not None
    kill([redis.process.pid], signal.SIGSTOP)
    time.sleep(4)
    still = office.one(finished)
    time.sleep(3)
    assert office.one(finished) == still, "a worker without a broker swept: who told it?"
    redis.kill_all()
    until(lambda: office.one(finished) != still, stack)
    assert stack.services["worker"].starts == 1  # the same process, not one started in its place
    # What the sweep did meanwhile is on the health page by the worker's row, noted when a task came.
    assert office.one("SELECT COUNT(*) FROM attestation_heartbeat WHERE kind = 'worker'") == 1
