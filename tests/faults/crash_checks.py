"""What a database says after a crash: is anything half-written; and all there is, to be compared."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

from appeals.models import Appeal
from appeals.services.attachments import PLACE, UNSETTLED
from attestation import journal
from attestation.law.calendar import local_day
from attestation.models import (
    Attestation,
    CategoryTerm,
    Consequence,
    Deadline,
    Decision,
    Employee,
    ImportJob,
    JournalEntry,
    Notice,
    Result,
    Status,
)
from scoring.models import Assessment
from tests.faults.crash_bench_checks import everything_of_the_bench, files_in

# How often a job ran and when a worker breathed is no effect of an act.
NOT_COMPARED = {"jobrun", "journalhead", "heartbeat"}
# Numbers that a rolled-back insert may skip, and what depends on them; how often a letter was tried.
# And what is drawn at random: the name of a file, the nonce of a vote.
LEFT_OUT = {
    "journalentry": {"seq", "prev_hash", "hash"},
    "notice": {"id", "attempts"},
    "attachment": {"file"},
    "vote": {"nonce", "receipt"},
}
RECEIPT = re.compile(r"'receipt': '[0-9a-f]{64}'")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
FACTS = ("decision", "result", "assessment")


# --- everything, to be compared -----------------------------------------------------------------------------


Rows = dict[str, Counter[str]]


def our_models() -> Iterator[Any]:
    """Every table of the three apps."""
    for app in ("attestation", "scoring", "appeals"):
        yield from apps.get_app_config(app).get_models()


def everything() -> Rows:
    """Every row of our tables as a text: a moment as its day in Almaty; of the journal all but sweeps."""
    return {
        model._meta.model_name: Counter(_rows(model))
        for model in our_models()
        if model._meta.model_name not in NOT_COMPARED
    }


def digest(letters: list[tuple[str, str]]) -> str:
    """SHA-256 of every value in every one of our tables, of the letters that the server has, of the files."""
    said = hashlib.sha256(repr((letters, sorted((*files_in(PLACE), *files_in(UNSETTLED))))).encode())
    row = "t::text" if connection.vendor == "postgresql" else "*"
    with connection.cursor() as cursor:
        for model in our_models():
            cursor.execute(
                f"SELECT {row} FROM {connection.ops.quote_name(model._meta.db_table)} t ORDER BY 1"
            )
            said.update(repr(cursor.fetchall()).encode())
    return said.hexdigest()


def _rows(model: Any) -> Iterator[str]:
    name = model._meta.model_name
    columns = [f.attname for f in model._meta.concrete_fields if f.attname not in LEFT_OUT.get(name, ())]
    rows = model._base_manager.order_by("pk")  # what is void counts here
    if model is JournalEntry:
        rows = rows.exclude(act="sweep")
    for row in rows.values_list(*columns):
        pairs = zip(columns, row, strict=True)
        yield ", ".join(f"{column}={_plain(value)}" for column, value in pairs)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return local_day(value).isoformat()
    return RECEIPT.sub("'receipt'", MOMENT.sub(lambda found: found[0][:10], str(value)))


def differences(expected: Rows, found: Rows) -> tuple[list[str], list[str]]:
    """Rows that are missing, and rows too many, by the name of their table."""
    tables = sorted(expected)
    lost = [f"{name}: {row}" for name in tables for row in (expected[name] - found[name]).elements()]
    extra = [f"{name}: {row}" for name in tables for row in (found[name] - expected[name]).elements()]
    return lost, extra


# --- half-written? ------------------------------------------------------------------------------------------


def half_written() -> list[str]:
    """What can only be there where an act stopped in its middle and a part of it stayed."""
    found = [f"journal: entry {broken.seq} is {broken.why}"] if (broken := journal.verify()) else []
    there = Everything()
    for check in (_statuses, _results, _deadlines, _appeals, _scores, _imports, _staff_files, _letters):
        found += [f"{check.__name__.strip('_')}: {said}" for said in check(there)]
    return [*found, *everything_of_the_bench()]


class Everything:
    """The rows that the checks compare, each table read once; and what the journal vouches for."""

    def __init__(self) -> None:
        self.cases = {case.pk: case for case in Attestation.objects.all()}
        self.decisions = list(Decision.objects.all())
        self.current = {row.attestation_id: row for row in self.decisions if row.superseded_at is None}
        self.consequences: dict[int, set[str]] = defaultdict(set)
        for decision, kind in Consequence.objects.values_list("decision_id", "kind"):
            self.consequences[decision].add(kind)
        self.results = list(Result.objects.all())
        self.deadlines = {deadline.key: deadline for deadline in Deadline.objects.all()}
        self.periods = list(CategoryTerm.objects.all())
        self.watched = {deadline.term_id for deadline in self.deadlines.values()}
        self.notices = list(Notice.objects.all())
        # Without the recipient: "result_published:result:7".
        self.told = {notice.key.rpartition(":")[0] for notice in self.notices}
        self.acts: dict[str, set[Any]] = {name: set() for name in (*FACTS, "subject", "periods")}
        self.status: dict[int | None, str] = {}
        for entry in JournalEntry.objects.order_by("seq"):
            self.acts["subject"].add((entry.act, entry.subject))
            for name in FACTS:
                self.acts[name].add(entry.data.get(name))
            if "to" in entry.data:
                self.status[entry.attestation_id] = entry.data["to"]
            if entry.act == "terms_changed":
                self.acts["periods"].add(entry.attestation_id)


def _statuses(there: Everything) -> Iterator[str]:
    """A status is the journal's last word on the case; decided cases have one such decision, others none."""
    for case in there.cases.values():
        if case.status != there.status.get(case.pk, Status.LISTED):
            yield f"{case} is {case.status}, which is not what the journal says"
        decision = there.current.get(case.pk)
        stands = decision.state if decision else ""
        if stands != (case.status if case.status in (Status.PROVISIONAL, Status.FINAL) else ""):
            yield f"{case} is {case.status}, its decision “{stands}”"
        if decision is not None and decision.state == Decision.State.FINAL:
            yield from _consequences(case, decision, there)
    for decision in there.decisions:
        if decision.pk not in there.acts["decision"]:
            yield f"decision {decision.pk} is not in the journal"


