"""The template of a kind of file: headers in three languages, lists to choose from, an example, a guide.

Imported where a template is asked for alone: openpyxl is a seventh of what every command takes to start.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from attestation import access
from attestation.intake.failed_rows import writable
from attestation.intake.spec import Column, Context, ImportKind
from attestation.intake.template_marks import EXAMPLE, GUIDE, LISTS, NAMES, with_name
from attestation.intake.values import Choice
from attestation.intake.vocabulary import OF_FIELD, label
from attestation.law.vocabulary import Category, CenterKind
from attestation.models import Region

# The last row to which lists are laid.
LAST_ROW = 100_001
MOST_IN_TITLE = 31
BOLD, GREY = Font(bold=True), Font(italic=True, color="808080")
REQUIRED, OTHER = PatternFill("solid", fgColor="FFE699"), PatternFill("solid", fgColor="EDEDED")
WRAPPED = Alignment(wrap_text=True, vertical="top")
TEXT, DAY, MOMENT = "@", "dd.mm.yyyy", "dd.mm.yyyy hh:mm"

# What an example row says in each field that has no list; its type is that of the column.
EXAMPLES: dict[str, Any] = {
    "iin": "010203500000",
    "bin": "010240000000",
    "center_bin": "010240000000",
    "name_kk": "Абай мансап орталығы",
    "name_ru": "Карьерный центр Абай",
    "last_name": "Оспанова",
    "first_name": "Әсел",
    "patronymic": "Қайратқызы",
    "unit": gettext_lazy("Employment support unit"),
    "hired_on": date(2024, 9, 2),
    "email": "a.ospanova@example.com",
    "category_from": date(2025, 3, 3),
    "hours_required": 72,
    "hours_completed": 72,
    "questions_total": 100,
    "correct_answers": 97,
    "wrong_questions": "3, 18, 54",
    "test_variant": "2",
    "finished_at": datetime(2026, 2, 5, 11, 40),  # noqa: DTZ001  # a cell has no zone
    "rated_on": date(2026, 2, 5),
    "score": Decimal("4.5"),
    "recorded_on": date(2026, 2, 5),
    "description": gettext_lazy("An application was registered a day late."),
    "question": 18,
    "argument": gettext_lazy("The question has two right answers."),
    "filed_at": datetime(2026, 2, 9, 10, 15),  # noqa: DTZ001  # a cell has no zone
    "external_id": "A-125",
    "reason": gettext_lazy("Two answers agree with the source of the question."),
    "present": "chair, member1, member2",
    "for": "chair, member1",
    "against": "member2",
}


def template(kind: ImportKind, context: Context) -> bytes:
    """The template as .xlsx, in the language active now; that of a cycle has a row for each of its people."""
    book = Workbook()
    sheet, guide, lists = book.active, book.create_sheet(GUIDE), book.create_sheet(LISTS)
    assert isinstance(sheet, Worksheet)
    lists.sheet_state = "hidden"
    sheet.title = str(kind.title)[:MOST_IN_TITLE]
    sheet.freeze_panes = "A2"
    columns = kind.resource.columns()
    choices = {name: choices_of(name, column, context) for name, column in columns.items()}
    named = context.cycle is not None and kind.resource.needs_cycle
    places = list(columns)
    if named:
        places.insert(places.index("iin") + 1, NAMES)
    example = {name: choices[name][0] if choices[name] else EXAMPLES.get(name) for name in columns} | {
        kind.resource.key_field: EXAMPLE
    }
    for place, name in enumerate(places, start=1):
        _lay_column(sheet, place, columns.get(name), EXAMPLES.get(name), example.get(name))
    for place, (name, words) in enumerate(((n, words) for n, words in choices.items() if words), start=1):
        _lay_list(sheet, lists, places.index(name) + 1, place, words, strict=name in OF_FIELD)
    if named:
        _lay_people(sheet, places.index("iin") + 1, kind, context)
    _lay_guide(guide, kind, choices, named=named)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def choices_of(name: str, column: Column, context: Context) -> list[str]:
    """The words to choose from in a field; none where it has no list. A blank cell says “no category”."""
    if isinstance(column.parser, Choice):
        values = [value for value in column.parser.values if value != Category.NONE]
        return [label(OF_FIELD[name], value) for value in values]
    if name in ("center_bin", "parent_bin"):
        centers = access.centers_of(context.by.user)
        if name == "parent_bin":
            centers = centers.filter(kind=CenterKind.LABOUR_MOBILITY)
        return [with_name(center.bin, str(center)) for center in centers]
    return [str(region) for region in Region.objects.all()] if name == "region" else []


def _lay_column(sheet: Worksheet, place: int, column: Column | None, typical: Any, example: Any) -> None:
    """The header, the format and the example of a column; without one it is that of the names."""
    title = NAMES if column is None else " / ".join(dict.fromkeys(column.headers))
    required = column is not None and column.required
    header = sheet.cell(1, place, f"{title} *" if required else title)
    header.font, header.alignment, header.fill = BOLD, WRAPPED, REQUIRED if required else OTHER
    letter = get_column_letter(place)
    sheet.column_dimensions[letter].width = 24
    sheet.column_dimensions[letter].number_format = _format_of(typical)
    cell = sheet.cell(2, place, writable(example))
    cell.font, cell.number_format = GREY, _format_of(example)


def _format_of(typical: Any) -> str:
    """Text where zeros, or a comma between numbers, have to stay; how days and moments are shown."""
    if isinstance(typical, datetime):
        return MOMENT
    if isinstance(typical, date):
        return DAY
    return "General" if isinstance(typical, int | Decimal) else TEXT


def _lay_list(
    sheet: Worksheet, lists: Worksheet, place: int, at: int, words: Iterable[str], *, strict: bool
) -> None:
    """A list to choose from, which stands on a hidden sheet; `strict`: the program takes nothing else."""
    last = 0
    for last, word in enumerate(words, start=1):
        lists.cell(last, at, writable(word)).number_format = TEXT
    source, letter = get_column_letter(at), get_column_letter(place)
    rule = DataValidation("list", formula1=f"'{LISTS}'!${source}$1:${source}${last}", allow_blank=True)
    rule.showErrorMessage = strict
    rule.add(f"{letter}2:{letter}{LAST_ROW}")
    sheet.add_data_validation(rule)


def _lay_people(sheet: Worksheet, place: int, kind: ImportKind, context: Context) -> None:
    """The people of the cycle, below the example: each an IIN with the name beside it."""
    people = kind.resource().template_people(context).order_by("sort_key", "pk")
    for row, person in enumerate(people.iterator(chunk_size=2000), start=3):
        for at, text in ((place, person.iin), (place + 1, person.full_name)):
            sheet.cell(row, at, writable(text)).number_format = TEXT


def _lay_guide(guide: Worksheet, kind: ImportKind, choices: dict[str, list[str]], *, named: bool) -> None:
    """How the file is filled in, and what stands in each column."""
    lines = [
        _("How to fill in the file “%(kind)s”") % {"kind": kind.title},
        _("Fill in the first sheet: one row for each record, under the header."),
        _("Columns with * are required. Do not rename the headers; the order of the columns is free."),
        _("The grey row is an example: it is not imported. You may delete it."),
        _("Where a cell has a list, choose from it. Write days as 31.12.2026, moments as 31.12.2026 17:40."),
        _("Save the file as .xlsx and upload it on the page from which you downloaded it."),
    ]
    if named:
        lines.insert(
            4, _("The people of the cycle are filled in. A row with nothing but the IIN is not imported.")
        )
    for line in lines:
        guide.append([line])
    guide.append([])
    guide.append([_("Column"), _("Required"), _("What to write")])
    for cell in (guide["A1"], *guide[guide.max_row]):
        cell.font = BOLD
    for name, column in kind.resource.columns().items():
        required = _("yes") if column.required else ""
        guide.append([column.title(), required, writable(_said(EXAMPLES.get(name), choices[name]))])
        guide.cell(guide.max_row, 3).alignment = WRAPPED
    for letter, width in (("A", 34), ("B", 14), ("C", 90)):
        guide.column_dimensions[letter].width = width


def _said(example: Any, words: list[str]) -> str:
    """What may stand in a column, in words."""
    if words:
        return _("One of the list: %(words)s") % {"words": "; ".join(words)}
    shown = (
        {DAY: f"{example:%d.%m.%Y}", MOMENT: f"{example:%d.%m.%Y %H:%M}"} if isinstance(example, date) else {}
    )
    return _("For example: %(example)s") % {"example": shown.get(_format_of(example), example)}
