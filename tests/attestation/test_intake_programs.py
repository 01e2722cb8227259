"""Files of every kind as other programs write them: what each does, and what is on record after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db.models import F

from appeals.models import AppealItem
from attestation.intake import report
from attestation.intake.spec import KINDS
from attestation.law.calendar import ALMATY
from attestation.models import (
    Attestation,
    CategoryTerm,
    Center,
    CourseRecord,
    Employee,
    ImportJob,
    Region,
    Result,
    Role,
    User,
)
from scoring.models import Rating, Violation
from tests.attestation.intake_cast import HERE, confirm, preview, table
from tests.data.meant import CAREER, MEANT, MEMBERS, MOBILITY, TO_RUSSIAN
from tests.factories import AttestationFactory, CycleFactory, EmployeeFactory, moment
from tests.siblings_cast import published, seated

pytestmark = pytest.mark.django_db

NOW = {
    "staff": moment("2026-01-10 12:00"),
    "centers": moment("2026-01-10 12:00"),
    "attestees": moment("2026-01-12 10:00"),
    "courses": moment("2026-01-13 10:00"),
    "results": moment("2026-02-05 09:00"),
    "ratings": moment("2026-02-07 10:00"),
    "violations": moment("2026-02-07 10:00"),
    "appeals": moment("2026-02-10 18:00"),
    "rulings": moment("2026-02-12 11:00"),
}
# What was on record before, by the rows of MEANT: as they are, or with another value.
BEFORE: dict[str, list[dict[str, Any]]] = {
    "staff": [MEANT["staff"][0], {**MEANT["staff"][1], "unit": "Басқа бөлім", "email": "ulan@mail.example"}],
    "centers": [],
    "attestees": [MEANT["attestees"][2]],
    "courses": [MEANT["courses"][3], {**MEANT["courses"][4], "hours_completed": 30}],
    "results": [MEANT["results"][1], {**MEANT["results"][4], "test_variant": "6"}],
    "ratings": [MEANT["ratings"][0], {**MEANT["ratings"][2], "score": 5}],
    "violations": [MEANT["violations"][1], {**MEANT["violations"][2], "description": "Неверно указан БИН"}],
    "appeals": MEANT["appeals"][2:3],
    "rulings": MEANT["rulings"][2:3],
}  # fmt: skip
NO_CATEGORY = {"category": "", "category_from": None}
COURSE = ("hours_required", "hours_completed", "course_category")
RESULT = tuple(name for name in MEANT["results"][0] if name != "iin")
# A letter that windows-1251 lacks: written as Russians write the name; lost; and a formula without a value.
RUSSIAN = ("staff-1c-ru.csv", "staff-libreoffice-1251-ru.csv")
LOST = "staff-libreoffice-1251-lost-ru.csv"
WRONG = "staff-libreoffice-error-ru.ods"


def world(kind: str) -> dict[str, Any]:
    """What a file of the kind needs on record, and what goes with it."""
    region = Region.objects.get(code="KZ-10")
    mobility = Center.objects.create(
        bin=MOBILITY, kind="labour_mobility", name_kk="Абай ЕМО", name_ru="ЦТМ Абай", region=region
    )
    _name, kk, ru, *_rest = MEANT["centers"][1].values()
    career = Center.objects.create(
        bin=CAREER, kind="career", name_kk=kk, name_ru=ru, parent=mobility, region=region
    )
    if kind in ("staff", "centers"):
        return {}
    centers = {MOBILITY: mobility, CAREER: career}
    people = [_employed(row, centers) for row in MEANT["staff"]]
    if kind in ("ratings", "violations"):
        return {"read_through": date(2026, 2, 6)}
    cycle = CycleFactory(center=mobility)
    if kind in ("courses", "results"):
        for person in people:
            status = "listed" if kind == "courses" else "admitted"
            AttestationFactory(employee=person, cycle=cycle, status=status, **_purpose(person))
    elif kind != "attestees":
        for person in people:
            published(60, employee=person, cycle=cycle, **_purpose(person))
    if kind == "rulings":
        imported("appeals", MEANT["appeals"][:3], cycle=cycle)
        for name in MEMBERS:
            seated(Role.MEMBER, username=name)
        return {"actor": seated(Role.SECRETARY)}
    return {"cycle": cycle}


def _employed(row: dict[str, Any], centers: dict[str, Center]) -> Employee:
    own = {name: value for name, value in row.items() if not name.startswith(("category", "center"))}
    return EmployeeFactory(center=centers[row["center_bin"]], **own)


def _purpose(person: Employee) -> dict[str, str]:
    return {} if person.position == "career_specialist" else {"purpose": "initial"}


def as_cells(row: dict[str, Any]) -> dict[str, Any]:
    """A row as our own test files hold it."""
    return {name: ", ".join(map(str, cell)) if isinstance(cell, list) else cell for name, cell in row.items()}


def read(
    kind: str, data: bytes, name: str = "f.xlsx", actor: User | None = None, **options: Any
) -> ImportJob:
    """A preview at the moment of the kind."""
    return preview(kind, data, actor, name, now=NOW[kind], **options)


def imported(kind: str, rows: list[dict[str, Any]], **options: Any) -> ImportJob:
    """A file of our own with these rows, confirmed."""
    job = read(kind, table(*map(as_cells, rows)), **options)
    return confirm(job, options.get("actor"), now=NOW[kind])


# --- what is on record ----------------------------------------------------------------------------------


def on_record(kind: str) -> list[dict[str, Any]]:
    """The records of a kind as rows of MEANT."""
    return [{name: _as_meant(row[name]) for name in MEANT[kind][0]} for row in RECORDS[kind]()]


def _as_meant(value: Any) -> Any:
    """Moments by the clock on the wall; what is not there, as a blank cell."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(ALMATY).replace(tzinfo=None)
    return "" if value is None else value


