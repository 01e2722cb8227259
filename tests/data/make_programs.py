"""Makes the files of `programs/`: `python -m tests.data.make_programs [NAME...]`. The files are committed.

Nothing else needs what this needs: LibreOffice Calc (`soffice`, 7.4 made those committed) and, in a venv of
its own, openpyxl, XlsxWriter, pandas with odfpy, xlwt, pyexcel with pyexcel-xlsx, -ods3 and -xls.
A file is named KIND-PROGRAM-LANGUAGE; `1c` is what 1C:Enterprise saves of a table, by openpyxl or xlwt.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas
import pyexcel
import xlsxwriter
import xlwt
from openpyxl import Workbook

from tests.data.meant import MEANT, TO_RUSSIAN

HERE = Path(__file__).resolve().parent / "programs"
LANGUAGES = ("kk", "ru", "en")
NBSP = "\xa0"
DAY, MOMENT = "dd.mm.yyyy", "dd.mm.yyyy hh:mm:ss"
# LibreOffice's numbers of encodings; PT154 is the one that it calls Kazakh.
UTF_8, UTF_16, WINDOWS_1251, PT154 = 76, 65535, 34, 93

HEADERS = {
    "iin": ("ЖСН", "ИИН", "IIN"),
    "last_name": ("Тегі", "Фамилия", "Last name"),
    "first_name": ("Аты", "Имя", "First name"),
    "patronymic": ("Әкесінің аты", "Отчество", "Patronymic"),
    "center_bin": ("Орталықтың БСН", "БИН центра", "Center BIN"),
    "unit": ("Бөлім", "Подразделение", "Unit"),
    "language": ("Тіл", "Язык", "Language"),
    "position": ("Лауазымы", "Должность", "Position"),
    "hired_on": ("Қабылданған күні", "Дата приёма", "Hired on"),
    "email": ("Электрондық пошта", "Электронная почта", "E-mail"),
    "category": ("Санаты", "Категория", "Category"),
    "category_from": ("Санат берілген күні", "Дата присвоения категории", "Category from"),
    "bin": ("БСН", "БИН", "BIN"),
    "name_kk": ("Атауы (қаз)", "Наименование (каз)", "Name (kk)"),
    "name_ru": ("Атауы (орыс)", "Наименование (рус)", "Name (ru)"),
    "kind": ("Түрі", "Вид", "Kind"),
    "parent_bin": ("Жоғары тұрған БСН", "БИН вышестоящего", "Parent BIN"),
    "region": ("Өңір", "Регион", "Region"),
    "purpose": ("Мақсаты", "Цель", "Purpose"),
    "declared": ("Мәлімделген санат", "Заявленная категория", "Declared category"),
    "hours_required": ("Жоспарланған сағат", "Часы по плану", "Hours required"),
    "hours_completed": ("Өткен сағат", "Пройдено часов", "Hours completed"),
    "course_category": ("Курс бейіні", "Профиль курса", "Course category"),
    "questions_total": ("Сұрақтар саны", "Всего вопросов", "Questions total"),
    "correct_answers": ("Дұрыс жауаптар", "Правильных ответов", "Correct answers"),
    "wrong_questions": ("Қате сұрақтар", "Неверные вопросы", "Wrong questions"),
    "test_variant": ("Тест нұсқасы", "Вариант теста", "Test variant"),
    "test_language": ("Тест тілі", "Язык теста", "Test language"),
    "finished_at": ("Аяқталған уақыты", "Время окончания", "Finished at"),
    "rated_on": ("Бағаланған күні", "Дата оценки", "Rated on"),
    "score": ("Баға", "Оценка", "Score"),
    "external_id": ("Сыртқы нөмір", "Внешний номер", "External id"),
    "recorded_on": ("Тіркелген күні", "Дата регистрации", "Recorded on"),
    "description": ("Сипаттама", "Описание", "Description"),
    "question": ("Сұрақ нөмірі", "Номер вопроса", "Question"),
    "argument": ("Дәлелдеме", "Обоснование", "Argument"),
    "ground": ("Негіз түрі", "Вид основания", "Ground"),
    "filed_at": ("Берілген уақыты", "Время подачи", "Filed at"),
    "ruling": ("Шешім", "Решение", "Ruling"),
    "reason": ("Негіздеме", "Основание", "Reason"),
    "present": ("Қатысқандар", "Присутствовали", "Present"),
    "for": ("Жақтап", "За", "For"),
    "against": ("Қарсы", "Против", "Against"),
}
# Languages, grounds and rulings stay identifiers.
WORDS = {
    "director": ("директор", "Директор", "Director"),
    "unit_head": (
        "құрылымдық бөлімшенің басшысы",
        "руководитель структурного подразделения",
        "head of a structural unit",
    ),
    "career_specialist": (
        "мансап орталығының маманы",
        "специалист карьерного центра",
        "specialist of a career centre",
    ),
    "assistant": (
        "мансап орталығының ассистенті",
        "Ассистент карьерного центра",
        "assistant of a career centre",
    ),
    "consultant": ("мансап консультанты", "карьерный консультант", "career consultant"),
    "case_manager": ("кейс-менеджер", "Кейс-менеджер", "case manager"),
    "mentor": ("тәлімгер", "наставник", "mentor"),
    "initial": ("алғашқы аттестаттау", "Первичная аттестация", "initial attestation"),
    "category": ("біліктілік санатына өтініш", "заявление на категорию", "application for a category"),
    "labour_mobility": (
        "еңбек мобильділігі орталығы",
        "центр трудовой мобильности",
        "labour mobility centre",
    ),
    "career": ("мансап орталығы", "Карьерный центр", "career centre"),
    "faulty": ("faulty_question",) * 3,
    "KZ-10": ("Абай облысы", "область Абай", "KZ-10"),
    "KZ-19": ("Алматы облысы", "Алматинская обл.", "KZ-19"),
    "KZ-33": ("Жетісу облысы", "область Жетісу", "KZ-33"),
}
TITLES = {
    "kk": ("Есеп 2026 ж. 1 ақпанға", "Ұйым: «Абай» өңірлік ЕМО"),
    "ru": ("Отчёт на 1 февраля 2026 г.", "Организация: ЦТМ «Абай»"),
    "en": ("Report as of 1 February 2026", "Organisation: Abai"),
}
Rows = list[list[Any]]


def meant(kind: str, language: str, *, russian: bool = False, numbers: bool = False) -> Rows:
    """Header and rows in the words of a language.

    `russian`: without the letters of Kazakh. `numbers`: IIN and BIN as numbers, which lose their zeros.
    """
    place = LANGUAGES.index(language)
    lines = [[HEADERS[name][place] for name in MEANT[kind][0]]]
    for row in MEANT[kind]:
        lines.append([_cell(name, value, place, numbers) for name, value in row.items()])
    if russian:
        lines = [
            [cell.translate(TO_RUSSIAN) if isinstance(cell, str) else cell for cell in line] for line in lines
        ]
    return lines


def _cell(name: str, value: Any, place: int, numbers: bool) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    if numbers and name in ("iin", "bin", "center_bin", "parent_bin") and value:
        return int(value)
    if name in ("position", "category", "declared", "purpose", "kind", "region", "course_category", "ground"):
        return WORDS.get(value, [value] * 3)[place] if value else None
    return None if value == "" else value


# --- programs -----------------------------------------------------------------------------------------


def by_openpyxl(path: Path, rows: Rows) -> None:
    """Real dates as people see them."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cell in (cell for line in sheet.iter_rows(min_row=2) for cell in line):
        if isinstance(cell.value, date):
            cell.number_format = MOMENT if isinstance(cell.value, datetime) else DAY
    book.save(path)


