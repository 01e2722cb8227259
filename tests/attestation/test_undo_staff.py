"""An import of staff is undone row by row; what was touched since, or what anything rests on, is left."""

from datetime import date, datetime, timedelta

import pytest

from attestation.by import By
from attestation.cases.former_categories import record_former_category
from attestation.intake import undo
from attestation.models import (
    CategoryTerm,
    CourseRecord,
    Deadline,
    Employee,
    ImportJob,
    JournalEntry,
    Notice,
    Role,
    User,
)
from attestation.notices import outbox
from attestation.refusals import Refused
from scoring.models import Violation
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
from tests.factories import CycleFactory

pytestmark = pytest.mark.django_db

HELD = {**PERSON, "category": "mentor", "category_from": date(2024, 5, 1)}
LATER = NOW + timedelta(hours=1)


def imported(*records, actor=None):
    return confirm(preview("staff", table(*records), actor), actor)


def undone(job, actor=None, *, reason="", at=LATER):
    return undo.undo(job, by=By(actor, at), reason=reason)


def records():
    """Every value of the people and their categories that count."""
    people = Employee.objects.order_by("iin")
    fields = [
        field.attname for field in Employee._meta.concrete_fields if field.name not in ("id", "version")
    ]
    periods = CategoryTerm.objects.order_by("pk").values_list(
        "employee__iin", "category", "starts_on", "ends_on"
    )
    return list(people.values_list(*fields)), list(periods)


def test_what_nothing_rests_on_is_as_before_and_the_same_file_is_new_again():
    make_centers()
    imported(PERSON, {**PERSON, "iin": iin(1)})
    before = records()
    rows = [
        {**PERSON, "unit": "9"},
        {**HELD, "iin": iin(1)},
        {**PERSON, "iin": iin(2)},
        {**HELD, "iin": iin(3)},
    ]
    job = imported(*rows)
    assert (job.rows_new, job.rows_changed) == (2, 2)
    answer = undo.as_data(undone(job))
    assert answer == {"job": job.pk, "undone": 4, "left": []}
    assert records() == before
    again = preview("staff", table(*rows))
    assert (again.rows_new, again.rows_changed, again.rows_error) == (2, 2, 0)
    confirm(again)
    assert (Employee.objects.count(), CategoryTerm.objects.count()) == (4, 2)
    assert Employee._base_manager.filter(iin=iin(3)).count() == 2


def test_a_category_stays_on_record_as_void_with_its_deadline():
    make_centers()
    job = imported(HELD)
    undone(job)
    (term,) = CategoryTerm._base_manager.all()
    assert (term.voided_at, term.suspended_at, term.employee.voided_at) == (LATER, LATER, LATER)
    assert not CategoryTerm.objects.exists()
    assert not Employee.objects.exists()
    deadline = Deadline.objects.get()
    assert (deadline.state, deadline.closed_by, deadline.closed_at) == ("void", f"import {job.pk}", LATER)


def test_whoever_was_written_to_gets_a_correction_and_what_waits_is_not_sent():
    center, _career = make_centers()
    officer = make_officer(center)
    job = imported(HELD, actor=officer)
    deadline = Deadline.objects.get()
    for rung in ("sent", "queued"):
        outbox.queue("reminder_category", now=NOW, key=f"{rung}:{deadline.pk}", deadline=deadline)
    Notice.objects.filter(key__contains=":sent:").update(state="sent", sent_at=NOW)
    undone(job, officer, reason="Басқа ай")
    states = dict(Notice.objects.exclude(kind="import_undone").values_list("key", "state"))
    assert sorted(states.values()) == ["sent", "superseded"]
    told = Notice.objects.get(kind="import_undone")
    assert (told.user, told.state, told.context["reason"]) == (officer, "queued", "Басқа ай")
    from attestation.notices.letters import texts

    for language in ("kk", "ru", "en"):
        subject, body = texts(told, language)
        assert "Басқа ай" in body
        assert subject


def test_what_was_touched_since_is_left_with_who_and_when():
    center, _career = make_centers()
    officer = make_officer(center)
    first = imported(PERSON, {**PERSON, "iin": iin(1)}, actor=officer)
    person = Employee.objects.get(iin=iin(1))
    Employee.objects.filter(pk=person.pk).update(unit="7", version=2)
    from attestation import journal

    journal.record("record_changed", by=By(officer, NOW), subject=f"employee:{person.pk}")
    answer = undo.as_data(undone(first, officer))
    assert answer["undone"] == 1
    (left,) = answer["left"]
    assert (left["row"], left["key"], left["why"]) == (3, iin(1), "edited_since")
    assert (left["by"], datetime.fromisoformat(left["since"])) == ("hr", NOW)
    assert Employee.objects.get().unit == "7"


