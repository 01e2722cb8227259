"""How many statements an import takes: constant a batch for staff, at most 25 a row where rows are acts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation.by import By
from attestation.intake import undo
from attestation.models import CategoryTerm, Employee, ImportJob
from tests.attestation.intake_cast import NOW, PERSON, book, confirm, iin, make_centers, preview, table

pytestmark = pytest.mark.django_db
MOST_A_ROW = 25


def statements(act, *args, **options):
    """How many statements a call takes, the marks of its transactions left out, and what it gives."""
    with CaptureQueriesContext(
        connection,
    ) as taken:
        given = act(*args, **options)
    return len(taken), given


def staff(first, count, **changed):
    """Rows of whom every third has a category."""
    rows = [{**PERSON, "iin": iin(first + number), **changed} for number in range(count)]
    for row in rows[::3]:
        row |= {"category": "mentor", "category_from": date(2024, 5, 1) + timedelta(days=first % 7)}
    return table(*rows)


def test_a_batch_of_staff_takes_as_many_statements_however_many_rows_it_has():
    make_centers()
    found = []
    for first, count in ((0, 6), (1000, 120)):
        steps = []
        for data in (staff(first, count), staff(first, count, unit="2"), staff(first, count, unit="2")):
            taken, job = statements(preview, "staff", data)
            steps.append(taken)
            taken, job = statements(confirm, job)
            steps.append(taken)
        changed = ImportJob.objects.filter(rows_changed=count).get()
        taken, _undone = statements(undo.undo, changed, by=By(None, NOW))
        found.append([*steps, taken])
    assert found[0] == found[1]
    assert Employee.objects.count() == 126
    assert CategoryTerm.objects.count() == 42


def test_twice_the_batches_take_twice_the_statements_at_most(monkeypatch):
    make_centers()
    taken = []
    for first, size in ((0, 40), (1000, 20)):
        monkeypatch.setattr("attestation.intake.batch_steps.BATCH", size)
        monkeypatch.setattr("attestation.intake.staged.BATCH", size)
        taken.append(statements(confirm, preview("staff", staff(first, 40)))[0])
    assert taken[0] < taken[1] < 2 * taken[0]


def per_row(one, many, rows):
    """Statements of each further row, by the difference of two imports."""
    return (many - one) / rows


def test_each_centre_takes_few_statements():
    header = ["bin", "name_kk", "name_ru", "kind", "parent_bin", "region"]
    bins = ["241140465976", "241140229174", "240940724657"]
    taken = []
    for some in (bins[:1], bins[1:]):
        rows = [[number, "А", "Б", "labour_mobility", "", "KZ-10"] for number in some]
        read, job = statements(preview, "centers", book([header, *rows]))
        written, _job = statements(confirm, job)
        taken.append(read + written)
    assert per_row(*taken, 1) <= MOST_A_ROW
