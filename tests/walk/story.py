"""Turns the cases of the demo walk into the spreadsheets that the commands read."""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from scripts.fixture_names import person
from scripts.fixture_numbers import Numbers
from scripts.fixture_places import REGION_NAMES, places_of
from scripts.fixture_sheets import Cell, write_csv, write_xlsx
from tests.walk.cases import (
    A1,
    A2,
    APPEALS,
    CAREER_CENTERS,
    ENTRIES,
    LIVES,
    MOVES,
    OUTSIDE_DAYS,
    P1,
    P2,
    P3,
    PEOPLE,
    REFUSED,
    STAGE_ENDS,
    T1,
    Entry,
    Somebody,
)

REGION_OF = {"akmola": "KZ-11", "turkistan": "KZ-61", "pavlodar": "KZ-55"}
# Drawn after everybody else, so that nobody's numbers move.
LATER_REGION = "pavlodar"
COLLEAGUES = 24
COLLEAGUES_AT = [key for key, (region, _name) in CAREER_CENTERS.items() if region != LATER_REGION]
STAFF_RU = (
    "ИИН",
    "Фамилия",
    "Имя",
    "Отчество",
    "БИН центра",
    "Подразделение",
    "Язык",
    "Должность",
    "Дата приёма",
    "Электронная почта",
    "Категория",
    "Дата присвоения категории",
)
STAFF_KK = (
    "ЖСН",
    "Тегі",
    "Аты",
    "Әкесінің аты",
    "Орталықтың БСН",
    "Бөлім",
    "Тіл",
    "Лауазымы",
    "Қабылданған күні",
    "Электрондық пошта",
    "Санаты",
    "Санат берілген күні",
)
POSITIONS_KK = {
    "director": "директор",
    "deputy_director": "директордың орынбасары",
    "unit_head": "құрылымдық бөлімшенің басшысы",
    "center_specialist": "еңбек мобильділігі орталығының маманы",
    "career_specialist": "мансап орталығының маманы",
    "assistant": "мансап орталығының ассистенті",
}
PURPOSES_RU = {
    "initial": "первичная аттестация",
    "category": "заявление на категорию",
    "position": "подтверждение соответствия занимаемой должности",
}
CATEGORIES_KK = {
    "consultant": "мансап консультанты",
    "case_manager": "кейс-менеджер",
    "mentor": "тәлімгер",
    "": "",
}


# The Platform's exports: number of the files -> the cycles that they are read for.
EXPORTS = {1: {A1}, 2: {A2, T1}, 3: {P1}, 4: {P2}, 5: {P3}}
# Centres that such an export of violations names although nobody of theirs had one.
EXPORTED_CENTERS = {1: ("kokshetau",), 2: ("turkistan-city", "kentau")}


@dataclass
class Cast:
    """The centres and people of the walk by their keys, with the numbers made up for them."""

    bins: dict[str, str]
    iins: dict[str, str]
    center_rows: list[list[Cell]]
    staff_rows: dict[str, list[list[Cell]]]


def make_cast() -> Cast:
    """Centres first, then people, so that neither moves the other's numbers."""
    cast = Cast({}, {}, [], {region: [] for region in REGION_OF})
    rng = Random(422)
    _add_centers(cast, Numbers(rng), [region for region in REGION_OF if region != LATER_REGION])
    numbers = Numbers(Random(271))
    _add_people(cast, numbers, rng, PEOPLE)
    for number in range(COLLEAGUES):
        center = COLLEAGUES_AT[number % len(COLLEAGUES_AT)]
        position = "assistant" if number % 4 == 0 else "career_specialist"
        born = date(1980 + number, 2, 3 + number)
        _add_person(cast, numbers, rng, Somebody(f"colleague-{number}", center, position), born)
    _add_centers(cast, numbers, [LATER_REGION])
    _add_people(cast, numbers, rng, LIVES)
    return cast


def _add_people(cast: Cast, numbers: Numbers, rng: Random, people: tuple[Somebody, ...]) -> None:
    for number, somebody in enumerate(people):
        born = date(1974 + number * 7 % 27, 1 + number * 5 % 12, 1 + number * 11 % 28)
        _add_person(cast, numbers, rng, somebody, born)


def _add_centers(cast: Cast, numbers: Numbers, regions: list[str]) -> None:
    for key in regions:
        code = REGION_OF[key]
        cast.bins[key] = numbers.bin(date(2024, 2, 1))
        name = REGION_NAMES[code]
        cast.center_rows.append(
            [
                cast.bins[key],
                f"{name.kk} еңбек мобильділігі орталығы",
                f"Центр трудовой мобильности {name.ru}",
                "еңбек мобильділігі орталығы",
                None,
                code,
            ]
        )
    for key, (parent, beginning) in CAREER_CENTERS.items():
        if parent not in regions:
            continue
        code = REGION_OF[parent]
        place = next(place for place in places_of(code) if place.kk.startswith(beginning))
        cast.bins[key] = numbers.bin(date(2024, 3, 1))
        cast.center_rows.append(
            [
                cast.bins[key],
                f"{place.kk} мансап орталығы",
                f"Карьерный центр {place.ru}",
                "мансап орталығы",
                cast.bins[parent],
                code,
            ]
        )


