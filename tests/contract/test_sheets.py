"""Spreadsheets as officers have them: languages, encodings, dates, numbers; and what a bad row says."""

import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from attestation.models import Employee
from tests.contract.desk import STAFF, Answer, Desk, run

AT = "2026-01-10T09:00"
POSITIONS = {
    "director": ("director", "Директор", "ДИРЕКТОР"),
    "deputy_director": ("Deputy director", "директордың орынбасары", "Заместитель директора"),
    "unit_head": (
        *("head of a structural unit", "құрылымдық бөлімшенің басшысы"),
        "руководитель структурного подразделения",
    ),
    "center_specialist": (
        *("specialist of a labour mobility centre", "еңбек мобильділігі орталығының маманы"),
        "специалист центра трудовой мобильности",
    ),
    "career_specialist": (
        *("specialist of a career centre", "мансап орталығының маманы", "специалист карьерного центра"),
    ),
    "assistant": (
        *("assistant of a career centre", "Мансап орталығының ассистенті", "ассистент карьерного центра"),
    ),
}
CATEGORIES = {
    "consultant": ("career consultant", "мансап консультанты", "Карьерный консультант"),
    "case_manager": ("case manager", "кейс-менеджер", "Кейс-менеджер"),
    "mentor": ("mentor", "тәлімгер", "наставник"),
}
KAZAKH = ("ЖСН", "Тегі", "Аты", "Орталықтың БСН", "Лауазымы", "Қабылданған күні")
RUSSIAN = ("ИИН", "Фамилия", "Имя", "БИН центра", "Должность", "Дата приема")


def row(desk: Desk, **given: Any) -> list[Any]:
    """A good row of a staff file but for what is given."""
    usual = (desk.iin(), "Ахметова", "Әсел", desk.career, "career_specialist", "2020-01-15", "", "")
    return list((dict(zip(STAFF, usual, strict=True)) | given).values())


def staff(desk: Desk, *rows: list[Any], more: tuple[str, ...] = (), at: str = AT) -> Answer:
    return desk.ask("import_staff", desk.xlsx(STAFF, *rows), *more, at=at)


def read(desk: Desk, path: str) -> Employee:
    """The one employee of a file that must be read."""
    before = set(Employee.objects.values_list("pk", flat=True))
    assert desk.do("import_staff", path, at=AT)["new"] == 1
    return Employee.objects.exclude(pk__in=before).get()


def test_positions_and_categories_by_identifier_and_label(desk: Desk) -> None:
    rows, wanted = [], {}
    for position, labels in POSITIONS.items():
        for label in (position, *labels):
            where = {"center_bin": desk.lmc} if position == "center_specialist" else {}
            rows.append(row(desk, position=label, **where))
            wanted[rows[-1][0]] = (position, "none")
    for category, labels in CATEGORIES.items():
        for label in (category, *labels):
            rows.append(row(desk, category=label, category_from="01.03.2024"))
            wanted[rows[-1][0]] = ("career_specialist", category)
    assert staff(desk, *rows).data["new"] == len(rows)
    found = {
        person.iin: (person.position, str(person.category_on(date(2026, 1, 10))))
        for person in Employee.objects.all()
    }
    assert found == wanted


