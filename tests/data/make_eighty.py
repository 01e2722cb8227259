"""Eighty bad or odd files. What is said of each, in the three languages, stands in eighty.json.

`WRITE_EIGHTY=1 pytest tests/attestation/test_eighty_files.py` writes it anew; somebody reads it before it is
committed, for it is what officers read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import translation

from attestation.by import By
from attestation.intake import engine, report
from attestation.intake.messages import LANGUAGES
from attestation.models import ImportJob
from attestation.refusals import Refused
from tests.attestation.intake_cast import MOBILITY_BIN, NOW, PERSON, book, iin, table

GOLDEN = Path(__file__).with_name("eighty.json")
Made = tuple[str, str, bytes]  # kind, file name, contents

ROW = list(PERSON.values())
NAMES = list(PERSON)


def staff(**changed: Any) -> Made:
    """One row, some of its cells another."""
    return "staff", "f.xlsx", table({**PERSON, **changed})


def rows(*lines: list[Any], header: list[Any] | None = None) -> Made:
    """Rows under the usual header, or another one."""
    return "staff", "f.xlsx", book([header or NAMES, *lines])


def csv(text: str, encoding: str = "utf-8", name: str = "f.csv") -> Made:
    return "staff", name, text.encode(encoding, "replace")


def of(name: str, value: Any) -> list[Any]:
    """The usual row with one other cell."""
    return [value if each == name else PERSON[each] for each in NAMES]


LINE = ";".join(map(str, ROW))
HEAD = ";".join(NAMES)


def files() -> Iterator[tuple[str, Callable[[], Made]]]:
    """Each file by its name."""
    for place, value in enumerate(
        (
            "",
            "12345678901",
            "8.50101E+11",
            "900517 400017",
            "абв",
            "000000000000",
            "９００５１７４０００１７",
            True,
        )
    ):
        yield f"iin {place}", lambda value=value: staff(iin=value)
    for place, value in enumerate(("", "070140000017", "12")):
        yield f"center {place}", lambda value=value: staff(center_bin=value)
    for place, value in enumerate(
        ("", "—", "12345", "Ким?", "?лия", "Иван\u200bов", "К" * 130, "Kим", "Рљ РёРј", None)
    ):
        yield f"name {place}", lambda value=value: staff(last_name=value)
    for place, value in enumerate(
        ("", "guru", "Главный специалист", "спецалист карьерного центра", "unit_head", 7)
    ):
        yield f"position {place}", lambda value=value: staff(position=value)
    for place, value in enumerate(
        ("", "31.02.2024", "45352", 45352, "01/02/2024", "0204-01-01", "2030-01-01", "1.3.2024",
         "01.03.2024 г.", "01.03.2024 0:00:00", "2024-03-01T00:00:00", "вчера", "1960-01-01")
    ):  # fmt: skip
        yield f"hired {place}", lambda value=value: staff(hired_on=value)
    for place, value in enumerate(("no", "a@b", "a b@c.kz", "нет")):
        yield f"email {place}", lambda value=value: staff(email=value)
    for place, (category, since) in enumerate(
        (("guru", "2024-01-01"), ("mentor", ""), ("", "2024-01-01"), ("mentor", "2027-01-01"),
         ("mentor", "x"), ("специалист высшей категории", "2024-01-01"))
    ):  # fmt: skip
        yield (
            f"category {place}",
            lambda category=category, since=since: staff(
                position="career_specialist", category=category, category_from=since
            ),
        )
    yield (
        "category of an assistant",
        lambda: staff(position="assistant", category="mentor", category_from="2024-01-01"),
    )
    yield "unit a date", lambda: staff(unit=date(2024, 1, 5))
    yield "language", lambda: staff(language="немецкий")
    yield "mobility without such a position", lambda: staff(center_bin=MOBILITY_BIN)
    yield "doubled", lambda: rows(ROW, ROW)
    yield (
        "twenty unknown positions",
        lambda: rows(*([iin(n), *of("position", "Эксперт")[1:]] for n in range(20))),
    )
    yield "twelve empty days", lambda: rows(*([iin(n), *of("hired_on", None)[1:]] for n in range(12)))
    yield "totals", lambda: rows(ROW, ["Итого", None, None, 1])
    yield "numbering", lambda: rows(list(range(1, len(NAMES) + 1)), ROW)
    yield "notes", lambda: rows(ROW, [None, "Исп. Сериков"], ["Директор", None, "Ахметов"])
    yield "header again", lambda: rows(ROW, NAMES, [iin(7), *ROW[1:]])
    yield "header missing", lambda: ("staff", "f.xlsx", book([["Сводка"], ["всего", 3]]))
    yield "column missing", lambda: ("staff", "f.xlsx", book([NAMES[:3], ROW[:3]]))
    yield "header misspelt", lambda: rows([*ROW, "x"], header=[*NAMES, "Очество"])
    yield "required header misspelt", lambda: rows(ROW, header=["iin", "Фамилиа", *NAMES[2:]])
    yield "header doubled", lambda: rows([*ROW, "1"], header=[*NAMES, "ИИН"])
    yield "two synonyms", lambda: rows([*ROW, "1", "2"], header=[*NAMES, "Отдел", "Сектор"])
    yield "forbidden", lambda: rows([*ROW, "1", "2"], header=[*NAMES, "Решение", "Баллы"])
    yield "status ours", lambda: rows([*ROW, "допущен к тестированию"], header=[*NAMES, "Статус"])
    yield "status theirs", lambda: rows([*ROW, "работает"], header=[*NAMES, "Статус"])
    yield "another kind", lambda: ("staff", "f.xlsx", book([["iin", "purpose"], [iin(0), "initial"]]))
    yield "no rows", lambda: ("staff", "f.xlsx", book([NAMES]))
    yield "only notes", lambda: rows(["Отдел кадров"])
    yield (
        "full name",
        lambda: rows([ROW[0], "Ким Анна Серікқызы", *ROW[3:]], header=["ИИН", "Ф.И.О.", *NAMES[3:]]),
    )
    yield "half a name", lambda: rows([ROW[0], "Ким", *ROW[3:]], header=["ИИН", "Ф.И.О.", *NAMES[3:]])
    yield "pdf", lambda: ("staff", "f.pdf", b"%PDF-1.7")
    yield "pdf named xlsx", lambda: ("staff", "f.xlsx", b"%PDF-1.7")
    yield "empty", lambda: ("staff", "f.xlsx", b"")
    yield "damaged", lambda: ("staff", "f.xlsx", b"PK\x03\x04 no book")
    yield "web page", lambda: ("staff", "f.xls", b"<html><table><tr><td>iin</td></tr></table></html>")
    yield "macros", lambda: ("staff", "f.xlsm", b"PK\x03\x04")
    yield "csv wide", lambda: csv(f"{HEAD}\n{LINE};лишнее\n")
    yield "csv short", lambda: csv(f"{HEAD}\n{';'.join(map(str, ROW[:3]))}\n")
    yield "csv cut off", lambda: csv(f"{HEAD}\n{LINE}\n{LINE[:30]}")
    yield "csv quotes", lambda: csv(f'{HEAD}\n"{LINE}\n')
    yield (
        "csv lost letters",
        lambda: csv(f"{HEAD}\n{LINE}\n".replace(str(PERSON["last_name"]), "Әлімханов"), "cp1251"),
    )
    yield "csv nul", lambda: csv(f"{HEAD}\n{LINE}\x00\n")
    yield "csv cp866", lambda: csv(f"{HEAD}\n{LINE}\n", "cp866")
    yield "csv bars", lambda: csv(f"{HEAD}\n{LINE}\n".replace(";", "|"))


def said_of(made: Made) -> dict[str, Any]:
    """What comes of a file: its counts, and in each language what is wrong and what is remarked."""
    kind, name, data = made
    found: dict[str, Any] = {}
    with transaction.atomic():
        try:
            job = engine.preview(kind, data, name, by=By(None, NOW))
        except Refused as refusal:
            for language in LANGUAGES:
                with translation.override(language):
                    found[language] = [refusal.message]
        else:
            found["counts"] = [job.rows_new, job.rows_error, len(report.left_out_of(job))]
            for language in LANGUAGES:
                with translation.override(language):
                    found[language] = lines_of(job)
        transaction.set_rollback(True)
    return found


def lines_of(job: ImportJob) -> list[str]:
    """What is said of a file that was read, in the language active now."""
    answer = report.as_data(job)
    noted = {note["message"] for note in answer["notes"]}
    return [
        *(f"{at_of(error)}: {error['message']}" for error in answer["errors"]),
        *(f"{at_of(note)}: {note['message']}" for note in answer["notes"]),
        *(line for line in report.file_lines(job)[1:] if line not in noted),
        *report.left_out_lines(job),
    ]


def at_of(entry: dict[str, Any]) -> str:
    """The cell, or the cells, of an error or a note."""
    if entry["row"] is None:
        return report.cells_shown(entry) if "cells" in entry else "file"
    return f"{entry['column'] or ''}{entry['row']}"


def main() -> None:
    """Write what is said today."""
    answers = {name: said_of(make()) for name, make in files()}
    GOLDEN.write_text(json.dumps(answers, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
