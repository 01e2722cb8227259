"""Course hours by batches (¶14): the statements they take, what a confirm rests on, what each row left."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation.by import By
from attestation.cases import cycles
from attestation.intake import batch_steps, staged
from attestation.models import Attestation, CourseRecord, JournalEntry
from attestation.refusals import Refused
from tests.attestation.intake_cast import NOW, confirm, errors, make_centers, make_stranger, preview, table
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db

HOURS = {"hours_required": 72, "hours_completed": 36}


@pytest.fixture
def cycle():
    """A cycle of a labour mobility centre, nobody listed yet."""
    center, _career = make_centers()
    return cycles.open_cycle(center, "C1", date(2026, 3, 2), date(2026, 3, 6), by=By(None, NOW))


def person_of(cycle):
    """Somebody on the staff of its career centre."""
    return EmployeeFactory(center=cycle.center.career_centers.get())


def uploaded(cycle, *people, **other):
    """A file of a row each, previewed."""
    return preview("courses", table(*({"iin": one.iin, **HOURS, **other} for one in people)), cycle=cycle)


def statements(act, *args, **options):
    """How many statements a call takes, and what it gives."""
    with CaptureQueriesContext(connection) as asked:
        answer = act(*args, **options)
    return len(asked), answer


def test_a_batch_takes_as_many_statements_however_many_rows_it_has(cycle):
    found = []
    for count in (5, 40):
        people = [person_of(cycle) for _ in range(count)]
        for hours in (36, 72):
            read, job = statements(uploaded, cycle, *people, hours_completed=hours)
            written, job = statements(confirm, job)
            found.append((hours, read, written))
            assert (job.rows_new, job.rows_changed) == ((count, 0) if hours == 36 else (0, count))
    assert found[:2] == found[2:]


def test_each_row_names_its_record(cycle):
    one, other = person_of(cycle), person_of(cycle)
    confirm(uploaded(cycle, one))
    rows = [
        {"iin": one.iin, "course_category": "", **HOURS, "hours_completed": 72},
        {"iin": one.iin, "course_category": "mentor", **HOURS},
        {"iin": other.iin, "course_category": "", **HOURS},
    ]
    job = confirm(preview("courses", table(*rows), cycle=cycle))
    records = CourseRecord.objects.in_bulk()
    left = [(records[row.record].employee, records[row.record].course_category) for row in job.rows.all()]
    assert left == [(one, ""), (one, "mentor"), (other, "")]
    assert [row.kind for row in job.rows.all()] == ["changed", "new", "new"]
    assert {record.recorded_at for record in records.values()} == {NOW}


def test_the_cycle_s_story_has_one_entry_a_file_that_changed_something(cycle):
    one, other = person_of(cycle), person_of(cycle)
    confirm(uploaded(cycle, one))
    job = confirm(uploaded(cycle, one, other, hours_completed=72))
    confirm(uploaded(cycle, one, other, hours_completed=72))
    entries = JournalEntry.objects.filter(act="save_courses", subject="C1").order_by("seq")
    assert [entry.data["rows"] for entry in entries] == [1, 2]
    assert entries[1].data["import"] == job.pk


def test_f_i3_the_same_course_in_two_batches_is_an_error_on_both_rows(cycle, monkeypatch):
    for module in (batch_steps, staged):
        monkeypatch.setattr(module, "BATCH", 2)
    people = [person_of(cycle) for _ in range(3)]
    job = uploaded(cycle, *people, people[0])
    assert [(number, name) for number, _column, name, _said in errors(job)] == [
        (2, "course_category"),
        (5, "course_category"),
    ]
    confirm(job, skip_errors=True)
    assert set(CourseRecord.objects.values_list("employee", flat=True)) == {one.pk for one in people[1:]}


def test_hours_that_no_report_gave_yet_are_filled_in(cycle):
    person = person_of(cycle)
    record = CourseRecord.objects.create(cycle=cycle, employee=person, recorded_at=NOW)
    assert confirm(uploaded(cycle, person)).rows_changed == 1
    record.refresh_from_db()
    assert (record.hours_required, record.hours_completed) == (Decimal(72), Decimal(36))


def is_reported(cycle, person):
    confirm(uploaded(cycle, person, hours_completed=1))


def moves_away(cycle, person):
    person.center = make_stranger()
    person.save()


def is_taken_off_the_list(cycle, person):
    """Listed here and moved since: only the list lets the file speak of them."""
    case = Attestation.objects.get(employee=person)
    cycles.close_attestation(case, reason="By the act No. 7.", by=By(None, NOW))


def test_hours_of_whoever_moved_away_are_the_same_and_no_others(cycle):
    """An administrator's export of the cycle has them too, and comes back."""
    person = person_of(cycle)
    confirm(uploaded(cycle, person, hours_completed=10))
    moves_away(cycle, person)
    assert uploaded(cycle, person, hours_completed=10).rows_same == 1
    assert uploaded(cycle, person, hours_completed=11).rows_error == 1


@pytest.mark.parametrize("on_record", [False, True])
@pytest.mark.parametrize("since", [is_reported, moves_away, is_taken_off_the_list])
def test_f_i18_what_a_row_rests_on_changed_since_the_preview(cycle, on_record, since):
    person = person_of(cycle)
    if on_record:
        confirm(uploaded(cycle, person, hours_completed="12,5"))
    if since is is_taken_off_the_list:
        cycles.list_attestee(cycle, person, "initial", "", by=By(None, NOW))
        moves_away(cycle, person)
    job = uploaded(cycle, person)
    assert job.rows_error == 0
    since(cycle, person)
    before = list(CourseRecord.objects.values())
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job)
    job.refresh_from_db()
    assert list(CourseRecord.objects.values()) == before
    if since is is_reported:
        assert job.rows.get().before["hours_completed"]["n"] == "1.00"
        confirm(job)
        assert CourseRecord.objects.get().hours_completed == 36
    else:
        assert "¶9" in errors(job)[0][3]


def test_f_i18_another_file_s_other_rows_do_not_matter(cycle):
    one, other = person_of(cycle), person_of(cycle)
    job = uploaded(cycle, one)
    confirm(uploaded(cycle, other))
    assert confirm(job).rows_new == 1
