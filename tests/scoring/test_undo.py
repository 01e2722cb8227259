"""Ratings and violations undone: what a score counted is voided (I-34), the days read go back (I-27)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attestation.by import By
from attestation.deadlines.calendar import confirm_calendar
from attestation.intake import engine, undo
from attestation.models import Attestation, ImportJob, JournalEntry, Role, Status, User
from attestation.reason_words import reason_text
from attestation.refusals import Refused
from office.replay.replay import replay
from scoring.models import Rating, ReadThrough, Violation, Voiding
from scoring.services.voiding import void_record
from tests.factories import CareerCenterFactory, EmployeeFactory, UserFactory, moment
from tests.scoring.test_import_batches import DAY, HEADERS, KINDS, MODELS, VALUES
from tests.siblings_cast import (
    GRACE_OVER,
    READ,
    WINDOW_FIRST,
    WINDOW_LAST,
    current_decision,
    current_score,
    decided,
    examined,
    fresh,
    sweep,
    workbook,
)

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
OLD = date(2024, 1, 10)
UNDONE = READ + timedelta(hours=5)
GROUND = {"reason": "Of another person", "document": "Letter No. 9"}


@pytest.fixture(autouse=True)
def confirmed_year(db: None) -> None:
    confirm_calendar(2026, by=By(None, moment("2026-01-05 09:00")))


@pytest.fixture
def boss() -> User:
    return UserFactory(role=Role.ADMINISTRATOR, username="boss")


def imported(kind: str, *rows: tuple[Any, ...], at: datetime = READ, **options: Any) -> ImportJob:
    """A file of rows (iin, external id, day, value), confirmed."""
    by = By(options.pop("actor", None), at)
    job = engine.preview(kind, workbook(HEADERS[kind], *rows), f"{kind}.xlsx", by=by, **options)
    assert job.rows_error == 0
    return engine.confirm(job, by=by)


def undone(job: ImportJob, actor: User | None = None, *, at: datetime = UNDONE, reason: str = "") -> Any:
    return undo.as_data(undo.undo(job, by=By(actor, at), reason=reason))


def records(kind: str) -> dict[int, dict[str, Any]]:
    """Every value of every record, by key, and whether it counts."""
    counting = set(MODELS[kind].objects.standing().values_list("pk", flat=True))
    return {row["id"]: {**row, "counts": row["id"] in counting} for row in MODELS[kind].objects.values()}


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_as_before_and_the_same_file_is_new_again(kind: str) -> None:
    """A changed record gets its person, its day and its value back."""
    center = CareerCenterFactory()
    one, other = (EmployeeFactory(center=center) for _ in range(2))
    first, second = VALUES[kind]
    imported(kind, (one.iin, "A", DAY, first))
    before = records(kind)
    rows = [(other.iin, "A", OLD, second), (one.iin, "B", DAY, first)]
    job = imported(kind, *rows)
    assert undone(job) == {"job": job.pk, "undone": 2, "left": []}
    assert records(kind) == before
    again = imported(kind, *rows, at=UNDONE)
    assert (again.rows_new, again.rows_changed) == (1, 1)
    assert JournalEntry.objects.filter(act="import_undone").count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_later_file_changed_or_a_person_voided_stays(kind: str, boss: User) -> None:
    person = EmployeeFactory()
    first, second = VALUES[kind]
    job = imported(kind, *((person.iin, name, DAY, first) for name in "ABC"), actor=boss)
    imported(kind, (person.iin, "A", DAY, second), at=READ + MINUTE)
    imported(kind, (person.iin, "A", DAY, first), at=READ + 2 * MINUTE, actor=boss)
    void_record(kind.removesuffix("s"), "B", **GROUND, by=By(boss, READ + 3 * MINUTE))
    answer = undone(job, boss)
    assert answer["undone"] == 1
    said = [(left["key"], left["why"], left["by"]) for left in answer["left"]]
    assert said == [("A", "edited_since", "boss"), ("B", "voided_since", "boss")]
    moments = [datetime.fromisoformat(left["since"]) for left in answer["left"]]
    assert moments == [READ + 2 * MINUTE, READ + 3 * MINUTE]
    assert "Letter No. 9" in answer["left"][1]["message"]
    assert set(MODELS[kind].objects.values_list("external_id", flat=True)) == {"A", "B"}


def test_i_34_what_a_score_counted_is_voided_and_the_decision_formed_afresh(boss: User) -> None:
    """71.2 + 10 + 0 keeps the category; without the violation 91.2 confers it, as before the import."""
    case = decided(89)
    assert current_decision(case).outcome == "declared"
    rows = [(case.employee.iin, "V-1", DAY, "…"), (case.employee.iin, "V-2", OLD, "…")]
    job = imported("violations", *rows, actor=boss)
    assert (current_decision(case).outcome, current_score(case).violations) == ("existing", 1)
    assert undone(job, boss)["undone"] == 2
    assert (current_decision(case).outcome, current_score(case).violations) == ("declared", 0)
    kept = Violation.objects.get()
    assert (kept.external_id, kept.undone_at) == ("V-1", UNDONE)
    voiding = kept.voiding
    assert (voiding.voided_by, voiding.voided_at, voiding.document) == (boss, UNDONE, f"import {job.pk}")
    assert reason_text(voiding.reason) == "The import that had put it on record was undone."
    entry = JournalEntry.objects.get(act="void_record")
    assert (entry.subject, entry.data["external_id"]) == (f"violation:{kept.pk}", "V-1")
    assert replay().differences == []
    again = imported("violations", *rows, actor=boss, at=UNDONE + MINUTE)
    assert (again.rows_new, current_score(case).violations) == (2, 1)
    assert isinstance(void_record("violation", "V-1", **GROUND, by=By(boss, UNDONE + 2 * MINUTE)), Voiding)


def test_i_34_the_reason_of_the_undoing_is_that_of_the_voiding(boss: User) -> None:
    case = decided(89)
    job = imported("ratings", (case.employee.iin, "R-1", DAY, 1), actor=boss)
    undone(job, boss, reason="Басқа орталық")
    assert Voiding.objects.get().reason == "Басқа орталық"
    sweep(UNDONE)
    assert current_score(case).rating_count == 5


def test_i_34_nobody_voids_nothing(boss: User) -> None:
    """By no account what a score counted stays; the rest goes."""
    case = decided(89)
    job = imported("ratings", (case.employee.iin, "R-1", DAY, 1), (case.employee.iin, "R-2", OLD, 1))
    answer = undone(job)
    assert (answer["undone"], [left["why"] for left in answer["left"]]) == (1, ["voided_by_person"])
    assert current_score(case).rating_count == 6


def test_a_changed_record_is_as_before_and_the_decision_formed_afresh(boss: User) -> None:
    case = decided(89)
    iin = case.employee.iin
    imported("ratings", (iin, "R-1", DAY, 5), actor=boss)
    scores = current_score(case).inputs["scores"]
    job = imported("ratings", (iin, "R-1", DAY, 1), at=READ + MINUTE, actor=boss)
    assert current_score(case).inputs["scores"] != scores
    undone(job, boss)
    sweep(UNDONE)
    assert current_score(case).inputs["scores"] == scores
    assert not Voiding.objects.exists()


def test_i_34_after_the_final_decision_a_record_stays_for_two_persons(boss: User) -> None:
    """Also one that the file moved out of the window; what came after the decision goes."""
    case = decided(89)
    iin = case.employee.iin
    imported("ratings", (iin, "R-0", DAY, 1))
    job = imported(
        "ratings", (iin, "R-0", OLD, 5), (iin, "R-1", DAY, 5), (iin, "R-2", OLD, 5), at=READ + MINUTE
    )
    sweep(GRACE_OVER)
    assert fresh(case).status == Status.FINAL
    late = imported("ratings", (iin, "R-3", DAY, 5), at=GRACE_OVER + MINUTE)
    before = records("ratings")
    answer = undone(job, boss, at=GRACE_OVER + 2 * MINUTE)
    assert [(left["key"], left["why"]) for left in answer["left"]] == [
        ("R-0", "final_since"),
        ("R-1", "final_since"),
    ]
    assert all(case.case_no in left["message"] for left in answer["left"])
    assert undone(late, boss, at=GRACE_OVER + 3 * MINUTE)["undone"] == 1
    gone = set(before) - set(records("ratings"))
    assert {before[pk]["external_id"] for pk in gone} == {"R-2", "R-3"}
    assert fresh(case).status == Status.FINAL
    assert replay().differences == []


def test_i_34_what_a_waiting_proposal_names_stays(boss: User) -> None:
    """Proposed against a final decision of before the import moved the record's day."""
    from attestation.models import Correction

    case = decided(89)
    job = imported("ratings", (case.employee.iin, "R-1", OLD, 5))
    Correction.objects.create(
        attestation=case, kind="rating", external_id="R-1", proposed_by=boss, proposed_at=READ, **GROUND
    )
    with pytest.raises(Refused) as refused:
        undone(job, boss)
    assert refused.value.code == "nothing_to_undo"
    assert Rating.objects.filter(external_id="R-1").exists()


