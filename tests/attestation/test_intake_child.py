"""The child that reads a file: its limits, its death, and what a busy server says (F-I11, F-I12)."""

import os
import signal
import threading
import time
import tracemalloc

import pytest

from attestation.intake import reading
from attestation.intake.child import bare
from attestation.refusals import Refused
from tests.attestation.intake_cast import book
from tests.attestation.test_intake_reading import DAMAGED, read

TOO_LARGE = "The file is damaged or too large. Remove blank rows and pictures, or split it."
BUSY = (
    "The server is busy and did not finish reading the file. Nothing was imported. "
    "Upload the file again in some minutes."
)


def child_that(monkeypatch, code: str, **limits: float) -> None:
    """The true child, but `code` runs first: `child` is its module."""
    start = reading.CHILD.replace("import sys", "import os, signal, sys, time")
    start = start.replace("child.main()", f"{code}; child.main()")
    monkeypatch.setattr(reading, "CHILD", start)
    monkeypatch.setattr(reading, "LIMITS", reading.LIMITS | limits)


def refused() -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        read(book([["a"]]))
    return caught.value.code, str(caught.value)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("os.kill(os.getpid(), signal.SIGXCPU)", ("file_too_large", TOO_LARGE)),
        ("os.abort()", ("file_too_large", TOO_LARGE)),
        ("os.kill(os.getpid(), signal.SIGKILL)", ("file_too_large", TOO_LARGE)),
        ("os.kill(os.getpid(), signal.SIGSEGV)", ("file_damaged", DAMAGED)),
        ("1 / 0", ("file_damaged", DAMAGED)),
        ("os.kill(os.getpid(), signal.SIGTERM)", ("file_busy", BUSY)),
        ("child.send = lambda *a: None", ("file_damaged", DAMAGED)),
        ("child.send = lambda *a: bytearray(1 << 40)", ("file_too_large", TOO_LARGE)),
    ],
)
def test_f_i11_each_death_of_the_child_has_its_sentence(monkeypatch, code, answer):
    child_that(monkeypatch, code)
    assert refused() == answer


def test_f_i12_cpu_time_is_limited(monkeypatch):
    child_that(monkeypatch, "child.send = lambda *a: [None for _ in iter(int, 1)]", seconds=1)
    assert refused() == ("file_too_large", TOO_LARGE)


def test_f_i12_the_file_of_the_child_s_rows_is_limited(monkeypatch):
    monkeypatch.setattr(reading, "LIMITS", reading.LIMITS | {"spool": 100})
    with pytest.raises(Refused) as caught:
        read(book([["x" * 200]]))
    assert caught.value.code == "file_too_large"


def test_f_i12_a_child_that_hangs_is_ended_and_the_file_not_blamed(monkeypatch):
    child_that(monkeypatch, "time.sleep(60)")
    monkeypatch.setattr(reading, "WALL_SECONDS", 0.5)
    began = time.monotonic()
    assert refused() == ("file_busy", BUSY)
    assert time.monotonic() - began < 30


def test_f_i12_a_child_that_gets_no_time_reads_the_file_all_the_same(monkeypatch):
    """Stopped for longer than its whole CPU time: on a loaded machine a sound file is read, only later."""
    child_that(monkeypatch, "os.kill(os.getpid(), signal.SIGSTOP)", seconds=1)
    started, popen = [], reading.subprocess.Popen

    def start(*args, **kwargs):
        started.append(popen(*args, **kwargs))
        timer = threading.Timer(1.5, os.kill, (started[0].pid, signal.SIGCONT))
        timer.start()
        return started[0]

    monkeypatch.setattr(reading.subprocess, "Popen", start)
    began = time.monotonic()
    assert read(book([["a"]]))[1][0].cells == ["a"]
    assert time.monotonic() - began > 1.4


def test_f_i12_a_hundred_thousand_rows_cost_the_parent_no_more_than_a_thousand():
    data = "\n".join(f"{n};имя;фамилия;должность" for n in range(100_000)).encode()
    with reading.read_table(data, "f.csv") as table:
        tracemalloc.start()
        count = sum(1 for _row in table.stream())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == table.count == 100_000
    assert peak < 4 * 2**20


def test_rows_can_be_walked_twice_and_side_by_side():
    data = "\n".join(str(n) for n in range(2500)).encode()
    with reading.read_table(data, "f.csv") as table:
        first, second = table.stream(), table.stream()
        pairs = list(zip(first, second, strict=True))
        assert pairs[0][0] is not pairs[0][1]
        assert all(one == other for one, other in pairs)
        assert [row.number for row in table.stream()] == list(range(1, 2501))
    assert table.spool.closed


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("  Дата\n приёма : ", "датаприема"),
        ("ИИН*", "иин"),
        ("Имя (как в документе) *", "имя"),
        ("IIN [12 digits]:", "iin"),
        ("Ф.И.О.", "ф.и.о"),
        ("\ufeffЖСН\xa0", "жсн"),
        ("(…)", ""),
    ],
)
def test_f_i6_a_header_is_compared_without_what_people_add(text, word):
    assert bare(text) == word