def test_any_language_case_star_order_and_titles_above(desk: Desk) -> None:
    header = (
        "Бөлім",
        "ЛАУАЗЫМЫ*",
        "  фамилия ",
        "First NAME",
        "иин *",
        "Бин Центра",
        "ДАТА ПРИЁМА",
        "Телефон",
    )
    iin = desk.iin()
    line = ("1", "assistant", "Ли", "Ю", iin, desk.career, date(2020, 1, 2), "123")
    path = desk.xlsx(header, line, above=[("Есеп",), (), ("2026 жыл",)])
    person = read(desk, path)
    assert (person.iin, person.last_name, person.hired_on) == (iin, "Ли", date(2020, 1, 2))
    bad = desk.ask("import_staff", desk.xlsx(header, (*line[:4], "1", *line[5:]), above=[("Есеп",)]), at=AT)
    assert bad.errors == [(3, "E", "iin", "1")]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        ("utf-8", ","),
        ("utf-8-sig", ";"),
        ("utf-16", "\t"),
        ("utf-16", ","),
        ("kz1048", ";"),
        ("kz1048", "\t"),
    ],
)
def test_kazakh_csv(desk: Desk, encoding: str, delimiter: str) -> None:
    line = (desk.iin(), "Құрманғазы", "Әлия-Өң", desk.career, "мансап орталығының ассистенті", "15.01.2020")
    person = read(desk, desk.csv(KAZAKH, line, encoding=encoding, delimiter=delimiter))
    assert (person.last_name, person.first_name) == ("Құрманғазы", "Әлия-Өң")


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_russian_csv(desk: Desk, delimiter: str) -> None:
    line = (desk.iin(), "Щёголев", "Семён", desk.career, "Ассистент карьерного центра", "2020-01-15")
    person = read(desk, desk.csv(RUSSIAN, line, encoding="cp1251", delimiter=delimiter))
    assert (person.last_name, person.first_name) == ("Щёголев", "Семён")


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_excel_dates_of_both_systems(desk: Desk, epoch_1904: bool) -> None:
    book = Workbook()
    if epoch_1904:
        book.epoch = CALENDAR_MAC_1904
    book.active.append(STAFF)
    book.active.append(row(desk, hired_on=datetime(2020, 2, 29)))
    path = desk.folder / "dates.xlsx"
    book.save(path)
    assert read(desk, str(path)).hired_on == date(2020, 2, 29)


def test_an_iin_that_arrived_as_a_number_is_restored(desk: Desk) -> None:
    iin = desk.iin(born="010304", century="5")
    answer = staff(desk, row(desk, iin=int(iin)))
    assert (answer.code, answer.data["new"]) == (0, 1)
    assert "restored" in answer.out
    assert Employee.objects.filter(iin=iin).exists()
    assert staff(desk, row(desk, iin=int(iin) + 1)).errors[0][:3] == (2, "A", "iin")
    assert staff(desk, row(desk, iin=iin.lstrip("0"))).data["notes"][0]["code"] == "restored"
    assert staff(desk, row(desk, iin=str(int(iin) + 1))).errors[0][:3] == (2, "A", "iin")


def test_i_38_odd_birth_digits_are_a_note_beside_the_row(desk: Desk) -> None:
    answer = staff(desk, row(desk, iin="900230400015"))
    assert (answer.code, answer.data["new"]) == (0, 1)
    ((number, column, code),) = [(note["row"], note["column"], note["code"]) for note in answer.data["notes"]]
    assert (number, column, code) == (2, "A", "odd_birth_date")


BAD = {
    "iin": ["", "12345678901", "8.50101E+11", "900517 400017", "９００５１７４０００１７", "900230400016"],
    "center_bin": ["", "070140000017"],
    "position": ["", "guru"],
    "hired_on": ["", "31.02.2024", "45000", 45000, "01/02/2024", "0204-01-01", "2030-01-01"],
    "category": ["guru"],
    "category_from": ["2027-01-01", "x"],
}


def test_each_bad_cell_is_named_and_nothing_is_written(desk: Desk) -> None:
    rows, wanted = [row(desk)], []
    for field, bad_ones in BAD.items():
        usual = {"category": "mentor", "category_from": "2024-01-01"} if field.startswith("category") else {}
        for value in bad_ones:
            rows.append(row(desk, **usual | {field: value}))
            wanted.append((len(rows) + 1, "ABCDEFGH"[STAFF.index(field)], field, str(value)))
    answer = staff(desk, *rows)
    assert (answer.code, answer.data["new"]) == (1, 1)
    assert answer.errors == wanted
    assert all(answer.messages)
    assert not Employee.objects.exists()


def test_both_rows_of_a_doubled_iin_are_named(desk: Desk) -> None:
    iin = desk.iin()
    answer = staff(desk, row(desk, iin=iin), row(desk), row(desk, iin=iin))
    assert [error[:3] for error in answer.errors] == [(2, "A", "iin"), (4, "A", "iin")]


def test_the_first_category_stands(desk: Desk) -> None:
    first = row(desk, category="consultant", category_from="2024-01-01")
    assert staff(desk, first).data["new"] == 1
    assert staff(desk, first).data["same"] == 1
    assert staff(desk, [*first[:6], "", ""]).data["same"] == 1
    assert staff(desk, [*first[:6], "mentor", "2024-01-01"]).errors[0][2] == "category"
    assert staff(desk, [*first[:6], "consultant", "2024-02-01"]).errors[0][2] == "category_from"
    assert staff(desk, [*first[:1], "Жаңа", *first[2:]]).data["changed"] == 1
    assert staff(desk, row(desk, category="consultant")).errors[0][2] == "category_from"
    ended = row(desk, category="consultant", category_from="2020-01-01")
    assert staff(desk, ended).data["new"] == 1
    assert Employee.objects.get(iin=ended[0]).category_on(date(2026, 1, 10)) == "none"


