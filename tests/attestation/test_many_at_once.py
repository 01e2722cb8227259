"""Lists and results of many at once: as one after the other, by statements whose number stands (F-I18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from attestation import journal
from attestation.by import By
from attestation.cases import cycles, lifecycle, results
from attestation.law.refusals import RuleRefusal
from attestation.models import (
    Attestation,
    Consequence,
    Employee,
    ImportJob,
    JournalEntry,
    JournalHead,
    Notice,
    Result,
    Status,
)
from attestation.refusals import Refused
from tests.attestation.intake_cast import confirm, preview, table
from tests.factories import AttestationFactory, CategoryTermFactory, CycleFactory
from tests.jobs.story import ADMITTED, FINAL, LISTED, PUBLISHED, STAGE_OVER, Story
from tests.services.cast import RECORDED, TESTED, facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def story() -> Story:
    return Story()


def attestees(*people: Employee) -> bytes:
    return table(*({"iin": person.iin, "purpose": "position"} for person in people))


def results_of(*cases: Attestation, correct: int = 80) -> bytes:
    rows = (
        {
            "iin": case.employee.iin,
            "questions_total": 100,
            "correct_answers": correct,
            "finished_at": f"{TESTED:%d.%m.%Y %H:%M}",
        }
        for case in cases
    )
    return table(*rows)


def admitted(story: Story, number: int) -> list[Attestation]:
    """Attestees of the cycle who are admitted."""
    cases = [story.listed(story.employee()) for _number in range(number)]
    cycles.admit_cycle(story.cycle, by=By(None, ADMITTED))
    return cases


# --- the journal -----------------------------------------------------------------------------------------


def entries(act: str) -> list[dict[str, Any]]:
    return list(JournalEntry.objects.filter(act=act).order_by("seq").values())


def left_by(act: Callable[[], Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The journal and its head after the act, which is then taken back."""
    with transaction.atomic():
        act()
        assert journal.verify() is None
        found = list(JournalEntry.objects.order_by("seq").values()), JournalHead.objects.values().get(pk=1)
        transaction.set_rollback(True)
    return found


def test_f_t2_entries_of_many_actions_are_those_of_one_after_the_other(story: Story) -> None:
    case, by = story.listed(story.employee()), By(story.hr, LISTED)
    actions = [
        journal.Action("list", case, data={"day": date(2026, 3, 1), "n": 1}),
        journal.Action("open_cycle", subject="C2"),
        journal.Action("list", case, "another subject", {"x": None}),
    ]

    def one_by_one() -> None:
        for action in actions:
            about = {"attestation": action.attestation, "subject": action.subject, "data": action.data}
            journal.record(action.act, by=by, **about)  # type: ignore[arg-type]  # as the actions have them

    together = left_by(lambda: journal.record_all(actions, by=by))
    assert together == left_by(one_by_one)
    assert len(together[0]) == JournalEntry.objects.count() + len(actions)


def test_rehearsed_entries_have_numbers_below_zero_and_leave_the_head(story: Story) -> None:
    head, numbers = JournalHead.objects.values().get(pk=1), count(-1, -1)
    with journal.rehearsing(lambda: next(numbers)):
        journal.record_all(
            [journal.Action("list", subject="one"), journal.Action("list", subject="two")],
            by=By(None, LISTED),
        )
    found = JournalEntry.objects.filter(seq__lt=0).order_by("-seq")
    assert list(found.values_list("seq", "subject", "hash")) == [(-1, "one", ""), (-2, "two", "")]
    assert JournalHead.objects.values().get(pk=1) == head


# --- the services ----------------------------------------------------------------------------------------


def test_point_9_a_list_is_numbered_in_its_order_and_each_case_has_its_entry_and_letters(
    story: Story,
) -> None:
    people = [story.employee() for _number in range(3)]
    listings = [cycles.Listing(person.pk, "position", "") for person in reversed(people)]
    cases = cycles.list_attestees(story.cycle, listings, by=By(story.hr, LISTED))
    assert [(case.case_no, case.employee) for case in cases] == [
        (f"{story.cycle.code}-000{number}", person) for number, person in enumerate(reversed(people), start=1)
    ]
    on_record = Attestation.objects.order_by("pk")
    assert [(case.pk, case.case_no, case.version, case.status) for case in on_record] == [
        (case.pk, case.case_no, 1, "listed") for case in cases
    ]
    told = [
        (entry["attestation_id"], entry["subject"], entry["data"]["employee"]) for entry in entries("list")
    ]
    assert told == [(case.pk, case.case_no, case.employee_id) for case in cases]
    letters = Notice.objects.filter(kind="listed")
    assert {notice.attestation_id for notice in letters} == {case.pk for case in cases}
    assert all(notice.key.startswith(f"listed:listed:{notice.attestation_id}:") for notice in letters)
    assert journal.verify() is None