def _add_person(cast: Cast, numbers: Numbers, rng: Random, somebody: Somebody, born: date) -> None:
    region = CAREER_CENTERS.get(somebody.center, (somebody.center,))[0]
    named = person(rng, russian_share=0.25 if region == "akmola" else 0.0)
    iin = numbers.iin(born, named.male)
    cast.iins[somebody.key] = iin
    kazakh = region == "turkistan"
    cast.staff_rows[region].append(
        [
            iin,
            named.last_name,
            named.first_name,
            named.patronymic,
            cast.bins[somebody.center],
            None,
            named.language,
            POSITIONS_KK[somebody.position] if kazakh else somebody.position,
            date(2021, 3, 1) + timedelta(days=7 * len(cast.iins)),
            f"{somebody.key.replace('.', '-')}@{region}.example" if somebody.reached else None,
            CATEGORIES_KK[somebody.category] if kazakh else somebody.category or None,
            somebody.category_from,
        ]
    )


def write(folder: Path) -> None:
    """Write every spreadsheet of the walk into the folder."""
    cast = make_cast()
    center_header = ("БСН", "Атауы (қаз)", "Атауы (орыс)", "Түрі", "Жоғары тұрған БСН", "Өңір")
    write_xlsx(folder / "centers.xlsx", center_header, cast.center_rows)
    write_xlsx(folder / "staff-akmola.xlsx", STAFF_RU, cast.staff_rows["akmola"], title="Список работников")
    write_csv(
        folder / "staff-turkistan.csv",
        STAFF_KK,
        cast.staff_rows["turkistan"],
        encoding="kz1048",
        delimiter=";",
    )
    write_xlsx(folder / "staff-pavlodar.xlsx", STAFF_RU, cast.staff_rows["pavlodar"])
    for cycle, name in (
        (A1, "akm1"),
        (A2, "akm2"),
        (T1, "tur"),
        (P1, "pav1"),
        (P2, "pav2"),
        (P3, "pav3"),
    ):
        _write_cycle(folder, name, [entry for entry in ENTRIES if entry.cycle == cycle], cast)
    _write_refused(folder, cast)
    _write_moves(folder, cast)
    _write_ratings(folder, cast)
    _write_violations(folder, cast)
    _write_appeals(folder, cast)
    _write_who(folder, cast)


def _write_cycle(folder: Path, name: str, entries: list[Entry], cast: Cast) -> None:
    write_xlsx(
        folder / f"{name}-attestees.xlsx",
        ("ИИН", "Цель", "Заявленная категория"),
        [[cast.iins[entry.key], PURPOSES_RU[entry.purpose], entry.declared or None] for entry in entries],
    )
    courses: list[list[Cell]] = []
    for entry in entries:
        required, completed = entry.hours
        profile = entry.profile or entry.declared or None
        courses.append([cast.iins[entry.key], required, completed, profile])
    write_xlsx(
        folder / f"{name}-courses.xlsx",
        ("ИИН", "Часы по плану", "Пройдено часов", "Профиль курса"),
        courses,
    )
    for batch in sorted({entry.batch for entry in entries}):
        rows = [
            _result(entry, cast) for entry in entries if entry.batch == batch and entry.correct is not None
        ]
        header = (
            "ЖСН",
            "Сұрақтар саны",
            "Дұрыс жауаптар",
            "Қате сұрақтар",
            "Тест нұсқасы",
            "Аяқталған уақыты",
        )
        write_xlsx(folder / f"{name}-results-{batch}.xlsx", header, rows)


def _result(entry: Entry, cast: Cast) -> list[Cell]:
    # Batch 2 has its IINs as numbers, as Excel leaves them: a birth in the 2000s loses its zeros.
    iin: Cell = int(cast.iins[entry.key]) if entry.batch == 2 else cast.iins[entry.key]
    assert entry.correct is not None
    wrong = None
    if entry.wrong:
        appealed = [item.question for item in APPEALS if item.key == entry.key]
        others = [number for number in range(1, entry.total + 1, 3) if number not in appealed]
        numbers = sorted(appealed + others[: entry.total - entry.correct - len(appealed)])
        wrong = ", ".join(str(number) for number in numbers)
    finished = datetime.combine(STAGE_ENDS[entry.cycle] - timedelta(days=1), time(11, 0)) + timedelta(
        minutes=len(entry.key)
    )
    if entry.cycle == A1 and entry.batch == 2:
        finished += timedelta(days=1)
    return [iin, entry.total, entry.correct, wrong, "№ 3", finished]


