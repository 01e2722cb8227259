"""What the embedded mode keeps is closed to the other accounts of the machine, whatever their umask was."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from scripts import run
from scripts.servers import free_port
from tests.template import ROOT, bare_environment

Manage = Callable[..., CompletedProcess[str]]


def modes(folder: Path) -> dict[str, str]:
    """Folders and files from this one down that are not 0700 and 0600, with what they are."""
    found = [folder, *folder.rglob("*")]
    each = {path: stat.S_IMODE(path.stat().st_mode) for path in found if not path.is_socket()}
    return {
        str(path): oct(mode) for path, mode in each.items() if mode != (0o700 if path.is_dir() else 0o600)
    }


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """As on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_what_a_command_makes_is_private(manage_py: Manage, tmp_path: Path) -> None:
    assert manage_py("showmigrations").returncode == 0
    assert {path.name for path in (tmp_path / "var").iterdir()} == {"attestation.sqlite3", "secret_key"}
    assert modes(tmp_path / "var") == {}


@pytest.mark.daily(3)
def test_the_static_files_of_production_are_private(manage_py: Manage, tmp_path: Path) -> None:
    from tests.config.test_start_refusals import PRODUCTION

    assert manage_py("collectstatic", "--no-input", "--verbosity", "0", **PRODUCTION).returncode == 0
    assert (tmp_path / "var" / "static" / "staticfiles.json").exists()
    assert modes(tmp_path / "var") == {}


@pytest.mark.once
@pytest.mark.daily(4)
def test_make_run_closes_an_open_folder_and_keeps_it_closed(new_database: Path) -> None:
    """The folder of an earlier version, its database, a log; then what Redis, web, worker and beat write."""
    folder = new_database.parent
    (folder / "log").mkdir()
    (folder / "media" / "appeals").mkdir(parents=True)
    for name in ("secret_key", "log/run.log", "media/appeals/paper", "of another program"):
        (folder / name).write_text("x" * 50)
    assert len(modes(folder)) == 9
    port = free_port()
    env = bare_environment() | {"DATA_DIR": str(folder), "PORT": str(port), "DEMO": "0"}
    started = subprocess.Popen(
        [sys.executable, "-c", f"from scripts import run; run.serve({port})"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        give_up_at = time.monotonic() + 90
        # The last two come and go with the connections of the three processes.
        wanted = {
            "appendonlydir",
            "redis.conf",
            "run.lock",
            "attestation.sqlite3-wal",
            "attestation.sqlite3-shm",
        }
        while not answers(port) or not wanted <= {path.name for path in folder.rglob("*")}:
            assert time.monotonic() < give_up_at
            time.sleep(0.05)
        assert modes(folder) == {str(folder / "of another program"): "0o644"}
    finally:
        started.send_signal(signal.SIGTERM)
        output = started.communicate(timeout=60)[0]
    line = f"other accounts of this machine could read files of {folder}: now you alone can"
    assert output.count(line) == 1


def answers(port: int) -> bool:
    with suppress(urllib.error.URLError, OSError):
        return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200)
    return False


def test_a_closed_folder_is_not_spoken_of(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret_key").touch(0o600)
    run.keep_private(tmp_path)
    assert "accounts" not in "".join(capfd.readouterr())


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "elsewhere").touch(0o644)
    (tmp_path / "var" / "media").symlink_to(tmp_path / "elsewhere")
    run.keep_private(tmp_path / "var")
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o644
