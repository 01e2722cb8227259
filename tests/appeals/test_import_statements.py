"""A file of appeals, or of rulings, takes few statements a row, and leaves what its acts leave one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appeals.models import Appeal, AppealItem, DifferingRuling
from appeals.services.filing import file_appeal
from appeals.services.ruling import rule_item
from attestation.by import By
from attestation.cases.testing_stage import end_testing_stages
from attestation.models import Attestation, Deadline, JournalEntry, Notice, Role
from tests.factories import EmployeeFactory, moment
from tests.siblings_cast import STAGE_OVER, fresh, imported, published, seated

pytestmark = pytest.mark.django_db

APPEALS = ("iin", "question", "argument", "filed_at", "external_id")
RULINGS = ("external_id", "question", "ruling", "reason")
MINUTES = (*RULINGS, "present", "for", "against")
FILED, RECORDED, RULED = (moment(f"2026-02-{at}") for at in ("09 12:00", "10 18:00", "12 11:00"))
# Of the issue; the marks of transactions are counted too.
MOST_A_ROW = 25
FEW, MANY = 1, 4


def taken(kind: str, header: Sequence[str], *rows: Sequence[Any], **more: Any) -> int:
    """How many statements the file takes, read and carried out, the marks of its transactions among them."""
    with CaptureQueriesContext(connection) as captured:
        job = imported(kind, header, *rows, **more)
    assert (job.rows_new, job.rows_error) == (len(rows), 0)
    return len(captured)


def a_row(few: int, many: int) -> float:
    """Statements of each further row, by the difference of two files."""
    return (many - few) / (MANY - FEW)


def examinees(count: int, correct: int = 60, **values: Any) -> list[Attestation]:
    """Cases of one cycle, each with a published result."""
    first = published(correct, **values)
    more = [EmployeeFactory(center=first.center) for _number in range(count - 1)]
    return [first, *(published(correct, cycle=first.cycle, employee=person, **values) for person in more)]


def appeal_of(case: Attestation, question: int = 1) -> tuple[Any, ...]:
    """A row of the Platform's export."""
    number = f"AP-{case.pk}-{question}"
    return case.employee.iin, question, "…", f"{FILED:%Y-%m-%d %H:%M:%S}", number


def file_all(cases: Sequence[Attestation], **more: Any) -> int:
    """An appeal for each case, by one file."""
    return taken("appeals", APPEALS, *map(appeal_of, cases), now=RECORDED, cycle=cases[0].cycle, **more)


def test_each_appeal_takes_few_statements() -> None:
    cases = examinees(FEW + MANY)
    assert a_row(file_all(cases[:FEW]), file_all(cases[FEW:])) <= MOST_A_ROW


@pytest.mark.parametrize("stage", ["on", "ended"])
@pytest.mark.parametrize("ruling", ["uphold", "reject"])
@pytest.mark.parametrize("minutes", [False, True])
@pytest.mark.daily(4)
def test_each_ruling_takes_few_statements(minutes: bool, ruling: str, stage: str) -> None:
    # One question more reaches the threshold: with the stage to be ended too, the most that can follow.
    cases = examinees(FEW + MANY, 69, variant="A")
    file_all(cases)
    if stage == "ended":
        end_testing_stages(now=STAGE_OVER)
    header, votes, actor = RULINGS, (), seated()
    if minutes:
        for name in ("a", "b", "c"):
            seated(Role.MEMBER, username=name)
        header, actor, there = MINUTES, seated(Role.SECRETARY), "a, b, c"
        votes = (there, there, "") if ruling == "uphold" else (there, "", there)
    few, many = (
        taken(
            "rulings",
            header,
            *((f"AP-{case.pk}-1", 1, ruling, "…", *votes) for case in some),
            now=RULED,
            actor=actor,
        )
        for some in (cases[:FEW], cases[FEW:])
    )
    assert a_row(few, many) <= MOST_A_ROW


def left_of(case: Attestation) -> dict[str, Any]:
    """What stands of a case, keys and names left out. A file opens all its appeals and rules on all its
    questions before what follows from them, so that the entries are compared in no order."""
    entries = JournalEntry.objects.filter(attestation=case)
    notices = Notice.objects.filter(attestation=case)
    appeals = Appeal.objects.filter(attestation=case).order_by("pk")
    now = fresh(case)
    return {
        "acts": Counter((one.act, one.actor, one.at, tuple(sorted(one.data))) for one in entries),
        "notices": Counter((one.kind, one.state, tuple(sorted(one.context))) for one in notices),
        "deadlines": sorted(case.deadlines.values_list("kind", "state", "due_on", "provisional", "days")),
        "appeals": list(appeals.values_list("state", "version", "resolved_at", "recorded_at")),
        "items": list(AppealItem.objects.filter(appeal__in=appeals).values_list("question", "ruling")),
        "result": now.results.get(superseded_at__isnull=True).correct_answers,
        "case": (now.status, now.version, now.open_appeals, now.last_appeal_closed_at),
    }


def test_a_file_leaves_what_its_acts_leave_one_by_one() -> None:
    """¶21, I-12, I-13: of two appeals of one person, too, of which the first has two questions."""
    chair = seated()
    by_file, singly = examinees(2), examinees(2)
    rows = [appeal_of(case, question) for case in by_file for question in (1, 3)]
    rows[1:1] = [(*appeal_of(by_file[0], 2)[:4], appeal_of(by_file[0])[4])]
    imported("appeals", APPEALS, *rows, now=RECORDED, cycle=by_file[0].cycle)
    note = Appeal.objects.get(external_id=rows[0][4]).receipt_note
    for case in singly:
        for questions in ((1, 2) if case == singly[0] else (1,), (3,)):
            given = {"items": [(question, "…") for question in questions], "receipt_note": note}
            number = appeal_of(case, questions[0])[4]
            file_appeal(case, filed_at=FILED, external_id=number, by=By(None, RECORDED), **given)
    assert [left_of(case) for case in by_file] == [left_of(case) for case in singly]

    rulings = {1: "uphold", 2: "reject", 3: "uphold"}
    rows = [(row[4], row[1], rulings[row[1]], "…") for row in rows]
    imported("rulings", RULINGS, *rows, actor=chair, now=RULED)
    for item in AppealItem.objects.filter(appeal__attestation__in=singly).order_by("pk"):
        rule_item(item, ruling=rulings[item.question], reason="…", minutes={}, by=By(chair, RULED))
    assert [left_of(case) for case in by_file] == [left_of(case) for case in singly]
    assert {left_of(case)["result"] for case in by_file} == {62}
    assert not Deadline.objects.open().filter(kind=Deadline.Kind.RULING).exists()


@pytest.mark.parametrize("first", ["uphold", "reject"])
def test_rulings_of_one_file_that_differ_are_put_before_the_chair_once(first: str) -> None:
    """I-13: by the ruling that made them differ, as if they had been given one after the other."""
    chair, cases = seated(), examinees(3, variant="A")
    file_all(cases)
    rulings = (first, "reject" if first == "uphold" else "uphold", first)
    rows = [(f"AP-{case.pk}-1", 1, ruling, "…") for case, ruling in zip(cases, rulings, strict=True)]
    imported("rulings", RULINGS, *rows, actor=chair, now=RULED)
    assert DifferingRuling.objects.get().item.appeal.attestation == cases[1]
    assert JournalEntry.objects.filter(act="rulings_differ").count() == 1