def test_nobody_undoes_their_own_records() -> None:
    person = EmployeeFactory()
    job = imported("ratings", (person.iin, "R-1", DAY, 5), (EmployeeFactory().iin, "R-2", DAY, 5))
    own = UserFactory(role=Role.ADMINISTRATOR, employee=person)
    assert [left["why"] for left in undone(job, own)["left"]] == ["own_undone"]
    assert Rating.objects.get().external_id == "R-1"


# --- read through a day (I-27) -----------------------------------------------------------------------


def held_case() -> Attestation:
    """A case whose ratings are read and whose violations are not."""
    case = examined(89)
    imported("ratings", (case.employee.iin, f"R-{case.pk}", DAY, 5), read_through=WINDOW_LAST)
    return case


def test_i_27_the_day_goes_back_with_its_file_and_row_3_is_held_again(boss: User) -> None:
    case = held_case()
    sweep(READ)
    assert fresh(case).status == Status.HELD
    row = (case.employee.iin, "V-1", DAY, "…")
    job = imported("violations", row, at=READ + MINUTE, read_through=WINDOW_LAST, actor=boss)
    sweep(READ + 2 * MINUTE)
    assert fresh(case).status == Status.PROVISIONAL
    assert undone(job, boss)["undone"] == 1
    assert fresh(case).status == Status.HELD
    assert current_score(case).violations is None
    day = ReadThrough._base_manager.get(kind="violations")
    assert (day.voided_at, day.job) == (UNDONE, job)
    assert not ReadThrough.objects.filter(kind="violations").exists()
    imported("violations", row, at=UNDONE + MINUTE, read_through=WINDOW_LAST, actor=boss)
    sweep(UNDONE + 2 * MINUTE)
    assert (fresh(case).status, current_score(case).violations) == (Status.PROVISIONAL, 1)
    assert replay().differences == []