def _staff() -> list[dict[str, Any]]:
    given = CategoryTerm.objects.values("employee", "category", category_from=F("starts_on"))
    categories = {row.pop("employee"): row for row in given}
    names = {*MEANT["staff"][0]} - NO_CATEGORY.keys() - {"center_bin"}
    people = Employee.objects.values("pk", *names, center_bin=F("center__bin"))
    return [row | categories.get(row["pk"], NO_CATEGORY) for row in people]


def _rulings() -> list[dict[str, Any]]:
    rows = AppealItem.objects.values(
        "question", "ruling", "reason", "minutes", external_id=F("appeal__external_id")
    )
    return [{"present": [], "for": [], "against": [], **row, **row["minutes"]} for row in rows]


def _centers() -> list[dict[str, Any]]:
    rows = Center.objects.values("bin", "name_kk", "name_ru", "kind", "parent__bin", "region__code")
    return [{**row, "parent_bin": row["parent__bin"], "region": row["region__code"]} for row in rows]


def _appeals() -> Any:
    of_appeal = {"filed_at": F("appeal__filed_at"), "external_id": F("appeal__external_id")}
    names = ("question", "argument", "ground")
    return AppealItem.objects.values(*names, **of_appeal, iin=F("appeal__attestation__employee__iin"))


BY_IIN = {"iin": F("employee__iin")}
RECORDS: dict[str, Callable[[], Any]] = {
    "staff": _staff,
    "centers": _centers,
    "attestees": lambda: Attestation.objects.values("purpose", "declared", **BY_IIN),
    "courses": lambda: CourseRecord.objects.values(*COURSE, **BY_IIN),
    "results": lambda: Result.objects.current().values(*RESULT, iin=F("attestation__employee__iin")),
    "ratings": lambda: Rating.objects.values("rated_on", "score", "external_id", **BY_IIN),
    "violations": lambda: Violation.objects.values("recorded_on", "description", "external_id", **BY_IIN),
    "appeals": _appeals,
    "rulings": _rulings,
}


# --- the files ------------------------------------------------------------------------------------------

# New, changed and same rows; how often each note.
FILES: list[tuple[str, tuple[int, int, int], dict[str, int]]] = [
    ("appeals-1c-ru.xlsx", (3, 0, 1), {"cleaned": 4, "restored": 2, "filed_late": 1}),
    ("appeals-libreoffice-ru.ods", (3, 0, 1), {"filed_late": 1}),
    ("appeals-xlsxwriter-en.xlsx", (3, 0, 1), {"restored": 2, "filed_late": 1}),
    ("appeals-xlwt-kk.xls", (3, 0, 1), {"filed_late": 1}),
    ("attestees-1c-ru.csv", (4, 0, 1), {"read_as": 1, "cleaned": 5, "restored": 2}),
    ("attestees-libreoffice-ru.ods", (4, 0, 1), {}),
    ("attestees-pandas-en.csv", (4, 0, 1), {"read_as": 1, "restored": 2}),
    ("attestees-xlsxwriter-kk.xlsx", (4, 0, 1), {}),
    ("centers-libreoffice-kk.csv", (2, 1, 1), {"read_as": 1}),
    ("centers-openpyxl-kk.xlsx", (2, 1, 1), {}),
    ("centers-pyexcel-en.ods", (2, 1, 1), {}),
    ("centers-xlwt-ru.xls", (2, 1, 1), {}),
    ("courses-1c-kk.xlsx", (3, 1, 1), {"cleaned": 5, "restored": 2}),
    ("courses-pandas-kk.ods", (3, 1, 1), {}),
    ("courses-pyexcel-ru.xlsx", (3, 1, 1), {}),
    ("courses-xlwt-en.xls", (3, 1, 1), {"restored": 2}),
    ("ratings-1c-ru.csv", (3, 1, 1), {"read_as": 1, "cleaned": 10, "restored": 2}),
    ("ratings-libreoffice-en.ods", (3, 1, 1), {"restored": 2}),
    ("ratings-pandas-ru.csv", (3, 1, 1), {"read_as": 1, "restored": 2}),
    ("ratings-pyexcel-kk.xls", (3, 1, 1), {}),
    ("results-1c-ru.xls", (3, 1, 1), {"cleaned": 5, "restored": 2}),
    ("results-libreoffice-kk.csv", (3, 1, 1), {"read_as": 1}),
    ("results-openpyxl-en.xlsx", (3, 1, 1), {}),
    ("results-pandas-kk.csv", (3, 1, 1), {"read_as": 1}),
    ("results-xlsxwriter-ru.xlsx", (3, 1, 1), {"restored": 2}),
    ("rulings-1c-kk.xlsx", (2, 0, 1), {}),
    ("rulings-libreoffice-en.csv", (2, 0, 1), {"read_as": 1}),
    ("rulings-openpyxl-ru.xlsx", (2, 0, 1), {}),
    ("rulings-pyexcel-kk.ods", (2, 0, 1), {}),
    ("staff-1c-kk.xls", (3, 1, 1), {"cleaned": 16, "restored": 2}),
    ("staff-1c-ru.csv", (3, 2, 0), {"read_as": 1, "cleaned": 16, "restored": 2}),
    ("staff-1c-ru.xlsx", (3, 1, 1), {"cleaned": 6}),
    ("staff-libreoffice-1251-ru.csv", (3, 2, 0), {"read_as": 1}),
    ("staff-libreoffice-kk.xlsx", (3, 1, 1), {}),
    ("staff-libreoffice-pt154-kk.csv", (3, 1, 1), {"read_as": 1}),
    ("staff-libreoffice-ru.ods", (3, 1, 1), {}),
    ("staff-libreoffice-utf-16-kk.csv", (3, 1, 1), {"read_as": 1}),
    ("staff-libreoffice-utf-8-kk.csv", (3, 1, 1), {"read_as": 1}),
    ("staff-pandas-en.xlsx", (3, 1, 1), {"restored": 2}),
    ("violations-1c-kk.xls", (1, 1, 1), {"cleaned": 6, "restored": 1}),
    ("violations-libreoffice-en.xlsx", (1, 1, 1), {}),
    ("violations-pandas-ru.xlsx", (1, 1, 1), {}),
    ("violations-pyexcel-kk.ods", (1, 1, 1), {}),
]


