"""A file of course hours is undone; hours with which admission was decided on, or changed since, stay."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation.by import By
from attestation.cases import cycles
from attestation.intake import undo
from attestation.models import CourseRecord, JournalEntry
from attestation.refusals import Refused
from tests.attestation.intake_cast import NOW, confirm, make_centers, make_officer, preview, table
from tests.factories import EmployeeFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LATER = NOW + 100 * HOUR


@pytest.fixture
def cycle():
    """A cycle of a labour mobility centre, nobody listed yet."""
    center, _career = make_centers()
    return cycles.open_cycle(center, "C1", date(2026, 3, 2), date(2026, 3, 6), by=By(None, NOW))


def staff(cycle, count):
    """People of its career centre."""
    career = cycle.center.career_centers.get()
    return [EmployeeFactory(center=career, position="assistant") for _ in range(count)]


def hours(person, completed, category=""):
    """A row of a file."""
    return {
        "iin": person.iin,
        "hours_required": 72,
        "hours_completed": completed,
        "course_category": category,
    }


def imported(cycle, *rows, now=NOW, actor=None):
    return confirm(preview("courses", table(*rows), actor, cycle=cycle, now=now), actor, now=now)


def undone(job, at=LATER, actor=None):
    return undo.as_data(undo.undo(job, by=By(actor, at)))


def records():
    """Every value of every record, by whom it is about."""
    return {
        (row.pop("employee_id"), row["course_category"]): {name: row[name] for name in row if name != "id"}
        for row in CourseRecord.objects.values()
    }


def test_hours_are_as_before_and_the_same_file_is_new_again(cycle):
    one, other = staff(cycle, 2)
    imported(cycle, hours(one, 36))
    before = records()
    rows = [hours(one, 72), hours(one, 10, "consultant"), hours(other, "12.5")]
    job = imported(cycle, *rows, now=NOW + HOUR)
    assert (job.rows_new, job.rows_changed) == (2, 1)
    assert undone(job) == {"job": job.pk, "undone": 3, "left": []}
    assert records() == before
    assert JournalEntry.objects.filter(act="import_undone").count() == 1
    again = preview("courses", table(*rows), cycle=cycle)
    assert (again.rows_new, again.rows_changed, again.rows_error) == (2, 1, 0)


def test_hours_that_a_later_file_changed_stay_also_where_they_came_back(cycle):
    one, other = staff(cycle, 2)
    officer = make_officer(cycle.center)
    job = imported(cycle, hours(one, 36), hours(other, 36), actor=officer)
    imported(cycle, hours(one, 40), now=NOW + HOUR)
    imported(cycle, hours(one, 36), now=NOW + 2 * HOUR, actor=officer)
    answer = undone(job, actor=officer)
    assert answer["undone"] == 1
    (left,) = answer["left"]
    assert (left["row"], left["why"], left["by"]) == (2, "edited_since", "hr")
    assert datetime.fromisoformat(left["since"]) == NOW + 2 * HOUR
    assert [row["hours_completed"] for row in records().values()] == [Decimal(36)]


@pytest.mark.parametrize(("completed", "after"), [(72, "admitted"), (10, "not_admitted")])
def test_hours_with_which_admission_was_decided_on_stay(cycle, completed, after):
    """¶14: an admission before the import does not rest on it."""
    one, other = staff(cycle, 2)
    officer = make_officer(cycle.center)
    case = cycles.list_attestee(cycle, one, "position", "", by=By(None, NOW))
    cycles.list_attestee(cycle, other, "position", "", by=By(None, NOW))
    imported(cycle, hours(other, 72))
    cycles.admit_cycle(cycle, by=By(None, NOW + HOUR))
    job = imported(cycle, hours(one, completed), hours(other, 80), now=NOW + 2 * HOUR, actor=officer)
    cycles.admit_cycle(cycle, by=By(officer, NOW + 3 * HOUR))
    case.refresh_from_db()
    assert case.status == after
    answer = undone(job, actor=officer)
    (left,) = answer["left"]
    assert (left["row"], left["why"], left["by"]) == (2, "admission_since", "hr")
    assert case.case_no in left["message"]
    assert {row["hours_completed"] for row in records().values()} == {Decimal(completed), Decimal(72)}


def test_where_every_row_stays_it_is_refused(cycle):
    (one,) = staff(cycle, 1)
    job = imported(cycle, hours(one, 36))
    imported(cycle, hours(one, 72), now=NOW + HOUR)
    with pytest.raises(Refused) as refused:
        undone(job)
    assert refused.value.code == "nothing_to_undo"
    assert [row["hours_completed"] for row in records().values()] == [Decimal(72)]


def test_it_takes_as_many_statements_however_many_rows_there_are(cycle):
    found = []
    for count in (5, 40):
        people = staff(cycle, count)
        imported(cycle, *(hours(one, 36) for one in people[: count // 2]))
        job = imported(cycle, *(hours(one, 72) for one in people), now=NOW + HOUR)
        with CaptureQueriesContext(connection) as asked:
            assert undone(job)["undone"] == count
        found.append(len(asked))
    assert found[0] == found[1]


@pytest.mark.daily(2)
@pytest.mark.parametrize("seed", [1, 2])
def test_after_fifty_acts_exactly_what_nothing_rests_on_is_as_before(cycle, seed):
    """Later files and admissions at random: their records stay value by value, every other goes back."""
    random = Random(seed)
    people = staff(cycle, 40)
    keys = [(one, category) for one in people for category in ("", "consultant")]
    listed = [one for one in people if random.random() < 0.5]
    for one in listed:
        cycles.list_attestee(cycle, one, "position", "", by=By(None, NOW))
    imported(cycle, *(hours(one, 8, category) for one, category in random.sample(keys, 40)))
    before = records()
    file = random.sample(keys, 50)
    job = imported(cycle, *(hours(one, 20, category) for one, category in file), now=NOW + HOUR)
    touched = set()
    for number in range(2, 52):
        now = NOW + number * HOUR
        if random.random() < 0.1:
            statuses = dict(cycle.attestations.values_list("employee", "version"))
            cycles.admit_cycle(cycle, by=By(None, now))
            moved = dict(cycle.attestations.values_list("employee", "version"))
            people_moved = {pk for pk, version in moved.items() if statuses[pk] != version}
            touched |= {(one.pk, category) for one, category in keys if one.pk in people_moved}
        else:
            one, category = random.choice(keys)
            imported(cycle, hours(one, random.choice([20, 72]), category), now=now)
            if records()[one.pk, category]["recorded_at"] == now:
                touched.add((one.pk, category))
    after = records()
    mine = {(one.pk, category) for one, category in file}
    answer = undone(job)
    assert answer["undone"] == len(mine - touched)
    assert len(answer["left"]) == len(mine & touched) > 0
    expected = {key: row for key, row in after.items() if key not in mine - touched}
    expected |= {key: before[key] for key in mine - touched if key in before}
    assert records() == expected