def test_i_27_a_day_that_another_file_says_too_counts_on(boss: User) -> None:
    case = held_case()
    job = imported("violations", read_through=WINDOW_LAST, center=case.center)
    imported("violations", read_through=WINDOW_LAST, center=case.center, at=READ + MINUTE)
    sweep(READ + 2 * MINUTE)
    assert undone(job, boss) == {"job": job.pk, "undone": 0, "left": []}
    assert fresh(case).status == Status.PROVISIONAL
    assert current_score(case).violations == 0


def test_i_27_a_day_on_which_a_final_decision_rests_is_left(boss: User) -> None:
    """The other centre's day goes back; alone, it is refused with the reason."""
    case, other = held_case(), EmployeeFactory(center=CareerCenterFactory())
    rows = [(case.employee.iin, "V-1", OLD, "…"), (other.iin, "V-2", OLD, "…")]
    job = imported("violations", *rows, read_through=WINDOW_LAST)
    alone = imported("violations", read_through=WINDOW_LAST, center=case.center)
    sweep(READ + MINUTE)
    sweep(GRACE_OVER)
    assert fresh(case).status == Status.FINAL
    later = GRACE_OVER + MINUTE
    with pytest.raises(Refused) as refused:
        undone(alone, boss, at=later)
    assert refused.value.code == "nothing_to_undo"
    assert case.center.bin in str(refused.value)
    assert case.case_no in str(refused.value)
    answer = undone(job, boss, at=later)
    assert answer["undone"] == 2
    (left,) = answer["left"]
    assert (left["row"], left["key"], left["why"]) == (None, case.center.bin, "read_relied")
    assert {day.center for day in ReadThrough.objects.filter(kind="violations")} == {case.center}
    assert replay().differences == []


