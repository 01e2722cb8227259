"""Ratings and violations by batches: statements, what a confirm rests on, whose data are read (I-27)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation.by import By
from attestation.intake import batch_steps, engine, staged
from attestation.models import Attestation, Center, Employee, ImportJob, JournalEntry, Role
from attestation.refusals import Refused
from scoring.models import Rating, ReadThrough, Violation
from scoring.services.voiding import void_record
from tests.factories import CareerCenterFactory, CenterFactory, EmployeeFactory, UserFactory
from tests.siblings_cast import (
    GRACE_OVER,
    READ,
    WINDOW_LAST,
    current_score,
    decided,
    errors,
    fresh,
    sweep,
    workbook,
)

pytestmark = pytest.mark.django_db

DAY = date(2025, 11, 3)
HEADERS = {
    "ratings": ("iin", "external_id", "rated_on", "score"),
    "violations": ("iin", "external_id", "recorded_on", "description"),
}
MODELS: dict[str, type[Rating] | type[Violation]] = {"ratings": Rating, "violations": Violation}
VALUES = {"ratings": ("4.6", "3.25"), "violations": ("Мерзімі бұзылды", "Срок нарушен")}
KINDS = sorted(HEADERS)


def uploaded(kind: str, *rows: tuple[Any, ...], **options: Any) -> ImportJob:
    """A file, previewed; rows of an IIN, an external id, a day, a value."""
    by = By(options.pop("actor", None), options.pop("now", READ))
    return engine.preview(kind, workbook(HEADERS[kind], *rows), f"{kind}.xlsx", by=by, **options)


def confirm(job: ImportJob, *, skip_errors: bool = False) -> ImportJob:
    return engine.confirm(job, by=By(job.actor, job.created_at), skip_errors=skip_errors)


def statements(act: Callable[..., Any], *args: Any) -> tuple[int, Any]:
    """How many statements a call takes, and what it gives."""
    with CaptureQueriesContext(connection) as asked:
        answer = act(*args)
    return len(asked), answer


def people(count: int) -> list[Employee]:
    """Of one centre."""
    center = CareerCenterFactory()
    return [EmployeeFactory(center=center) for _ in range(count)]


def read_centers() -> set[Center]:
    return {row.center for row in ReadThrough.objects.all()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_takes_as_many_statements_however_many_rows_it_has(kind: str) -> None:
    found = []
    for count in (5, 40):
        persons = people(count)
        for value in VALUES[kind]:
            rows = [(one.iin, f"{count}-{one.pk}", DAY, value) for one in persons]
            read, job = statements(uploaded, kind, *rows)
            written, job = statements(confirm, job)
            new = value == VALUES[kind][0]
            found.append((new, read, written))
            assert (job.rows_new, job.rows_changed) == ((count, 0) if new else (0, count))
    assert found[:2] == found[2:]


@pytest.mark.parametrize("kind", KINDS)
def test_each_row_names_its_record(kind: str) -> None:
    one, other = people(2)
    first, second = VALUES[kind]
    confirm(uploaded(kind, (one.iin, "X-1", DAY, first)))
    record = MODELS[kind].objects.get()
    moved = (other.iin, "X-1", date(2025, 11, 4), second)
    job = confirm(uploaded(kind, (one.iin, "X-2", DAY, first), moved))
    records = MODELS[kind].objects.in_bulk()
    assert [(row.kind, records[row.record].external_id) for row in job.rows.all()] == [
        ("new", "X-2"),
        ("changed", "X-1"),
    ]
    record.refresh_from_db()
    assert record.employee == other
    assert uploaded(kind, moved).rows_same == 1


@pytest.mark.parametrize("kind", KINDS)
def test_f_i3_one_external_id_in_two_batches_is_an_error_and_leaves_its_centre_unread(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (batch_steps, staged):
        monkeypatch.setattr(module, "BATCH", 2)
    value = VALUES[kind][0]
    (one, other), (elsewhere,) = people(2), people(1)
    rows = [(one.iin, "X-1", DAY, value), (elsewhere.iin, "X-2", DAY, value), (other.iin, "X-3", DAY, value)]
    job = uploaded(kind, *rows, (one.iin, "X-1", DAY, value), read_through=WINDOW_LAST)
    assert [(number, field) for number, field, _said in errors(job)] == [
        (2, "external_id"),
        (5, "external_id"),
    ]
    confirm(job, skip_errors=True)
    assert set(MODELS[kind].objects.values_list("external_id", flat=True)) == {"X-2", "X-3"}
    assert read_centers() == {elsewhere.center}


def put_down(kind: str, row: tuple[Any, ...]) -> None:
    confirm(uploaded(kind, (*row[:3], VALUES[kind][0])))


def voided(kind: str, row: tuple[Any, ...]) -> None:
    hr = UserFactory(role=Role.HR, center=Employee.objects.get(iin=row[0]).center)
    void_record(kind[:-1], row[1], reason="…", document="No. 7", by=By(hr, READ))


def moved_away(kind: str, row: tuple[Any, ...]) -> None:
    Employee.objects.filter(iin=row[0]).update(center=CenterFactory())


def made_final(kind: str, row: tuple[Any, ...]) -> None:
    sweep(GRACE_OVER)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("on_record", "since", "code"),
    [
        (False, put_down, None),
        (False, moved_away, "unknown_iin"),
        (True, voided, "record_voided"),
        (True, moved_away, "unknown_iin"),
        (True, made_final, "final_formed"),
    ],
)
def test_f_i18_what_a_row_rests_on_changed_since_the_preview(
    kind: str, on_record: bool, since: Callable[..., None], code: str | None
) -> None:
    case = decided(85)
    row = (case.employee.iin, "X-1", DAY, VALUES[kind][1])
    if on_record:
        put_down(kind, row)
    hr = UserFactory(role=Role.HR, center=case.center)
    job = uploaded(kind, row, actor=hr, read_through=WINDOW_LAST)
    assert job.rows_error == 0
    since(kind, row)
    before = list(MODELS[kind].objects.values()), ReadThrough.objects.count()
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job)
    assert (list(MODELS[kind].objects.values()), ReadThrough.objects.count()) == before
    job.refresh_from_db()
    if code is None:
        assert (job.rows_new, job.rows_changed) == (0, 1)
        confirm(job)
        assert uploaded(kind, row).rows_same == 1
    else:
        assert [error["code"] for error in job.rows.get().errors] == [code]


def test_i_27_a_row_that_became_an_error_on_confirm_leaves_its_centre_unread() -> None:
    (one,), (other,) = people(1), people(1)
    rows = [(one.iin, "X-1", DAY, "Мерзімі бұзылды"), (other.iin, "X-2", DAY, "Мерзімі бұзылды")]
    put_down("violations", rows[0])
    job = uploaded("violations", (*rows[0][:3], "Срок нарушен"), rows[1], read_through=WINDOW_LAST)
    voided("violations", rows[0])
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job)
    with pytest.raises(Refused, match="1 row has an error"):
        confirm(job)
    confirm(job, skip_errors=True)
    assert read_centers() == {other.center}


def test_i_27_rows_that_are_the_same_are_read_too() -> None:
    (one,) = people(1)
    row = (one.iin, "X-1", DAY, "Мерзімі бұзылды")
    put_down("violations", row)
    confirm(uploaded("violations", row, read_through=WINDOW_LAST))
    assert read_centers() == {one.center}


def assessments(case: Attestation) -> int:
    return JournalEntry.objects.filter(attestation=case, act="assess").count()


def test_i_12_a_case_with_rows_in_several_batches_is_assessed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (batch_steps, staged):
        monkeypatch.setattr(module, "BATCH", 2)
    case = decided(85)
    before = assessments(case)
    confirm(uploaded("ratings", *((case.employee.iin, f"X-{n}", DAY, 1) for n in range(5))))
    assert (assessments(case), current_score(case).rating_count) == (before + 1, 10)


def test_i_12_whose_record_becomes_another_s_is_assessed_afresh() -> None:
    """By the day on which it stood, though nothing of theirs is left in the file."""
    case, (other,) = decided(85), people(1)
    first = Rating.objects.order_by("pk")[0]
    confirm(uploaded("ratings", (other.iin, first.external_id, date(2020, 1, 1), 5)))
    assert fresh(case).status == "provisional"
    assert current_score(case).rating_count == 4
