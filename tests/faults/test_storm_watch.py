"""When the storm's clock may go on: after a whole sweep that found nothing, with nobody left at work."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults.storm_watch import Watch, Work, note, noted, swept, watched

AT, LATER = "2026-10-15T18:00:00+05:00", "2026-10-15T20:00:00+05:00"
IN_UTC = "2026-10-15T13:00:00+00:00"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "at-work"


def write(file: Path, *lines: str) -> Watch:
    for line in lines:
        note(file, line)
    return Watch(file)


def test_before_anybody_swept_it_is_not_quiet(file: Path) -> None:
    assert not Watch(file).is_quiet(AT)


def test_a_whole_sweep_that_found_nothing_makes_it_quiet_at_its_own_moment(file: Path) -> None:
    watch = write(file, "begin a", f"end a 0 {IN_UTC}")
    assert watch.is_quiet(AT)
    assert not watch.is_quiet(LATER)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("begin a", f"end a 1 {AT}"), "it changed something"),
        (("begin a", "end a 0 -"), "it was refused, or a step of it failed"),
        (("begin b", "begin a", f"end a 0 {AT}"), "somebody who was at work beside it still is"),
        (("begin a", "begin b", f"end a 0 {AT}"), "somebody who began meanwhile is still at work"),
        (("begin a", "begin b", f"end a 0 {AT}", "end b 1 -"), "another one changed something afterwards"),
        (("begin a", "begin b", "end b 1 -", f"end a 0 {AT}"), "another one changed something meanwhile"),
    ],
)
def test_it_is_not_quiet_while_something_may_be_left(file: Path, lines: tuple[str, ...], why: str) -> None:
    watch = write(file, *lines)
    assert not watch.is_quiet(AT), why
    if "begin b" in lines and not any(line.startswith("end b") for line in lines):
        note(file, "end b 0 -")
    write(file, "begin c", f"end c 0 {AT}")
    assert watch.is_quiet(AT)


def test_half_a_line_is_read_once_it_is_whole(file: Path) -> None:
    file.write_text(f"begin a\nend a 0 {AT[:7]}")
    watch = Watch(file)
    assert not watch.is_quiet(AT)
    file.write_text(f"begin a\nend a 0 {AT}\n")
    assert watch.is_quiet(AT)


def test_work_that_raises_counts_as_a_change(file: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        watched(file, fail, Work)()
    assert file.read_text().split()[2:] == ["end", file.read_text().split()[1], "1", "-"]


def test_what_was_done_is_noted_with_its_beginning(file: Path) -> None:
    with noted(file) as work:
        work.changed = 3
    assert [line.split()[0] for line in file.read_text().splitlines()] == ["begin", "end"]
    assert watched(file, lambda: 7, Work)() == 7


@pytest.mark.parametrize(
    ("said", "changed", "swept_at"),
    [
        ({"ran": True, "failed": {}, "decided": 2, "clock_differs_s": 9}, 2, AT),
        ({"ran": True, "failed": {"decided": "OSError"}, "decided": 0}, 0, "-"),
        ({"ran": False, "failed": {}, "decided": 0}, 0, "-"),
    ],
)
def test_a_sweep_is_whole_unless_it_was_refused_or_failed(
    said: dict[str, Any], changed: int, swept_at: str
) -> None:
    assert swept({"at": AT, **said}) == Work(changed, swept_at)
