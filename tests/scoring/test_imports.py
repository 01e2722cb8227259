"""Ratings and violations in from files: keyed by external id, read through a day (I-27)."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from attestation.models import Attestation, ImportJob, Role
from attestation.refusals import Refused
from scoring.models import Rating, ReadThrough, Violation
from scoring.services.assessing import score_due
from tests.attestation.intake_cast import notes
from tests.factories import CareerCenterFactory, CenterFactory, EmployeeFactory, UserFactory, moment
from tests.siblings_cast import (
    GRACE_OVER,
    READ,
    WINDOW_LAST,
    current_decision,
    current_score,
    decided,
    errors,
    examined,
    footprint,
    fresh,
    imported,
    made_once,
    rate,
    sweep,
    workbook,
)

pytestmark = pytest.mark.django_db

made = made_once(lambda: examined(85))


@pytest.fixture
def case(made: Attestation, db: None) -> Attestation:
    """A case to be assessed."""
    return deepcopy(made)


LATER = moment("2026-02-08 12:00")
RATINGS = ("iin", "rated_on", "score", "external_id")
VIOLATIONS = ("ЖСН", "Тіркелген күні", "Сипаттама", "Сыртқы нөмір")
DAY = date(2025, 11, 3)


def ratings(*rows: tuple[Any, ...], read_through: date | None = WINDOW_LAST, **more: Any) -> ImportJob:
    return imported("ratings", RATINGS, *rows, now=more.pop("now", READ), read_through=read_through, **more)


def violations(*rows: tuple[Any, ...], read_through: date | None = WINDOW_LAST, **more: Any) -> ImportJob:
    return imported(
        "violations", VIOLATIONS, *rows, now=more.pop("now", READ), read_through=read_through, **more
    )


def counts(job: ImportJob) -> tuple[int, int, int, int]:
    return job.rows_new, job.rows_changed, job.rows_same, job.rows_error


class TestRows:
    def test_both_files_open_the_rows_of_appendix_1_2(self, case: Attestation) -> None:
        iin = case.employee.iin
        assert counts(ratings((iin, DAY, "4,6", "R-1"), (iin, DAY, 5, "R-2"))) == (2, 0, 0, 0)
        assert counts(violations((iin, "03.11.2025", "Мерзімі бұзылды", "V-1"))) == (1, 0, 0, 0)
        score_due(now=READ)
        assert current_score(case).points_total == "78"
        assert Violation.objects.get().description == "Мерзімі бұзылды"

    def test_the_same_export_again_changes_nothing(self, case: Attestation) -> None:
        rows = [(case.employee.iin, DAY, "4.6", "R-1"), (case.employee.iin, DAY, 5, "R-2")]
        ratings(*rows)
        days = ReadThrough.objects.values_list("center", "through")
        before = list(Rating.objects.order_by("pk").values_list()), set(days)
        assert counts(ratings(*rows, now=LATER)) == (0, 0, 2, 0)
        assert list(Rating.objects.order_by("pk").values_list()) == before[0]
        # I-27: each file says its day for itself, because each can be undone.
        assert set(ReadThrough.objects.values_list("center", "through")) == before[1]

    def test_a_score_corrected_upstream_is_changed(self, case: Attestation) -> None:
        ratings((case.employee.iin, DAY, 4, "R-1"))
        assert counts(ratings((case.employee.iin, DAY, 5, "R-1"))) == (0, 1, 0, 0)
        assert Rating.objects.get().score == 5

    @pytest.mark.parametrize(
        ("row", "field", "message"),
        [
            (("850101400006", DAY, 5, "R-1"), "iin", "The check digit is wrong"),
            ((None, DAY, 5, "R-1"), "iin", "“IIN” is missing"),
            (("OWN", date(2026, 2, 8), 5, "R-1"), "rated_on", "The day lies in the future"),
            (("OWN", DAY, "5.1", "R-1"), "score", "5.1 is not between 1 and 5"),
            (("OWN", DAY, "0.9999", "R-1"), "score", "is not between 1 and 5"),
            (("OWN", DAY, "NaN", "R-1"), "score", "says that there is nothing"),
            (("OWN", DAY, 5, None), "external_id", "“External id” is missing"),
        ],
    )
    def test_f_r2_a_bad_row_refuses_the_file(
        self, case: Attestation, row: tuple[Any, ...], field: str, message: str
    ) -> None:
        row = tuple(case.employee.iin if cell == "OWN" else cell for cell in row)
        job = ratings((case.employee.iin, DAY, 5, "R-0"), row)
        assert job.state == ImportJob.State.PREVIEWED
        assert [(number, name) for number, name, _ in errors(job)] == [(3, field)]
        assert message in errors(job)[0][2]
        assert not Rating.objects.exists()
        assert not ReadThrough.objects.exists()

    def test_two_rows_with_one_external_id_are_both_wrong(self, case: Attestation) -> None:
        job = ratings((case.employee.iin, DAY, 5, "R-1"), (case.employee.iin, DAY, 4, "R-1"))
        assert [number for number, _, _ in errors(job)] == [2, 3]

    def test_an_unknown_iin_is_a_row_error(self) -> None:
        job = ratings((EmployeeFactory.build().iin, DAY, 5, "R-1"))
        assert "nobody with this IIN among the staff of your centres" in errors(job)[0][2]

    def test_f_i4_an_officer_of_another_centre_reads_neither_people_nor_records(
        self, case: Attestation
    ) -> None:
        ratings((case.employee.iin, DAY, 4, "R-1"))
        officer = UserFactory(role=Role.HR, center=CenterFactory())
        own = EmployeeFactory(center=CareerCenterFactory(parent=officer.center))
        job = ratings((case.employee.iin, DAY, 5, "R-2"), (own.iin, DAY, 5, "R-1"), actor=officer)
        assert [(number, name) for number, name, _ in errors(job)] == [(2, "iin"), (3, "external_id")]
        assert "outside your centres" in errors(job)[1][2]

    def test_f_a6_nobody_imports_their_own(self, case: Attestation) -> None:
        officer = UserFactory(role=Role.HR, center=case.center, employee=case.employee)
        job = ratings((case.employee.iin, DAY, 5, "R-1"), actor=officer)
        assert "Nobody imports their own records" in errors(job)[0][2]


class TestFinal:
    """What a final decision was formed with does not change behind its back."""

    def final(self) -> Attestation:
        case = examined(85)
        ratings((case.employee.iin, DAY, 5, "R-1"))
        violations((case.employee.iin, "03.11.2025", "…", "V-1"))
        sweep(GRACE_OVER)
        assert current_decision(case).state == "final"
        return case

    def test_f_r3_its_records_can_not_be_changed(self) -> None:
        case = self.final()
        before = footprint()
        job = ratings((case.employee.iin, DAY, 1, "R-1"), now=GRACE_OVER)
        assert f"The final decision of case {case.case_no} was formed with this record" in errors(job)[0][2]
        job = violations((case.employee.iin, "03.11.2024", "…", "V-1"), now=GRACE_OVER)
        assert len(errors(job)) == 1
        assert footprint() == before

    def test_a_record_that_comes_later_is_kept_and_changes_nothing(self) -> None:
        case = self.final()
        job = ratings((case.employee.iin, DAY, 1, "R-2"), now=GRACE_OVER)
        assert counts(job) == (1, 0, 0, 0)
        ((_row, code, sentence),) = notes(job)
        assert (code, "does not change it" in sentence) == ("after_final", True)
        assert score_due(now=GRACE_OVER) == 0
        assert current_decision(case).state == "final"

    def test_a_record_outside_its_window_can_be_changed(self, case: Attestation) -> None:
        ratings((case.employee.iin, DAY, 5, "R-1"), (case.employee.iin, date(2025, 2, 6), 1, "R-2"))
        violations((case.employee.iin, "03.11.2024", "…", "V-1"))
        sweep(GRACE_OVER)
        assert counts(ratings((case.employee.iin, date(2025, 2, 6), 2, "R-2"), now=GRACE_OVER))[1] == 1


class TestProvisional:
    """I-12: a provisional decision follows its data at once."""

    def test_a_correction_forms_it_afresh(self) -> None:
        case = decided(85)
        before = current_decision(case)
        first = Rating.objects.order_by("pk")[0]
        ratings((case.employee.iin, first.rated_on, 1, first.external_id), (case.employee.iin, DAY, 1, "R-x"))
        assert fresh(case).status == "provisional"
        assert current_score(case).points_rating == 0
        assert current_decision(case).supersedes == before
        assert current_decision(case).outcome == "existing"

    def test_a_correction_into_the_gap_takes_the_decision_back(self) -> None:
        case = decided(85, "4.1")
        ratings((case.employee.iin, DAY, "3.9", "R-x"))
        assert fresh(case).status == "held"
        assert not case.decisions.filter(superseded_at__isnull=True).exists()

    def test_a_record_outside_the_window_touches_nothing(self) -> None:
        case = decided(85)
        before = current_score(case), current_decision(case)
        ratings((case.employee.iin, date(2025, 2, 6), 1, "R-x"))
        assert (current_score(case), current_decision(case)) == before


class TestReadThrough:
    """I-27: the centres of the people in the file, or the one that is named."""

    def through(self) -> dict[str, str]:
        return {row.center.bin: f"{row.kind} {row.through}" for row in ReadThrough.objects.all()}

    def test_only_the_centres_in_the_file_are_read(self, case: Attestation) -> None:
        other = examined(85)
        ratings((case.employee.iin, DAY, 5, "R-1"))
        assert self.through() == {case.center.bin: "ratings 2026-02-06"}
        assert other.center.bin not in self.through()

    def test_one_row_of_the_parents_own_staff_says_nothing_of_its_career_centres(
        self, case: Attestation
    ) -> None:
        somebody = EmployeeFactory(center=case.center.parent, position="center_specialist")
        violations((somebody.iin, "03.11.2025", "…", "V-1"))
        assert self.through() == {somebody.center.bin: "violations 2026-02-06"}

    def test_an_empty_file_needs_the_centre(self) -> None:
        with pytest.raises(Refused, match="The file has no rows"):
            ratings()
        assert not ReadThrough.objects.exists()

    def test_an_empty_file_of_a_labour_mobility_centre_covers_its_career_centres(
        self, case: Attestation
    ) -> None:
        violations(center=case.center.parent)
        assert set(self.through()) == {case.center.bin, case.center.parent.bin}  # type: ignore[union-attr]

    def test_rows_read_without_a_day_are_not_complete(self, case: Attestation) -> None:
        ratings((case.employee.iin, DAY, 5, "R-1"), read_through=None)
        assert Rating.objects.count() == 1
        assert not ReadThrough.objects.exists()

    def test_a_day_in_the_future_is_refused(self, case: Attestation) -> None:
        with pytest.raises(Refused, match="can't be read through"):
            ratings((case.employee.iin, DAY, 5, "R-1"), read_through=date(2026, 2, 8))
        assert not Rating.objects.exists()

    def test_a_centre_with_a_row_left_out_is_not_read(self, case: Attestation) -> None:
        """A violation that could not be read must not count as none."""
        other = examined(85)
        violations(
            (case.employee.iin, "someday", "…", "V-1"),
            (other.employee.iin, "03.11.2025", "…", "V-2"),
            skip_errors=True,
        )
        assert list(self.through()) == [other.center.bin]

    def test_a_row_about_nobody_knows_whom_leaves_everything_unread(self, case: Attestation) -> None:
        violations(
            ("850101400006", "03.11.2025", "…", "V-1"),
            (case.employee.iin, "03.11.2025", "…", "V-2"),
            skip_errors=True,
        )
        assert Violation.objects.count() == 1
        assert self.through() == {}

    def test_an_officer_reads_for_their_own_centres_only(self) -> None:
        officer = UserFactory(role=Role.HR, center=CenterFactory())
        with pytest.raises(Refused, match="among those of your centre"):
            ratings(center=CenterFactory(), actor=officer)


class TestCommands:
    @pytest.fixture(autouse=True)
    def time_travel(self, settings: Any) -> None:
        settings.ALLOW_TIME_TRAVEL = True

    def call(self, command: str, path: Path, *more: str) -> dict[str, Any]:
        out = StringIO()
        call_command(
            command,
            str(path),
            *("--read-through", "2026-02-06", "--at", "2026-02-07T10:00:00", "--json", *more),
            stdout=out,
        )
        return json.loads(out.getvalue())

    def test_import_ratings_answers_by_the_contract(self, case: Attestation, tmp_path: Path) -> None:
        path = tmp_path / "ratings.xlsx"
        path.write_bytes(workbook(RATINGS, (case.employee.iin, DAY, 5, "R-1")))
        answer = self.call("import_ratings", path)
        expected = {"new": 1, "changed": 0, "same": 0, "skipped": 0, "errors": []}
        assert {name: answer[name] for name in expected} == expected
        assert self.call("import_ratings", path)["same"] == 1

    def test_import_violations_of_nothing_for_a_centre(self, case: Attestation, tmp_path: Path) -> None:
        rate(case, "5")
        path = tmp_path / "violations.csv"
        path.write_text("iin;recorded_on;description;external_id\n", encoding="utf-8")
        assert self.call("import_violations", path, "--center", case.center.bin)["new"] == 0
        assert ReadThrough.objects.get().center == case.center

    def test_a_bad_row_exits_1(self, tmp_path: Path) -> None:
        path = tmp_path / "ratings.csv"
        path.write_text("iin,rated_on,score,external_id\n850101400006,2025-11-03,5,R-1\n", encoding="utf-8")
        with pytest.raises(CommandError) as refused:
            self.call("import_ratings", path)
        assert refused.value.returncode == 1
