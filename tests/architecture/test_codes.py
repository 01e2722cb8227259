"""Every code resolves in this repository; docs/formats.md has every column, command and option there is."""

from __future__ import annotations

import argparse
import inspect
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.core.management.commands import migrate

from attestation.intake.spec import ImportKind, kinds
from attestation.intake.vocabulary import CATEGORIES, CENTER_KINDS, POSITIONS, PURPOSES
from attestation.law.settings import CHOICES
from attestation.models import Status
from office.report import STATES, _Around
from office.simulate.answers import DEADLINE_KEYS, DECISION_KEYS
from office.sweep.sweep import Summary
from tests.house import APPS, ROOT

DOCS = ROOT / "docs"
PROMISES, READINGS, FORMATS = (DOCS / f"{name}.md" for name in ("promises", "readings", "formats"))
SEARCHED = (*APPS, "templates", "scripts", "tests", "benchmarks", "docs")
TYPES = {".py", ".html", ".txt", ".md", ".yaml"}
# This file makes codes up, and the two lists are what the others are compared with.
NOT_SEARCHED = {Path(__file__), PROMISES, READINGS}
# Stands in a test for a reading that no rule names.
MADE_UP = {"I-99"}

KINDS = {
    "F": r"F-[A-Z]\d{1,2}",
    "I": r"I-\d\d",
    "E": r"E[1-9]\d?",
    "D": r"D[1-9]\d?",
}
IN_NAME = re.compile(r"_f_([a-z])_?(\d+)(?=_|\b)")
LINE = re.compile(r"^- \*\*([A-Z]\S*)\*\* (.+?)(?=^- |^#|\Z)", re.MULTILINE | re.DOTALL)


def cited_in(text: str, kind: str) -> set[str]:
    """The codes of a kind in a text: as they are, as the ends of a range, and in the name of a test."""
    # Not the letters of a hexadecimal address (%D3), and not the D3 of F-D3.
    code = rf"(?<![\w%-])({KINDS[kind]})\b"
    found = set(re.findall(code, text))
    for first, last in re.findall(rf"{code}\s?(?:to|–|…)\s?{code}", text):
        head, low = re.fullmatch(r"(.*?)(\d+)", first).groups()
        end, high = re.fullmatch(r"(.*?)(\d+)", last).groups()
        if head == end:
            found |= {f"{head}{number:0{len(low)}}" for number in range(int(low), int(high) + 1)}
    if kind == "F":
        found |= {f"F-{letter.upper()}{number}" for letter, number in IN_NAME.findall(text)}
    return found - MADE_UP


@cache
def searched() -> dict[Path, str]:
    """Every file that may cite a code."""
    files = (path for folder in SEARCHED for path in sorted((ROOT / folder).rglob("*")))
    return {
        path: path.read_text(encoding="utf-8")
        for path in files
        if path.suffix in TYPES and path not in NOT_SEARCHED
    }


def cited(kind: str) -> dict[str, Path]:
    """Each code that is cited, and a file that does."""
    return {code: path for path, text in searched().items() for code in cited_in(text, kind)}


def listed(page: Path) -> dict[str, str]:
    """Each code of a list, and its line."""
    lines = LINE.findall(page.read_text(encoding="utf-8"))
    assert len({code for code, _ in lines}) == len(lines), "a code is listed twice"
    return dict(lines)


@pytest.mark.parametrize(
    ("kind", "page"), [("F", PROMISES), ("I", READINGS), ("E", READINGS), ("D", READINGS)]
)
def test_a_cited_code_has_its_line_and_a_line_is_cited(kind: str, page: Path) -> None:
    lines = {code for code in listed(page) if re.fullmatch(KINDS[kind], code)}
    found = cited(kind)
    assert {code: str(path) for code, path in found.items() if code not in lines} == {}
    assert lines - set(found) == set()


@pytest.mark.parametrize("code", list(listed(PROMISES)))
def test_a_promise_names_tests_that_cite_it(code: str) -> None:
    tests = re.findall(r"`(tests/\S+\.py)`", listed(PROMISES)[code])
    assert tests
    for name in tests:
        assert code in cited_in((ROOT / name).read_text(encoding="utf-8"), "F"), (
            f"{name} does not cite {code}"
        )


def test_codes_are_found_in_prose_in_ranges_and_in_names() -> None:
    assert cited_in('"""F-A1 to F-A3, F-D8."""\ndef test_x_f_c2(): ...\ndef test_f_i10_y(): ...', "F") == {
        *("F-A1", "F-A2", "F-A3", "F-D8", "F-C2", "F-I10")
    }
    assert cited_in("E1–E3 and %D3; F-D4; D6 (I-08 … I-10)", "E") == {"E1", "E2", "E3"}
    assert cited_in("E1–E3 and %D3; F-D4; D6 (I-08 … I-10)", "D") == {"D6"}
    assert cited_in("E1–E3 and %D3; F-D4; D6 (I-08 … I-10)", "I") == {"I-08", "I-09", "I-10"}


