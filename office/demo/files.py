"""The demo's spreadsheets, as the Platform and the officers would bring them: written into DATA_DIR/demo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook, load_workbook

from attestation.intake import vocabulary
from attestation.law.calendar import ALMATY
from office.demo.story import Case, DemoCycle, Staffer

STAFF_HEADER_ROW = 3
ARGUMENTS = (
    "Сұрақта екі жауап нұсқасы да дұрыс: Қағиданың 12-тармағында екеуі де аталған.",
    "Ключ теста расходится с действующей редакцией Правил: верен вариант «Б».",
    "Сұрақтың мәтіні түсініксіз: «жұмыссыз» және «жұмыс іздеуші» ұғымдары шатастырылған.",
)
REASONS = {
    "uphold": "Комиссия согласилась: ключ теста устарел.",
    "reject": "Сұрақ бірмәнді, тест кілті дұрыс.",
}
QUESTION = 17


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a day in Almaty."""
    return datetime.combine(day, time(hour, minute), ALMATY)


def write_xlsx(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    """A plain workbook; moments go as text with their offset, which Excel has no cell for."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(header))
    for row in rows:
        sheet.append([cell.isoformat() if isinstance(cell, datetime) else cell for cell in row])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def read_staff(path: Path) -> tuple[list[str], list[list[Any]]]:
    """Header and rows of fixtures/staff.xlsx as they stand; dates as dates."""
    book = load_workbook(path)
    header, *rows = list(book.worksheets[0].iter_rows(min_row=STAFF_HEADER_ROW, values_only=True))
    plain = [[cell.date() if isinstance(cell, datetime) else cell for cell in row] for row in rows]
    return [str(name) for name in header], plain


def staffers(header: Sequence[str], rows: Sequence[Sequence[Any]], regions: dict[str, str]) -> list[Staffer]:
    """The staff as the story takes them. `regions`: the region of each BIN."""
    position = _identifiers(vocabulary.POSITIONS)
    category = _identifiers(vocabulary.CATEGORIES)
    found = []
    for row in rows:
        cell = dict(zip((name.rstrip("*") for name in header), row, strict=True))
        found.append(
            Staffer(
                iin=cell["ИИН"],
                center_bin=cell["БИН центра"],
                region=regions[cell["БИН центра"]],
                position=position[cell["Должность"]],
                hired_on=cell["Дата приёма"],
                category=category.get(cell["Категория"], ""),
                category_from=cell["Дата присвоения категории"],
            )
        )
    return found


class CenterLine(NamedTuple):
    """A line of fixtures/centers.xlsx, as far as the story needs it."""

    region: str
    parent: str


def read_centers(path: Path) -> dict[str, CenterLine]:
    """The centres of fixtures/centers.xlsx by BIN."""
    book = load_workbook(path)
    header, *rows = list(book.worksheets[0].iter_rows(values_only=True))
    number, parent, region = (header.index(name) for name in ("БИН*", "БИН вышестоящего", "Регион*"))
    return {str(row[number]): CenterLine(str(row[region]), str(row[parent] or "")) for row in rows}


def labour_mobility_bin(centers: Mapping[str, CenterLine], region: str) -> str:
    """The BIN of a region's labour mobility centre."""
    return next(number for number, line in centers.items() if line.region == region and not line.parent)


def _identifiers(words: vocabulary.Vocabulary) -> dict[str, str]:
    return {label: str(identifier) for identifier, labels in words.items() for label in labels}


class StaffFile:
    """fixtures/staff.xlsx as it stood on earlier days."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.header = header
        self.rows = rows

    def as_of(self, day: date, path: Path, centers: Collection[str] | None = None) -> Path:
        """Without who was hired later or a category given later; all centres, or only those named."""
        center, hired = self.header.index("БИН центра*"), self.header.index("Дата приёма*")
        given = self.header.index("Дата присвоения категории")
        early = []
        for row in self.rows:
            if row[hired] > day or (centers is not None and row[center] not in centers):
                continue
            known = list(row)
            if known[given] is not None and known[given] > day:
                known[given] = known[given - 1] = None
            early.append(known)
        return write_xlsx(path, self.header, early)


class CycleFiles:
    """The files of one cycle; `readers` are employees of its centres who are on no list."""

    def __init__(self, folder: Path, cycle: DemoCycle, colleagues: dict[str, str]) -> None:
        self.folder = folder / cycle.code
        self.cycle = cycle
        self.colleagues = colleagues

    def _write(self, name: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
        return write_xlsx(self.folder / f"{name}.xlsx", header, rows)

    def attestees(self, cases: Sequence[Case], name: str) -> Path:
        """Part of the list."""
        purposes = {identifier: labels[1] for identifier, labels in vocabulary.PURPOSES.items()}
        rows = [[case.who.iin, purposes[case.purpose], case.declared or None] for case in cases]
        return self._write(name, ("ИИН", "Цель", "Заявленная категория"), rows)

    def courses(self, cases: Sequence[Case], name: str) -> Path:
        """Learning plans and courses in the profile of the declared category (¶14)."""
        rows = []
        for case in cases:
            profile = case.declared or None
            if case.part.other_profile:
                profile = "mentor" if case.declared != "mentor" else "consultant"
            rows.append([case.who.iin, *case.part.hours, profile])
        return self._write(name, ("ИИН", "Часы по плану", "Пройдено часов", "Профиль курса"), rows)

    def results(self) -> Path:
        """The tests of one day."""
        rows = []
        for number, case in enumerate(self.cycle.cases):
            part = case.part
            if part.correct is None:
                continue
            finished = moment(self.cycle.last_test, 9) + timedelta(minutes=10 * number)
            wrong = None
            if part.wrong_list:
                wrong = ", ".join(str(QUESTION + 2 * n) for n in range(part.total - part.correct))
            variant, language = f"№ {1 + number % 4}", "рус" if number % 3 else "қаз"
            rows.append([case.who.iin, part.total, part.correct, wrong, variant, language, finished])
        header = (
            "ИИН",
            "Всего вопросов",
            "Правильных ответов",
            "Неверные вопросы",
            "Вариант теста",
            "Язык теста",
            "Время окончания",
        )
        return self._write("results", header, rows)

    def ratings(self, unread: bool) -> Path:
        """The service recipients' ratings; `unread`: of the centres left for the officer to import."""
        rows: list[list[Any]] = []
        for case in self._applicants(unread):
            for number, score in enumerate(case.part.ratings):
                day = self.cycle.ends - timedelta(days=2 + 5 * number)
                rows.append([case.who.iin, day, score])
        rows += [[iin, self.cycle.ends - timedelta(days=9), 5] for iin in self._colleagues(unread)]
        numbered = [[*row, f"{self.cycle.code}-R{number:04d}"] for number, row in enumerate(rows, 1)]
        name = "ratings-unread" if unread else "ratings"
        return self._write(name, ("ИИН", "Дата оценки", "Оценка", "Внешний номер"), _tagged(numbered, unread))

    def violations(self, unread: bool) -> Path:
        """Violations in the information system; a colleague's line shows that a centre's export was read."""
        rows: list[list[Any]] = []
        for case in self._applicants(unread):
            for number in range(case.part.violations):
                day = self.cycle.ends - timedelta(days=20 + 30 * number)
                rows.append([case.who.iin, day, "Нарушен срок оказания услуги"])
        day = self.cycle.ends - timedelta(days=30)
        text = "Қызмет карточкасындағы қате"
        rows += [[iin, day, text] for iin in self._colleagues(unread)]
        numbered = [[*row, f"{self.cycle.code}-V{number:03d}"] for number, row in enumerate(rows, 1)]
        name = "violations-unread" if unread else "violations"
        header = ("ИИН", "Дата регистрации", "Описание", "Внешний номер")
        return self._write(name, header, _tagged(numbered, unread))

    def _applicants(self, unread: bool) -> list[Case]:
        return [
            case
            for case in self.cycle.cases
            if case.purpose == "category" and (case.who.center_bin in self.cycle.unread) == unread
        ]

    def _colleagues(self, unread: bool) -> list[str]:
        centers = sorted({case.who.center_bin for case in self._applicants(unread)})
        return [self.colleagues[center] for center in centers if center in self.colleagues]

    def appeals(self, cases: Sequence[tuple[Case, datetime]], name: str) -> Path:
        """Appeals with the moment each was filed."""
        header = ("ИИН", "Номер вопроса", "Обоснование", "Время подачи", "Внешний номер")
        rows = []
        for number, (case, filed_at) in enumerate(cases):
            for question in self.questions(case):
                argument = ARGUMENTS[(number + question) % len(ARGUMENTS)]
                rows.append([case.who.iin, question, argument, filed_at, self.appeal_id(case)])
        return self._write(name, header, rows)

    def questions(self, case: Case) -> list[int]:
        """Two questions where both were answered wrongly, or one."""
        return [QUESTION, QUESTION + 2] if case.part.wrong_list else [QUESTION]

    def appeal_id(self, case: Case) -> str:
        """The number of an appeal; without the IIN, which has no business in a number."""
        return f"{self.cycle.code}-A{self.cycle.cases.index(case) + 1:02d}"

    def rulings(self, cases: Sequence[Case], name: str) -> Path:
        """The chair's rulings: the first question as the part has it, a second one rejected."""
        rows = []
        for case in cases:
            for number, question in enumerate(self.questions(case)):
                upheld = case.part.appeal in ("upheld", "reopened") and number == 0
                ruling = "uphold" if upheld else "reject"
                rows.append([self.appeal_id(case), question, ruling, REASONS[ruling]])
        return self._write(name, ("Внешний номер", "Номер вопроса", "Решение", "Основание"), rows)


def _tagged(rows: list[list[Any]], unread: bool) -> list[list[Any]]:
    return [[*row[:-1], f"{row[-1]}-U"] for row in rows] if unread else rows
