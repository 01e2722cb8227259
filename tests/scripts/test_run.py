"""`make run`: nothing dies silently, nothing outlives it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from environ import Env

from scripts import keep, run

ROOT = Path(__file__).resolve().parent.parent.parent
FOR_A_MINUTE = "import time; time.sleep(60)"
UNTIL_THE_RUN_ENDS = "import os, sys, time\nwhile os.path.exists('/proc/' + sys.argv[1]): time.sleep(0.1)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
)
WITH_WORKER = f"""
import subprocess, sys, time
print("worker", subprocess.Popen([sys.executable, "-c", {FOR_A_MINUTE!r}]).pid, flush=True)
time.sleep(60)
"""
# Lets its worker finish before it goes, as Celery does; a signal to the worker itself would cut it off.
WAITS_FOR_WORKER = """
import signal, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("worker ended with", worker.wait(), flush=True)))
print("begun", flush=True)
signal.pause()
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


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


class Together:
    """`run_together` in a process of its own, with one service named web; `lines`: of the terminal."""

    def __init__(self, log: Path, web: str, beside: str = UNTIL_THE_RUN_ENDS) -> None:
        self.log = log
        code = f"""
import os, sys
from pathlib import Path
from scripts.together import run_together
sys.exit(run_together({{"web": {python(web)}}}, {python(beside)}, os.environ, Path(), Path({str(log)!r})))
"""
        self.process = subprocess.Popen(python(code), cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.lines: Queue[str] = Queue()
        self.reader = Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.put(line)

    def close(self) -> None:
        """Kill it where it still runs; its lines end when everything has gone that it started."""
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def line_with(self, text: str) -> str:
        """The next line that holds it."""
        while text not in (line := self.lines.get(timeout=20)):
            pass
        return line

    def logged(self, text: str) -> str:
        """The first line of the log that holds it."""
        wait_for(lambda: self.log.exists() and text in self.log.read_text(), 20)
        return next(line for line in self.log.read_text().splitlines() if text in line)


@pytest.fixture
def together(tmp_path: Path) -> Iterator[Callable[..., Together]]:
    with ExitStack() as stack:

        def begin(*codes: str) -> Together:
            begun = Together(tmp_path / "run.log", *codes)
            stack.callback(begun.close)
            return begun

        yield begin


def test_the_log_has_the_lines_under_the_name_and_the_end_of_one_is_the_end_of_all(
    together: Callable[..., Together],
) -> None:
    begun = together(
        f"print('hello', flush=True); {FOR_A_MINUTE}",
        "import time; print('Open me', flush=True); time.sleep(1); raise SystemExit(3)",
    )
    assert begun.logged("hello").endswith("web    | hello")
    assert begun.process.wait(15) == 3
    begun.reader.join()
    assert list(begun.lines.queue) == ["Open me\n"]  # the terminal is for what a user needs


def test_a_dead_service_is_started_again_and_its_last_lines_are_shown(
    together: Callable[..., Together],
) -> None:
    begun = together("print(*range(30), 'up', sep='\\n', flush=True); raise SystemExit(7)")
    assert begun.line_with("|") == "web | 22\n"  # ten lines with the one on its end
    assert begun.line_with("stopped") == "web | stopped (exit status 7); starting it again in 1 s\n"
    assert begun.line_with("again") == "web | stopped (exit status 7); starting it again in 2 s\n"
    assert "web    | 3" in begun.logged("| 3")


def test_a_log_that_cannot_be_written_stops_nothing(
    together: Callable[..., Together], tmp_path: Path
) -> None:
    (tmp_path / "run.log").symlink_to("/dev/full")
    begun = together("print('up', flush=True); raise SystemExit(7)")
    begun.line_with("again in 1 s")
    begun.line_with("again in 2 s")
    begun.process.terminate()
    assert begun.process.wait(15) == 0


def test_the_log_of_the_run_before_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    for number in range(3):
        run.put_last_log_aside()
        run.log_file().write_text(f"run {number}")
        run.letters().mkdir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]
    assert (tmp_path / "log.1" / "run.log").read_text() == "run 1"
    assert run.log_file().parent.stat().st_mode & 0o077 == 0  # letters are about people


def test_letters_go_to_files_unless_a_mail_server_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "A folder + more"))
    monkeypatch.delenv("DEPLOYMENT", raising=False)
    monkeypatch.delenv("EMAIL_URL", raising=False)
    mail = Env.email_url_config(run.environment(8000)["EMAIL_URL"])
    assert mail["EMAIL_BACKEND"] == "django.core.mail.backends.filebased.EmailBackend"
    assert mail["EMAIL_FILE_PATH"] == str(run.letters())
    monkeypatch.setenv("EMAIL_URL", "smtp://127.0.0.1:1")
    assert run.environment(8000)["EMAIL_URL"] == "smtp://127.0.0.1:1"


def logins(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """`make logins`."""
    mine = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "EMAIL_URL")}
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "run.py"), "logins"],
        env={**mine, "DATA_DIR": str(folder), "DEPLOYMENT": "embedded", **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.daily(3)
def test_make_logins_says_why_there_are_none(tmp_path: Path) -> None:
    declined = logins(tmp_path, DEMO="0")
    assert (declined.returncode, "DEMO=0" in declined.stdout) == (1, True)
    missing = logins(tmp_path, DEMO="1")
    assert (missing.returncode, "The demo is not loaded here" in missing.stderr) == (1, True)
    assert "Traceback" not in missing.stderr


def test_a_service_that_ignores_the_request_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keep, "STOP_WITHIN_S", 0.5)
    with subprocess.Popen(python(STUBBORN), stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout is not None
        child.stdout.readline()  # it has set its handler
        keep.end(child)
    assert child.returncode == -9


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_what_a_service_started_goes_too(together: Callable[..., Together], number: signal.Signals) -> None:
    begun = together(WITH_WORKER)
    worker = int(begun.logged("| worker").split()[-1])
    begun.process.send_signal(number)
    assert begun.process.wait(15) == (-9 if number == signal.SIGKILL else 0)
    wait_for(lambda: not is_running(worker))


def test_a_service_tells_its_own_workers(together: Callable[..., Together]) -> None:
    begun = together(WAITS_FOR_WORKER)
    begun.logged("begun")
    begun.process.terminate()
    assert "ended with 0" in begun.logged("worker ended")


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
