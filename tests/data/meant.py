"""What the files of `programs/` mean: the same people and papers in every file of a kind, all invented."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.data.make_spreadsheets import number

MOBILITY, CAREER = number("24094072465"), number("24114046597")
NEW_MOBILITY, NEW_CAREER = number("25011240318"), number("25021240417")
IINS = [
    number(first) for first in ("03011550001", "85010130077", "79123130412", "90022840900", "01110950006")
]
HIRED = [date(2024, 2, 29), date(2019, 9, 2), date(2021, 12, 31), date(2023, 1, 9), date(2025, 3, 3)]
# Russian keyboards and windows-1251 lack these letters.
TO_RUSSIAN = str.maketrans("ӘәҒғҚқҢңӨөҰұҮүҺһІі", "АаГгКкНнОоУуУуХхИи")

PEOPLE = [
    ("Қожабергенова", "Гүлнұр", "Әділқызы", CAREER, "career_specialist", "Жұмыс іздеушілер бөлімі", "kk"),
    ("Һашимов", "Ұлан", "Өтегенұлы", CAREER, "career_specialist", "Жұмыс іздеушілер бөлімі", "kk"),
    ("Іңкәрбеков", "Ғалым", "Ыбырайұлы", CAREER, "assistant", "", "kk"),
    ("Щербак-Ёлкина", "Ольга", "", MOBILITY, "director", "", "ru"),
    ("О'Коннор", "Рүстем", "Қайратұлы", MOBILITY, "unit_head", "Аттестаттау, «есеп»; талдау", "ru"),
]
MEMBERS = ["aigul", "bolat", "dana"]
COMMON = {"email": "", "category": "", "category_from": None}
STAFF: list[dict[str, Any]] = [
    {
        "iin": iin,
        **dict(zip(("last_name", "first_name", "patronymic"), person, strict=False)),
        **dict(zip(("center_bin", "position", "unit", "language"), person[3:], strict=True)),
        "hired_on": hired,
        **COMMON,
    }
    for iin, hired, person in zip(IINS, HIRED, PEOPLE, strict=True)
]
STAFF[0] |= {"category": "consultant", "category_from": date(2025, 5, 5)}
STAFF[1] |= {"email": "ulan.khashimov@centre.example"}


def rows(names: str, *lines: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Rows by field; a number that comes first is a person's place in IINS."""
    fields = names.split()
    return [
        {name: IINS[cell] if name == "iin" else cell for name, cell in zip(fields, line, strict=True)}
        for line in lines
    ]


def at(text: str) -> datetime:
    """A wall-clock moment."""
    return datetime.fromisoformat(text)


MEANT: dict[str, list[dict[str, Any]]] = {
    "staff": STAFF,
    "centers": rows(
        "bin name_kk name_ru kind parent_bin region",
        (MOBILITY, "«Абай» еңбек мобильділігі орталығы", "ЦТМ «Абай»", "labour_mobility", "", "KZ-10"),
        (CAREER, "Семей МО", "КЦ Семей", "career", MOBILITY, "KZ-10"),
        (NEW_CAREER, "Үшқоңыр мансап орталығы", "КЦ Ушконыр; № 2", "career", NEW_MOBILITY, "KZ-19"),
        (NEW_MOBILITY, "Жетісу өңірінің ЕМО", "ЦТМ Жетысу", "labour_mobility", "", "KZ-33"),
    ),
    "attestees": rows(
        "iin purpose declared",
        (0, "category", "mentor"),
        (1, "category", "case_manager"),
        (2, "initial", ""),
        (3, "initial", ""),
        (4, "initial", ""),
    ),
    "courses": rows(
        "iin hours_required hours_completed course_category",
        (0, Decimal(72), Decimal("36.5"), "consultant"),
        (0, Decimal(72), Decimal(72), "mentor"),
        (1, Decimal(108), Decimal("0.25"), ""),
        (2, Decimal(72), Decimal(72), ""),
        (3, Decimal(36), Decimal("35.75"), ""),
    ),
    "results": rows(
        "iin questions_total correct_answers wrong_questions test_variant test_language finished_at",
        (0, 100, 95, [4, 17, 38, 52, 99], "7Ә", "kk", at("2026-02-04 09:05:30")),
        (1, 100, 99, [47], "0012", "kk", at("2026-02-04 11:40")),
        (2, 80, 80, [], "3", "kk", at("2026-02-02 00:30")),
        (3, 80, 77, [1, 2, 80], "3", "ru", at("2026-02-04 17:59:59")),
        (4, 100, 98, [12, 47], "7Ә", "ru", at("2026-02-03 10:00")),
    ),
    "ratings": rows(
        "iin rated_on score external_id",
        (0, date(2025, 11, 3), Decimal("4.6"), "RT-0001"),
        (0, date(2025, 12, 1), Decimal(5), "RT-0002"),
        (1, date(2026, 1, 31), Decimal("3.3333"), "RT-0003"),
        (2, date(2025, 4, 5), Decimal("4.5"), "RT-0004"),
        (3, date(2026, 2, 6), Decimal(1), "RT-0005"),
    ),
    "violations": rows(
        "iin recorded_on description external_id",
        (0, date(2025, 11, 3), "Өтінішті қарау мерзімі бұзылды (5 күн).", "V/2025-17"),
        (1, date(2025, 12, 1), 'Жолдама "Еңбек.кз" жүйесіне енгізілмеген;\nүшінші рет.', "V/2025-18"),
        (2, date(2026, 1, 31), "Неверно указан БИН, исправлено", "V/2026-01"),
    ),
    "appeals": rows(
        "iin question argument ground filed_at external_id",
        (0, 4, "Екі жауап та дұрыс: Қағиданың 12-тармағы.", "several_right", at("2026-02-06 09:05"), "AP-1"),
        (0, 17, "Сұрақта «ұзақтығы» сөзі жоқ;\nжауабы табылмайды.", "faulty", at("2026-02-06 09:05"), "AP-1"),
        (1, 47, "Экран погас на 47-м вопросе.", "technical", at("2026-02-09 23:59:59"), "AP-2"),
        (3, 80, "Кеш берілді.", "other", at("2026-02-10 00:00:01"), "AP-3"),
    ),
    "rulings": rows(
        "external_id question ruling reason present for against",
        ("AP-1", 4, "uphold", "Келісті: екі жауап та дұрыс.", MEMBERS, ["aigul", "dana"], ["bolat"]),
        ("AP-1", 17, "reject", "Сұрақ бірмәнді.", MEMBERS, ["aigul"], ["bolat", "dana"]),
        ("AP-2", 47, "uphold", "Техникалық ақау\nрасталды.", MEMBERS, MEMBERS, []),
    ),
}  # fmt: skip