def _consequences(case: Attestation, decision: Decision, there: Everything) -> Iterator[str]:
    brought = there.consequences[decision.pk]
    if brought != set(decision.verdict["consequences"]):
        yield f"{case} has the consequences {sorted(brought)}"
    if "reattest" in brought and f"reattestation:{decision.pk}" not in there.deadlines:
        yield f"{case} owes a re-attestation without a term"
    begun = [period for period in there.periods if period.decision_id == decision.pk]
    ended = [period for period in there.periods if period.ended_by_id == decision.pk]
    if (begun or ended) and case.pk not in there.acts["periods"]:
        yield f"{case}: a category changed without a word in the journal"
    if {"confer_category", "lower_category"} & brought and not (begun or ended):
        yield f"{case}: the category did not change"
    for period in begun:
        if period.pk not in there.watched:
            yield f"{case}: the new category has no term in the ledger"


def _results(there: Everything) -> Iterator[str]:
    """A published result has its deadlines and letters; each one is in the journal, its case is tested."""
    untested = (Status.LISTED, Status.ADMITTED, Status.ABSENT)
    for result in there.results:
        if result.pk not in there.acts["result"]:
            yield f"result {result.pk} is not in the journal"
        if result.superseded_at is None and there.cases[result.attestation_id].status in untested:
            yield f"result {result.pk} is on record, its case is not tested"
        if result.published_at is None:
            continue
        by_appeal = result.source == "appeal"
        if not by_appeal and not {f"appeal:{result.pk}", f"grace:{result.pk}"} <= there.deadlines.keys():
            yield f"result {result.pk} is published without its terms"
        letter = (
            f"result_amended:amended:{result.pk}" if by_appeal else f"result_published:result:{result.pk}"
        )
        if letter not in there.told:
            yield f"result {result.pk}: nobody is told"


def _deadlines(there: Everything) -> Iterator[str]:
    """What is closed, the journal has; what is said to be in the ledger is there."""
    for key, deadline in there.deadlines.items():
        closed = deadline.state != Deadline.State.OPEN
        words = {(f"deadline_{deadline.state}", key), ("import_undone", deadline.closed_by)}
        if closed and not words & there.acts["subject"]:
            yield f"{key} is {deadline.state} without a word in the journal"
    for period in there.periods:
        if period.in_ledger and period.suspended_at is None and period.pk not in there.watched:
            yield f"category term {period.pk} is not in the ledger"


