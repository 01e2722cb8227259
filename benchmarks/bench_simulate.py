"""How much longer than bare JSON the simulations take, measured in one run, and whether memory stays flat.

    python benchmarks/bench_simulate.py

Baseline: one `python3 -c` that parses and re-serialises the same lines with `json`. Each command and its
baseline take turns three times; the ratio is that of the medians. Everything counts, Python's start as well.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LINES = 100_000
FEW = 10_000
ROUNDS = 3
ALLOWED = 12

BASELINE = """
import json, sys
write = sys.stdout.write
for line in sys.stdin:
    write(json.dumps(json.loads(line)) + "\\n")
"""

CATEGORIES = ["none", "consultant", "case_manager", "mentor"]
OTHERS = ["director", "deputy_director", "unit_head", "center_specialist", "assistant"]


def decision_lines(count: int) -> Iterator[dict[str, Any]]:
    """Every kind of decision, two applications for a category in three lines, one line in fifty wrong."""
    draw = random.Random(271)
    for number in range(count):
        total = draw.choice([40, 60, 80, 100])
        line: dict[str, Any] = {
            "id": number,
            "position": draw.choice(OTHERS),
            "purpose": draw.choice(["initial", "position"]),
            "repeat": draw.random() < 0.2,
            "correct": draw.randint(total // 2, total),
            "total": total,
            "decided_on": f"20{draw.randint(26, 40)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
        }
        if number % 3:
            existing = draw.randint(0, 3)
            line |= {
                "position": "career_specialist",
                "purpose": "category",
                "existing": CATEGORIES[existing],
                "declared": CATEGORIES[max(1, draw.randint(existing, 3))],
                "rating": draw.choice([None, f"{draw.randint(100, 500) / 100}", draw.randint(10, 50) / 10]),
                "violations": draw.choice([None, 0, 0, 1]),
                "rating_ruling": draw.choice([None, 10, 0]),
            }
        if draw.random() < 0.3:
            line["settings"] = {"category_basis": draw.choice(["total", "test"]), "low_total": "existing"}
        if draw.random() < 0.02:
            line["total"] = 0
        yield line


def deadline_lines(count: int) -> Iterator[dict[str, Any]]:
    """The four kinds in turn, over fifteen years."""
    draw = random.Random(422)
    for number in range(count):
        day = f"20{draw.randint(26, 40)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        kind = ("appeal", "scoring", "reattestation", "category")[number % 4]
        start = (
            f"{day}T{draw.randint(0, 23):02}:{draw.randint(0, 59):02}:00+05:00" if kind == "appeal" else day
        )
        yield {"id": number, "kind": kind, "from": start}


def spent(command: list[str], given: Path) -> tuple[float, int]:
    """Seconds and peak resident memory (KiB) of one run of `command` over the lines of `given`."""
    with given.open("rb") as lines:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=lines, stdout=subprocess.DEVNULL, cwd=ROOT)
        _, _, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = 0  # waited for above, with its memory
    return seconds, used.ru_maxrss


def compare(name: str, lines: Callable[[int], Iterator[dict[str, Any]]], folder: Path) -> bool:
    """Print the ratio and the memory of one command; True if the ratio is allowed."""
    many, few = folder / f"{name}-many.jsonl", folder / f"{name}-few.jsonl"
    for path, count in ((many, LINES), (few, FEW)):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines(count)))
    command = [sys.executable, "manage.py", name]
    baseline = [sys.executable, "-c", BASELINE]
    ours, bare = [], []
    peak = 0
    for _ in range(ROUNDS):
        bare.append(spent(baseline, many)[0])
        seconds, peak = spent(command, many)
        ours.append(seconds)
    ratio = statistics.median(ours) / statistics.median(bare)
    peak_few = spent(command, few)[1]
    print(
        f"{name}: {LINES} lines in {statistics.median(ours):.2f} s, "
        f"bare JSON {statistics.median(bare):.2f} s, ratio {ratio:.1f} (allowed {ALLOWED}); "
        f"peak memory {peak_few / 1024:.0f} MiB at {FEW} lines, {peak / 1024:.0f} MiB at {LINES}"
    )
    return ratio <= ALLOWED


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = [
            compare("simulate_decisions", decision_lines, Path(folder)),
            compare("simulate_deadlines", deadline_lines, Path(folder)),
        ]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
