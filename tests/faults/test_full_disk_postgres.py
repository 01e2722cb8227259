"""F-D23: the disk under PostgreSQL is full: 503 with a reference, nothing half-written; later it goes on.

Without a place for its log PostgreSQL falls, and does not come up; the keeper starts it until it does.

A small file system in memory is mounted for the data, which takes root: whoever is not, fails here.
"""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

import psycopg
import pytest

from tests.contract.desk import PASSWORD
from tests.faults import kills
from tests.faults.kills_audit import audit
from tests.faults.kills_killer import Killer
from tests.faults.stack import add_product, running_stack
from tests.faults.stack_mail import Taken
from tests.faults.stack_web import Browser

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

APP = "tests.faults.stack_app"
SIZE_MB, ROUNDS, FULL_FOR_S, SEEN_WITHIN_S = 320, 6, 15, 120
PAGE = re.compile(r"<title>503 · \S{4,}</title>")


@pytest.fixture
def disk() -> Iterator[Path]:
    """Mounted for this test alone."""
    place = Path(tempfile.mkdtemp(prefix="disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=700", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"a small disk can't be mounted: {done.stderr}"
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


@dataclass
class FullDisk(Killer):
    """Nothing is killed: a letter may come again that was taken while it could not be marked as sent."""

    since: float = 0.0
    until: float = 0.0

    def excuses(self, first: Taken, second: Taken) -> bool:
        return self.since <= first.at <= self.until

    def fill(self, disk: Path, browser: Browser) -> None:
        """Full, and kept full: the tables can't grow, then PostgreSQL has no place for its log and falls."""
        self.since = time.monotonic()
        filler = disk / "filler"
        with filler.open("ab", buffering=0) as out:
            self._keep_full(out, lambda: bool(browser.unavailable))
            self._keep_full(out, self._fallen)
            seen = len(browser.unavailable)
            self._keep_full(out, lambda: len(browser.unavailable) > seen)
        assert shutil.disk_usage(disk).free < 2**20
        filler.unlink()
        self.until = time.monotonic()

    def _keep_full(self, out: RawIOBase, enough: Callable[[], bool]) -> None:
        begun = time.monotonic()
        while not enough() or time.monotonic() < begun + FULL_FOR_S:
            assert time.monotonic() < begun + SEEN_WITHIN_S, "nobody noticed that the disk is full"
            with contextlib.suppress(OSError):
                for size in (2**20, 2**12):
                    while out.write(b"\0" * size):
                        pass
            time.sleep(0.1)

    def _fallen(self) -> bool:
        """Whether the server has gone down; each time it is asked, a piece of its log more is used up."""
        place = self.stack.database_url_for_psycopg()
        with contextlib.suppress(psycopg.Error), psycopg.connect(place, autocommit=True) as there:
            there.execute("SELECT pg_create_restore_point('full')")
            there.execute("SELECT pg_switch_wal()")
        return "PANIC:" in self.stack.log_of("postgres")


def test_f_d23_postgresql_on_a_full_disk_loses_nothing_and_goes_on_with_space(
    disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_stack(11, postgres=True, disk=disk) as stack:
        office = kills.set_up(stack, seed=11, rounds=ROUNDS, failures=False)
        add_product(stack, APP)
        stack.wait_for(*stack.services)
        full, browser = FullDisk(stack, random.Random(11), []), Browser(stack.web_port)
        browser.log_in("hr", PASSWORD.strip())
        worker = threading.Thread(target=office.hand, args=(0,), daemon=True)
        clicks = threading.Thread(target=click, args=(office.over, browser), daemon=True)
        for person in (worker, clicks):
            person.start()
        full.fill(disk, browser)
        office.over.set()
        for person in (worker, clicks):
            person.join(180)
        assert not worker.is_alive()
        kills.finish(office)
        found, log = audit(office, full), stack.log_of("postgres")
        with capsys.disabled():
            sys.stdout.write(f"\n{kills.table(office, full, found)}\n")
            sys.stdout.write(f"pages of 503 with a reference: {len(browser.unavailable)}\n")
            sys.stdout.write(f"refused for lack of space: {log.count('ERROR:  could not')}\n")
            sys.stdout.write(f"PostgreSQL started by its keeper: {stack.services['postgres'].starts}\n")
        assert found.all() + office.troubles == []
        assert [page for page in browser.unavailable if not PAGE.search(page)] == []


def click(over: threading.Event, browser: Browser) -> None:
    """Somebody who logs in again and again: that writes."""
    while not over.wait(0.3):
        with contextlib.suppress(OSError):
            browser.log_in("hr", PASSWORD.strip())
