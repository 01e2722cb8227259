"""¶9: a list of attestees is undone case by case; a case that anybody acted on, or that closed one, stays."""

from datetime import date, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from attestation import journal
from attestation.admin.journal_lines import lines
from attestation.admin.story import why_status
from attestation.by import By
from attestation.cases.cycles import admit_cycle, close_attestation, list_attestee
from attestation.cases.testing_stage import end_testing_stages
from attestation.intake import undo
from attestation.law.refusals import RuleRefusal
from attestation.models import Attestation, ImportRow, JournalEntry, Notice, Role
from attestation.notices.letters import texts
from attestation.refusals import Refused
from tests.attestation.intake_cast import preview, table
from tests.attestation.undo_cast import READ, on_record, read_list, undone
from tests.jobs.story import ADMITTED, STAGE_OVER, Story
from tests.records import CourseRow, save_courses

pytestmark = pytest.mark.django_db

LATER = READ + timedelta(hours=2)
UNDONE = [{"code": "import_undone"}]


@pytest.fixture
def story():
    return Story()


def staff(story, number):
    return [story.employee() for _number in range(number)]


def hours(story, person):
    save_courses(story.cycle, [CourseRow(person.pk, "", 72, 72)], by=By(None, READ))


def case_of(person):
    return Attestation.objects.get(employee=person)


def test_a_case_that_nothing_rests_on_is_closed_and_the_same_list_is_new(story):
    people = staff(story, 3)
    job = read_list(story, people)
    assert undone(job, LATER) == {"job": job.pk, "undone": 3, "left": []}
    cases = Attestation.objects.order_by("pk")
    assert [(case.status, case.status_reason) for case in cases] == [("closed", UNDONE)] * 3
    rows = [{"iin": person.iin, "purpose": "position"} for person in people]
    again = preview("attestees", table(*rows), cycle=story.cycle, now=LATER)
    assert (again.rows_new, again.rows_same, again.rows_error) == (3, 0, 0)
    read_list(story, people, LATER)
    assert Attestation.objects.exclude(status="closed").count() == 3
    assert journal.verify() is None


def test_its_story_tells_it_in_each_language(story):
    (person,) = staff(story, 1)
    job = read_list(story, [person])
    undone(job, LATER, "Басқа цикл")
    case = case_of(person)
    entry = JournalEntry.objects.get(attestation=case, act="close")
    assert (entry.data["import"], entry.data["from"], entry.data["reason"]) == (job.pk, "listed", UNDONE)
    said = set()
    for language in ("kk", "ru", "en"):
        with translation.override(language):
            (why,) = why_status(case)
            line = lines(JournalEntry.objects.filter(pk=entry.pk))[0]
            assert why in line.details
            assert "Басқа цикл" in line.details
            said.add(why)
    assert len(said) == 3
    assert why == "The import that had put it on record was undone."


def test_whoever_was_told_gets_a_correction_and_what_waits_is_not_sent(story):
    told, waiting = staff(story, 2)
    job = read_list(story, [told, waiting])
    Notice.objects.filter(attestation__employee=told).update(state="sent", sent_at=READ)
    undone(job, LATER, "Басқа цикл")
    states = Notice.objects.exclude(kind="import_undone").values_list("attestation__employee", "state")
    assert set(states) == {(told.pk, "sent"), (waiting.pk, "superseded")}
    corrections = Notice.objects.filter(kind="import_undone").order_by("pk")
    assert {(one.attestation.employee, one.state) for one in corrections} == {(told, "queued")}
    assert {one.employee for one in corrections} == {told}
    for language in ("kk", "ru", "en"):
        assert "Басқа цикл" in texts(corrections[0], language)[1]


def test_what_was_acted_on_is_left_with_who_and_when(story):
    people = staff(story, 2)
    job = read_list(story, people)
    close_attestation(case_of(people[1]), reason="…", by=By(story.hr, LATER))
    answer = undone(job, LATER)
    assert answer["undone"] == 1
    (left,) = answer["left"]
    assert (left["row"], left["key"], left["why"]) == (3, people[1].iin, "went_on")
    assert (left["by"], datetime.fromisoformat(left["since"])) == ("hr", LATER)
    assert left["message"] == "The case was acted on since; its status: “closed without a decision”."
    assert case_of(people[1]).status_reason == [{"text": "…"}]