def test_skip_errors_gives_the_bad_rows_back_as_a_file(desk: Desk) -> None:
    good, bad = row(desk), row(desk, position="guru")
    answer = staff(desk, good, bad, more=("--skip-errors",))
    assert (answer.code, answer.data["new"], answer.data["skipped"]) == (1, 1, 1)
    assert list(Employee.objects.values_list("iin", flat=True)) == [good[0]]
    sheet = load_workbook(answer.data["failed_rows"]).active
    header, failed = list(sheet.values)
    assert tuple(header[:-1]) == STAFF
    assert failed[0] == bad[0]
    assert "guru" in str(failed[-1])
    # Corrected and read again: its column of reasons is ignored.
    sheet.cell(2, STAFF.index("position") + 1).value = "assistant"
    path = desk.folder / "corrected.xlsx"
    sheet.parent.save(path)
    assert desk.do("import_staff", str(path), at=AT)["new"] == 1


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    assert staff(desk, row(desk), more=("--dry-run",)).data["new"] == 1
    assert not Employee.objects.exists()


def test_officers_stay_within_their_centres(desk: Desk) -> None:
    desk.officer("there", "hr", "--center", desk.other_lmc)
    desk.officer("auditor", "auditor")
    ours = row(desk)
    assert staff(desk, ours).code == 0
    for mine in (ours, row(desk), [*ours[:3], desk.other_career, *ours[4:]]):
        assert staff(desk, mine, more=("--as", "there")).errors[0][:3] == (2, "D", "center_bin")
    assert staff(desk, row(desk, center_bin=desk.other_career), more=("--as", "there")).code == 0
    assert staff(desk, row(desk), more=("--as", "auditor")).code == 1
    assert Employee.objects.get(iin=ours[0]).center.bin == desk.career


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 x", b"PK\x03\x04zzz"])
def test_a_file_that_is_no_spreadsheet(desk: Desk, content: bytes) -> None:
    path = Path(desk.folder) / "bad.xlsx"
    path.write_bytes(content)
    answer = desk.ask("import_staff", str(path), at=AT)
    assert (answer.code, answer.data["job"]) == (1, None)
    assert answer.messages[0]


def test_courses_are_of_those_whom_the_centre_lists(desk: Desk) -> None:
    outsider = row(desk, center_bin=desk.other_career)
    desk.hire(short="assistant")
    assert staff(desk, outsider).code == 0
    stage = ("--testing-starts", "2026-02-02", "--testing-ends", "2026-02-06")
    desk.do("open_cycle", "--center", desk.lmc, "--code", "C", *stage, at=AT)
    header = ("iin", "hours_required", "hours_completed")
    file = desk.xlsx(header, (outsider[0], 40, 40))
    assert desk.ask("import_courses", file, "--cycle", "C", at=AT).errors == [(2, "A", "iin", outsider[0])]
    listed = desk.xlsx(("iin", "purpose"), (desk.people["short"], "initial"))
    desk.do("list_attestees", "--cycle", "C", "--file", listed, at=AT)
    desk.do("import_courses", desk.xlsx(header, (desk.people["short"], 40, "39,5")), "--cycle", "C", at=AT)
    (refused,) = desk.do("admit", "--cycle", "C", at=AT)["not_admitted"]
    assert "39.5 hours completed of 40" in refused["message"]
    assert desk.report("C")["short"]["status"] == "not_admitted"


def test_time_travel_is_refused_without_the_setting(desk: Desk, settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = False
    answer = run("sweep", "--json", "--at", "2026-01-10T09:00:00+05:00")
    assert (answer.code, list(answer.data)) == (1, ["error", "code"])


def test_two_thousand_rows_take_seconds(desk: Desk) -> None:
    path = desk.xlsx(STAFF, *(row(desk, category="mentor", category_from="2024-01-01") for _ in range(2000)))
    begun = time.monotonic()
    assert desk.do("import_staff", path, at=AT)["new"] == 2000
    assert time.monotonic() - begun < 30
