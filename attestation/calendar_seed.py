"""I-09: the days that make a Kazakhstan year's working calendar, as the `holidays` package knows them.

A seed only: what the government moves by decree is not in the package before someone releases it, so the
calendar that counts is the one an administrator confirms. The only module that imports `holidays`, and only
where it is asked for: the package reads every country of the world, a tenth of a start-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

# What a day's source says where the package filled it in.
SOURCE = "holidays 0.109"

# The package has Kazakh and English names and no Russian ones.
NAMES_RU = {
    "New Year's Day": "Новый год",
    "Orthodox Christmas": "Православное Рождество",
    "International Women's Day": "Международный женский день",
    "Nowruz Holiday": "Наурыз мейрамы",
    "Kazakhstan's People Solidarity Holiday": "Праздник единства народа Казахстана",
    "International Day of Solidarity of Workers": "Международный день солидарности трудящихся",
    "Defender of the Fatherland Day": "День защитника Отечества",
    "Victory Day": "День Победы",
    "Capital Day": "День столицы",
    "Constitution Day": "День Конституции Республики Казахстан",
    "Republic Day": "День Республики",
    "First President Day": "День Первого Президента Республики Казахстан",
    "Independence Day": "День Независимости",
    "Eid al-Adha": "Курбан айт",
}
# Days off of a religion: the law moves none of them.
RELIGIOUS = ("Orthodox Christmas", "Eid al-Adha")
SUFFIXES_RU = {
    " (observed)": " (перенесённый выходной)",
    " (observed, estimated)": " (перенесённый выходной, предварительно)",
    " (estimated)": " (предварительно)",
}


@dataclass(frozen=True, slots=True)
class SeedDay:
    """One day that departs from Monday-to-Friday: `off` (rest) or `working` (a weekend day that works)."""

    day: date
    kind: Literal["off", "working"]
    nature: Literal["holiday", "religious", "moved", "working"]
    # Rests on the sighting of the moon: may still be another day.
    estimated: bool
    name_kk: str
    name_en: str
    name_ru: str


def _nature(name_en: str) -> Literal["holiday", "religious", "moved"]:
    """What a day off is; the package says it in its names alone."""
    if name_en.startswith(RELIGIOUS):
        return "religious"
    moved = name_en.startswith("Day off (") or "(observed" in name_en
    return "moved" if moved else "holiday"


def _russian(name_en: str) -> str:
    """The Russian name of a day off; a name this table does not know stays English rather than get lost."""
    if name_en.startswith("Day off (substituted from "):
        month, dom, year = name_en.removeprefix("Day off (substituted from ").rstrip(")").split("/")
        return f"Выходной день (перенесён с {dom}.{month}.{year})"
    for suffix, suffix_ru in SUFFIXES_RU.items():
        if name_en.endswith(suffix):
            base = name_en.removesuffix(suffix)
            return NAMES_RU.get(base, base) + suffix_ru
    return NAMES_RU.get(name_en, name_en)


def _russian_names(names_en: str) -> str:
    return "; ".join(_russian(part) for part in names_en.split("; "))


@lru_cache(maxsize=1)
def known_years() -> range:
    """The years that the package knows."""
    from holidays.countries.kazakhstan import KZ

    return range(KZ.start_year, KZ.end_year + 1)


@lru_cache(maxsize=64)
def seed_days(year: int) -> tuple[SeedDay, ...]:
    """I-09: every day off and every swapped working weekend day of `year`, in order of date.

    A year that the package does not know (`known_years`) has no known days: the tuple is empty.
    """
    from holidays.countries.kazakhstan import KZ

    if year not in known_years():
        return ()
    # A day off of January may be swapped for a weekend day of the December before it: read both years.
    years = (year, year + 1)
    kk = KZ(years=years, language="kk", expand=False)
    en = KZ(years=years, language="en_US", expand=False)
    swapped = {day for day in kk.weekend_workdays if day.year == year}
    days = [
        SeedDay(
            day,
            "off",
            _nature(en[day]),
            "estimated" in en[day],
            kk[day],
            en[day],
            _russian_names(en[day]),
        )
        for day in kk
        if day.year == year and day not in swapped
    ]
    days += [
        SeedDay(
            day,
            "working",
            "working",
            False,
            "Жұмыс күні (демалыс күні ауыстырылды)",
            "Working day (its day off was moved)",
            "Рабочий день (выходной перенесён)",
        )
        for day in swapped
    ]
    return tuple(sorted(days, key=lambda seed: seed.day))
