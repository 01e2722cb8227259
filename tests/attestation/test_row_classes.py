"""Rows that are nobody's are left out and listed; a row that says whose it is, is never one of them."""

from __future__ import annotations

import pytest

from attestation.intake import report
from attestation.intake.columns import find_layout
from attestation.intake.reading import Row
from attestation.intake.row_classes import RowClasses
from attestation.intake.spec import KINDS
from tests.attestation.intake_cast import PERSON, book, make_centers, preview

HEADER = ["iin", "last_name", "first_name", "center_bin", "position", "hired_on", "email"]
WHOLE = [PERSON.get(name) for name in HEADER]
NUMBER = PERSON["iin"]


def class_of(*cells, first=False, kind="staff", header=HEADER, key="iin"):
    columns = KINDS[kind].resource.columns()
    classes = RowClasses(columns, find_layout([Row(1, header)], columns), key)
    found = classes.class_of(Row(2, list(cells)), first=first)
    return found.what if found else None


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["Итого"], "total"),
        (["Итого:", None, None, None, None, None, 5], "total"),
        ([None, "Всего: 5"], "total"),
        ([None, None, None, None, "Барлығы", 17], "total"),
        (["Total", 3], "total"),
        (["ИТОГО по отделу", "12 чел."], "total"),
        (["Отдел кадров"], "note"),
        ([None, "Примечание: без совместителей"], "note"),
        (["Директор", None, "Ахметов А."], "note"),
        ([None, "Исп.", "Сериков", "тел. 12-34-56"], "note"),
        (HEADER, "note"),
        # Somebody's, whatever else is missing or wrong.
        (WHOLE, None),
        ([NUMBER], None),
        ([NUMBER, "Итого"], None),
        ([f"'{NUMBER[1:]}", "Ким"], None),
        ([None, *WHOLE[1:]], None),
        (["Итого", *WHOLE[1:]], None),
        ([None, "Всеволодов", "Иван"], None),
        ([None, "Итогов", "Иван"], None),
        (["нет", "Ким", "Анна"], None),
    ],
)
def test_a_row_is_told_from_a_persons(cells, what):
    assert class_of(*cells) == what


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ([1, 2, 3, 4, 5, 6, 7], "numbering"),
        (["1", "2", None, "3"], "numbering"),
        (["А", "Б", 1, 2], "numbering"),
        (["1.", "2."], None),
        ([1, 2, 4], "numbering"),
        ([1, 2, 2], None),
        ([2, 3, 4], None),
        ([1], "note"),
    ],
)
def test_columns_are_numbered_right_under_the_header_alone(cells, what):
    assert class_of(*cells, first=True) == what
    if what == "numbering":
        assert class_of(*cells) != what


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        (["Итого", None, None, 3], "total"),
        (["Итого-7", "2026-01-01", "Опоздание", "V-1"], None),
        ([NUMBER, "2026-01-01", "Опоздание", "Всего"], None),
    ],
)
def test_a_kind_that_is_known_by_another_number(cells, what):
    header = ["iin", "recorded_on", "description", "external_id"]
    assert class_of(*cells, kind="violations", header=header, key="external_id") == what


@pytest.mark.django_db
def test_what_is_left_out_is_listed_and_not_counted():
    make_centers()
    rows = [["Список"], HEADER, list(range(1, 8)), WHOLE, ["Отдел кадров"], ["Итого", None, None, 1]]
    job = preview("staff", book(rows))
    data = report.as_data(job)
    assert (data["new"], data["errors"]) == (1, [])
    assert data["left_out"] == [
        {"row": 3, "what": "numbering"},
        {"row": 5, "what": "note"},
        {"row": 6, "what": "total"},
    ]
    assert report.left_out_lines(job)[1:] == [
        "Row 5 says nothing of a person and was left out: “Отдел кадров”.",
        "Row 6 is a total and was left out: “Итого 1”.",
    ]


@pytest.mark.django_db
def test_a_whole_name_is_split_and_the_split_is_shown():
    make_centers()
    header = ["iin", "Ф.И.О.", *HEADER[3:]]
    rows = [[NUMBER, name, *WHOLE[3:]] for name in ("Ким  Анна", "Әлі Ұлан Серік ұлы")]
    rows[1][0] = "850101300779"
    job = preview("staff", book([header, *rows, ["900228309001", "Ким", *WHOLE[3:]]]))
    names = [
        (row.after["last_name"], row.after["first_name"], row.after["patronymic"])
        for row in job.rows.filter(kind="new").order_by("row_no")
    ]
    assert names == [("Ким", "Анна", ""), ("Әлі", "Ұлан", "Серік ұлы")]
    (error,) = report.errors_of(job)
    assert (error["row"], error["field"], error["code"]) == (4, "first_name", "missing")
    assert [note["code"] for note in report.as_data(job)["notes"]].count("name_split") == 3
    assert "The name was split: Әлі · Ұлан · Серік ұлы." in str(report.as_data(job)["notes"])
