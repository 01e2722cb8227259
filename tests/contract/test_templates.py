"""The templates of the nine kinds: downloaded, filled in and imported, with no note and no error.

`tests/data/templates` holds what LibreOffice saved of the files that the first test fills in:

    python -m pytest --basetemp=FOLDER tests/contract/test_templates.py -k filled_in
    soffice --headless --convert-to ods --outdir FOLDER FOLDER/*/*.xlsx
    soffice --headless --convert-to xlsx --outdir tests/data/templates FOLDER/*.ods
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from openpyxl import load_workbook

from attestation.by import By
from attestation.cases import cycles
from attestation.cases.results import publish_results
from attestation.intake import engine, report
from attestation.intake.spec import KINDS as ALL_KINDS
from attestation.intake.spec import Context
from attestation.intake.template_file import EXAMPLES, choices_of, template
from attestation.intake.template_marks import EXAMPLE, GUIDE, LISTS, with_name
from attestation.intake.values import Choice
from attestation.intake.vocabulary import OF_FIELD, label
from attestation.models import Center, Cycle, Region, User
from tests.attestation.intake_cast import (
    CENTER_BIN,
    MOBILITY_BIN,
    NOW,
    PERSON,
    confirm,
    iin,
    make_centers,
    make_officer,
    make_stranger,
    preview,
    table,
)
from tests.data.make_spreadsheets import HERE
from tests.factories import moment
from tests.siblings_cast import seated

pytestmark = pytest.mark.django_db

# A kind that is only compared has nothing to be filled in.
KINDS = {name: kind for name, kind in ALL_KINDS.items() if kind.resource.writes}
SAVED = HERE / "templates"
STAGE = date(2026, 3, 2), date(2026, 3, 6)
TESTED, APPEALED, RULED = moment("2026-03-04 12:00"), moment("2026-03-05 12:00"), moment("2026-03-06 12:00")
ONE, OTHER, THIRD = (iin(number) for number in (1, 2, 3))
Rows = list[dict[str, Any]]
# A kind of file, its template, and what is written into it.
FileOf = Callable[[str, bytes, Rows], bytes]


def person(number: str, position: str, **more: Any) -> dict[str, Any]:
    named = {"last_name": "Өмірзақова", "first_name": "Іңкәр", "hired_on": date(2019, 9, 1)}
    center = with_name(CENTER_BIN, str(Center.objects.get(bin=CENTER_BIN)))
    return {"iin": number, **named, "center_bin": center, "position": position, **more}


def first_rows() -> dict[str, Rows]:
    """What is written into the templates up to the list of a cycle."""
    names = {"name_kk": "Абай ЕМО", "name_ru": "ЦТМ Абай", "region": str(Region.objects.get(code="KZ-10"))}
    above = {"bin": MOBILITY_BIN, "kind": "labour_mobility", **names}
    return {"centers": [above, {**above, "bin": CENTER_BIN, "kind": "career", "parent_bin": MOBILITY_BIN}]}


def staff_rows() -> Rows:
    whole = {"patronymic": "Қайратқызы", "unit": "1-бөлім", "email": "a@example.kz", "language": "ru"}
    held = {"category": "consultant", "category_from": date(2024, 5, 1)}
    return [
        person(ONE, "career_specialist", **whole, **held),
        person(OTHER, "assistant", last_name="'=Ә"),
        person(THIRD, "assistant"),
    ]


def later_rows() -> dict[str, Rows]:
    """What is written into the templates of a cycle and of what follows it."""
    hours = {"hours_required": 72, "hours_completed": 80.5}
    tested = {"questions_total": 4, "correct_answers": 2, "finished_at": datetime(2026, 3, 3, 11, 0)}
    appeal = {"argument": "Екі дұрыс жауап", "filed_at": datetime(2026, 3, 5, 9, 30), "external_id": "A-1"}
    ruling = {"external_id": "A-1", "ruling": "reject", "reason": "Сұрақ бірмәнді."}
    rated = {"iin": ONE, "rated_on": date(2026, 1, 12)}
    noted = {"iin": ONE, "recorded_on": date(2026, 1, 12), "description": "Мерзімі бұзылды"}
    return {
        "attestees": [
            {"iin": ONE, "purpose": "category", "declared": "case_manager"},
            {"iin": OTHER, "purpose": "initial"},
        ],
        "courses": [
            *({"iin": number, **hours} for number in (ONE, OTHER)),
            {"iin": ONE, **hours, "course_category": "case_manager"},
        ],
        "results": [
            {"iin": ONE, **tested, "wrong_questions": "1, 3", "test_variant": "07", "test_language": "kk"},
            {"iin": OTHER, **tested},
        ],
        "appeals": [
            {"iin": ONE, "question": number, "ground": "several_right", **appeal} for number in (1, 3)
        ],
        "rulings": [{**ruling, "question": number} for number in (1, 3)],
        "ratings": [{**rated, "score": score, "external_id": f"R{score}"} for score in (4, 4.5)],
        "violations": [{**noted, "external_id": "0012"}],
    }


def tell(file_of: FileOf) -> None:
    """From no centre at all to the rulings: each file is a template that was filled in."""
    taken = Taken(file_of)
    taken.file("centers", first_rows()["centers"], at=NOW)
    taken.file("staff", staff_rows(), at=NOW)
    cycle = cycles.open_cycle(Center.objects.get(bin=MOBILITY_BIN), "C1", *STAGE, by=By(None, NOW))
    rows = later_rows()
    taken.file("attestees", rows["attestees"], at=NOW, cycle=cycle, unfilled=1)
    taken.file("courses", rows["courses"], at=NOW, cycle=cycle)
    cycles.admit_cycle(cycle, by=By(None, NOW))
    taken.file("results", rows["results"], at=TESTED, cycle=cycle)
    publish_results(cycle, by=By(None, TESTED))
    taken.file("appeals", rows["appeals"], at=APPEALED, cycle=cycle, unfilled=1)
    taken.file("rulings", rows["rulings"], at=RULED, actor=seated())
    for kind in ("ratings", "violations"):
        taken.file(kind, rows[kind], at=RULED, read_through=date(2026, 3, 5))
    assert taken.kinds == set(KINDS)


class Taken:
    """Imports templates; each one says nothing, and leaves out its example and who was not filled in."""

    def __init__(self, file_of: FileOf) -> None:
        self.file_of, self.kinds = file_of, set[str]()

    def file(
        self,
        kind: str,
        rows: Rows,
        *,
        at: datetime,
        actor: User | None = None,
        cycle: Cycle | None = None,
        unfilled: int = 0,
        **options: Any,
    ) -> None:
        by = By(actor, at)
        data = self.file_of(kind, template(KINDS[kind], Context(by, cycle)), rows)
        job = engine.preview(kind, data, f"{kind}.xlsx", by=by, cycle=cycle, **options)
        said = report.as_data(job)
        assert (said["errors"], said["notes"], said["ignored"]) == ([], [], [])
        assert (said["new"], said["changed"], said["same"]) == (len(rows), 0, 0)
        assert [row["what"] for row in said["left_out"]] == ["example", *["unfilled"] * unfilled]
        engine.confirm(job, by=by)
        self.kinds.add(kind)


def filled(kind: str, data: bytes, rows: Rows) -> bytes:
    """The template with these rows: of people who stand there, in their rows; of others, below."""
    book = load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    columns = KINDS[kind].resource.columns()
    titles = [str(cell.value).split(" / ")[0] for cell in sheet[1]]
    places = {name: titles.index(column.headers[0]) + 1 for name, column in columns.items()}
    taken: set[int] = set()
    for values in rows:
        said = [
            number
            for number in range(3, sheet.max_row + 1)
            if "iin" in values and sheet.cell(number, places["iin"]).value == values["iin"]
        ]
        number = next((found for found in said if found not in taken), sheet.max_row + 1)
        taken.add(number)
        for name, value in values.items():
            is_word = isinstance(columns[name].parser, Choice)
            sheet.cell(number, places[name]).value = label(OF_FIELD[name], value) if is_word else value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_each_template_filled_in_is_imported_and_says_nothing(language: str, tmp_path: Path) -> None:
    def file_of(kind: str, data: bytes, rows: Rows) -> bytes:
        content = filled(kind, data, rows)
        if language == "ru":
            (tmp_path / f"{kind}.xlsx").write_bytes(content)
        return content

    with translation.override(language):
        tell(file_of)


def test_what_libreoffice_saved_of_them_is_too() -> None:
    with translation.override("ru"):
        tell(lambda kind, _data, _rows: (SAVED / f"{kind}.xlsx").read_bytes())


def lists_of(data: bytes) -> dict[str, list[str]]:
    """The words to choose from in each column that has a list, by its header."""
    book = load_workbook(io.BytesIO(data))
    assert (book.sheetnames[1:], book[LISTS].sheet_state) == ([GUIDE, LISTS], "hidden")
    sheet, found = book.worksheets[0], {}
    for rule in sheet.data_validations.dataValidation:
        words = book[LISTS][rule.formula1.rpartition("!")[2]]
        (place,) = rule.sqref.ranges
        title = sheet.cell(1, place.min_col).value
        assert place.min_row == 2
        assert title
        found[str(title)] = [str(cell.value) for (cell,) in words]
    return found


@pytest.fixture
def centers() -> None:
    """A labour mobility centre and a career centre on record."""
    make_centers()


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_word_of_a_list_is_read_back(kind: str, language: str, centers: None) -> None:
    resource, context = KINDS[kind].resource, Context(By(None, NOW))
    with translation.override(language):
        lists = lists_of(template(KINDS[kind], context))
        offered = {name: choices_of(name, column, context) for name, column in resource.columns().items()}
    assert list(lists.values()) == [words for words in offered.values() if words]
    for name, words in offered.items():
        parser = resource.columns()[name].parser
        notes: list[Any] = []
        values = {parser(word, notes) for word in words}
        assert (len(values), notes) == (len(words), [])


@pytest.mark.parametrize("kind", KINDS)
def test_the_lists_outlive_libreoffice(kind: str) -> None:
    """The words may be other ones by now; that each column keeps its list is what counts."""
    with translation.override("ru"):
        ours = lists_of(template(KINDS[kind], Context(By(None, NOW))))
    saved = lists_of((SAVED / f"{kind}.xlsx").read_bytes())
    assert saved.keys() >= ours.keys()
    assert all(saved.values())


def test_an_officer_is_offered_their_own_centres_alone(centers: None) -> None:
    stranger = make_stranger()
    lists = lists_of(template(KINDS["staff"], Context(By(make_officer(stranger), NOW))))
    assert lists["Орталықтың БСН / БИН центра / Center BIN *"] == [f"{stranger.bin} · {stranger}"]


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_stay_and_days_are_days(kind: str) -> None:
    """A column of numbers that begin with zeros is text; days and moments have their format."""
    sheet = load_workbook(io.BytesIO(template(KINDS[kind], Context(By(None, NOW))))).worksheets[0]
    formats = {int: "General", Decimal: "General", date: "dd.mm.yyyy", datetime: "dd.mm.yyyy hh:mm"}
    for cell, (name, column) in zip(sheet[1], KINDS[kind].resource.columns().items(), strict=True):
        assert cell.value == " / ".join(column.headers) + (" *" if column.required else "")
        wanted = formats.get(type(EXAMPLES.get(name)), "@")
        assert sheet.column_dimensions[cell.column_letter].number_format == wanted


def test_every_column_without_a_list_has_an_example(centers: None) -> None:
    for kind in KINDS.values():
        for name, column in kind.resource.columns().items():
            assert choices_of(name, column, Context(By(None, NOW))) or EXAMPLES[name]


def test_a_text_that_begins_like_a_formula_stands_behind_an_apostrophe(centers: None) -> None:
    """F-I22: the names of a cycle's people."""
    confirm(preview("staff", table({**PERSON, "last_name": "'=Ә"})))
    cycle = cycles.open_cycle(Center.objects.get(bin=MOBILITY_BIN), "C1", *STAGE, by=By(None, NOW))
    book = load_workbook(io.BytesIO(template(KINDS["attestees"], Context(By(None, NOW), cycle))))
    assert [cell.value for cell in book.worksheets[0][3]][:2] == [PERSON["iin"], "'=Ә Іңкәр"]
    assert not [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f"]


def test_an_example_that_was_written_over_is_still_named(centers: None) -> None:
    """Nobody's data go in silence: what stands under the mark is shown among what was left out."""
    job = preview("staff", table({**PERSON, "iin": EXAMPLE}, PERSON))
    assert [(row.row, row.what) for row in report.left_out_of(job)] == [(2, "example")]
    assert "Өмірзақова" in report.left_out_lines(job)[0]


def test_a_further_sheet_of_ones_own_is_named_all_the_same(centers: None) -> None:
    book = load_workbook(
        io.BytesIO(filled("staff", template(KINDS["staff"], Context(By(None, NOW))), [PERSON]))
    )
    book.create_sheet("2025").append(["Әлиева"])
    out = io.BytesIO()
    book.save(out)
    (note,) = report.as_data(preview("staff", out.getvalue()))["notes"]
    assert (note["code"], "2025" in note["message"]) == ("other_sheet", True)


def test_a_row_with_nothing_but_the_iin_is_an_error_where_the_template_did_not_write_it(
    centers: None,
) -> None:
    job = preview("staff", table({"iin": PERSON["iin"], "last_name": "Ә"}, PERSON))
    assert (job.rows_error, report.left_out_of(job)) == (2, [])
