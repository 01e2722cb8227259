"""`make run`'s supervisor: nothing dies silently, nothing outlives it."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import supervisor as module
from scripts.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
WITH_WORKER = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Until it holds, or fail."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "it did not come to pass in time"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether a process is there and is not a corpse waiting to be collected."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture
def supervised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    monkeypatch.setattr(module, "STOP_WITHIN_S", 0.5)
    return Supervisor(tmp_path)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_come_out_under_the_name(supervised: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    assert supervised.run_step("web", python("print('hello'); raise SystemExit(3)"), os.environ) == 3
    wait_for(lambda: "[web] hello\n" in capsys.readouterr().out)


def test_a_dead_child_is_started_again_and_said_so(
    supervised: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = f"open({str(tmp_path / 'starts')!r}, 'a').write('x'); raise SystemExit(7)"
    supervised.start("worker", python(code), os.environ)
    watching = threading.Thread(target=supervised.watch)
    watching.start()
    wait_for(lambda: (tmp_path / "starts").exists() and len((tmp_path / "starts").read_text()) >= 2)
    supervised.stopping.set()
    watching.join()
    supervised.stop_all()
    assert "[run] worker stopped (exit status 7); starting it again in 1 s" in capsys.readouterr().out


def test_a_child_that_ignores_the_request_is_killed(supervised: Supervisor) -> None:
    child = supervised.start("worker", python(STUBBORN), os.environ)
    assert child.process is not None
    time.sleep(0.3)  # long enough to have set its handler
    supervised.stop_all()
    assert child.process.returncode == -9


def test_a_childs_own_children_go_too(supervised: Supervisor, capsys: pytest.CaptureFixture[str]) -> None:
    supervised.start("web", python(WITH_WORKER), os.environ)
    lines: list[str] = []

    def has_printed() -> bool:
        lines.extend(capsys.readouterr().out.splitlines())
        return bool(lines)

    wait_for(has_printed)
    grandchild = int(lines[0].removeprefix("[web] "))
    supervised.stop_all()
    wait_for(lambda: not is_running(grandchild))


def test_a_taken_port_is_refused_before_anything_else(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env = {**os.environ, "PORT": str(port), "DATA_DIR": str(tmp_path / "var")}
        done = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "run.py")],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} cannot be used" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr
    assert not (tmp_path / "var").exists()


def test_make_run_is_not_for_production(tmp_path: Path) -> None:
    env = {**os.environ, "PORT": "0", "DATA_DIR": str(tmp_path / "var"), "DEPLOYMENT": "production"}
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "run.py")],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "embedded mode" in done.stderr) == (1, True)