def by_xlsxwriter(path: Path, rows: Rows) -> None:
    """An Excel table with a filter, and a frozen header."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Деректер")
    day, moment = (book.add_format({"num_format": form}) for form in (DAY, MOMENT))
    sheet.add_table(
        0, 0, len(rows) - 1, len(rows[0]) - 1, {"columns": [{"header": cell} for cell in rows[0]]}
    )
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows[1:], start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, place, cell, moment if isinstance(cell, datetime) else day)
            else:
                sheet.write(number, place, cell)
    book.close()


def by_pandas(path: Path, rows: Rows) -> None:
    """With its index in an .xlsx and .ods, whose column has no header; without in a .csv."""
    frame = pandas.DataFrame(rows[1:], columns=rows[0])
    for name in frame:
        if all(isinstance(cell, date | None) for cell in frame[name]):
            frame[name] = pandas.to_datetime(frame[name])
        elif any(isinstance(cell, Decimal) for cell in frame[name]):
            frame[name] = frame[name].astype(float)
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_excel(str(path))  # a Path of any name becomes an .xlsx


def by_pyexcel(path: Path, rows: Rows) -> None:
    """Rows as they are; it writes no exact decimals."""
    plain = [[float(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in rows]
    pyexcel.save_as(
        array=[["" if cell is None else cell for cell in row] for row in plain], dest_file_name=str(path)
    )


def by_xlwt(path: Path, rows: Rows) -> None:
    """The format of Excel 97."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Лист1")
    day, moment = (xlwt.easyxf(num_format_str=form) for form in (DAY, MOMENT))
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write(number, place, cell, moment if isinstance(cell, datetime) else day)
            elif cell is not None:
                sheet.write(number, place, cell)
    book.save(str(path))


