"""Each number of the order once, dated; the settings of the readings (I-21)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from fractions import Fraction

import pytest

from attestation.law import parameters
from attestation.law.parameters import (
    FIRST_DAY,
    TABLE,
    NotInForce,
    Parameter,
    Parameters,
    effective_from,
    figures,
    parameters_on,
    revisions,
    rule_set_on,
)
from attestation.law.points import CITES, TEXTS, Text, text_on
from attestation.law.settings import CHOICES, BadSetting, Settings, UnknownSetting
from tests.law.build import ORDER
from tests.law.observed import Observed

# What the order prints, read off its text a second time.
PRINTED = {
    "¶17.1": [70],
    "¶17.2": [70],
    "¶17.3": [85],
    "¶17.4": [70],
    "¶30.1": [70],
    "¶30.2": [70, 85],
    "¶30.3": [85],
    "¶30.4": [70],
    "App. 1-2 row 1": [80, 100],
    "App. 1-2 row 2": [0, Fraction(39, 10), 4, 5, 10, 12],
    "App. 1-2 row 3": [0, 10],
    "¶21": [2],
    "¶28-1": [2],
    "¶27.2": [12],
    "¶7": [3],
    "item 4": [10],
}


# A row of a later day changes a number that the order has, in the same point and unit.
LATER = Parameter("threshold_manager", 80, "percent", "¶17.3", date(2027, 1, 1))


def faults(table: Iterable[Parameter]) -> list[str]:
    """What is wrong with a table: a number entered twice for a day, or one that the order never had."""
    rows = sorted(table, key=lambda row: row.in_force_from)
    first = {row.name: row for row in rows if row.in_force_from == FIRST_DAY}
    seen = Counter((row.name, row.in_force_from) for row in rows)
    found = [f"{name} stands twice on {day}" for (name, day), count in seen.items() if count > 1]
    for row in rows:
        known = first.get(row.name)
        if known is None or (known.cite, known.unit) != (row.cite, row.unit) or not row.unit:
            found.append(f"{row.name} of {row.in_force_from} is not a number of the order")
    return found


def test_table_holds_the_numbers_of_the_order_and_no_other() -> None:
    found: dict[str, list[int | Fraction]] = {}
    for row in TABLE:
        if row.in_force_from == FIRST_DAY:
            found.setdefault(row.cite, []).append(row.value)
    assert {cite: sorted(values) for cite, values in found.items()} == PRINTED
    assert set(found) <= set(CITES)
    assert faults(TABLE) == []


def test_later_row_is_no_fault_and_a_wrong_one_is() -> None:
    assert faults([*ORDER, LATER]) == []
    assert faults([*ORDER, LATER, LATER._replace(value=81)]) == [
        "threshold_manager stands twice on 2027-01-01"
    ]
    wrong = [LATER._replace(name="threshold_managers"), LATER._replace(cite="¶17.4"), LATER._replace(unit="")]
    assert [len(faults([*ORDER, row])) for row in wrong] == [1, 1, 1]


def test_parameters_are_looked_up_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "REVISIONS", revisions([*ORDER, LATER]))
    assert parameters_on(date(2027, 1, 1)).threshold_manager == 80
    assert parameters_on(date(2026, 12, 31)).threshold_manager == 85


def test_figures_are_the_rows_and_the_other_side_of_each_bound() -> None:
    found = figures(parameters_on(FIRST_DAY))
    below = {name: value for name, value in found.items() if name.startswith("below_")}
    assert below == {
        "below_conforms_initial": 69,
        "below_conforms_declared": 84,
        "below_conforms_existing": 69,
        "below_conforms_manager": 84,
        "below_conforms_position": 69,
    }
    assert set(found) - set(below) == {row.name for row in TABLE}


# Numbers that are names of points and appendices, or count the items of a list.
NAMES = ("point 17", "Appendix 1-2", "Appendix 1", "1) ", "2) ")


@pytest.mark.parametrize("row", TEXTS, ids=lambda row: f"{row.cite} {row.in_force_from}")
def test_number_inside_a_sentence_is_one_of_its_own_point(row: Text) -> None:
    cites = {number.name: number.cite for number in TABLE}
    for name in re.findall(r"%\((\w+)\)s", row.text):
        # Rows 2 and 3 of App. 1-2 print the same window.
        own = {row.cite, "App. 1-2 row 2"} if name == "window_months" else {row.cite}
        assert cites[name.removeprefix("below_")] in own
    left = re.sub(r"%\(\w+\)s", "", row.text)
    for name in NAMES:
        left = left.replace(name, "")
    assert not re.search(r"\d|\b(two|three|ten|twelve|first day)\b", left)


def test_every_number_of_the_order_stands_in_a_sentence() -> None:
    printed = {name for row in TEXTS for name in re.findall(r"%\((\w+)\)s", row.text)}
    assert {row.name for row in TABLE} <= printed


def test_text_is_dated_like_its_numbers() -> None:
    later = Text("¶17.3", "Managers – %(threshold_manager)s%%.", date(2027, 1, 1))
    texts = [later, *TEXTS]
    assert text_on("¶17.3", date(2027, 1, 1), texts) == later.text
    first = next(row.text for row in TEXTS if row.cite == "¶17.3")
    assert text_on("¶17.3", date(2026, 12, 31), texts) == first
    assert text_on("¶17.3", date(2020, 1, 1), texts) == first
    with pytest.raises(KeyError, match="¶99"):
        text_on("¶99", date(2027, 1, 1), texts)


def test_every_field_is_a_row_of_the_table() -> None:
    names = {field.name for field in fields(Parameters)} - {"in_force_from", "rows"}
    assert names == {row.name for row in TABLE}
    assert all(not isinstance(row.value, float) for row in TABLE)


@pytest.mark.point("item 4")
def test_day_before_the_order_is_refused_by_name(cited: Observed) -> None:
    assert parameters_on(date(2025, 9, 29)).in_force_from == FIRST_DAY == date(2025, 9, 29)
    with pytest.raises(NotInForce, match=r"On 2025-09-28 .* the first day is 2025-09-29") as refused:
        parameters_on(date(2025, 9, 28))
    assert (cited(refused.value).day, refused.value.first_day) == (date(2025, 9, 28), FIRST_DAY)


def test_changed_order_is_a_new_row_and_the_old_days_keep_the_old_one() -> None:
    states = revisions([*ORDER, Parameter("threshold_manager", 80, "percent", "¶17.3", date(2027, 1, 1))])
    assert parameters_on(date(2026, 12, 31), states).threshold_manager == 85
    after = parameters_on(date(2027, 1, 1), states)
    assert (after.threshold_manager, after.threshold_initial) == (80, 70)
    assert len(after.rows) == len(ORDER)
    assert {"name": "threshold_manager", "value": "80", "unit": "percent", "cite": "¶17.3",
            "in_force_from": "2027-01-01"} in after.as_data()  # fmt: skip


def test_order_comes_into_force_when_ten_days_are_over() -> None:
    assert effective_from(date(2025, 9, 18)) == date(2025, 9, 29)


@pytest.mark.point("I-21")
def test_attestation_is_decided_by_the_rule_set_of_the_day_its_testing_ended(cited: Observed) -> None:
    sets = [(date(2026, 6, 1), "second"), (date(2025, 9, 29), "first")]
    assert rule_set_on(date(2025, 9, 29), sets) == "first"
    assert rule_set_on(date(2026, 5, 31), sets) == "first"
    assert rule_set_on(date(2026, 6, 1), sets) == "second"
    with pytest.raises(NotInForce, match="2025-09-28") as refused:
        rule_set_on(date(2025, 9, 28), sets)
    cited(refused.value)


def test_settings_default_to_the_readings() -> None:
    assert Settings.from_mapping({}).as_dict() == {
        "managers_initial": "position",
        "category_basis": "total",
        "rating_gap": "commission",
        "no_rating": "commission",
        "low_total": "below_existing",
        "kept_term": "always",
        "window": "between",
        "scoring_rolls": False,
        "finalise_after": 1,
    }
    assert set(CHOICES) == {*Settings().as_dict(), "effective_from"}


def test_settings_come_back_from_what_is_stored() -> None:
    chosen = Settings.from_mapping({"low_total": "existing", "scoring_rolls": True, "finalise_after": 3})
    assert Settings.from_mapping(chosen.as_dict()) == chosen


def test_settings_stored_before_they_existed_keep_what_they_were_read_as() -> None:
    before = Settings.of_decision({"low_total": "existing"})
    assert (before.low_total, before.kept_term, before.window) == ("existing", "own_end", "since_final")
    assert Settings.of_decision(Settings().as_dict()) == Settings()


def test_first_day_of_a_rule_set_is_checked_and_left_to_it() -> None:
    assert Settings.from_mapping({"effective_from": "2026-01-01"}) == Settings()
    assert Settings.from_mapping({"effective_from": date(2026, 1, 1)}) == Settings()


def test_unknown_setting_is_named() -> None:
    with pytest.raises(UnknownSetting, match="no setting low_totals"):
        Settings.from_mapping({"low_totals": "existing"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("managers_initial", "85"),
        ("category_basis", None),
        ("rating_gap", "five"),
        ("no_rating", 10),
        ("low_total", ["existing"]),
        ("scoring_rolls", "true"),
        ("scoring_rolls", 1),
        ("finalise_after", True),
        ("finalise_after", -1),
        ("finalise_after", 366),
        ("finalise_after", "1"),
        ("effective_from", "2026-1-1"),
        ("effective_from", "20260101"),
        ("effective_from", 20260101),
    ],
)
def test_value_that_a_reading_does_not_offer_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadSetting, match=name) as refused:
        Settings.from_mapping({name: value})
    assert refused.value.cite == CHOICES[name].reading
