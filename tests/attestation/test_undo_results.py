"""¶17: a file of results is undone case by case; what is published, replaced or went on stays."""

from datetime import timedelta
from random import Random

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from attestation import journal
from attestation.admin.journal_lines import line_of
from attestation.admin.story import why_status
from attestation.by import By
from attestation.cases.absences import record_absence
from attestation.cases.cycles import admit_cycle, close_attestation
from attestation.cases.result_changes import correct_result
from attestation.cases.results import ResultFacts, facts_of, publish_results, record_result
from attestation.cases.testing_stage import end_testing_stages
from attestation.lookup import current_result
from attestation.models import Attestation, JournalEntry, Result
from attestation.refusals import Refused
from tests.attestation.undo_cast import TESTED, on_record, preview_results, read_results, undone
from tests.jobs.story import ADMITTED, PUBLISHED, STAGE_OVER, Story, at

pytestmark = pytest.mark.django_db

LATER = TESTED + timedelta(minutes=30)


@pytest.fixture
def story():
    return Story()


def admitted(story, number):
    """So many cases that wait for their test."""
    for _number in range(number):
        story.listed(story.employee())
    admit_cycle(story.cycle, by=By(None, ADMITTED))
    return list(Attestation.objects.select_related("employee", "cycle").order_by("pk"))


def fresh(case):
    return Attestation.objects.get(pk=case.pk)


def facts(correct):
    return ResultFacts(100, correct, None, "", at("2026-02-02 11:00"))


def stands(case):
    """Status and its reason, and the facts of the current result."""
    case, result = fresh(case), current_result(case)
    return case.status, case.status_reason, result and facts_of(result)


def test_a_result_stays_on_record_as_void_and_the_same_file_is_new(story):
    cases = admitted(story, 3)
    before = [stands(case) for case in cases]
    assert before[0][1] != []
    numbers = dict.fromkeys(cases, 90)
    job = read_results(story, numbers)
    assert undone(job, LATER) == {"job": job.pk, "undone": 3, "left": []}
    assert [stands(case) for case in cases] == before
    assert set(Result.objects.values_list("superseded_at", "voided_at")) == {(LATER, LATER)}
    assert journal.verify() is None
    again = preview_results(story, numbers, LATER)
    assert (again.rows_new, again.rows_error) == (3, 0)
    read_results(story, numbers, LATER)
    assert [stands(case)[0] for case in cases] == ["tested"] * 3
    assert Result.objects.current().filter(supersedes=None, voided_at=None).count() == 3


def test_an_earlier_result_is_put_on_record_again_and_supersedes_the_void_one(story):
    (case,) = admitted(story, 1)
    read_results(story, {case: 70})
    first = Result.objects.get()
    job = read_results(story, {case: 80}, TESTED + timedelta(minutes=1))
    second = Result.objects.current().get()
    undone(job, LATER)
    third = Result.objects.current().get()
    assert facts_of(third) == facts_of(first)
    assert (third.supersedes, second.supersedes, third.recorded_at) == (second, first, LATER)
    first.refresh_from_db()
    assert first.superseded_at == TESTED + timedelta(minutes=1)
    assert (fresh(case).status, third.voided_at, third.published_at) == ("tested", None, None)
    entry = JournalEntry.objects.filter(attestation=case).latest("seq")
    assert (entry.act, entry.data["result"], entry.data["why"]) == (
        "record_result",
        third.pk,
        "replacement_undone",
    )


def test_the_earlier_file_can_be_undone_in_its_turn(story):
    (case,) = admitted(story, 1)
    before = stands(case)
    jobs = [
        read_results(story, {case: 70 + number}, TESTED + timedelta(minutes=number)) for number in range(3)
    ]
    for number, job in enumerate(reversed(jobs)):
        assert undone(job, LATER + timedelta(minutes=number))["undone"] == 1
    assert stands(case) == before
    assert not Result.objects.current().exists()


def test_i_23_once_the_stage_has_ended_the_case_is_absent(story):
    late, timely = admitted(story, 2)
    job = read_results(story, {timely: 80})
    end_testing_stages(now=STAGE_OVER)
    record_absence(fresh(late), "excused", document="№ 1", by=By(None, STAGE_OVER))
    second = read_results(story, {late: 80}, STAGE_OVER)
    assert [fresh(case).status for case in (late, timely)] == ["tested", "tested"]
    now = STAGE_OVER + timedelta(hours=1)
    undone(job, now)
    undone(second, now)
    assert stands(timely) == ("absent", [], None)
    assert stands(late) == ("absent", [{"absence": "excused", "document": "№ 1"}], None)
    assert JournalEntry.objects.filter(act="undo_result_after_stage").count() == 2


def test_what_was_published_replaced_or_closed_is_left_with_who_and_when(story):
    published, replaced, closed, free = admitted(story, 4)
    job = read_results(story, {published: 80})
    by = By(story.hr, LATER)
    publish_results(story.cycle, by=by)
    with pytest.raises(Refused) as refused:
        undone(job, LATER)
    assert refused.value.code == "nothing_to_undo"
    assert str(refused.value).endswith("The result was published since.")
    job = read_results(story, {replaced: 80, closed: 80, free: 80})
    record_result(fresh(replaced), facts(81), by=by)
    close_attestation(fresh(closed), reason="…", by=by)
    answer = undone(job, LATER)
    assert answer["undone"] == 1
    found = {left["key"]: (left["why"], left["by"], left["since"]) for left in answer["left"]}
    assert {key: (why, who) for key, (why, who, _at) in found.items()} == {
        replaced.employee.iin: ("replaced_since", "hr"),
        closed.employee.iin: ("went_on", "hr"),
    }
    assert fresh(free).status == "admitted"
    assert stands(replaced)[2] == facts(81)