def by_libreoffice(path: Path, rows: Rows, encoding: int = 0, separator: str = ";") -> None:
    """Opened and saved under another format, a text in an encoding by LibreOffice's number."""
    target = path.suffix[1:]
    if encoding:
        # Separator, quote, encoding, first line, no formats, language, quote as needed, cells as shown.
        options = f"{ord(separator)},34,{encoding},1,,0,false,true"
        target = f"csv:Text - txt - csv (StarCalc):{options}"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"{path.stem}.xlsx"
        by_openpyxl(source, rows)
        made = Path(folder) / "made"
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = [
            "soffice",
            "--headless",
            profile,
            "--convert-to",
            target,
            "--outdir",
            str(made),
            str(source),
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        path.write_bytes((made / path.name).read_bytes())
    if target == "ods":
        _without_picture(path)


def _without_picture(path: Path) -> None:
    """The picture of the first page is larger than all the rest."""
    with zipfile.ZipFile(path) as book:
        parts = [(part, book.read(part)) for part in book.infolist()]
    with zipfile.ZipFile(path, "w") as book:
        for part, content in parts:
            if not part.filename.startswith("Thumbnails/"):
                book.writestr(part, content)


# --- what 1C saves ------------------------------------------------------------------------------------


def as_1c(rows: Rows, language: str) -> Rows:
    """Two titles and a blank row above, a blank column before and behind each one, every value a text."""
    lines = [[_text_of_1c(cell) for cell in row] for row in rows]
    wide = [[None, *(cell for pair in line for cell in (pair, None))] for line in lines]
    first, second = TITLES[language]
    return [[None, first], [None, second], [], *wide]


def _text_of_1c(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.%Y} {cell.hour}:{cell:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y} 0:00:00"
    if isinstance(cell, Decimal):
        return f"{cell:f}".replace(".", ",") + NBSP
    return f"{cell:,}".replace(",", NBSP) if isinstance(cell, int) else cell


def by_1c_xlsx(path: Path, rows: Rows, language: str) -> None:
    """Merged titles and headers on a sheet named as 1C does."""
    book = Workbook()
    sheet = book.active
    sheet.title = "TDSheet"
    for row in as_1c(rows, language):
        sheet.append(row)
    last = 1 + 2 * len(rows[0])
    for number in (1, 2):
        sheet.merge_cells(start_row=number, end_row=number, start_column=2, end_column=last)
    for number in range(4, 4 + len(rows)):
        for place in range(2, last, 2):
            sheet.merge_cells(start_row=number, end_row=number, start_column=place, end_column=place + 1)
    book.save(path)


def by_1c_xls(path: Path, rows: Rows, language: str) -> None:
    """The same as Excel 97."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("TDSheet")
    for number, row in enumerate(as_1c(rows, language)):
        for place, cell in enumerate(row):
            if cell is not None:
                last = 2 * len(rows[0]) if number < 2 else place + 1
                sheet.write_merge(number, number, place, last, cell)
    book.save(str(path))


def by_1c_csv(path: Path, rows: Rows, language: str) -> None:
    """In windows-1251, a letter that it lacks as a question mark."""
    lines = as_1c(rows, language)
    width = max(map(len, lines))
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerows([*line, *[None] * (width - len(line))] for line in lines)
    path.write_bytes(out.getvalue().encode("cp1251", "replace"))


def with_error(rows: Rows) -> Rows:
    """A unit that a formula should have fetched."""
    rows[3][rows[0].index("Подразделение")] = "=NA()"
    return rows


# --- the files ----------------------------------------------------------------------------------------


def one(kind: str, language: str, by: Callable[..., None], *more: Any, **how: bool) -> Callable[[Path], None]:
    """How a file is made."""
    return lambda path: by(path, meant(kind, language, **how), *more)


FILES: dict[str, Callable[[Path], None]] = {
    "staff-libreoffice-kk.xlsx": one("staff", "kk", by_libreoffice),
    "staff-libreoffice-ru.ods": one("staff", "ru", by_libreoffice),
    "staff-libreoffice-utf-8-kk.csv": one("staff", "kk", by_libreoffice, UTF_8, ","),
    "staff-libreoffice-utf-16-kk.csv": one("staff", "kk", by_libreoffice, UTF_16, "\t"),
    "staff-libreoffice-1251-ru.csv": one("staff", "ru", by_libreoffice, WINDOWS_1251, russian=True),
    "staff-libreoffice-1251-lost-ru.csv": one("staff", "ru", by_libreoffice, WINDOWS_1251),
    "staff-libreoffice-pt154-kk.csv": one("staff", "kk", by_libreoffice, PT154),
    "staff-libreoffice-error-ru.ods": lambda path: by_libreoffice(path, with_error(meant("staff", "ru"))),
    "staff-pandas-en.xlsx": one("staff", "en", by_pandas, numbers=True),
    "staff-1c-ru.xlsx": one("staff", "ru", by_1c_xlsx, "ru"),
    "staff-1c-kk.xls": one("staff", "kk", by_1c_xls, "kk", numbers=True),
    "staff-1c-ru.csv": one("staff", "ru", by_1c_csv, "ru", russian=True, numbers=True),
    "centers-openpyxl-kk.xlsx": one("centers", "kk", by_openpyxl),
    "centers-xlwt-ru.xls": one("centers", "ru", by_xlwt, numbers=True),
    "centers-pyexcel-en.ods": one("centers", "en", by_pyexcel),
    "centers-libreoffice-kk.csv": one("centers", "kk", by_libreoffice, UTF_16),
    "attestees-xlsxwriter-kk.xlsx": one("attestees", "kk", by_xlsxwriter),
    "attestees-1c-ru.csv": one("attestees", "ru", by_1c_csv, "ru", numbers=True),
    "attestees-pandas-en.csv": one("attestees", "en", by_pandas, numbers=True),
    "attestees-libreoffice-ru.ods": one("attestees", "ru", by_libreoffice),
    "courses-pyexcel-ru.xlsx": one("courses", "ru", by_pyexcel),
    "courses-1c-kk.xlsx": one("courses", "kk", by_1c_xlsx, "kk", numbers=True),
    "courses-xlwt-en.xls": one("courses", "en", by_xlwt, numbers=True),
    "courses-pandas-kk.ods": one("courses", "kk", by_pandas),
    "results-openpyxl-en.xlsx": one("results", "en", by_openpyxl),
    "results-libreoffice-kk.csv": one("results", "kk", by_libreoffice, UTF_8),
    "results-1c-ru.xls": one("results", "ru", by_1c_xls, "ru", numbers=True),
    "results-xlsxwriter-ru.xlsx": one("results", "ru", by_xlsxwriter, numbers=True),
    "results-pandas-kk.csv": one("results", "kk", by_pandas),
    "ratings-pandas-ru.csv": one("ratings", "ru", by_pandas, numbers=True),
    "ratings-pyexcel-kk.xls": one("ratings", "kk", by_pyexcel),
    "ratings-libreoffice-en.ods": one("ratings", "en", by_libreoffice, numbers=True),
    "ratings-1c-ru.csv": one("ratings", "ru", by_1c_csv, "ru", numbers=True),
    "violations-libreoffice-en.xlsx": one("violations", "en", by_libreoffice),
    "violations-1c-kk.xls": one("violations", "kk", by_1c_xls, "kk", numbers=True),
    "violations-pandas-ru.xlsx": one("violations", "ru", by_pandas),
    "violations-pyexcel-kk.ods": one("violations", "kk", by_pyexcel),
    "appeals-xlwt-kk.xls": one("appeals", "kk", by_xlwt),
    "appeals-xlsxwriter-en.xlsx": one("appeals", "en", by_xlsxwriter, numbers=True),
    "appeals-libreoffice-ru.ods": one("appeals", "ru", by_libreoffice),
    "appeals-1c-ru.xlsx": one("appeals", "ru", by_1c_xlsx, "ru", numbers=True),
    "rulings-openpyxl-ru.xlsx": one("rulings", "ru", by_openpyxl),
    "rulings-pyexcel-kk.ods": one("rulings", "kk", by_pyexcel),
    "rulings-libreoffice-en.csv": one("rulings", "en", by_libreoffice, UTF_16, "\t"),
    "rulings-1c-kk.xlsx": one("rulings", "kk", by_1c_xlsx, "kk"),
}  # fmt: skip


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for name in sys.argv[1:] or FILES:
        FILES[name](HERE / name)