def _write_refused(folder: Path, cast: Cast) -> None:
    for file, rows in REFUSED.items():
        found: list[list[Cell]] = [[cast.iins[key], purpose, declared] for key, purpose, declared in rows]
        write_csv(folder / f"{file}.csv", ("iin", "purpose", "declared"), found)


def _write_moves(folder: Path, cast: Cast) -> None:
    """The line of the staff file again, with another position and without the category (it is on record)."""
    position, category = STAFF_RU.index("Должность"), STAFF_RU.index("Категория")
    for file, (key, moved_to) in MOVES.items():
        (row,) = (row for row in cast.staff_rows[LATER_REGION] if row[0] == cast.iins[key])
        moved = [*row[:position], moved_to, *row[position + 1 : category]]
        write_csv(folder / f"{file}.csv", STAFF_RU[:category], [moved], encoding="utf-8-sig", delimiter=";")


def _write_ratings(folder: Path, cast: Cast) -> None:
    for number, cycles in EXPORTS.items():
        name = f"ratings-{number}"
        rows: list[list[Cell]] = []
        for entry in ENTRIES:
            if entry.cycle not in cycles:
                continue
            for back, score in enumerate(entry.ratings):
                # After the final decision of February where there was one: in everybody's window (I-06).
                days = 3 * back if entry.cycle == A2 else 30 * back
                day = STAGE_ENDS[entry.cycle] - timedelta(days=days)
                rows.append([cast.iins[entry.key], day, score, f"R-{name[-1]}{len(rows) + 1:04d}"])
        if A1 in cycles:
            for day in OUTSIDE_DAYS:
                rows.append([cast.iins["first-category"], day, 1, f"R-1{len(rows) + 1:04d}"])
        write_xlsx(folder / f"{name}.xlsx", ("ИИН", "Дата оценки", "Оценка", "Внешний номер"), rows)


def _write_violations(folder: Path, cast: Cast) -> None:
    header = ("ИИН", "Дата регистрации", "Описание", "Внешний номер")
    for number, cycles in EXPORTS.items():
        name = f"violations-{number}"
        rows: list[list[Cell]] = []
        for entry in ENTRIES:
            if entry.cycle in cycles:
                for day in entry.violations:
                    text = "Нарушен срок оказания услуги"
                    rows.append([cast.iins[entry.key], day, text, f"V-{name[-1]}{len(rows) + 1:03d}"])
        # Rows long before the window: they only show that the centre's export was read.
        for center in EXPORTED_CENTERS.get(number, ("pavlodar-city",)):
            somebody = next(one for one in (*PEOPLE, *LIVES) if one.center == center)
            rows.append(_old_violation(cast, somebody.key, f"V-{name[-1]}{len(rows) + 1:03d}"))
        if A1 in cycles:
            for day in OUTSIDE_DAYS:
                rows.append(
                    [cast.iins["first-category"], day, "Ошибка в карточке", f"V-1{len(rows) + 1:03d}"]
                )
        write_csv(folder / f"{name}.csv", header, rows, encoding="cp1251", delimiter=";")
    late = [_old_violation(cast, "not-read", "V-1901")]
    write_csv(folder / "violations-1-stepnogorsk.csv", header, late, encoding="utf-16", delimiter="\t")


def _old_violation(cast: Cast, key: str, external_id: str) -> list[Cell]:
    return [cast.iins[key], date(2024, 6, 4), "Ошибка в карточке", external_id]


def _write_appeals(folder: Path, cast: Cast) -> None:
    for file in (1, 2):
        mine = [item for item in APPEALS if item.file == file]
        write_xlsx(
            folder / f"appeals-{file}.xlsx",
            ("ЖСН", "Сұрақ нөмірі", "Дәлелдеме", "Берілген уақыты", "Сыртқы нөмір"),
            [
                [
                    cast.iins[item.key],
                    item.question,
                    item.argument,
                    item.filed_at,
                    item.external_id,
                ]
                for item in mine
            ],
        )
        write_csv(
            folder / f"rulings-{file}.csv",
            ("external_id", "question", "ruling", "reason"),
            [[item.external_id, item.question, item.ruling, item.reason] for item in mine if item.ruling],
            encoding="utf-8-sig",
        )


def _write_who(folder: Path, cast: Cast) -> None:
    """Which made-up IIN and BIN stands for which case, for readers of expected.json."""
    with (folder / "who.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(("key", "number"))
        writer.writerows([*cast.bins.items(), *((one.key, cast.iins[one.key]) for one in (*PEOPLE, *LIVES))])
