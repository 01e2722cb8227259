"""The table of who may what, asked: matrix.txt and the product as it is (F-A12). Rules: test_matrix_rules.py.

A new page, act or kind of file: `WRITE_MATRIX=1 pytest tests/tables/test_matrix.py -m ""` writes its row, and
whoever wrote the page reads it.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from django.contrib import admin
from django.urls import get_resolver

from tests.attestation.admin_cast import EXPORTED_LISTS, SCREEN_LISTS, at
from tests.shares import number_of_the_day
from tests.tables.matrix_cast import (
    PEOPLE,
    VOTERS,
    Cell,
    World,
    ask,
    cells,
    enter,
    make_world,
    marks_of,
    read_table,
    write_column,
)
from tests.tables.office_cast import NOW
from tests.tables.page_cast import NAMES, name_of, names_of_urls

__all__ = ["at"]

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("frame_once")]

# `make test` asks so many rows of each person, others each day; `make faults` asks all.
A_PART = 12
# Hidden from whoever is outside: nothing tells a foreign row from one that does not exist.
OUTSIDERS = {"hr-elsewhere": ("own", "foreign", "blind"), "hr-career": ("foreign",), "hr": ("foreign",)}
# The people of an agenda are shown here, for a recusal and before the questions.
NAMES_SHOWN = "appeals_sitting do recuse"
Key = tuple[str, str]


def made_once() -> World:
    return make_world()


@pytest.fixture
def world(at: Any, shared: World) -> World:
    """In the middle of a sitting."""
    at(NOW)
    return shared


def surprises(world: World, who: str, asked: dict[Key, Cell]) -> tuple[dict[Key, tuple[str, str]], list[str]]:
    """The words of the table, as the product says them; and whatever is wrong whatever the table says."""
    client, column, wrong = enter(world, who), {}, []
    marks = marks_of(world)
    for (name, whose), cell in asked.items():
        words = []
        for method in ("GET", "POST"):
            at = f"{who}: {method} {name} {whose}"
            answer = ask(client, method, cell.path, cell.data)
            words.append(answer.word)
            if answer.written and (method == "GET" or answer.status >= 400 or answer.word == "non"):
                wrong.append(f"{at} writes {sorted(answer.written)}")
            if answer.status >= 500:
                wrong.append(f"{at}: {answer.status}")
            if cell.missing and whose in OUTSIDERS.get(who, ()):
                none = ask(client, method, cell.missing, cell.data)
                if none.alike != answer.alike:
                    wrong.append(f"{at}: {answer.alike}, but of none {none.alike}")
            if who in VOTERS and whose == "blind" and name != NAMES_SHOWN:
                wrong += [f"{at}: tells {mark}" for mark in marks if mark in answer.text]
        column[name, whose] = (words[0], words[1])
    return column, wrong


def differences(who: str, found: dict[Key, tuple[str, str]]) -> list[str]:
    """Each answer that is another one than the table's."""
    table = read_table()
    return [
        f"{who}: {' '.join(key)}: {'/'.join(pair)}, in the table {'/'.join(table[key][who])}"
        for key, pair in found.items()
        if table[key][who] != pair
    ]


def test_every_address_has_its_rows_f_a12(world: World) -> None:
    """F-A12: a new page, act or kind of file without a row fails, and so does a row whose page is gone."""
    keys = set(read_table())
    assert keys ^ set(cells(world)) == set()
    of_tables = {
        f"{name_of(model)}_{end}" for model in admin.site._registry for end in [*NAMES.values(), "act"]
    }
    alone = {name for name, _whose in keys if " " not in name}
    assert names_of_urls(get_resolver().url_patterns) - of_tables == {
        *alone,
        *(f"attestation_importjob_{act}" for act in ("upload", "template", "export")),
        *(f"{name}_export" for name in (*EXPORTED_LISTS.values(), *SCREEN_LISTS)),
    }


@pytest.mark.parametrize("who", PEOPLE)
def test_a_part_of_the_table(who: str, world: World) -> None:
    """Other rows each day; whoever fails is named with the address."""
    every = cells(world)
    part = random.Random(f"{number_of_the_day()} {who}").sample(sorted(every), A_PART)
    column, wrong = surprises(world, who, {key: every[key] for key in part})
    assert differences(who, column) + wrong == []


def test_a_refusal_before_whoever_reviews_blind_names_no_case(world: World) -> None:
    """A central deputy is refused the ruling that is the chair's."""
    key = "scoring_heldrow do rule-rating", "blind"
    cell = cells(world)[key]
    assert ask(enter(world, "deputy"), "POST", cell.path, cell.data).status == 422
    assert surprises(world, "deputy", {key: cell})[1] == []


@pytest.mark.slow
@pytest.mark.parametrize("who", PEOPLE)
def test_the_whole_table(who: str, world: World) -> None:
    """And a GET writes nothing on record, nor does a POST that is refused (F-W1)."""
    column, wrong = surprises(world, who, cells(world))
    if os.environ.get("WRITE_MATRIX"):
        write_column(who, column)
    assert differences(who, column) + wrong == []