def test_ratings_violations_and_courses_hold_whom_they_are_about():
    center, career = make_centers()
    job = imported(*({**PERSON, "iin": iin(number)} for number in range(4)))
    people = list(Employee.objects.order_by("pk"))
    rated = [{"iin": people[0].iin, "rated_on": "2026-02-01", "score": 5, "external_id": "R1"}]
    confirm(preview("ratings", table(*rated)))
    Violation.objects.create(
        employee=people[1], recorded_on=NOW.date(), description="Ескерту", external_id="V1"
    )
    cycle = CycleFactory(center=center)
    CourseRecord.objects.create(cycle=cycle, employee=people[2], recorded_at=NOW)
    answer = undo.as_data(undone(job))
    assert answer["undone"] == 1
    assert [(left["key"], left["why"]) for left in answer["left"]] == [
        (person.iin, "has_records") for person in people[:3]
    ]
    assert datetime.fromisoformat(answer["left"][0]["since"]) == NOW
    assert set(Employee.objects.all()) == set(people[:3])


def test_an_account_and_a_later_file_hold_a_row():
    center, _career = make_centers()
    officer = make_officer(center)
    job = imported(PERSON, {**PERSON, "iin": iin(1)}, {**PERSON, "iin": iin(2)})
    User.objects.create(username="asel", employee=Employee.objects.get(iin=PERSON["iin"]), date_joined=NOW)
    imported({**PERSON, "iin": iin(1), "unit": "3"}, actor=officer)
    answer = undo.as_data(undone(job))
    assert answer["undone"] == 1
    assert [left["why"] for left in answer["left"]] == ["has_account", "edited_since"]
    later = answer["left"][1]
    assert (later["by"], datetime.fromisoformat(later["since"])) == ("hr", NOW)
    assert "asel" in answer["left"][0]["message"]


def test_a_later_file_that_was_undone_itself_holds_nothing():
    make_centers()
    imported(PERSON)
    before = records()
    first = imported({**PERSON, "unit": "1"}, {**PERSON, "iin": iin(1)})
    second = imported({**PERSON, "unit": "2"}, {**PERSON, "iin": iin(1), "unit": "2"})
    undone(second)
    assert undo.as_data(undone(first)) == {"job": first.pk, "undone": 2, "left": []}
    assert records() == before


def test_a_category_conferred_in_the_position_that_the_file_brought_holds_it():
    make_centers()
    people = [{**PERSON, "iin": iin(number), "position": "assistant"} for number in range(2)]
    imported(*people)
    job = imported(*({**person, "position": "career_specialist"} for person in people))
    person = Employee.objects.get(iin=iin(1))
    by = By(None, NOW)
    record_former_category(person, "mentor", "Бұрынғы", date(2025, 3, 1), document="№ 1", by=by)
    answer = undo.as_data(undone(job))
    assert answer["undone"] == 1
    assert [(left["key"], left["why"]) for left in answer["left"]] == [(iin(1), "has_records")]
    assert dict(Employee.objects.values_list("iin", "position")) == {
        iin(0): "assistant",
        iin(1): "career_specialist",
    }


def test_where_everything_rests_on_something_it_is_refused_with_the_reason():
    make_centers()
    job = imported(PERSON)
    Employee.objects.update(unit="8")
    with pytest.raises(Refused) as refused:
        undone(job)
    assert refused.value.code == "nothing_to_undo"
    assert "Row 2" in str(refused.value)
    job.refresh_from_db()
    assert job.state == ImportJob.State.CONFIRMED


def test_twice_answers_the_first_result_and_leaves_one_entry():
    make_centers()
    job = imported(PERSON, {**PERSON, "iin": iin(1)})
    Employee.objects.filter(iin=iin(1)).update(unit="8")
    first = undo.as_data(undone(job))
    assert undo.as_data(undone(job, at=LATER + timedelta(days=1))) == first
    assert JournalEntry.objects.filter(act="import_undone").count() == 1


@pytest.mark.parametrize(
    ("role", "name", "code"),
    [
        (Role.HR, "other", "not_own_import"),
        (Role.ADMINISTRATOR, "boss", None),
        (Role.AUDITOR, "a", "not_own_import"),
    ],
)
def test_only_its_officer_or_an_administrator(role, name, code):
    center, _career = make_centers()
    job = imported(PERSON, actor=make_officer(center))
    actor = make_officer(None if role != Role.HR else center, role, name)
    if code is None:
        assert undone(job, actor).state == ImportJob.State.UNDONE
        return
    with pytest.raises(Refused) as refused:
        undone(job, actor)
    assert refused.value.code == code
    assert Employee.objects.exists()


def test_both_sides_of_the_ninety_days():
    make_centers()
    job = imported(PERSON)
    with pytest.raises(Refused) as refused:
        undone(job, at=NOW + timedelta(days=90, seconds=1))
    assert refused.value.code == "undo_too_late"
    assert undone(job, at=NOW + timedelta(days=90)).state == ImportJob.State.UNDONE


def test_a_file_of_an_earlier_version_is_not_said_to_be_undone():
    make_centers()
    job = imported(PERSON)
    job.rows.update(record=None)
    with pytest.raises(Refused) as refused:
        undone(job)
    assert refused.value.code == "records_unknown"
    assert Employee.objects.exists()


def test_a_preview_is_nothing_to_undo():
    make_centers()
    with pytest.raises(Refused) as refused:
        undone(preview("staff", table(PERSON)))
    assert refused.value.code == "not_imported"