def _appeals(there: Everything) -> Iterator[str]:
    """An appeal is closed with its last question, its deadline and its count with it."""
    waiting: Counter[int] = Counter()
    for appeal in Appeal.objects.prefetch_related("items"):
        waits = not all(item.is_closed for item in appeal.items.all())
        waiting[appeal.attestation_id] += waits
        if waits != (appeal.state == Appeal.State.OPEN):
            yield f"{appeal} is {appeal.state}, questions open: {waits}"
        if (there.deadlines[f"ruling:{appeal.pk}"].state == Deadline.State.OPEN) != waits:
            yield f"{appeal} is {appeal.state}, its term is not"
        if (f"appeal_resolved:appeal:{appeal.pk}" in there.told) != (appeal.state == Appeal.State.RESOLVED):
            yield f"{appeal} is {appeal.state}, who is told hears otherwise"
    for case in there.cases.values():
        if case.open_appeals != waiting[case.pk]:
            yield f"{case} counts {case.open_appeals} open appeals"


def _scores(there: Everything) -> Iterator[str]:
    """A score is in the journal, and the decision of its case stands on it."""
    stood_on = {decision.assessment_id for decision in there.decisions}
    for score in Assessment.objects.all():
        if score.pk not in there.acts["assessment"]:
            yield f"assessment {score.pk} is not in the journal"
        if score.superseded_at is None and score.points_total and score.pk not in stood_on:
            yield f"{score.attestation}: no decision stands on assessment {score.pk}"


def _imports(there: Everything) -> Iterator[str]:
    """F-I19: all rows or none; the job, its rows and the journal agree."""
    for job in ImportJob.objects.filter(kind="results"):
        confirmed = job.state == ImportJob.State.CONFIRMED
        if confirmed != (("import_confirmed", f"import {job.pk}") in there.acts["subject"]):
            yield f"import {job.pk} is {job.state}, the journal does not agree"
        cycle = {case.pk for case in there.cases.values() if case.cycle_id == job.cycle_id}
        written = sum(result.attestation_id in cycle for result in there.results)
        if written != (job.rows.count() if confirmed else 0):
            yield f"import {job.pk} is {job.state}, {written} of {job.rows.count()} rows are written"


def _staff_files(there: Everything) -> Iterator[str]:
    """F-I19: of a file of staff all rows or none, with their categories and the deadlines of these."""
    for job in ImportJob.objects.filter(kind="staff"):
        acts = {"import_confirmed": "confirmed", "import_undone": "undone"}
        states = [state for act, state in acts.items() if (act, f"import {job.pk}") in there.acts["subject"]]
        if job.state != (states or ["previewed"])[-1]:
            yield f"import {job.pk} is {job.state}, the journal does not agree"
        there_now = job.state == ImportJob.State.CONFIRMED
        keys = list(job.rows.filter(kind="new").values_list("key", flat=True))
        people = Employee.objects.filter(iin__in=keys).count()
        periods = CategoryTerm.objects.filter(employee__iin__in=keys)
        opened = Deadline.objects.open().filter(term__in=periods).count()
        if (people, periods.count(), opened) != ((len(keys), 2, 2) if there_now else (0, 0, 0)):
            yield f"import {job.pk} is {job.state}: {people} people, {periods.count()} periods, {opened} open"


def _letters(there: Everything) -> Iterator[str]:
    """Who has a decision is told of it; what was sent has its moment."""
    for decision in there.decisions:
        kinds = ("decision_provisional:decision", "decision_final:decision", "decision_reopened:reopened")
        if not {f"{kind}:{decision.pk}" for kind in kinds} & there.told:
            yield f"decision {decision.pk}: nobody is told"
    for notice in there.notices:
        if notice.state == Notice.State.SENT and notice.sent_at is None:
            yield f"{notice.key} is sent, nobody knows when"
        if notice.state == Notice.State.QUEUED and notice.sent_at is not None:
            yield f"{notice.key} is sent and queued"