# The first of each kind on both databases: how a file is written is no matter of theirs.
FIRST = {name.partition("-")[0]: name for name, *_more in reversed(FILES)}.values()


@pytest.mark.parametrize(
    ("name", "counts", "codes"),
    [pytest.param(*file, id=file[0], marks=[] if file[0] in FIRST else [pytest.mark.once]) for file in FILES],
)
@pytest.mark.daily(3)
def test_a_file_of_another_program_is_read_as_it_was_meant(name, counts, codes):
    kind = name.partition("-")[0]
    options = world(kind)
    if BEFORE[kind]:
        imported(kind, BEFORE[kind], **options)
    job = read(kind, (HERE / "programs" / name).read_bytes(), name, **options)
    assert list(report.errors_of(job)) == []
    assert (job.rows_new, job.rows_changed, job.rows_same) == counts
    assert Counter(note["code"] for note in report.notes_of(job)) == codes
    assert job.columns["ignored"] == []
    confirm(job, options.get("actor"), now=NOW[kind])
    assert sorted(on_record(kind), key=str) == sorted(meant(kind, name), key=str)
    # The same file again finds everything as it left it.
    again = read(kind, (HERE / "programs" / name).read_bytes(), name, **options)
    assert (again.rows_same, again.rows_error) == (sum(counts), 0)


def meant(kind: str, name: str) -> list[dict[str, Any]]:
    """What the rows of a file say, blank cells as texts."""
    letters = TO_RUSSIAN if name in RUSSIAN else {}
    return [
        {field: cell.translate(letters) if isinstance(cell, str) else cell for field, cell in row.items()}
        for row in ({field: _as_meant(cell) for field, cell in row.items()} for row in MEANT[kind])
    ]


def test_every_file_of_the_folder_is_read():
    named = {name for name, *_more in FILES} | {LOST, WRONG}
    assert named == {path.name for path in (HERE / "programs").iterdir()}
    programs = Counter(kind for kind, _program in {tuple(name.split("-")[:2]) for name in named})
    assert programs.keys() == {name for name, kind in KINDS.items() if kind.resource.writes}
    assert min(programs.values()) >= 3


def test_letters_that_windows_1251_lacks_are_an_error_of_each_row_that_lost_some():
    job = read("staff", (HERE / "programs" / LOST).read_bytes(), LOST, **world("staff"))
    assert (job.rows_new, job.rows_error) == (1, 4)
    assert {error["code"] for error in report.errors_of(job)} == {"letters_lost"}
    confirm(job, now=NOW["staff"], skip_errors=True)
    assert Employee.objects.get().last_name == "Щербак-Ёлкина"


def test_f_i9_an_error_in_an_ods_is_no_blank_cell():
    job = read("staff", (HERE / "programs" / WRONG).read_bytes(), WRONG, **world("staff"))
    found = [(error["row"], error["field"], error["value"], error["code"]) for error in report.errors_of(job)]
    assert found == [(4, "unit", "#N/A", "cell_error")]