def test_i_23_a_listing_that_closed_the_case_of_an_absent_person_is_left(story):
    absent, other = staff(story, 2)
    story.listed(absent)
    admit_cycle(story.cycle, by=By(None, ADMITTED))
    end_testing_stages(now=STAGE_OVER)
    first = case_of(absent)
    assert first.status == "absent"
    story.cycle = story.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 6), STAGE_OVER)
    job = read_list(story, [absent, other], STAGE_OVER)
    answer = undone(job, STAGE_OVER + timedelta(hours=1))
    assert answer["undone"] == 1
    (left,) = answer["left"]
    assert (left["key"], left["why"]) == (absent.iin, "closed_absent")
    assert first.case_no in left["message"]
    assert set(Attestation.objects.values_list("employee", "status")) == {
        (absent.pk, "closed"),
        (absent.pk, "listed"),
        (other.pk, "closed"),
    }


def test_an_administrator_who_is_on_the_list_does_not_undo_it(story):
    (person,) = staff(story, 1)
    job = read_list(story, [person])
    boss = story.account("boss", Role.ADMINISTRATOR)
    boss.employee = person
    boss.save()
    with pytest.raises(Refused) as refused:
        undo.undo(job, by=By(boss, LATER))
    assert refused.value.code == "own_record"
    assert case_of(person).status == "listed"


def test_the_statements_do_not_depend_on_the_number_of_rows(story):
    counts = []
    for number in (2, 12):
        job = read_list(story, staff(story, number))
        Notice.objects.update(state="sent", sent_at=READ)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            undone(job, LATER)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("admitted", [False, True])
@pytest.mark.daily(3)
def test_fifty_random_acts_and_edits_leave_exactly_what_they_touched(story, seed, admitted):
    """`admitted`: admission was decided on in the middle of it, so that everything rests."""
    draw = Random(seed)
    people, other = staff(story, 20), story.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 6), READ)
    job = read_list(story, people)
    touched, refusals, now = set(), set(), READ

    def close(person):
        close_attestation(case_of(person), reason="…", by=By(None, now))
        touched.add(person.pk)

    def admit(person):
        if admitted:
            assert len(admit_cycle(story.cycle, by=By(None, now))) + len(touched) >= len(people)
            touched.update(each.pk for each in people)

    def edit(person):
        person.unit = str(draw.randrange(100))
        person.save(update_fields=["unit"])

    def send(person):
        Notice.objects.filter(attestation__employee=person, state="queued").update(state="sent", sent_at=now)
        journal.record("letter_came_back", by=By(None, now), attestation=case_of(person))

    def list_elsewhere(person):
        if person.pk not in touched:
            with pytest.raises(RuleRefusal):
                list_attestee(other, person, "position", "", by=By(None, now))

    acts = [close, edit, send, list_elsewhere, lambda person: hours(story, person)]
    for number in range(50):
        now += timedelta(minutes=1)
        act = admit if number == 25 else draw.choice(acts)
        person = draw.choice(people)
        try:
            act(person)
        except Refused as refusal:
            refusals.add(refusal.code)
    assert refusals <= {"wrong_status"}
    cases = {case.employee_id: case.pk for case in Attestation.objects.filter(cycle=story.cycle)}
    resting = [cases[person] for person in touched]
    before, listed = on_record(resting), on_record(set(cases.values()) - set(resting))
    if admitted:
        with pytest.raises(Refused) as refused:
            undone(job, now)
        assert refused.value.code == "nothing_to_undo"
        assert on_record(resting) == before
        return
    assert 0 < len(touched) < len(people)
    answer = undone(job, now)
    assert {left["key"] for left in answer["left"]} == {
        person.iin for person in people if person.pk in touched
    }
    assert answer["undone"] == len(people) - len(touched)
    assert on_record(resting) == before
    after = on_record(set(cases.values()) - set(resting))
    closed = {"status": "closed", "status_reason": UNDONE}
    assert after["cases"] == [{**case, **closed, "version": case["version"] + 1} for case in listed["cases"]]
    rows = [{"iin": person.iin, "purpose": "position"} for person in people if person.pk not in touched]
    again = preview("attestees", table(*rows), cycle=story.cycle, now=now)
    assert (again.rows_new, again.rows_error) == (len(rows), 0)
    assert not ImportRow.objects.filter(job=job, left__isnull=True, record__in=resting).exists()
