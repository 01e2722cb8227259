#!/usr/bin/env python3
"""Makes the spreadsheets under fixtures/: centres, staff, the tour (docs/tour.md), the demo walk.

The same every time (one seed, fixed dates): a change in what it writes is a change in this file.
"""

import csv
import re
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.fixture_names import Person, person
from scripts.fixture_numbers import Numbers
from scripts.fixture_places import REGION_NAMES, places_of
from scripts.fixture_sheets import Cell, write_xlsx
from tests.walk import story

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
SEED = 271
AS_OF = date(2026, 11, 1)

CENTER_HEADER = ["БИН*", "Наименование (каз)*", "Наименование (рус)*", "Вид*", "БИН вышестоящего", "Регион*"]
STAFF_HEADER = [
    "№",
    "ИИН*",
    "Фамилия*",
    "Имя*",
    "Отчество",
    "БИН центра*",
    "Подразделение",
    "Должность*",
    "Дата приёма*",
    "Категория",
    "Дата присвоения категории",
    "Язык",
    "Электронная почта",
]
STAFF_HEADER_KK = [
    "ЖСН",
    "Тегі",
    "Аты",
    "Әкесінің аты",
    "Орталықтың БСН",
    "Бөлім",
    "Лауазымы",
    "Қабылданған күні",
    "Тіл",
    "Электрондық пошта",
]
POSITIONS_RU = {
    "director": "директор",
    "deputy_director": "заместитель директора",
    "unit_head": "руководитель структурного подразделения",
    "center_specialist": "специалист центра трудовой мобильности",
    "career_specialist": "специалист карьерного центра",
    "assistant": "ассистент карьерного центра",
}
POSITIONS_KK = {
    "career_specialist": "мансап орталығының маманы",
    "assistant": "мансап орталығының ассистенті",
    "center_specialist": "еңбек мобильділігі орталығының маманы",
}
KINDS_RU = {"labour_mobility": "центр трудовой мобильности", "career": "карьерный центр"}
CATEGORIES_RU = {
    "consultant": "карьерный консультант",
    "case_manager": "кейс-менеджер",
    "mentor": "наставник",
}
CENTER_UNITS = (
    "Отдел мониторинга рынка труда",
    "Отдел методологии и обучения",
    "Отдел активных мер занятости",
    "Отдел добровольного переселения",
)
CAREER_UNITS = ("Сектор карьерного консультирования", "Сектор кейс-менеджмента", "Сектор трудоустройства")
# Share of staff with Russian names; elsewhere one in ten.
RUSSIAN_SHARE = {
    "KZ-11": 0.3,
    "KZ-35": 0.3,
    "KZ-39": 0.4,
    "KZ-55": 0.35,
    "KZ-59": 0.45,
    "KZ-63": 0.35,
    "KZ-10": 0.25,
}
SOUTHERN = {"KZ-23", "KZ-31", "KZ-43", "KZ-47", "KZ-61"}
REGISTER = (FIXTURES / "regions.csv").read_text(encoding="utf-8").splitlines()
DOMAINS = {row["code"]: row["name_en"] for row in csv.DictReader(REGISTER)}

_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяәғқңөұүһі"
_LATIN = "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh sch _ y _ e yu ya a g q n o u u h i"
_LETTERS = dict(zip(_CYRILLIC, _LATIN.split(" "), strict=True))


@dataclass
class Center:
    """A centre of the demo."""

    bin: str
    kk: str
    ru: str
    kind: str
    parent: str
    region: str

    def row(self) -> list[Cell]:
        """As a line of centers.xlsx."""
        return [self.bin, self.kk, self.ru, KINDS_RU[self.kind], self.parent or None, self.region]


