"""¶30: a made export of the Platform against our decisions: each difference is named and none invented."""

from __future__ import annotations

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from attestation.by import By
from attestation.intake import background, compared, uploads
from attestation.labels import OUTCOMES
from attestation.law.vocabulary import Outcome
from attestation.models import Decision, ImportJob, ImportRow, JournalEntry
from attestation.refusals import Refused
from attestation.work import between_batches
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import UserFactory, moment
from tests.jobs.platform_cast import HEADER, Export, Register, make_export, make_register
from tests.siblings_cast import GRACE_OVER, current_decision, decided, sweep, workbook

NOW = moment("2026-02-13 10:00")
pytestmark = pytest.mark.django_db


def found_in(data: dict[str, Any]) -> dict[str, Any]:
    """What was found, as the maker of the file says it."""
    return {
        "same": data["same"],
        "differs": Counter(
            (row["iin"], tuple(each["field"] for each in row["fields"]), row["state"])
            for row in data["differs"]
        ),
        "only_here": Counter(row["iin"] for row in data["only_here"]),
        "only_there": Counter(row["iin"] for row in data["only_there"]),
        "errors": Counter((error["row"], error["code"]) for error in data["errors"]),
    }


def expected(export: Export) -> dict[str, Any]:
    return {name: value for name, value in vars(export).items() if name != "rows"}


def compare_by_a_worker(
    register: Register, export: Export, monkeypatch: pytest.MonkeyPatch
) -> tuple[ImportJob, list[tuple[int, int]]]:
    """The file as its officer uploads it; how far the worker was each time it told."""
    job = uploads.upload("decisions", export.file(), "platform.xlsx", by=By(register.officer, NOW))
    assert job.state == ImportJob.State.WAITING
    told: list[tuple[int, int]] = []

    def note() -> None:
        far = background.progress_of(job, NOW)
        if far.rows:
            told.append((far.done, far.rows))

    monkeypatch.setattr(between_batches, "tell", note)
    assert background.run_due(now=NOW) == 1
    job.refresh_from_db()
    assert job.state == ImportJob.State.PREVIEWED
    return job, told


def check(count: int, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    register = make_register(count)
    export = make_export(register)
    before = (Decision.objects.count(), JournalEntry.objects.count())
    job, told = compare_by_a_worker(register, export, monkeypatch)
    assert found_in(compared.as_data(job, register.officer)) == expected(export)
    states = Counter(state for _iin, _fields, state in export.differs.elements())
    assert (states["held"], states["provisional"]) == (3, 3)
    assert (Decision.objects.count(), JournalEntry.objects.count()) == before
    return told


@pytest.mark.daily(4)
def test_twelve_kinds_of_differences_are_named_and_none_invented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "SMALL_ROWS", 100)
    told = check(300, monkeypatch)
    assert told[-1][0] == told[-1][1] > 100


@pytest.mark.slow
def test_the_same_over_5000_decisions_with_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    told = check(5000, monkeypatch)
    done = [part for part, _whole in told]
    assert done == sorted(done)
    assert 2000 in done
    assert 4000 in done


def command(tmp_path: Path, *rows: list[Any], header: Any = HEADER, arguments: Any = ()) -> dict[str, Any]:
    """What the command prints on such a file."""
    path = tmp_path / "platform.xlsx"
    path.write_bytes(workbook(header, *rows))
    out = io.StringIO()
    exit_status = 0
    try:
        call_command("compare_decisions", str(path), *arguments, "--json", stdout=out)
    except CommandError as error:
        exit_status = error.returncode
    return {**json.loads(out.getvalue()), "exit": exit_status}


def test_the_command_says_both_values_and_the_points_of_the_order_and_writes_nothing(tmp_path: Path) -> None:
    case = decided(80)
    decision = current_decision(case)
    row = [case.employee.iin, "Заявление на категорию", "declared", "84.5", "mentor", None, case.cycle.code]
    found = command(tmp_path, row)
    cites = decision.verdict["cites"]
    assert found["differs"] == [
        {
            "row": 2,
            "iin": case.employee.iin,
            "state": "provisional",
            "fields": [
                {"field": "decision", "theirs": "declared", "ours": decision.outcome, "cites": cites},
                {"field": "points", "theirs": "84.5", "ours": "84", "cites": cites},
                {"field": "category", "theirs": "mentor", "ours": "none", "cites": cites},
            ],
        }
    ]
    assert (found["exit"], found["same"], found["only_here"], found["only_there"]) == (0, 0, [], [])
    assert not ImportJob.objects.exists()
    assert not ImportRow.objects.exists()


def test_a_row_without_a_cycle_is_refused_where_several_decisions_may_be_meant(tmp_path: Path) -> None:
    case = decided(50)
    sweep(GRACE_OVER)
    again = decided(89, employee=case.employee, repeat=True)
    row = [case.employee.iin, "category", "lower", None, None, None, None]
    found = command(tmp_path, row)
    assert [error["code"] for error in found["errors"]] == ["several_decisions"]
    assert (found["exit"], found["only_here"], found["only_there"]) == (1, [], [])
    of_cycle = command(tmp_path, row, arguments=["--cycle", case.cycle.code])
    assert (of_cycle["exit"], of_cycle["same"], of_cycle["only_here"]) == (0, 1, [])
    other = command(tmp_path, row, arguments=["--cycle", again.cycle.code])
    assert [each["theirs"] for each in other["differs"][0]["fields"]] == ["lower"]


def test_columns_that_only_the_workflow_sets_are_ignored_and_named(tmp_path: Path) -> None:
    case = decided(89)
    outcome = current_decision(case).outcome
    found = command(
        tmp_path,
        [case.employee.iin, "category", outcome, "конференция", "final"],
        header=("iin", "purpose", "decision", "Последствия", "Статус"),
    )
    assert found["same"] == 1
    assert [column["header"] for column in found["ignored"]] == ["Последствия", "Статус"]


def test_such_a_file_is_never_imported() -> None:
    case, admin = decided(89), UserFactory()
    content = workbook(HEADER, [case.employee.iin, "category", "lower", None, None, None, None])
    job = uploads.upload("decisions", content, "platform.xlsx", by=By(admin, NOW))
    with pytest.raises(Refused) as refused:
        background.confirm(job, by=By(admin, NOW))
    assert refused.value.code == "only_compared"


def test_the_page_shows_both_values_and_our_reasons_and_nothing_of_another_region() -> None:
    case, elsewhere = decided(80), decided(89)
    officer = UserFactory(role="hr", center=case.cycle.center)
    rows = [[each.employee.iin, "category", "declared", None, None, None, None] for each in (case, elsewhere)]
    job = uploads.upload("decisions", workbook(HEADER, *rows), "platform.xlsx", by=By(officer, NOW))
    client = client_of(officer)
    (line,) = client.get(url("attestation_importjob_change", job.pk)).context["rows"]
    assert (line.iin, line.case) == (case.employee.iin, case)
    assert [(each.theirs, each.ours) for each in line.fields] == [
        (str(OUTCOMES[Outcome.DECLARED]), current_decision(case).get_outcome_display())
    ]
    assert len(line.reasons) == len(current_decision(case).verdict["steps"])
    answer = client.get(url("attestation_importjob_change", job.pk), {"kind": "new"})
    (other,) = answer.context["rows"]
    assert (other.iin, other.case, other.state_shown) == (elsewhere.employee.iin, None, "")
    assert elsewhere.case_no not in text_of(answer)
