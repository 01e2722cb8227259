"""The commands of the chain, from opening a cycle to the sweep: what they answer and what they refuse."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from attestation import clock
from attestation.by import By
from attestation.cases.cycles import list_attestee
from attestation.models import Attestation, CalendarYear, Consequence, Cycle, JournalEntry, Result, Role
from attestation.triggers import TRIGGERS, remove
from office.sweep import leases
from tests.jobs.story import ADMITTED, FINAL, LISTED, PUBLISHED, STAGE_OVER, Story, at

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def story(db: None) -> Story:
    return Story()


@pytest.fixture
def run(settings: Any) -> Run:
    """Run a command with --json where --at is allowed; `status` is the exit status expected."""
    settings.ALLOW_TIME_TRAVEL = True

    def call(command: str, *arguments: str, status: int = 0) -> dict[str, Any]:
        out, returned = io.StringIO(), 0
        try:
            call_command(command, *arguments, "--json", stdout=out)
        except CommandError as error:
            returned = error.returncode
        answer = json.loads(out.getvalue())
        assert returned == status, answer
        assert isinstance(answer, dict)
        return answer

    return call


def moment(at: Any) -> tuple[str, str]:
    return "--at", at.isoformat()


# --- open_cycle -------------------------------------------------------------------------------------------


def opening(story: Story, **changes: str) -> list[str]:
    given = {
        "center": story.mobility.bin,
        "code": "T-2026-2",
        "testing-starts": "2026-03-02",
        "testing-ends": "2026-03-06",
        **changes,
    }
    return [part for name, value in given.items() for part in (f"--{name}", value)]


def test_a_cycle_is_opened_and_the_journal_names_the_officer(story: Story, run: Run) -> None:
    answer = run("open_cycle", *opening(story), "--as", "hr", *moment(LISTED))
    assert answer == {
        "cycle": "T-2026-2",
        "center": story.mobility.bin,
        "testing_starts": "2026-03-02",
        "testing_ends": "2026-03-06",
    }
    entry = JournalEntry.objects.get(act="open_cycle", subject="T-2026-2")
    assert (entry.actor, entry.at) == (story.hr, LISTED)


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        ({"center": "000000000000"}, "unknown_center", "000000000000"),
        ({"code": "T-2026-1"}, "cycle_exists", "T-2026-1"),
        ({"code": "no blanks"}, "bad_code", "no blanks"),
        ({"testing-ends": "2026-03-01"}, "stage_backwards", "01.03.2026"),
        ({"testing-ends": "6 March"}, "bad_day", "6 March"),
        ({"testing-starts": "2025-01-01", "testing-ends": "2025-01-02"}, "not_in_force", "29.09.2025"),
    ],
)
def test_a_cycle_that_cannot_be_opened_says_why(
    story: Story, run: Run, changes: dict[str, str], code: str, says: str
) -> None:
    answer = run("open_cycle", *opening(story, **changes), *moment(LISTED), status=1)
    assert answer["code"] == code
    assert says in answer["error"]
    assert Cycle.objects.count() == 1


def test_a_career_centre_opens_no_cycle(story: Story, run: Run) -> None:
    answer = run("open_cycle", *opening(story, center=story.career.bin), *moment(LISTED), status=1)
    assert "¶9" in answer["error"]


def test_at_is_refused_where_nothing_allows_it(story: Story, settings: Any) -> None:
    settings.ALLOW_TIME_TRAVEL = settings.DEBUG = False
    with pytest.raises(CommandError, match="ALLOW_TIME_TRAVEL"):
        call_command("open_cycle", *opening(story), *moment(LISTED), stdout=io.StringIO())


# --- list_attestees ---------------------------------------------------------------------------------------


def attestees(tmp_path: Path, *rows: str) -> str:
    file = tmp_path / "attestees.csv"
    file.write_text("iin,purpose,declared\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(file)


def test_the_list_is_all_or_nothing_and_each_refusal_has_its_reason(
    story: Story, run: Run, tmp_path: Path
) -> None:
    good, bad = story.employee(), story.employee("career_specialist")
    file = attestees(tmp_path, f"{good.iin},position,", f"{bad.iin},position,", "850101300009,initial,")
    listing = ("list_attestees", "--cycle", "T-2026-1", "--file", file, *moment(LISTED))
    answer = run(*listing, status=1)
    assert [error["row"] for error in answer["errors"]] == [3, 4]
    assert all(error["message"] for error in answer["errors"])
    assert "does not exist for the position" in answer["errors"][0]["message"]
    assert not Attestation.objects.exists()
    answer = run(*listing, "--skip-errors", status=1)
    assert (answer["new"], answer["skipped"], len(answer["errors"])) == (1, 2, 2)
    assert Attestation.objects.get().employee == good


def test_a_good_list_is_written_and_again_changes_nothing(story: Story, run: Run, tmp_path: Path) -> None:
    one, two = story.employee(), story.employee("career_specialist")
    file = attestees(tmp_path, f"{one.iin},position,", f"{two.iin},category,consultant")
    assert run("list_attestees", "--cycle", "T-2026-1", "--file", file, *moment(LISTED))["new"] == 2
    Attestation.objects.get(employee=two, declared="consultant", existing="none")
    again = run("list_attestees", "--cycle", "T-2026-1", "--file", file, *moment(LISTED))
    assert (again["new"], again["same"], again["errors"]) == (0, 2, [])


def test_a_dry_run_lists_nobody(story: Story, run: Run, tmp_path: Path) -> None:
    file = attestees(tmp_path, f"{story.employee().iin},position,")
    listing = ("list_attestees", "--cycle", "T-2026-1", "--file", file, "--dry-run", *moment(LISTED))
    assert run(*listing)["new"] == 1
    assert not Attestation.objects.exists()


# --- admit ------------------------------------------------------------------------------------------------


def test_admission_names_the_others_with_their_reasons(story: Story, run: Run) -> None:
    story.listed(story.employee())
    without = story.employee("career_specialist")
    list_attestee(story.cycle, without, "category", "consultant", by=By(None, LISTED))
    answer = run("admit", "--cycle", "T-2026-1", *moment(ADMITTED))
    assert answer["admitted"] == 1
    (other,) = answer["not_admitted"]
    assert (other["iin"], other["reason"]) == (without.iin, "no_course_in_profile")
    assert "career consultant" in other["message"]
    assert run("admit", "--cycle", "T-2026-1", *moment(ADMITTED)) == answer


def test_admission_is_refused_once_testing_began(story: Story, run: Run) -> None:
    story.listed(story.employee())
    answer = run("admit", "--cycle", "T-2026-1", *moment(at("2026-02-02 08:00")), status=1)
    assert answer["code"] == "testing_has_begun"
    assert "02.02.2026" in answer["error"]


# --- publish_results --------------------------------------------------------------------------------------


def test_publishing_begins_the_appeal_terms_and_again_does_nothing(story: Story, run: Run) -> None:
    case = story.listed(story.employee())
    run("admit", "--cycle", "T-2026-1", *moment(ADMITTED))
    story.tested(case, 60)
    answer = run("publish_results", "--cycle", "T-2026-1", *moment(PUBLISHED))
    due = {"iin": case.employee.iin, "appeal_due": "2026-02-09T23:59:59+05:00"}
    assert answer == {"published": 1, "results": [due]}
    assert run("publish_results", "--cycle", "T-2026-1", *moment(STAGE_OVER)) == {
        "published": 0,
        "results": [],
    }
    assert Result.objects.get().published_at == PUBLISHED


# --- close_consequence ------------------------------------------------------------------------------------


def dismissal(story: Story) -> Attestation:
    """A re-attestation that was failed: subject to dismissal (¶28.1)."""
    case = story.listed(story.employee())
    Attestation.objects.filter(pk=case.pk).update(repeat=True)
    story.through((case, 60))
    story.swept(STAGE_OVER, FINAL)
    return case


def closing(case: Attestation, *more: str) -> tuple[str, ...]:
    return (
        *("close_consequence", "--cycle", "T-2026-1", "--iin", case.employee.iin),
        *("--done", "Order No. 12 of 16 February", *moment(at("2026-02-16 10:00")), *more),
    )


def test_what_the_employer_did_is_put_on_record_once(story: Story, run: Run) -> None:
    case = dismissal(story)
    answer = run(*closing(case, "--as", "hr"))
    assert answer == {"case": case.case_no, "consequence": "dismissal", "done": "Order No. 12 of 16 February"}
    row = Consequence.objects.get(kind="dismissal")
    assert (row.state, row.done_by) == ("done", story.hr)
    assert run(*closing(case, "--as", "hr"), status=1)["code"] == "nothing_to_close"


def test_nothing_is_closed_where_nothing_waits_for_the_employer(story: Story, run: Run) -> None:
    case = story.listed(story.employee())
    assert run(*closing(case, "--as", "hr"), status=1)["code"] == "no_consequence"
    story.account("auditor", Role.AUDITOR)
    other = story.employee()
    unknown = run(
        *("close_consequence", "--cycle", "T-2026-1", "--iin", other.iin, "--done", "x", "--as", "hr"),
        status=1,
    )
    assert (unknown["code"], other.iin in unknown["error"]) == ("unknown_attestee", True)


def test_only_officers_and_administrators_close_a_consequence(story: Story, run: Run) -> None:
    case = dismissal(story)
    story.account("auditor", Role.AUDITOR)
    assert run(*closing(case, "--as", "auditor"), status=1)["code"] == "no_permission"
    assert run(*closing(case, "--as", "nobody"), status=1)["code"] == "unknown_user"
    assert Consequence.objects.get(kind="dismissal").state == "open"


# --- confirm_calendar -------------------------------------------------------------------------------------


def test_a_year_is_confirmed_once(story: Story, run: Run) -> None:
    answer = run("confirm_calendar", "2028", *moment(LISTED))
    assert answer == {"year": 2028, "confirmed": True, "changed": True, "settled": 0}
    assert CalendarYear.objects.get(pk=2028).confirmed_at == LISTED
    assert run("confirm_calendar", "2028", *moment(FINAL))["changed"] is False
    assert CalendarYear.objects.get(pk=2028).confirmed_at == LISTED


def test_an_unknown_year_and_a_role_that_may_not_are_refused(story: Story, run: Run) -> None:
    answer = run("confirm_calendar", "1999", status=1)
    assert (answer["code"], "1999" in answer["error"]) == ("no_calendar", True)
    assert run("confirm_calendar", "2028", "--as", "hr", status=1)["code"] == "no_permission"
    assert CalendarYear.objects.get(pk=2028).confirmed_at is None


# --- verify_journal ---------------------------------------------------------------------------------------


def test_f_t2_a_whole_journal_and_the_first_broken_entry(story: Story, run: Run) -> None:
    story.listed(story.employee())
    entries = JournalEntry.objects.count()
    assert run("verify_journal") == {"entries": entries, "broken": None}
    remove(connection, TRIGGERS)
    JournalEntry.objects.filter(act="list").update(subject="somebody else")
    seq = JournalEntry.objects.get(act="list").seq
    assert run("verify_journal", status=1) == {"entries": entries, "broken": {"seq": seq, "why": "changed"}}


# --- sweep ------------------------------------------------------------------------------------------------


def test_the_sweep_prints_its_counts(story: Story, run: Run) -> None:
    story.through((story.listed(story.employee()), 80))
    answer = run("sweep", *moment(STAGE_OVER))
    assert (answer["ran"], answer["stages_ended"], answer["decided"], answer["failed"]) == (True, 1, 1, {})
    assert run("sweep", *moment(STAGE_OVER))["decided"] == 0
    out = io.StringIO()
    call_command("sweep", *moment(FINAL), stdout=out)
    assert "finalised: 1" in out.getvalue()


def test_a_sweep_beside_another_says_so_and_does_nothing(story: Story, run: Run) -> None:
    story.through((story.listed(story.employee()), 80))
    leases.take("sweep", clock.now())
    answer = run("sweep", *moment(STAGE_OVER))
    assert (answer["ran"], answer["decided"]) == (False, 0)
    assert answer["busy_until"] is not None
    out = io.StringIO()
    call_command("sweep", *moment(STAGE_OVER), stdout=out)
    assert "Another sweep runs" in out.getvalue()


def test_every_command_names_an_unknown_cycle(story: Story, run: Run, tmp_path: Path) -> None:
    file = attestees(tmp_path)
    for command in (
        ("admit",),
        ("publish_results",),
        ("replay",),
        ("report",),
        ("list_attestees", "--file", file),
    ):
        answer = run(*command, "--cycle", "T-1999", status=1)
        assert "T-1999" in json.dumps(answer, ensure_ascii=False)
