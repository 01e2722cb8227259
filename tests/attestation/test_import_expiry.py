"""After ninety days the rows of an import go; what vouches for them stays in the journal."""

from datetime import date, timedelta

import pytest

from attestation.by import By
from attestation.intake import undo
from attestation.intake.expiry import forget_rows
from attestation.models import Employee, ImportRow, JournalEntry
from office.sweep import sweep
from tests.attestation.intake_cast import NOW, PERSON, confirm, iin, make_centers, preview, table

pytestmark = pytest.mark.django_db

LAST = NOW + timedelta(days=90)


@pytest.mark.parametrize(("at", "gone"), [(LAST, 0), (LAST + timedelta(seconds=1), 3)])
def test_both_sides_of_the_ninety_days(at, gone):
    make_centers()
    confirmed = confirm(preview("staff", table(PERSON)))
    undone = confirm(preview("staff", table({**PERSON, "iin": iin(1)}, {**PERSON, "iin": iin(2)})))
    Employee.objects.filter(iin=iin(2)).update(unit="8")
    undo.undo(undone, by=By(None, NOW))
    preview("staff", table({**PERSON, "iin": iin(3)}))
    assert forget_rows(at) == gone
    assert ImportRow.objects.exists() == (not gone)
    undone.refresh_from_db()
    assert (undone.undone["undone"], len(undone.undone["left"])) == (1, 0 if gone else 1)
    digest = JournalEntry.objects.filter(act="import_confirmed").order_by("seq").first().data["rows_sha256"]
    assert len(digest) == 64
    assert (confirmed.rows_new, forget_rows(at)) == (1, 0)


def test_whom_an_undone_file_had_put_on_record_goes_with_its_rows():
    make_centers()
    held = {**PERSON, "iin": iin(2), "category": "mentor", "category_from": date(2024, 5, 1)}
    confirm(preview("staff", table({**PERSON, "iin": iin(3)})))
    undone = confirm(preview("staff", table(PERSON, {**PERSON, "iin": iin(1)}, held)))
    undo.undo(undone, by=By(None, NOW))
    on_record = Employee._base_manager.order_by("iin").values_list("iin", flat=True)
    assert on_record.count() == 4
    forget_rows(LAST + timedelta(seconds=1))
    assert set(on_record) == {iin(3), iin(2)}


def test_the_sweep_forgets_them():
    make_centers()
    confirm(preview("staff", table(PERSON)))
    assert sweep.run(LAST).counts["rows_forgotten"] == 0
    assert sweep.run(LAST + timedelta(seconds=1)).counts["rows_forgotten"] == 1
