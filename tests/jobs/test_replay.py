"""Replay: every decision on record is formed anew; what somebody changed past the product is named."""

import io
import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from appeals.services.commission import appoint
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.law.reasons import Verdict
from attestation.models import Attestation, Decision, JobRun, JournalEntry, Notice, Role
from attestation.triggers import TRIGGERS, remove
from office.replay import replay
from scoring.models import Assessment
from scoring.triggers import TRIGGERS as SCORING_TRIGGERS
from tests.jobs.story import FINAL, READ, Story, at
from tests.siblings_cast import made_once

Sql = Callable[[str, list[object]], None]


def tell() -> tuple[Story, dict[str, Attestation]]:
    """Final: one failed, one conferred, one lowered after a passed test; one held."""
    story = Story()
    confers, lowers = (
        story.employee("career_specialist"),
        story.employee("career_specialist", category="consultant"),
    )
    gap = story.employee("career_specialist")
    cases = {
        "fails": story.listed(story.employee()),
        "confers": story.listed(confers, "category", "consultant"),
        "lowers": story.listed(lowers, "category", "case_manager"),
        "gap": story.listed(gap, "category", "consultant"),
    }
    story.through((cases["fails"], 69), (cases["confers"], 90), (cases["lowers"], 70), (cases["gap"], 90))
    story.read(ratings={confers: [5, 5, 4], lowers: [3, 3], gap: [4]})
    story.swept(READ, FINAL)
    return story, cases


made = made_once(tell)


@pytest.fixture
def told(made: tuple[Story, dict[str, Attestation]], db: None) -> tuple[Story, dict[str, Attestation]]:
    return deepcopy(made)


@pytest.fixture
def story(told: tuple[Story, dict[str, Attestation]]) -> Story:
    return told[0]


@pytest.fixture
def cases(told: tuple[Story, dict[str, Attestation]]) -> dict[str, Attestation]:
    return told[1]


@pytest.fixture
def tamper(cases: dict[str, Attestation]) -> Sql:
    """Raw SQL with the triggers taken away, as an owner of the database could write it."""

    def execute(sql: str, params: list[object]) -> None:
        remove(connection, SCORING_TRIGGERS)
        remove(connection, TRIGGERS)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            assert cursor.rowcount == 1

    return execute


def final_of(case: Attestation) -> Decision:
    return case.decisions.current().get()


def fields() -> set[str]:
    return {difference.field for difference in replay.replay().differences}


def test_it_finds_no_difference_in_what_the_product_wrote(cases: dict[str, Attestation]) -> None:
    found = replay.replay()
    assert (found.decisions, found.differences) == (Decision.objects.count(), [])
    assert found.decisions == 6


def test_it_finds_none_after_an_appeal_that_reopened_a_final_decision(
    story: Story, cases: dict[str, Attestation]
) -> None:
    chair = story.account("chair", Role.CHAIR)
    appoint(chair, "chair", None, at("2026-01-01 09:00").date(), by=By(None, at("2026-01-01 09:00")))
    now = at("2026-02-18 10:00")
    appeal = file_appeal(
        cases["fails"],
        filed_at=at("2026-02-06 12:00"),
        items=[(3, "The key is wrong: see ¶12.")],
        receipt_note="on paper",
        by=By(None, now),
    )
    assert replay.replay().differences == []
    item = appeal.items.get()
    rule_item(item, ruling="uphold", reason="The key was wrong.", by=By(chair, now + timedelta(hours=1)))
    story.swept(now + timedelta(hours=2), at("2026-02-20 00:30"))
    assert final_of(cases["fails"]).outcome == "conforms"
    found = replay.replay()
    assert (found.decisions, found.differences) == (Decision.objects.count(), [])


# --- what was changed past the product ----------------------------------------------------------------------


def test_a_changed_outcome_is_named_with_what_it_should_be(
    cases: dict[str, Attestation], tamper: Sql
) -> None:
    decision = final_of(cases["fails"])
    tamper("UPDATE attestation_decision SET outcome = 'conforms' WHERE id = %s", [decision.pk])
    (difference,) = replay.replay().differences
    assert difference == ("T-2026-1-0001", decision.pk, "outcome", "conforms", "does_not_conform")


def test_a_changed_result_is_named(cases: dict[str, Attestation], tamper: Sql) -> None:
    result = final_of(cases["fails"]).result
    tamper("UPDATE attestation_result SET correct_answers = 71 WHERE id = %s", [result.pk])
    assert fields() == {"inputs.correct"}


