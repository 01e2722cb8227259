"""order.md names every point and every reading, says them as the product does, and its code exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from attestation.order_text import POINTS, READINGS

ORDER = Path(__file__).parents[2] / "attestation" / "law" / "order.md"
TEXT = ORDER.read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:attestation|scoring|appeals)\.[\w.]+)`", TEXT)))


def on_one_line(text: str) -> str:
    return " ".join(line.removeprefix("> ").strip() for line in text.splitlines() if line.strip())


def section(cite: str) -> str:
    """What stands under the heading of a point, up to the next heading."""
    return TEXT.split(f"### {cite}\n", 1)[1].split("\n#", 1)[0]


@pytest.mark.parametrize("cite", list(POINTS))
def test_point_stands_with_its_text_and_where_it_is_coded(cite: str) -> None:
    body = section(cite)
    quoted = on_one_line("\n".join(line for line in body.splitlines() if line.startswith(">")))
    assert quoted == POINTS[cite]
    assert "- coded: `" in body


@pytest.mark.parametrize("cite", list(READINGS))
def test_reading_stands_with_its_text_and_where_it_is_coded(cite: str) -> None:
    body = on_one_line(TEXT.split(f"- **{cite}** ", 1)[1].split("\n- ", 1)[0].split("\n#", 1)[0])
    said, coded = body.split(" Coded: ")
    assert said == READINGS[cite]
    assert coded.startswith("`")


@pytest.mark.parametrize("dotted", NAMED)
def test_coded_where_exists_and_cites_its_point(dotted: str) -> None:
    module, _, name = dotted.rpartition(".")
    coded = getattr(importlib.import_module(module), name)
    assert re.search(r"¶|App\. 1-2|I-\d\d|item 4", (coded.__doc__ or "").splitlines()[0])