def test_i_23_a_new_list_closes_the_cases_of_those_who_were_absent(story: Story) -> None:
    absent = AttestationFactory(employee=story.employee(), purpose="position", status="absent")
    listing = cycles.Listing(absent.employee_id, "position", "")
    (case,) = cycles.list_attestees(story.cycle, [listing], by=By(None, LISTED))
    absent.refresh_from_db()
    assert (absent.status, absent.version) == ("closed", 2)
    assert absent.status_reason == [{"code": "carried", "case": case.case_no}]


def test_one_who_can_t_be_listed_lets_nobody_be_listed(story: Story) -> None:
    good, bad = story.employee(), story.employee("career_specialist")
    listings = [cycles.Listing(person.pk, "position", "") for person in (good, bad)]
    with pytest.raises(RuleRefusal) as refused:
        cycles.list_attestees(story.cycle, listings, by=By(None, LISTED))
    assert refused.value.cite == "I-22"
    assert not Attestation.objects.exists()


def test_nobody_lists_themselves_or_records_their_own_result_among_others(story: Story) -> None:
    cases = admitted(story, 2)
    story.hr.employee = cases[1].employee
    story.hr.save()
    with pytest.raises(Refused, match="Nobody decides on their own record"):
        results.record_results({case.pk: facts(80) for case in cases}, by=By(story.hr, RECORDED))
    listings = [
        cycles.Listing(story.employee().pk, "position", ""),
        cycles.Listing(cases[1].employee_id, "position", ""),
    ]
    with pytest.raises(Refused, match="Nobody decides on their own record"):
        cycles.list_attestees(story.cycle, listings, by=By(story.hr, LISTED))
    assert not Result.objects.exists()


def test_point_17_results_move_their_cases_and_supersede_the_former(story: Story) -> None:
    one, two, same = admitted(story, 3)
    former = results.record_results({one.pk: facts(70), same.pk: facts(90)}, by=By(story.hr, RECORDED))
    found = {two.pk: facts(80), one.pk: facts(75), same.pk: facts(90)}
    second, first, third = results.record_results(found, by=By(story.hr, RECORDED))
    assert (first.supersedes, second.supersedes, third) == (former[0], None, former[1])
    assert [(result.attestation_id, result.correct_answers) for result in (first, second, third)] == [
        (one.pk, 75),
        (two.pk, 80),
        (same.pk, 90),
    ]
    cases = Attestation.objects.order_by("pk").values_list("status", "version", "status_reason")
    assert list(cases) == [("tested", 4, []), ("tested", 3, []), ("tested", 3, [])]
    told = [entry["data"] for entry in entries("record_result")[2:]]
    assert told == [
        {"from": "admitted", "to": "tested", "reason": [], **results.result_data(second)},
        {"from": "tested", "to": "tested", "reason": [], **results.result_data(first)},
    ]
    assert journal.verify() is None


def test_f_r4_a_move_of_many_asks_the_table_of_each(story: Story) -> None:
    one, two = admitted(story, 1)[0], story.listed(story.employee())
    for case in (one, two):
        case.refresh_from_db()
    with pytest.raises(Refused, match="this step is not possible now"):
        lifecycle.move_all([(one, {}), (two, {})], lifecycle.Event.RECORD_RESULT, by=By(None, RECORDED))
    assert set(Attestation.objects.values_list("status", flat=True)) == {"admitted", "listed"}


# --- the files -------------------------------------------------------------------------------------------


def imported(story: Story, kind: str, data: bytes, now: datetime) -> tuple[ImportJob, int, int]:
    """The file of the cycle, previewed and confirmed; how many statements each of the two took."""
    with CaptureQueriesContext(connection) as previewed:
        job = preview(kind, data, story.hr, cycle=story.cycle, now=now)
    with CaptureQueriesContext(connection) as confirmed:
        confirm(job, story.hr, now=now)
    return job, len(previewed), len(confirmed)


@pytest.mark.parametrize("kind", ["attestees", "results"])
def test_statements_do_not_grow_with_the_rows(story: Story, kind: str) -> None:
    taken = []
    for number in (3, 150):
        story.cycle = CycleFactory(center=story.mobility)
        people = [story.employee() for _number in range(number)]
        data, now = attestees(*people), LISTED
        if kind == "results":
            listings = [cycles.Listing(person.pk, "position", "") for person in people]
            cases = cycles.list_attestees(story.cycle, listings, by=By(None, LISTED))
            Attestation.objects.filter(cycle=story.cycle).update(status=Status.ADMITTED)
            data, now = results_of(*cases), RECORDED
        job, *statements = imported(story, kind, data, now)
        assert job.rows.filter(kind="new", record__isnull=False).count() == number
        taken.append(statements)
    assert taken[0] == taken[1]


