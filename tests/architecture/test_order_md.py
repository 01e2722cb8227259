"""order.md names every point and every reading, says them as the product does, and its code exists."""

from __future__ import annotations

import importlib
import re
from datetime import date
from pathlib import Path

import pytest

from attestation import explain
from attestation.law import parameters
from attestation.law.parameters import FIRST_DAY
from attestation.law.points import CITES, READINGS, TEXTS
from tests.law.build import amended

ORDER = Path(__file__).parents[2] / "attestation" / "law" / "order.md"
TEXT = ORDER.read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:attestation|scoring|appeals)\.[\w.]+)`", TEXT)))


def on_one_line(text: str) -> str:
    return " ".join(words for line in text.splitlines() if (words := line.removeprefix(">").strip()))


def section(cite: str) -> str:
    """What stands under the heading of a point, up to the next heading."""
    return TEXT.split(f"### {cite}\n", 1)[1].split("\n#", 1)[0]


def printed(cite: str) -> str:
    """I-39: the point as a reader sees it, numbers filled in; each later state with the day it begins."""
    days = {row.in_force_from for row in TEXTS if row.cite == cite}
    days |= {state.in_force_from for state in parameters.REVISIONS}
    states: list[str] = []
    before = ""
    for day in sorted(days):
        text = explain.point_text(cite, day)
        if text != before:
            states.append(text if day == FIRST_DAY else f"From {day}: {text}")
        before = text
    return " ".join(states)


@pytest.mark.parametrize("cite", CITES)
def test_point_stands_with_its_text_and_where_it_is_coded(cite: str) -> None:
    body = section(cite)
    quoted = on_one_line("\n".join(line for line in body.splitlines() if line.startswith(">")))
    assert quoted == printed(cite), f"order.md, {cite}, is to be: {printed(cite)}"
    assert "- coded: `" in body


def test_amended_number_without_its_line_in_order_md_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    later = parameters.Parameter("threshold_manager", 80, "percent", "¶17.3", date(2027, 1, 1))
    monkeypatch.setattr(parameters, "REVISIONS", amended())
    untouched = printed("¶17.4")
    monkeypatch.setattr(parameters, "REVISIONS", amended(later))
    assert (
        "director – 85%. From 2027-01-01: The test result is positive when it reaches the threshold: head of "
        "a structural unit, deputy director, director – 80%."
    ) in printed("¶17.3")
    assert printed("¶17.4") == untouched


@pytest.mark.parametrize("cite", list(READINGS))
def test_reading_stands_with_its_text_and_where_it_is_coded(cite: str) -> None:
    body = on_one_line(TEXT.split(f"- **{cite}** ", 1)[1].split("\n- ", 1)[0].split("\n#", 1)[0])
    said, coded = body.split(" Coded: ")
    assert said == explain.point_text(cite, FIRST_DAY)
    assert coded.startswith("`")


@pytest.mark.parametrize("dotted", NAMED)
def test_coded_where_exists_and_cites_its_point(dotted: str) -> None:
    module, _, name = dotted.rpartition(".")
    coded = getattr(importlib.import_module(module), name)
    assert re.search(r"¶|App\. 1-2|I-\d\d|item 4", (coded.__doc__ or "").splitlines()[0])
