"""A real worker on a real Redis: what fell due while nothing ran is done when it starts."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
Manage = Callable[..., CompletedProcess[str]]


def environment(tmp_path: Path, redis_url: str, **more: str) -> dict[str, str]:
    """An embedded database of its own, the given Redis."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        "DATA_DIR": str(tmp_path / "var"),
        "REDIS_URL": redis_url,
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def read_until(log: Path, text: str, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Wait for a line in the worker's log."""
    give_up_at = time.monotonic() + seconds
    while text not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < give_up_at, log.read_text()
        time.sleep(0.05)


@pytest.mark.daily(3)
def test_a_worker_sweeps_as_it_starts(
    manage_py: Manage, new_database: Path, tmp_path: Path, redis_url: str
) -> None:
    log = tmp_path / "worker.log"
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
        "worker",
        "--concurrency",
        "1",
        "-l",
        "INFO",
    ]
    with log.open("wb") as output:
        worker = subprocess.Popen(
            command, cwd=ROOT, env=environment(tmp_path, redis_url), stdout=output, stderr=output
        )
    try:
        read_until(log, "Task office.tasks.sweep", worker)
        read_until(log, "succeeded", worker)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("role", ["worker", "beat"])
@pytest.mark.daily(3)
def test_an_unsafe_production_does_not_start(tmp_path: Path, redis_url: str, role: str) -> None:
    env = environment(tmp_path, redis_url, DEPLOYMENT="production", DEMO="1")
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", role]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "config.E017" in done.stderr


@pytest.mark.daily(4)
def test_f_d24_a_deployment_in_the_middle_of_a_sweep_leaves_it_to_be_done_again(
    manage_py: Manage, new_database: Path, tmp_path: Path, redis_url: str
) -> None:
    """SIGTERM, and the kill comes after ten seconds: the row is rolled back, lease and message given back."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "tests.config.slow_worker"]
    command += ["worker", "--concurrency", "1", "-l", "INFO"]
    with log.open("wb") as output:
        env = environment(tmp_path, redis_url)
        worker = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        give_up_at = time.monotonic() + 30
        while not (tmp_path / "var" / "in-the-middle").exists():
            assert time.monotonic() < give_up_at, log.read_text()
            time.sleep(0.05)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0  # by itself, within ten seconds on a machine with nothing else to do
    finally:
        worker.kill()
        worker.wait()
    assert "Restoring 1 unacknowledged message(s)" in log.read_text()
    with closing(sqlite3.connect(new_database)) as database:
        rows = database.execute("SELECT name, lease_until, finished_at FROM attestation_jobrun ORDER BY name")
        # The row that was done stays, the one in the middle was never there; the sweep did not finish.
        assert rows.fetchall() == [("done", None, None), ("sweep", None, None)]
        heard = database.execute("SELECT kind, name FROM attestation_heartbeat").fetchall()
    assert [(kind, name.rpartition(":")[2]) for kind, name in heard] == [("worker", str(worker.pid))]
    # Whoever comes next goes on at once.
    assert manage_py("sweep", "--json").returncode == 0