def test_each_staged_row_names_the_record_that_it_made_or_changed(story: Story) -> None:
    one, two = story.employee(), story.employee()
    listed = confirm(preview("attestees", attestees(one, two), cycle=story.cycle, now=LISTED), now=LISTED)
    cases = {case.employee.iin: case for case in Attestation.objects.select_related("employee")}
    assert {row.key: row.record for row in listed.rows.all()} == {iin: case.pk for iin, case in cases.items()}
    Attestation.objects.update(status=Status.ADMITTED)
    first = preview("results", results_of(cases[one.iin]), cycle=story.cycle, now=RECORDED)
    confirm(first, now=RECORDED)
    again = preview("results", results_of(*cases.values(), correct=75), cycle=story.cycle, now=RECORDED)
    confirm(again, now=RECORDED)
    current = Result.objects.current().select_related("attestation__employee")
    assert {row.key: (row.kind, row.record) for row in again.rows.all()} == {
        result.attestation.employee.iin: (
            "changed" if result.attestation.employee == one else "new",
            result.pk,
        )
        for result in current
    }
    before = again.rows.get(key=one.iin).before
    assert (before["correct_answers"], before["finished_at"]) == (
        80,
        {"t": TESTED.astimezone(UTC).isoformat()},
    )


def leaves(person: Employee) -> None:
    Employee.objects.filter(pk=person.pk).update(left_on=date(2026, 1, 12))


def moves(person: Employee) -> None:
    Employee.objects.filter(pk=person.pk).update(position="unit_head")


def is_listed_elsewhere(person: Employee) -> None:
    AttestationFactory(employee=person, purpose="position", status="admitted")


def has_a_category(person: Employee) -> None:
    CategoryTermFactory(employee=person)


CHANGES = [leaves, moves, is_listed_elsewhere, has_a_category]


@pytest.mark.parametrize("change", CHANGES)
def test_f_i18_what_a_listing_rests_on_changed_since_the_preview(story: Story, change: Any) -> None:
    person, other = story.employee(), story.employee()
    job = preview("attestees", attestees(person, other), cycle=story.cycle, now=LISTED)
    change(person)
    before = Attestation.objects.count()
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job, now=LISTED)
    assert Attestation.objects.count() == before
    job.refresh_from_db()
    assert job.state == ImportJob.State.PREVIEWED
    assert job.rows.get(key=other.iin).kind == "new"


def test_f_i18_a_duty_of_reattestation_was_met_since_the_preview(story: Story) -> None:
    case = story.listed(story.employee())
    story.through((case, 60))
    story.swept(STAGE_OVER, FINAL)
    story.cycle = CycleFactory(
        center=story.mobility, testing_starts=date(2026, 3, 2), testing_ends=date(2026, 3, 6)
    )
    job = preview("attestees", attestees(case.employee), cycle=story.cycle, now=FINAL)
    assert Consequence.objects.filter(kind="reattest", state="open").update(state="done") == 1
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job, now=FINAL)
    confirm(job, now=FINAL)
    assert not Attestation.objects.get(cycle=story.cycle).repeat


def test_f_i18_a_list_is_planned_anew_once_the_stage_was_moved(story: Story) -> None:
    job = preview("attestees", attestees(story.employee()), cycle=story.cycle, now=LISTED)
    story.cycle.testing_starts = date(2026, 1, 12)
    story.cycle.save()
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job, now=LISTED)
    job.refresh_from_db()
    assert job.rows_error == 1


def test_what_has_nothing_to_do_with_a_listing_leaves_it_valid(story: Story) -> None:
    person = story.employee()
    job = preview("attestees", attestees(person), cycle=story.cycle, now=LISTED)
    Employee.objects.filter(pk=person.pk).update(unit="2", version=9)
    assert confirm(job, now=LISTED + timedelta(hours=20)).rows_new == 1


def is_closed(case: Attestation) -> None:
    cycles.close_attestation(case, reason="…", by=By(None, RECORDED))


def is_tested(case: Attestation) -> None:
    results.record_result(case, facts(60), by=By(None, RECORDED))


@pytest.mark.parametrize("change", [is_closed, is_tested])
def test_f_i18_the_case_of_a_result_changed_since_the_preview(story: Story, change: Any) -> None:
    one, two = admitted(story, 2)
    job = preview("results", results_of(one, two), cycle=story.cycle, now=RECORDED)
    change(one)
    before = Result.objects.count()
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job, now=RECORDED)
    assert Result.objects.count() == before


def test_f_i18_a_result_that_was_published_since_the_preview_is_not_replaced(story: Story) -> None:
    (case,) = admitted(story, 1)
    results.record_result(case, facts(60), by=By(None, RECORDED))
    job = preview("results", results_of(case), cycle=story.cycle, now=RECORDED)
    assert job.rows_changed == 1
    results.publish_results(story.cycle, by=By(None, RECORDED))
    with pytest.raises(Refused, match="Records were changed since the preview"):
        confirm(job, now=PUBLISHED)
    job.refresh_from_db()
    assert job.rows_error == 1
    assert Result.objects.get().correct_answers == 60
