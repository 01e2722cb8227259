"""The worked examples of docs/readings.md are all there, once each."""

from __future__ import annotations

from tests.law.cases import every_case


def test_every_worked_example_is_a_case() -> None:
    names = [case["case"] for case in every_case()]
    assert len(set(names)) == len(names)
    expected = [f"E{n}" for n in range(1, 18)] + [f"D{n}" for n in range(1, 7)]
    assert [name for name in expected if name not in names] == []


def test_every_case_tells_its_story_and_its_cites() -> None:
    for case in every_case():
        assert case["story"].endswith(".")
        assert case.get("cites") or case["then"]["cites"]