# --- docs/glossary.md ---------------------------------------------------------------------------------------


def exists(name: str) -> bool:
    """Whether a dotted name is a module or stands in one, or a class (with its attribute) stands anywhere."""
    if name.startswith(APPS):
        try:
            return bool(pkgutil.resolve_name(name))
        except (ImportError, AttributeError):
            return False
    head, _, rest = name.partition(".")
    code = "\n".join(text for path, text in searched().items() if path.suffix == ".py")
    return bool(re.search(rf"^(class {head}\b|{head}\b.* = )", code, re.MULTILINE)) and rest in code


def test_the_names_of_the_glossary_are_those_of_the_code() -> None:
    words = (DOCS / "glossary.md").read_text(encoding="utf-8").split("## The order's own words")[0]
    names = re.findall(r"`((?:[A-Z]|[a-z]+\.)[\w.]+)`", words)
    assert len(names) > 40
    assert [name for name in names if not exists(name)] == []
    assert not any(map(exists, ("attestation.nowhere", "attestation.access.nothing", "NoSuchModel")))


def test_the_terms_stand_in_the_glossary_in_the_words_of_the_files() -> None:
    """And, where a cell may hold one, in docs/formats.md."""
    words, formats = ((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("glossary", "formats"))
    terms = {**POSITIONS, **CATEGORIES, **PURPOSES, **CENTER_KINDS}
    rows = {f"| `{term}` | {en} | {kk} | {ru} |" for term, (kk, ru, en) in terms.items()}
    assert [row for row in rows if row not in words] == []
    assert [term for term in terms if f"`{term}`" not in formats] == []


# --- docs/formats.md ----------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, str]]:
    """App and name of each command of ours."""
    for app in APPS:
        for path in sorted((ROOT / app / "management" / "commands").glob("[a-z]*.py")):
            yield app, path.stem


def options_of(command: BaseCommand, name: str) -> list[argparse.Action]:
    """What a command takes beyond what Django gives to every command, and to its own `migrate`."""
    of_django = migrate.Command() if name == "migrate" else BaseCommand()
    known = {action.dest for action in of_django.create_parser("manage.py", name)._actions}
    actions = command.create_parser("manage.py", name)._actions
    return [action for action in actions if action.dest not in known]


def written(action: argparse.Action) -> str:
    """An option as a usage line has it; what may be left out stands in brackets."""
    value = action.metavar or "|".join(action.choices or ()) or action.dest.upper()
    if not action.option_strings:
        return str(value)
    option = action.option_strings[0] + ("" if action.nargs == 0 else f" {value}")
    return option if action.required else f"[{option}]"


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_a_kind_of_file_stands_with_its_command_and_columns(kind: ImportKind) -> None:
    text = FORMATS.read_text(encoding="utf-8")
    body = text.split(f"\n### `{kind.name}`: `manage.py {kind.command}`\n", 1)[1].split("\n##", 1)[0]
    rows = [
        [cell.strip() for cell in row.split("|")[1:-2]] for row in body.splitlines() if row.startswith("| `")
    ]
    assert rows == [
        [f"`{name}`", column.kk, column.ru, column.en, "yes" if column.required else ""]
        for name, column in kind.resource.columns().items()
    ]


@pytest.mark.parametrize(("app", "name"), list(commands()))
def test_a_command_stands_with_its_options(app: str, name: str) -> None:
    text = FORMATS.read_text(encoding="utf-8")
    expected = sorted(written(action) for action in options_of(load_command_class(app, name), name))
    if name == "migrate":
        assert (expected, "`migrate`" in text) == ([], True)
        return
    usage = re.search(rf"^`manage\.py {name}\b(.*)`$", text, re.MULTILINE)
    assert usage, f"no usage line for {name}"
    assert sorted(re.findall(r"\[[^]]+\]|--\S+ [^-\[\s]\S*|[A-Z]+", usage[1])) == expected


def test_the_simulations_stand_with_their_keys() -> None:
    text = FORMATS.read_text(encoding="utf-8")
    decisions, deadlines = text.split("### `simulate_decisions`")[1].split("### `simulate_deadlines`")
    assert [key for key in (*DECISION_KEYS, *CHOICES) if f"`{key}`" not in decisions] == []
    assert [key for key in DEADLINE_KEYS if f'"{key}": ' not in deadlines] == []


def test_the_report_and_the_sweep_stand_with_their_keys() -> None:
    text = FORMATS.read_text(encoding="utf-8")
    report, rest = text.split("`manage.py report ", 1)[1].split("\n### ", 1)
    keys = re.findall(r'^ +"(\w+)": ', inspect.getsource(_Around.row), re.MULTILINE)
    assert len(keys) > 15
    assert [key for key in (*keys, *STATES.values(), *Status.values) if f"`{key}`" not in report] == []
    swept = rest.split("`manage.py sweep ", 1)[1].split("`manage.py ", 1)[0]
    summary = Summary(datetime(2026, 2, 2, tzinfo=UTC)).as_data()
    assert [key for key in summary if f"`{key}`" not in swept] == []
