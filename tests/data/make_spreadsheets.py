"""Makes the spreadsheets of this folder: `python -m tests.data.make_spreadsheets`. The files are committed.

The same three people in every `staff-*` file, as different programs and hands would write them; in `bad/`
one fault each.
"""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from attestation.identifiers import check_digit

HERE = Path(__file__).resolve().parent
MADE_AT = datetime(2026, 2, 1, 9, 0)

HEADERS = {
    "kk": ["ЖСН", "Тегі", "Аты", "Әкесінің аты", "Орталықтың БСН", "Лауазымы", "Қабылданған күні", "Тіл"],
    "ru": ["ИИН", "Фамилия", "Имя", "Отчество", "БИН центра", "Должность", "Дата приёма", "Язык"],
    "en": [
        "IIN",
        "Last name",
        "First name",
        "Patronymic",
        "Center BIN",
        "Position",
        "Hired on",
        "Language",
    ],
    "id": ["iin", "last_name", "first_name", "patronymic", "center_bin", "position", "hired_on", "language"],
}
POSITIONS = {
    "kk": ["директор", "мансап орталығының маманы", "мансап орталығының ассистенті"],
    "ru": ["директор", "специалист карьерного центра", "ассистент карьерного центра"],
    "en": ["Director", "Specialist of a career centre", "assistant of a career centre"],
    "id": ["director", "career_specialist", "assistant"],
}


def number(first_eleven: str) -> str:
    """A valid IIN or BIN that begins with these eleven digits."""
    last = check_digit(first_eleven)
    assert last is not None, first_eleven
    return f"{first_eleven}{last}"


CENTER_BIN = number("24114046597")
OTHER_BIN = number("24114022917")
IINS = [number("78050330012"), number("91111240045"), number("03020150017")]
# windows-1251 has no Kazakh letters: the names of that file are Russian.
NAMES = {
    "kk": [
        ("Әбілқасымов", "Нұрлан", "Серікұлы"),
        ("Өмірзақова", "Іңкәр", "Ғалымқызы"),
        ("Ким", "Яна", ""),
    ],
    "ru": [
        ("Абилкасымов", "Нурлан", "Серикович"),
        ("Щёкина", "Ирина", "Львовна"),
        ("Ким", "Яна", ""),
    ],
}
HIRED = [date(2015, 3, 2), date(2019, 9, 1), date(2024, 2, 29)]


def people(headers: str, names: str = "kk") -> list[list[Any]]:
    """Header and rows in one language."""
    rows: list[list[Any]] = [list(HEADERS[headers])]
    for place, (iin, name) in enumerate(zip(IINS, NAMES[names], strict=True)):
        position = POSITIONS[headers][place]
        rows.append([iin, *name, CENTER_BIN, position, HIRED[place], "kk" if names == "kk" else "ru"])
    return rows


def save(book: Workbook, name: str) -> None:
    """Write a workbook with a fixed date, so that a second run changes little."""
    book.properties.created = book.properties.modified = MADE_AT
    (HERE / name).parent.mkdir(exist_ok=True)
    book.save(HERE / name)


def sheet_of(rows: list[list[Any]], title: str = "Staff") -> Workbook:
    """A workbook with one sheet of rows."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return book


def write_csv(name: str, rows: list[list[Any]], encoding: str, delimiter: str, end: str = "\r\n") -> None:
    """Rows as text; dates as a person writes them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    for row in rows:
        writer.writerow([f"{cell:%d.%m.%Y}" if isinstance(cell, date) else cell for cell in row])
    (HERE / name).write_bytes(out.getvalue().encode(encoding))


def write_ods(name: str, rows: list[list[Any]]) -> None:
    """The least that LibreOffice would write."""
    lines = []
    for row in rows:
        cells = []
        for cell in row:
            if isinstance(cell, date):
                value = f'office:value-type="date" office:date-value="{cell.isoformat()}"'
            else:
                value = 'office:value-type="string"'
            cells.append(f"<table:table-cell {value}><text:p>{escape(str(cell))}</text:p></table:table-cell>")
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Персонал">{"".join(lines)}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        book.writestr("content.xml", content)
        book.writestr("META-INF/manifest.xml", manifest)


def make_good() -> None:
    """The same people, seven ways."""
    titled = [["Қызметкерлер тізімі, 01.02.2026"], [], *people("kk")]
    titled[2][0] = "  жсн * "
    book = sheet_of(titled, "Қызметкерлер")
    book.active.merge_cells("A1:H1")
    for row in book.active.iter_rows(min_row=3):
        row[0].number_format = "@"
    book.active["I3"] = "Ескерту"
    book.create_sheet("Анықтама").append(["ИИН", "Фамилия"])
    save(book, "staff-kk.xlsx")

    mac = sheet_of(people("id"))
    mac.epoch = CALENDAR_MAC_1904
    # The IIN as a number: the third one loses its leading zero.
    for row in mac.active.iter_rows(min_row=2, max_col=1):
        row[0].value = int(row[0].value)
    save(mac, "staff-id-numbers-1904.xlsx")

    write_csv("staff-ru-windows-1251.csv", people("ru", "ru"), "cp1251", ";")
    write_csv("staff-kk-kz-1048.csv", people("kk"), "kz1048", "\t")
    write_csv("staff-kk-utf-16.csv", people("kk"), "utf-16", ";")
    write_csv("staff-en-utf-8-bom.csv", people("en"), "utf-8-sig", ",", end="\r")
    write_ods("staff-ru.ods", people("ru"))


def make_bad() -> None:
    """One fault each; the expected message stands in the tests."""
    wrong_digit = people("ru")
    wrong_digit[2][0] = IINS[1][:-1] + str((int(IINS[1][-1]) + 1) % 10)
    save(sheet_of(wrong_digit), "bad/wrong-check-digit.xlsx")

    doubled = [*people("ru"), people("ru")[1]]
    save(sheet_of(doubled), "bad/doubled-iin.xlsx")

    unknown = people("ru")
    unknown[3][4] = OTHER_BIN
    save(sheet_of(unknown), "bad/unknown-center.xlsx")

    header = people("ru")
    header[0][1] = "Фамилиа"
    save(sheet_of(header), "bad/misspelt-header.xlsx")

    save(sheet_of([["Сводка"], ["всего", 3]]), "bad/no-header.xlsx")
    save(sheet_of(people("ru")[:1]), "bad/header-only.xlsx")

    formula = people("ru")
    formula[2][2] = '=CONCATENATE("И","рина")'
    book = sheet_of(formula)
    book.active["G4"] = "#N/A"
    book.active["G4"].data_type = "e"
    save(book, "bad/formula-without-value.xlsx")

    far = sheet_of(people("ru"))
    far.active["XFD1048576"] = "x"
    save(far, "bad/far-cell.xlsx")


if __name__ == "__main__":
    make_good()
    make_bad()
