"""A real worker on a real Redis: what fell due while nothing ran is done when it starts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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


def test_a_worker_sweeps_as_it_starts(manage_py: Manage, tmp_path: Path, redis_url: str) -> None:
    assert manage_py("migrate", "--verbosity", "0").returncode == 0
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
        read_until(log, "Task config.tasks.sweep", worker)
        read_until(log, "succeeded", worker)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_an_unsafe_production_does_not_start(tmp_path: Path, redis_url: str, role: str) -> None:
    env = environment(tmp_path, redis_url, DEPLOYMENT="production", DEMO="1")
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", role]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "config.E017" in done.stderr