def test_a_changed_verdict_is_named(cases: dict[str, Attestation], tamper: Sql) -> None:
    decision = final_of(cases["confers"])
    verdict = {**decision.verdict, "cites": ["¶30.2"]}
    Verdict.from_data(verdict)
    tamper("UPDATE attestation_decision SET verdict = %s WHERE id = %s", [json.dumps(verdict), decision.pk])
    assert fields() == {"verdict.cites"}


@pytest.mark.parametrize(
    ("readings", "differs"), [(["I-11"], set()), ([], set()), (["I-11", "I-99"], {"verdict.steps"})]
)
def test_a_version_may_note_one_more_reading_beside_a_step_and_none_less(
    cases: dict[str, Attestation], tamper: Sql, readings: list[str], differs: set[str]
) -> None:
    decision = final_of(cases["fails"])
    step = next(step for step in decision.verdict["steps"] if step["readings"] == ["I-11"])
    steps = [{**one, "readings": readings} if one == step else one for one in decision.verdict["steps"]]
    verdict = json.dumps({**decision.verdict, "steps": steps})
    tamper("UPDATE attestation_decision SET verdict = %s WHERE id = %s", [verdict, decision.pk])
    assert fields() == differs


def test_changed_points_are_named_though_verdict_and_inputs_agree(
    cases: dict[str, Attestation], tamper: Sql
) -> None:
    decision = final_of(cases["lowers"])
    inputs = json.loads(json.dumps(decision.inputs).replace('"rating": 0', '"rating": 10'))
    tamper("UPDATE attestation_decision SET inputs = %s WHERE id = %s", [json.dumps(inputs), decision.pk])
    assert {"inputs.points", "outcome", "category"} <= fields()


def test_a_changed_score_is_named_by_its_own_inputs(cases: dict[str, Attestation], tamper: Sql) -> None:
    assessment = Assessment.objects.current().get(attestation=cases["confers"])
    tamper("UPDATE scoring_assessment SET points_rating = 0 WHERE id = %s", [assessment.pk])
    assert fields() == {"assessment.points_rating"}


def test_a_score_of_another_case_is_named(cases: dict[str, Attestation], tamper: Sql) -> None:
    other = Assessment.objects.current().get(attestation=cases["confers"])
    decision = final_of(cases["lowers"])
    tamper("UPDATE attestation_decision SET assessment_id = %s WHERE id = %s", [other.pk, decision.pk])
    assert {"assessment.attestation", "assessment.result", "inputs.points"} <= fields()


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("category_until", "2031-01-01", {"category_until"}),
        (
            "dated",
            "2026-02-12",
            {"dated", "dated by I-28", "consequence.confer_category.effective_on", "term"},
        ),
        ("category", "mentor", {"category"}),
        ("reattest_by", "2027-01-01", {"reattest_by"}),
    ],
)
def test_a_changed_column_is_named(
    cases: dict[str, Attestation], tamper: Sql, column: str, value: str, named: set[str]
) -> None:
    decision = final_of(cases["confers"])
    tamper(f"UPDATE attestation_decision SET {column} = %s WHERE id = %s", [value, decision.pk])
    assert fields() == named


def test_a_consequence_taken_away_is_named(cases: dict[str, Attestation], tamper: Sql) -> None:
    tamper("DELETE FROM attestation_consequence WHERE kind = %s", ["reattest"])
    assert fields() == {"consequences"}


def test_a_term_made_longer_is_named(cases: dict[str, Attestation], tamper: Sql) -> None:
    decision = final_of(cases["confers"])
    tamper(
        "UPDATE attestation_categoryterm SET planned_ends_on = '2035-01-01' WHERE decision_id = %s",
        [decision.pk],
    )
    assert fields() == {"term", "term.ends_on"}


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        (
            "UPDATE attestation_categoryterm SET ends_on = '2027-06-01' WHERE decision_id = {confers}",
            "term.ends_on",
        ),
        (
            "UPDATE attestation_categoryterm SET ends_on = '2026-03-01' WHERE ended_by_id = {lowers}",
            "terms_ended.ends_on",
        ),
        (
            "UPDATE attestation_deadline SET due_on = '2028-01-01' WHERE kind = 'reattestation'",
            "ledger.reattestation",
        ),
        (
            "UPDATE attestation_consequence SET cite = '¶28.1' WHERE kind = 'reattest'",
            "consequence.reattest.cite",
        ),
        ("UPDATE attestation_attestation SET status = 'closed' WHERE case_no LIKE '%%-0002'", "status"),
        (
            "UPDATE attestation_result SET superseded_at = '2026-03-01' WHERE attestation_id ="
            " (SELECT attestation_id FROM attestation_decision WHERE id = {confers})",
            "result.superseded",
        ),
    ],
)
def test_what_a_decision_did_is_compared_too(
    cases: dict[str, Attestation], tamper: Sql, sql: str, named: str
) -> None:
    keys = {name: final_of(cases[name]).pk for name in ("confers", "lowers")}
    tamper(sql.format(**keys), [])
    assert fields() == {named}