def test_a_void_result_counts_nowhere_and_its_pages_say_so(story, client):
    (case,) = admitted(story, 1)
    undone(read_results(story, {case: 90}), LATER)
    void = Result.objects.get()
    assert publish_results(story.cycle, by=By(None, LATER)) == []
    with pytest.raises(IntegrityError, match="a void result counts nowhere"), transaction.atomic():
        Result.objects.filter(pk=void.pk).update(published_at=LATER)
    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
        Result.objects.filter(pk=void.pk).update(voided_at=None)
    client.force_login(story.hr)
    case_page, record = f"/admin/attestation/attestation/{case.pk}/change/", "/admin/attestation/result/"
    for language, said, since in (
        ("kk", "күші жойылған, импорттың күші жойылды", "күші жойылған уақыты (импорттың күші жойылды)"),
        ("ru", "недействителен, импорт аннулирован", "недействителен с (импорт аннулирован)"),
    ):
        story.hr.language = language
        story.hr.save()
        for page, words in ((case_page, said), (record, said), (f"{record}{void.pk}/change/", since)):
            assert words.lower() in client.get(page).content.decode().lower(), page


def test_a_case_tells_it_in_each_language(story):
    (case,) = admitted(story, 1)
    job = read_results(story, {case: 90})
    undone(job, LATER, "Басқа файл")
    entry = JournalEntry.objects.get(act="undo_result")
    assert (entry.data["import"], entry.data["from"], entry.data["to"]) == (job.pk, "tested", "admitted")
    said = set()
    for language in ("kk", "ru", "en"):
        with translation.override(language):
            line = line_of(entry)
            assert "Басқа файл" in line.details
            said.add((line.title, line.details))
            assert why_status(fresh(case))
    assert len(said) == 3


def test_the_statements_do_not_depend_on_the_number_of_rows(story):
    counts = []
    cases = admitted(story, 16)
    for some in (cases[:4], cases[4:]):
        read_results(story, dict.fromkeys(some[::2], 50))
        job = read_results(story, dict.fromkeys(some, 80), TESTED + timedelta(minutes=1))
        with CaptureQueriesContext(connection) as queries:
            undone(job, LATER)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.daily(3)
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("published", [False, True])
def test_fifty_random_acts_leave_exactly_what_they_touched(story, seed, published):
    """`published`: the results were published in the middle of it, so that everything rests."""
    draw = Random(seed)
    cases = admitted(story, 20)
    read_results(story, {case: draw.randrange(40, 60) for case in cases[::3]})
    before = {case.pk: stands(case) for case in cases}
    now = TESTED + timedelta(minutes=1)
    numbers = {case: draw.randrange(60, 90) for case in cases}
    job = read_results(story, numbers, now)
    touched, refusals = set(), set()

    def close(case):
        close_attestation(fresh(case), reason="…", by=By(None, now))
        touched.add(case.pk)

    def replace(case):
        record_result(fresh(case), facts(draw.randrange(90, 99)), by=By(None, now))
        touched.add(case.pk)

    def same(case):
        if case.pk not in touched:
            record_result(fresh(case), facts(numbers[case]), by=By(None, now))

    def edit(case):
        case.employee.unit = str(draw.randrange(100))
        case.employee.save(update_fields=["unit"])

    def correct(case):
        correct_result(fresh(case), facts(draw.randrange(90, 99)), reason="…", by=By(None, now))
        touched.add(case.pk)

    for number in range(50):
        now += timedelta(seconds=30)
        if published and number == 25:
            publish_results(story.cycle, by=By(None, now))
            touched |= {case.pk for case in cases}
            continue
        act = draw.choices([close, replace, same, edit, correct], [1, 1, 3, 3, 3 if published else 1])[0]
        try:
            act(draw.choice(cases))
        except Refused as refusal:
            refusals.add(refusal.code)
    assert refusals <= {"wrong_status", "result_not_admitted", "result_published", "result_unpublished"}
    resting = on_record(touched)
    if published:
        with pytest.raises(Refused) as refused:
            undone(job, now)
        assert refused.value.code == "nothing_to_undo"
        assert on_record(touched) == resting
        return
    assert 0 < len(touched) < len(cases)
    answer = undone(job, now)
    assert {left["key"] for left in answer["left"]} == {
        case.employee.iin for case in cases if case.pk in touched
    }
    assert answer["undone"] == len(cases) - len(touched)
    assert on_record(touched) == resting
    for case in cases:
        if case.pk not in touched:
            assert stands(case) == before[case.pk], case
    again = preview_results(story, {case: numbers[case] for case in cases if case.pk not in touched}, now)
    changed = sum(
        1 for pk, (status, _why, _facts) in before.items() if pk not in touched and status == "tested"
    )
    assert (again.rows_changed, again.rows_new) == (changed, answer["undone"] - changed)
    assert now < PUBLISHED
