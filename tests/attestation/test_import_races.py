"""F-C5: two officers import overlapping files at one moment: one order, and the second sees what changed."""

from __future__ import annotations

import pytest

from attestation import journal
from attestation.by import By
from attestation.intake import undo
from attestation.models import CategoryTerm, Employee, ImportJob, JournalEntry
from attestation.refusals import Refused
from tests.attestation.intake_cast import (
    NOW,
    PERSON,
    confirm,
    iin,
    make_centers,
    make_officer,
    preview,
    table,
)
from tests.jobs.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HELD = {**PERSON, "category": "mentor", "category_from": "2024-05-01"}


def rows(first, last, unit):
    """People by number, each third with a category."""
    return [
        {**(HELD if number % 3 == 0 else PERSON), "iin": iin(number), "unit": unit}
        for number in range(first, last)
    ]


@pytest.mark.parametrize("known", [False, True])
def test_f_c5_two_overlapping_files_are_confirmed_in_one_order(known):
    center, _career = make_centers()
    officers = [make_officer(center, name=name) for name in ("one", "other")]
    if known:
        confirm(preview("staff", table(*rows(0, 90, "0"))))
    jobs = [
        preview("staff", table(*rows(first, first + 60, unit)), officer)
        for first, unit, officer in zip((0, 30), "12", officers, strict=True)
    ]
    refused: list[str] = []

    def confirm_one(job, officer):
        try:
            confirm(job, officer)
        except Refused as refusal:
            refused.append(refusal.code)

    troubles = at_once(*[lambda pair=pair: confirm_one(*pair) for pair in zip(jobs, officers, strict=True)])
    assert troubles == []
    assert refused == ["changed_since_preview"]
    (second,) = ImportJob.objects.filter(pk__in=[job.pk for job in jobs], state="previewed")
    # What the first wrote is what the second would change now; the rest is as it was.
    assert (second.rows_new, second.rows_changed) == ((0, 60) if known else (30, 30))
    confirm(second, second.actor)
    assert Employee.objects.count() == 90
    assert CategoryTerm.objects.count() == 30
    mine = Employee.objects.filter(iin__in=second.rows.values("key"))
    assert set(mine.values_list("unit", flat=True)) == {"1" if second.pk == jobs[0].pk else "2"}
    assert journal.verify() is None


def test_f_c5_an_import_is_undone_by_two_at_once():
    center, _career = make_centers()
    officer, boss = make_officer(center), make_officer(None, "administrator", "boss")
    job = confirm(preview("staff", table(*rows(0, 60, "1")), officer), officer)
    answers: list[dict[str, object]] = []
    troubles = at_once(
        *[
            lambda by=by: answers.append(undo.as_data(undo.undo(job, by=By(by, NOW))))
            for by in (officer, boss)
        ]
    )
    assert troubles == []
    assert answers == [{"job": job.pk, "undone": 60, "left": []}] * 2
    assert JournalEntry.objects.filter(act="import_undone").count() == 1
    assert not Employee.objects.exists()