# --- many ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_it_takes_as_many_statements_however_many_rows_there_are(kind: str, boss: User) -> None:
    found = []
    for count in (5, 40):
        center = CareerCenterFactory()
        people = [EmployeeFactory(center=center) for _ in range(count)]
        first, second = VALUES[kind]
        imported(kind, *((one.iin, f"A-{one.pk}", DAY, first) for one in people[: count // 2]))
        rows = [(one.iin, f"A-{one.pk}", DAY, second) for one in people]
        job = imported(kind, *rows, read_through=WINDOW_LAST, at=READ + MINUTE)
        with CaptureQueriesContext(connection) as asked:
            assert undone(job, boss)["undone"] == count
        found.append(len(asked))
    assert found[0] == found[1]


@pytest.mark.daily(3)
@pytest.mark.parametrize("kind", KINDS)
def test_after_fifty_acts_exactly_what_nothing_rests_on_is_as_before(kind: str, boss: User) -> None:
    """Later files, voidings and sweeps at random: their records stay value by value, every other goes back.

    What the score of a provisional case counted is void instead of gone.
    """
    random = Random(kind)
    cases = [decided(89) for _ in range(4)]
    people = [case.employee for case in cases]
    days = [OLD, WINDOW_FIRST, DAY, WINDOW_LAST]

    def row(name: str) -> tuple[Any, ...]:
        value = random.choice([1, 2, 3, 4, 5]) if kind == "ratings" else random.choice("абвгд")
        return (random.choice(people).iin, name, random.choice(days), value)

    names = [f"{kind}-{number}" for number in range(60)]
    imported(kind, *map(row, random.sample(names, 30)), actor=boss)
    before = records(kind)
    job = imported(kind, *map(row, random.sample(names, 45)), actor=boss, at=READ + MINUTE)
    mine = {pk for pk in job.rows.filter(kind__in=["new", "changed"]).values_list("record", flat=True) if pk}
    touched: set[int] = set()
    for number in range(2, 52):
        at = READ + number * MINUTE
        there = records(kind)
        if random.random() < 0.2:
            counting = [one["external_id"] for one in there.values() if one["counts"]]
            void_record(kind.removesuffix("s"), random.choice(counting), **GROUND, by=By(boss, at))
        elif random.random() < 0.2:
            sweep(at)
        else:
            name = random.choice(names)
            if all(one["counts"] for one in there.values() if one["external_id"] == name):
                imported(kind, row(name), actor=boss, at=at)
        touched |= {pk for pk, one in records(kind).items() if there.get(pk) != one}
    after = records(kind)
    scored = {pk for pk in mine - touched if pk not in before and after[pk][days_of(kind)] != OLD}
    answer = undone(job, boss)
    assert answer["undone"] == len(mine - touched)
    assert len(answer["left"]) == len(mine & touched) > 0
    expected = {pk: one for pk, one in after.items() if pk not in mine - touched}
    expected |= {pk: before[pk] for pk in mine - touched if pk in before}
    expected |= {pk: {**after[pk], "undone_at": UNDONE, "counts": False} for pk in scored}
    assert scored
    assert records(kind) == expected
    sweep(UNDONE)
    for case in cases:
        counting = (
            MODELS[kind]
            .objects.standing()
            .filter(employee=case.employee, **{f"{days_of(kind)}__range": (WINDOW_FIRST, WINDOW_LAST)})
        )
        score = current_score(case)
        assert counting.count() == (score.rating_count if kind == "ratings" else score.violations)
    assert replay().differences == []


def days_of(kind: str) -> str:
    """The field of the day."""
    return "rated_on" if kind == "ratings" else "recorded_on"


@pytest.mark.daily(4)
def test_i_27_after_fifty_acts_the_scores_of_the_undone_days_are_held_again(boss: User) -> None:
    """Files with and without a day, and sweeps, at random; row 3 is held where no other file says a day."""
    random = Random(27)
    cases = [held_case() for _ in range(6)]
    sweep(READ)
    rows = [(case.employee.iin, f"V-{case.pk}", DAY, "…") for case in cases]
    job = imported("violations", *rows, read_through=WINDOW_LAST, actor=boss, at=READ + MINUTE)
    said = set()
    for number in range(2, 52):
        at, case = READ + number * MINUTE, random.choice(cases)
        if random.random() < 0.5:
            sweep(at)
            continue
        through = WINDOW_LAST if case in cases[:2] else random.choice([None, WINDOW_LAST - timedelta(days=1)])
        row = (case.employee.iin, f"W-{number}", random.choice([OLD, DAY]), "…")
        imported("violations", row, read_through=through, actor=boss, at=at)
        said |= {case} if through == WINDOW_LAST else set()
    assert {fresh(case).status for case in cases} == {Status.PROVISIONAL}
    undone(job, boss)
    statuses = {case.pk: fresh(case).status for case in cases}
    assert said
    assert statuses == {case.pk: Status.PROVISIONAL if case in said else Status.HELD for case in cases}
    assert [case.pk for case in cases if current_score(case).violations is None] == [
        case.pk for case in cases if case not in said
    ]
    assert replay().differences == []
