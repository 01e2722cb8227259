"""The Platform's export of appeals, and the rulings of a sitting held elsewhere, in from files."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from appeals import resources
from appeals.models import Appeal, AppealItem, Vote
from appeals.services.filing import file_appeal
from attestation.by import By
from attestation.intake import values
from attestation.intake.spec import Context
from attestation.models import Attestation, ImportJob, Role
from attestation.reason_words import reason_text
from tests.attestation.intake_cast import notes
from tests.factories import (
    AttestationFactory,
    CenterFactory,
    EmployeeFactory,
    ResultFactory,
    UserFactory,
    moment,
)
from tests.siblings_cast import (
    GRACE_OVER,
    PUBLISHED,
    current_decision,
    decided,
    errors,
    footprint,
    fresh,
    imported,
    published,
    seated,
    sweep,
    workbook,
)

pytestmark = pytest.mark.django_db

APPEALS = ("ЖСН", "Сұрақ нөмірі", "Дәлелдеме", "Берілген уақыты", "Сыртқы нөмір")
RULINGS = ("external_id", "question", "ruling", "reason")
RECORDED, RULED = moment("2026-02-10 18:00"), moment("2026-02-12 11:00")
IN_TIME, LATE = "2026-02-09 23:59:59", "2026-02-10 00:00:00"
WHY = "Ключ теста расходится с действующей редакцией Правил."


def appeals(case: Attestation, *rows: tuple[Any, ...], **more: Any) -> ImportJob:
    values = {"now": RECORDED, "cycle": case.cycle, **more}
    return imported("appeals", APPEALS, *rows, **values)


def row(
    case: Attestation, question: Any = 12, filed_at: str = IN_TIME, number: str = "AP-1", why: Any = WHY
) -> tuple[Any, ...]:
    return case.employee.iin, question, why, filed_at, number


class TestImportAppeals:
    def test_one_appeal_an_external_id(self) -> None:
        case = published(60)
        job = appeals(case, row(case, 12), row(case, 47), row(case, 5, number="AP-2"))
        assert (job.rows_new, job.rows_error) == (3, 0)
        first = Appeal.objects.get(external_id="AP-1")
        assert list(first.items.values_list("question", flat=True)) == [12, 47]
        assert (first.state, first.filed_at) == ("open", moment("2026-02-09 23:59:59"))
        assert reason_text(first.receipt_note) == "imported file appeals.xlsx"
        assert fresh(case).open_appeals == 2

    def test_i_14_a_late_one_is_imported_as_late_with_a_note(self) -> None:
        case = published(60)
        job = appeals(case, row(case, filed_at=LATE))
        assert job.rows_new == 1
        assert Appeal.objects.get().state == "late"
        assert AppealItem.objects.get().argument == WHY
        ((_row, code, sentence),) = notes(job)
        assert code == "filed_late"
        assert "after the term ended on 09.02.2026 23:59:59" in sentence

    @pytest.mark.parametrize(
        ("cell", "ground"),
        [
            ("", "other"),
            ("faulty", "faulty"),
            ("Техникалық ақау", "technical"),
            ("Более одного верного ответа", "several_right"),
            ("No answer is right", "no_right_answer"),
        ],
    )
    @pytest.mark.parametrize("header", ["ground", "Негіз түрі", "Вид основания", "Type of ground"])
    @pytest.mark.daily(3)
    def test_the_type_of_ground_is_a_column_that_may_be_absent(
        self, header: str, cell: str, ground: str
    ) -> None:
        case = published(60)
        with_ground = {"now": RECORDED, "cycle": case.cycle}
        job = imported("appeals", (*APPEALS, header), (*row(case), cell), **with_ground)
        assert (job.rows_new, job.rows_error) == (1, 0)
        assert AppealItem.objects.get().ground == ground
        assert appeals(case, row(case)).rows_same == 1

    def test_the_same_export_again_changes_nothing(self) -> None:
        case = published(60)
        rows = [row(case, 12), row(case, 47), row(case, 33, LATE, "AP-2")]
        appeals(case, *rows)
        before = Appeal.objects.count(), AppealItem.objects.count(), fresh(case).open_appeals
        job = appeals(case, *rows, now=RULED)
        assert (job.rows_new, job.rows_changed, job.rows_same) == (0, 0, 3)
        assert (Appeal.objects.count(), AppealItem.objects.count(), fresh(case).open_appeals) == before

    def test_one_filed_on_the_page_within_a_second_comes_back_as_the_same(self) -> None:
        case = published(60)
        filed_at = moment(IN_TIME).replace(microsecond=250_000)
        what = {"items": [(12, WHY)], "receipt_note": "…", "external_id": "AP-1"}
        file_appeal(case, filed_at=filed_at, **what, by=By(None, RECORDED))
        resource = resources.AppealResource()
        lines = resource.lines(resource.on_record(Context(By(None, RULED), cycle=case.cycle)))
        header = list(resource.titles().values())
        job = imported("appeals", header, *lines, cycle=case.cycle, now=RULED)
        assert (errors(job), job.rows_same) == ([], 1)

    def test_also_after_it_was_resolved(self) -> None:
        case = published(60)
        appeals(case, row(case))
        imported("rulings", RULINGS, ("AP-1", 12, "uphold", "…"), actor=seated(), now=RULED)
        assert appeals(case, row(case), now=RULED).rows_same == 1

    def test_i_14_after_the_final_decision_it_reopens_it(self) -> None:
        case = decided(60)
        sweep(GRACE_OVER)
        appeals(case, row(case), now=moment("2026-02-18 15:00"))
        assert (fresh(case).status, current_decision(case).state) == ("provisional", "provisional")

    def refused(self, case: Attestation, *rows: tuple[Any, ...], **more: Any) -> list[tuple[int, str, str]]:
        before = footprint()
        job = appeals(case, *rows, **more)
        assert job.state == ImportJob.State.PREVIEWED
        assert footprint() == before
        return errors(job)

    @pytest.mark.parametrize(
        ("wrong", "field", "message"),
        [
            ({"question": 101}, "question", "There is no question 101"),
            ({"question": 0}, "question", "is not between 1 and"),
            ({"question": None}, "question", "is missing"),
            ({"why": " "}, "argument", "“Argument” is missing"),
            ({"filed_at": "10.02.2026 18:00:01"}, "filed_at", "after it was recorded"),
            ({"filed_at": "05.02.2026 17:39"}, "filed_at", "before the result was published"),
            ({"filed_at": "09.02.2026"}, "filed_at", "has no time of day"),
        ],
    )
    def test_a_bad_row_refuses_the_file(self, wrong: dict[str, Any], field: str, message: str) -> None:
        case = published(60)
        found = self.refused(case, row(case, **wrong))
        assert [(number, name) for number, name, _ in found] == [(2, field)]
        assert message in found[0][2]

    def test_an_appeal_on_an_unpublished_result_is_refused(self) -> None:
        case = published(60)
        unpublished = AttestationFactory(cycle=case.cycle, employee__center=case.center, status="tested")
        ResultFactory(attestation=unpublished, published_at=None)
        found = self.refused(case, row(unpublished))
        assert "no test result is published, so there is nothing to appeal against (¶21)" in found[0][2]

    def test_i_13_a_question_answered_correctly(self) -> None:
        case = published(98, wrong=[12, 47])
        found = self.refused(case, row(case, 13))
        assert "Question 13 was answered correctly; only these can be appealed: 12, 47" in found[0][2]

    def test_somebody_not_on_the_list(self) -> None:
        case = published(60)
        stranger = EmployeeFactory(center=case.center)
        found = self.refused(case, (stranger.iin, 12, WHY, IN_TIME, "AP-1"))
        assert f"on the list of the cycle {case.cycle.code}" in found[0][2]

    def test_two_moments_in_one_appeal(self) -> None:
        case = published(60)
        found = self.refused(case, row(case, 12), row(case, 47, "2026-02-09 10:00"))
        assert (3, "filed_at") in [(number, field) for number, field, _ in found]
        assert any("another value in row 2" in message for _, _, message in found)

    def test_two_people_in_one_appeal(self) -> None:
        case = published(60)
        other = published(60, cycle=case.cycle, employee=EmployeeFactory(center=case.center))
        found = self.refused(case, row(case, 12), row(other, 47))
        assert (3, "iin") in [(number, field) for number, field, _ in found]

    def test_a_question_twice_in_one_appeal(self) -> None:
        case = published(60)
        assert {number for number, _, _ in self.refused(case, row(case), row(case))} == {2, 3}

    def test_a_question_twice_in_two_appeals(self) -> None:
        case = published(60)
        found = self.refused(case, row(case), row(case, number="AP-2"))
        assert "question 12 is under appeal AP-1 already" in found[0][2]

    def test_an_appeal_on_record_is_never_changed(self) -> None:
        case = published(60)
        appeals(case, row(case, 12))
        found = self.refused(case, row(case, 12, why="Другое."))
        assert "Appeal AP-1 is on record with other contents" in found[0][2]
        assert len(self.refused(case, row(case, 12), row(case, 13))) == 2

    def test_the_rows_of_an_appeal_stand_or_fall_together(self) -> None:
        case = published(60)
        job = appeals(case, row(case, 12), row(case, 101), row(case, 5, number="AP-2"), skip_errors=True)
        assert [number for number, _, _ in errors(job)] == [2, 3]
        assert "Row 3 of the same appeal has an error" in errors(job)[0][2]
        assert Appeal.objects.get().external_id == "AP-2"

    def test_another_cycles_number_is_refused(self) -> None:
        case, other = published(60), published(60)
        appeals(case, row(case))
        found = self.refused(other, row(other))
        assert "belongs to an appeal outside this cycle" in found[0][2]

    def test_f_a6_nobody_imports_their_own(self) -> None:
        case = published(60)
        officer = UserFactory(role=Role.HR, center=case.center.parent, employee=case.employee)
        assert "Nobody decides on their own record" in self.refused(case, row(case), actor=officer)[0][2]


class TestRuleAppeals:
    @pytest.mark.parametrize("language", ["kk", "ru", "en"])
    def test_the_words_of_the_page_are_taken(self, language: str) -> None:
        take = values.choice(resources.RULINGS)
        with translation.override(language):
            for choice in AppealItem.Ruling:
                assert take(str(choice.label), []) == choice.value
            for vote in (Vote.Choice.UPHOLD, Vote.Choice.REJECT):
                assert take(str(vote.label), []) == vote.value

    def test_the_rulings_of_a_sitting(self) -> None:
        case, chair = published(60), seated()
        appeals(case, row(case, 12), row(case, 47))
        job = imported(
            "rulings",
            RULINGS,
            ("AP-1", 12, "uphold", "Комиссия согласилась."),
            ("AP-1", 47, "Отклонено", "Сұрақ бірмәнді."),
            actor=chair,
            now=RULED,
        )
        assert (job.rows_new, errors(job)) == (2, [])
        assert Appeal.objects.get().state == "resolved"
        assert fresh(case).results.get(superseded_at__isnull=True).correct_answers == 61

    def test_with_the_minutes(self) -> None:
        case, secretary = published(60), seated(Role.SECRETARY)
        for name in ("a", "b", "c"):
            seated(Role.MEMBER, username=name)
        appeals(case, row(case))
        header = ("Внешний номер", "Номер вопроса", "Решение", "Основание", "Присутствовали", "За", "Против")
        line = ("AP-1", 12, "uphold", "…", "a, b, c", "a, c", "b")
        assert errors(imported("rulings", header, line, actor=secretary, now=RULED)) == []
        assert AppealItem.objects.get().minutes == {
            "present": ["a", "b", "c"],
            "for": ["a", "c"],
            "against": ["b"],
        }

    def test_the_same_again_changes_nothing(self) -> None:
        case, chair = published(60), seated()
        appeals(case, row(case))
        line = ("AP-1", 12, "uphold", "…")
        imported("rulings", RULINGS, line, actor=chair, now=RULED)
        results = fresh(case).results.count()
        assert imported("rulings", RULINGS, line, actor=chair, now=RULED).rows_same == 1
        assert fresh(case).results.count() == results

    def test_all_or_nothing(self) -> None:
        case, chair = published(60), seated()
        appeals(case, row(case, 12), row(case, 47))
        before = footprint()
        job = imported(
            "rulings",
            RULINGS,
            ("AP-1", 12, "uphold", "…"),
            ("AP-1", 48, "reject", "…"),
            ("AP-1", 47, "perhaps", "…"),
            ("AP-1", 47, "reject", None),
            actor=chair,
            now=RULED,
        )
        found = {(number, field) for number, field, _ in errors(job)}
        assert {(3, "question"), (4, "ruling"), (5, "reason")} <= found
        assert footprint() == before
        assert not AppealItem.objects.exclude(ruling="").exists()

    def test_a_row_ruled_on_otherwise_names_the_first_ruling(self) -> None:
        case, chair = published(60), seated(username="aigul")
        appeals(case, row(case))
        imported("rulings", RULINGS, ("AP-1", 12, "uphold", "…"), actor=chair, now=RULED)
        job = imported("rulings", RULINGS, ("AP-1", 12, "reject", "…"), actor=chair, now=RULED)
        assert errors(job) == [
            (2, "ruling", "Question 12: aigul ruled on it already, 12.02.2026 11:00: upheld.")
        ]

    def test_a_late_appeal_has_no_ruling(self) -> None:
        case, chair = published(60), seated()
        appeals(case, row(case, filed_at=LATE))
        job = imported("rulings", RULINGS, ("AP-1", 12, "uphold", "…"), actor=chair, now=RULED)
        assert "the state is “late: not accepted”" in errors(job)[0][2]

    def test_another_region_sees_no_such_appeal(self) -> None:
        case, chair = published(60), seated(center=CenterFactory())
        appeals(case, row(case))
        job = imported("rulings", RULINGS, ("AP-1", 12, "uphold", "…"), actor=chair, now=RULED)
        assert "There is no appeal AP-1 with the question 12" in errors(job)[0][2]


class TestCommands:
    @pytest.fixture(autouse=True)
    def time_travel(self, settings: Any) -> None:
        settings.ALLOW_TIME_TRAVEL = True

    def call(self, command: str, *arguments: str) -> dict[str, Any]:
        out = StringIO()
        call_command(command, *arguments, "--json", stdout=out)
        return json.loads(out.getvalue())

    def test_import_appeals_and_rule_appeals(self, tmp_path: Path) -> None:
        case = published(60)
        seated(username="chair")
        export, rulings = tmp_path / "appeals.xlsx", tmp_path / "rulings.csv"
        export.write_bytes(workbook(APPEALS, row(case), row(case, 33, LATE, "AP-2")))
        rulings.write_text("external_id,question,ruling,reason\nAP-1,12,uphold,Келісті\n", encoding="utf-8")
        at = ("--at", "2026-02-10T18:00:00+05:00")
        answer = self.call("import_appeals", str(export), "--cycle", case.cycle.code, *at)
        assert (answer["new"], answer["errors"]) == (2, [])
        assert [note["row"] for note in answer["notes"]] == [3]
        at = ("--at", "2026-02-12T11:00:00+05:00")
        answer = self.call("rule_appeals", str(rulings), "--as", "chair", *at)
        assert (answer["new"], answer["errors"]) == (1, [])
        assert Appeal.objects.get(external_id="AP-1").resolved_at == RULED

    @pytest.mark.parametrize("role", [Role.HR, Role.MEMBER, Role.ADMINISTRATOR, Role.AUDITOR])
    def test_rule_appeals_is_the_commissions(self, tmp_path: Path, role: str) -> None:
        case = published(60)
        appeals(case, row(case))
        UserFactory(username="somebody", role=role, center=case.center if role == Role.HR else None)
        path = tmp_path / "rulings.csv"
        path.write_text("external_id,question,ruling,reason\nAP-1,12,uphold,…\n", encoding="utf-8")
        with pytest.raises(CommandError, match="Your role does not allow this") as refused:
            self.call("rule_appeals", str(path), "--as", "somebody", "--at", PUBLISHED.isoformat())
        assert refused.value.returncode == 1
        assert AppealItem.objects.get().ruling == ""

    def test_rule_appeals_needs_a_person(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="--as"):
            self.call("rule_appeals", str(tmp_path / "rulings.csv"))