def test_a_changed_setting_is_named(cases: dict[str, Attestation], tamper: Sql) -> None:
    settings = {**final_of(cases["lowers"]).rule_settings, "low_total": "existing"}
    tamper(
        "UPDATE attestation_decision SET rule_settings = %s WHERE id = %s",
        [json.dumps(settings), final_of(cases["lowers"]).pk],
    )
    assert {"rule_settings", "verdict.consequences", "category"} <= fields()


def test_a_row_that_cannot_be_read_is_named_and_the_others_are_compared(
    cases: dict[str, Attestation], tamper: Sql
) -> None:
    decision = final_of(cases["fails"])
    tamper("UPDATE attestation_decision SET inputs = %s WHERE id = %s", ['{"total": 0}', decision.pk])
    (difference,) = replay.replay().differences
    assert difference.formed.startswith("KeyError")
    assert replay.replay().decisions == 6


# --- command and nightly job --------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[dict[str, object], int]:
    out = io.StringIO()
    try:
        call_command("replay", "--json", *arguments, stdout=out)
    except CommandError as error:
        return json.loads(out.getvalue()), error.returncode
    return json.loads(out.getvalue()), 0


def test_the_command_exits_1_where_anything_differs(cases: dict[str, Attestation], tamper: Sql) -> None:
    assert run() == ({"decisions": 6, "differences": []}, 0)
    decision = final_of(cases["fails"])
    tamper("UPDATE attestation_decision SET outcome = 'conforms' WHERE id = %s", [decision.pk])
    data, status = run("--cycle", "T-2026-1")
    assert status == 1
    assert data["differences"] == [
        {
            "case": "T-2026-1-0001",
            "decision": decision.pk,
            "field": "outcome",
            "stored": "conforms",
            "formed": "does_not_conform",
        }
    ]


def test_one_cycle_alone_can_be_replayed(story: Story, cases: dict[str, Attestation], tamper: Sql) -> None:
    story.open_cycle("T-2026-2", date(2026, 3, 2), date(2026, 3, 3))
    decision = final_of(cases["fails"])
    tamper("UPDATE attestation_decision SET outcome = 'conforms' WHERE id = %s", [decision.pk])
    assert run("--cycle", "T-2026-2") == ({"decisions": 0, "differences": []}, 0)


def test_the_nightly_job_replays_once_in_20_hours(cases: dict[str, Attestation]) -> None:
    first = replay.run_if_due(now=FINAL)
    assert first is not None
    assert first.decisions == 6
    assert replay.run_if_due(now=FINAL + timedelta(hours=19, minutes=59)) is None
    assert replay.run_if_due(now=FINAL + timedelta(hours=20)) is not None
    assert JobRun.objects.get(name="replay").summary == {"decisions": 6, "differences": 0}
    assert not JournalEntry.objects.filter(act="replay_differs").exists()


def test_a_nightly_difference_is_journalled_and_the_administrators_are_told(
    story: Story, cases: dict[str, Attestation], tamper: Sql
) -> None:
    story.account("root", Role.ADMINISTRATOR)
    tamper(
        "UPDATE attestation_decision SET outcome = 'conforms' WHERE id = %s", [final_of(cases["fails"]).pk]
    )
    replay.run_if_due(now=FINAL)
    entry = JournalEntry.objects.get(act="replay_differs")
    assert entry.data["first"][0]["field"] == "outcome"
    notice = Notice.objects.get(kind="replay_differs")
    assert notice.user.username == "root"
    assert notice.context == {"differences": 1, "cases": ["T-2026-1-0001"]}


def test_a_replay_that_breaks_off_is_tried_again_at_the_next_look(
    cases: dict[str, Attestation], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise MemoryError

    monkeypatch.setattr(replay, "replay", broken)
    with pytest.raises(MemoryError):
        replay.run_if_due(now=FINAL)
    monkeypatch.undo()
    assert replay.run_if_due(now=FINAL + timedelta(hours=1)) is not None