@dataclass
class Maker:
    """Draws centres and people with one seeded generator."""

    rng: Random
    numbers: Numbers
    emails: set[str] = field(default_factory=set)

    def centers(self) -> list[Center]:
        """20 labour mobility centres, each followed by its career centres."""
        made: list[Center] = []
        for code, region in REGION_NAMES.items():
            parent = self._center(
                f"{region.kk} еңбек мобильділігі орталығы", f"Центр трудовой мобильности {region.ru}"
            )
            parent.region = code
            made.append(parent)
            for place in places_of(code):
                career = self._center(f"{place.kk} мансап орталығы", f"Карьерный центр {place.ru}")
                career.kind, career.parent, career.region = "career", parent.bin, code
                made.append(career)
        return made

    def _center(self, kk: str, ru: str) -> Center:
        registered = date(self.rng.choice((2023, 2024)), self.rng.randrange(1, 13), 1)
        return Center(self.numbers.bin(registered), kk, ru, "labour_mobility", "", "")

    def staff_of(self, center: Center) -> list[dict[str, Cell]]:
        """The employees of one centre, the director first."""
        if center.kind == "labour_mobility":
            posts = [("director", ""), ("deputy_director", "")]
            posts += [("deputy_director", "")] * (self.rng.random() < 0.4)
            for unit in self.rng.sample(CENTER_UNITS, k=self.rng.choice((2, 3, 3))):
                posts.append(("unit_head", unit))
                posts += [("center_specialist", unit)] * self.rng.choice((2, 2, 3))
        else:
            posts = []
            for unit in self.rng.sample(CAREER_UNITS, k=self.rng.choice((1, 1, 1, 2))):
                posts += [("unit_head", unit)] * (self.rng.random() < 0.75)
                posts += [("career_specialist", unit)] * self.rng.choice((2, 3, 3, 4))
            posts += [("assistant", "")] * self.rng.choice((1, 1, 2))
        return [self.employee(center, position, unit) for position, unit in posts]

    def employee(self, center: Center, position: str, unit: str) -> dict[str, Cell]:
        """One employee with an IIN that agrees with birth date and sex, in the order of staff.xlsx."""
        share = 0.03 if center.region in SOUTHERN else RUSSIAN_SHARE.get(center.region, 0.12)
        somebody = person(self.rng, share)
        youngest = {"director": 34, "deputy_director": 31, "unit_head": 28}.get(position, 21)
        born = self._day(date(1964, 1, 1), date(AS_OF.year - youngest, 1, 1))
        hired = self._weekday(max(date(2012, 1, 9), date(born.year + 21, 1, 9)), date(2026, 9, 30))
        category, category_from = self._category(position, hired)
        return {
            "iin": self.numbers.iin(born, somebody.male),
            "last_name": somebody.last_name,
            "first_name": somebody.first_name,
            "patronymic": somebody.patronymic,
            "center_bin": center.bin,
            "unit": unit,
            "position": position,
            "hired_on": hired,
            "category": category,
            "category_from": category_from,
            "language": somebody.language,
            "email": self._email(somebody, center.region),
        }

    def _category(self, position: str, hired: date) -> tuple[str | None, date | None]:
        """Two in five career specialists of some standing hold a category, most of them the first."""
        if position != "career_specialist" or hired > date(2025, 3, 1) or self.rng.random() > 0.55:
            return None, None
        category = self.rng.choices(("consultant", "case_manager", "mentor"), weights=(6, 3, 1))[0]
        return category, self._weekday(max(hired + timedelta(days=365), date(2023, 10, 2)), date(2026, 6, 30))

    def _day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randrange((last - first).days + 1))

    def _weekday(self, first: date, last: date) -> date:
        day = self._day(first, last)
        return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)

    def _email(self, somebody: Person, region: str) -> str | None:
        """A reserved domain, so that no letter ever goes out; one in thirty has no address at all."""
        if self.rng.random() < 1 / 30:
            return None
        domain = re.sub(r"[^a-z]+", "-", DOMAINS[region].lower().removesuffix(" region")) + ".example"
        name = f"{_latin(somebody.first_name)[0]}.{_latin(somebody.last_name)}"
        address, number = f"{name}@{domain}", 1
        while address in self.emails:
            number += 1
            address = f"{name}{number}@{domain}"
        self.emails.add(address)
        return address


def _latin(name: str) -> str:
    return "".join(_LETTERS.get(letter, letter) for letter in name.lower()).replace("_", "")


def staff_row(number: int, employee: dict[str, Cell]) -> list[Cell]:
    """A line of staff.xlsx, in the order of its header."""
    category = employee["category"]
    shown = {
        **employee,
        "position": POSITIONS_RU[str(employee["position"])],
        "category": CATEGORIES_RU[str(category)] if category else None,
    }
    return [number, *shown.values()]


def tour_rows(maker: Maker, centers: list[Center], staff: list[dict[str, Cell]]) -> list[list[Cell]]:
    """The tour: five of Kokshetau who are there already (one in a new unit) and three new ones."""
    kokshetau = next(center for center in centers if center.kk.startswith("Көкшетау"))
    present = [
        one for one in staff if one["center_bin"] == kokshetau.bin and one["position"] in POSITIONS_KK
    ][:5]
    moved = dict(present[0], unit="Цифрлық сервистер секторы")
    new = []
    for position, unit in (
        ("career_specialist", present[1]["unit"]),
        ("career_specialist", ""),
        ("assistant", ""),
    ):
        new.append(dict(maker.employee(kokshetau, position, str(unit)), hired_on=date(2026, 10, 5)))
    rows = []
    for employee in [moved, *present[1:], *new]:
        shown = dict(employee, position=POSITIONS_KK[str(employee["position"])])
        # The tour's file has no columns for a category.
        rows.append([shown[name] for name in shown if not name.startswith("category")])
    return rows


def write(folder: Path) -> str:
    """Write every fixture anew into the folder; returns what was made."""
    rng = Random(SEED)  # noqa: S311 - nothing secret is drawn
    maker = Maker(rng, Numbers(rng))
    centers = maker.centers()
    write_xlsx(folder / "centers.xlsx", CENTER_HEADER, [center.row() for center in centers])
    staff = [employee for center in centers for employee in maker.staff_of(center)]
    title = f"Список работников центров трудовой мобильности и карьерных центров на {AS_OF:%d.%m.%Y} г."
    rows = [staff_row(number, employee) for number, employee in enumerate(staff, start=1)]
    write_xlsx(folder / "staff.xlsx", STAFF_HEADER, rows, title=title)
    write_xlsx(folder / "tour" / "staff-kokshetau.xlsx", STAFF_HEADER_KK, tour_rows(maker, centers, staff))
    story.write(folder / "walk")
    return f"{len(centers)} centres, {len(staff)} employees"


if __name__ == "__main__":
    print(write(FIXTURES))
