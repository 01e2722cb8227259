"""What one sweep costs over a large ledger against a small one, measured in one run on PostgreSQL.

    python -m benchmarks.bench_sweep

Two databases of one throw-away server: 10,000 and 1,000,000 open deadlines, most of them of category periods,
with the notices already sent of them. Each day 1,000 more fall due in both: reminders, deadlines that end,
duties that are overdue. A sweep over each in turn, day by day; the ratio is that of the medians. Then each
statement of the sweeps over the large one is explained: none may read a large table from its beginning to its
end. PLANS=file keeps all the plans.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.copies import FIRST_KEY, clone, create, go_on_from_the_last, go_to, run, set_up
from scripts.servers import throwaway_postgres

LARGE, SMALL = 1_000_000, 10_000
DUE = {"reminded": 500, "ended": 250, "reattest": 150, "overdue": 100}
ROUNDS = 5
ALLOWED = 1.5
FIRST_DAY = date(2027, 3, 1)
CAREER_CENTERS, MOBILITY_CENTERS = 200, 20
# One deadline in so many is a re-attestation, which has a case behind it.
REATTESTATION_EVERY = 25
PROTOTYPES = (
    *("mobility", "career", "officer", "person", "cycle", "case"),
    *("result", "decision", "duty", "period", "deadline", "notice"),
)
WATCHED = ("attestation_deadline", "attestation_notice", "attestation_categoryterm")


def main() -> None:
    with throwaway_postgres() as url, tempfile.TemporaryDirectory() as folder:
        set_up(url, folder)
        for name, size in (("small", SMALL), ("large", LARGE)):
            create(name)
            begun = time.perf_counter()
            fill(size)
            print(
                f"{name}: {size} open deadlines put on record in {time.perf_counter() - begun:.0f} s",
                flush=True,
            )
        kept = measure()
        sys.exit(0 if kept else 1)


# --- what stands in them ------------------------------------------------------------------------------------


def fill(size: int) -> None:
    """A ledger of `size` deadlines with everything they hang on, and a day's due work for each round."""
    from attestation.models import CalendarYear, RuleSet

    CalendarYear.objects.update(confirmed_at=datetime(2026, 1, 1, tzinfo=UTC))
    RuleSet.objects.update(escalation_address="duty@ministry.example")
    rows = prototypes()
    # The load alone goes without triggers and foreign keys; the sweeps have them.
    run("SET session_replication_role = replica")
    staff(rows)
    idle(rows, size)
    first = FIRST_KEY + size
    for number in range(ROUNDS + 1):
        first = due_on_day(rows, FIRST_DAY + timedelta(days=number), first)
    run("SET session_replication_role = DEFAULT")
    go_on_from_the_last(*rows.values())
    run("VACUUM ANALYZE")


def prototypes() -> dict[str, Any]:
    """One row of each table, made by the models; the others are its copies."""
    from attestation.models import (
        Attestation,
        CategoryTerm,
        Center,
        Consequence,
        Cycle,
        Deadline,
        Decision,
        Employee,
        Notice,
        Region,
        Result,
        RuleSet,
        User,
    )

    then, rules = datetime(2026, 3, 1, 5, tzinfo=UTC), RuleSet.objects.get()
    region = Region.objects.order_by("pk")[0]
    names = {"name_kk": "Орталық", "name_ru": "Центр", "region": region}
    mobility = Center.objects.create(bin="100000000000", kind="labour_mobility", **names)
    career = Center.objects.create(bin="200000000000", kind="career", parent=mobility, **names)
    officer = User.objects.create(username="officer", role="hr", center=mobility, language="ru")
    person = Employee.objects.create(
        iin="300000000000",
        last_name="Әлиева",
        first_name="Іңкәр",
        center=career,
        position="assistant",
        hired_on=date(2020, 1, 1),
    )
    days = {"testing_starts": date(2026, 2, 2), "testing_ends": date(2026, 2, 6)}
    cycle = Cycle(code="B-1", center=mobility, opened_at=then, stage_ended_at=then, **days)
    cycle.stage_closes_at = then
    cycle.save()
    case = Attestation.objects.create(
        case_no="B-1-0",
        cycle=cycle,
        employee=person,
        center=career,
        position="assistant",
        purpose="position",
        status="final",
        rule_set=rules,
        pinned_at=then,
        listed_at=then,
    )
    score = {"questions_total": 100, "correct_answers": 60, "finished_at": then}
    result = Result.objects.create(
        attestation=case, source="import", recorded_at=then, published_at=then, **score
    )
    decision = Decision.objects.create(
        attestation=case,
        state="final",
        outcome="does_not_conform",
        result=result,
        reattest_by=date(2027, 2, 10),
        dated=date(2026, 2, 10),
        inputs={},
        rule_settings={},
        verdict={},
        formed_at=then,
    )
    duty = Consequence.objects.create(
        decision=decision, attestation=case, kind="reattest", cite="¶27.2", effective_on=date(2026, 2, 10)
    )
    spans = {"starts_on": date(2024, 3, 1), "ends_on": date(2027, 3, 1), "planned_ends_on": date(2027, 3, 1)}
    period = CategoryTerm.objects.create(employee=person, category="mentor", in_ledger=True, **spans)
    deadline = Deadline.objects.create(
        key="prototype",
        kind="category",
        employee=person,
        counted_from=then,
        due_on=date(2030, 1, 1),
        closes_at=datetime(2030, 1, 1, 19, tzinfo=UTC),
        cite="¶7",
        opened_at=then,
        rung=1,
    )
    notice = Notice.objects.create(
        key="prototype",
        kind="reminder_category",
        user=officer,
        state="sent",
        rung="180-days",
        context={"due_on": "2030-01-01"},
        created_at=then,
        not_before=then,
        sent_at=then,
        read_at=then,
    )
    found = (mobility, career, officer, person, cycle, case, result, decision, duty, period, deadline, notice)
    return dict(zip(PROTOTYPES, found, strict=True))


def staff(rows: dict[str, Any]) -> None:
    """Labour mobility centres with their career centres, and an officer for each."""
    clone(rows["mobility"], MOBILITY_CENTERS, bin="(400000000000 + n)::text")
    clone(
        rows["career"],
        CAREER_CENTERS,
        FIRST_KEY + MOBILITY_CENTERS,
        bin="(500000000000 + n)::text",
        parent_id=f"{FIRST_KEY} + n % {MOBILITY_CENTERS}",
    )
    both = MOBILITY_CENTERS + CAREER_CENTERS
    clone(rows["officer"], both, username="'officer-' || n", center_id=f"{FIRST_KEY} + n")


def people(rows: dict[str, Any], count: int, first: int) -> None:
    """Employees of the career centres, from the key on."""
    clone(
        rows["person"],
        count,
        first,
        iin=f"(600000000000 + {first} + n)::text",
        center_id=f"{FIRST_KEY + MOBILITY_CENTERS} + n % {CAREER_CENTERS}",
        sort_key=f"'a' || {first} + n",
    )


def ledger(rows: dict[str, Any], kind: str, count: int, first: int, due_on: str, remind_at: str) -> None:
    """Open deadlines of the kind with what each hangs on; `due_on`, `remind_at`: expressions of `n`."""
    people(rows, count, first)
    key, given = f"{first} + n", {}
    closes_at = f"(({due_on}) + 1)::timestamp AT TIME ZONE 'Asia/Almaty'"
    if kind == "category":
        period = {"ends_on": due_on, "planned_ends_on": due_on}
        clone(rows["period"], count, first, employee_id=key, **period)
        given = {"term_id": key}
    else:
        cases(rows, count, first, due_on)
        given = {"attestation_id": key, "rule_set_id": str(rows["case"].rule_set_id)}
    clone(
        rows["deadline"],
        count,
        first,
        key=f"'{kind}:' || {key}",
        kind=f"'{kind}'",
        employee_id=key,
        due_on=due_on,
        closes_at=closes_at,
        remind_at=remind_at,
        **given,
    )


def cases(rows: dict[str, Any], count: int, first: int, due_on: str) -> None:
    """Final decisions that brought a re-attestation."""
    key = f"{first} + n"
    clone(
        rows["case"],
        count,
        first,
        case_no=f"'B-1-' || {key}",
        employee_id=key,
        center_id=f"{FIRST_KEY + MOBILITY_CENTERS} + n % {CAREER_CENTERS}",
    )
    clone(rows["result"], count, first, attestation_id=key)
    clone(rows["decision"], count, first, attestation_id=key, result_id=key, reattest_by=due_on)
    clone(rows["duty"], count, first, attestation_id=key, decision_id=key, due_on=due_on)


def idle(rows: dict[str, Any], size: int) -> None:
    """Deadlines of the next years, none due in the days measured, and the notices sent of them already."""
    repeated = size // REATTESTATION_EVERY
    far = f"date '{FIRST_DAY + timedelta(days=220)}' + (n % 900)::int"
    for kind, count, first, days in (
        ("category", size - repeated, FIRST_KEY, 180),
        ("reattestation", repeated, FIRST_KEY + size - repeated, 90),
    ):
        ledger(rows, kind, count, first, far, morning(far, days))
    clone(
        rows["notice"], size, key="'u' || n", deadline_id=f"{FIRST_KEY} + n", user_id=f"{FIRST_KEY} + n % 220"
    )
    unread = {"user_id": f"{FIRST_KEY} + n % 220", "read_at": "NULL"}
    clone(
        rows["notice"], size // 2, FIRST_KEY + size, key="'w' || n", deadline_id=f"{FIRST_KEY} + n", **unread
    )


def due_on_day(rows: dict[str, Any], day: date, first: int) -> int:
    """A day's due work from the key on; gives the next free key."""
    yesterday = f"date '{day - timedelta(days=1)}'"
    midnight = f"date '{day}'::timestamp AT TIME ZONE 'Asia/Almaty'"
    for kind, name, due, remind_at in (
        ("category", "reminded", f"date '{day}' + 180", f"({midnight}) + interval '9 hours'"),
        ("category", "ended", yesterday, "NULL"),
        ("reattestation", "reattest", f"date '{day}' + 90", f"({midnight}) + interval '9 hours'"),
        ("reattestation", "overdue", yesterday, midnight),
    ):
        ledger(rows, kind, DUE[name], first, due, remind_at)
        first += DUE[name]
    return first


def morning(due_on: str, days: int) -> str:
    """09:00 in Almaty so many days before."""
    return f"(({due_on}) - {days})::timestamp AT TIME ZONE 'Asia/Almaty' + interval '9 hours'"


# --- measuring ----------------------------------------------------------------------------------------------


def measure() -> bool:
    """Sweep both day by day; print the ratio and the plans. True where both are as they must be."""
    spent: dict[str, list[float]] = {"small": [], "large": []}
    nothing: dict[str, list[float]] = {"small": [], "large": []}
    statements: dict[str, Any] = {}
    for number in range(ROUNDS + 1):
        now = datetime.combine(FIRST_DAY + timedelta(days=number), datetime.min.time(), UTC) + timedelta(
            hours=5
        )
        order = ("small", "large") if number % 2 else ("large", "small")
        for name in order:
            go_to(name)
            with recording(statements if name == "large" else {}):
                took = sweep_at(now)
            again = sweep_at(now + timedelta(minutes=5), expected=0)
            if number:  # the first round warms both up
                spent[name].append(took)
                nothing[name].append(again)
    ratio = report("1,000 due", spent)
    report("nothing due", nothing)
    go_to("large")
    bad = whole_table_reads(statements)
    print(f"{len(statements)} statements over {LARGE} explained; they read a large table whole: {len(bad)}")
    for statement in bad:
        print(statement)
    return ratio <= ALLOWED and not bad


def sweep_at(now: datetime, expected: int = 1) -> float:
    """Seconds of one sweep; it must have done what was due, or nothing."""
    from office.sweep import sweep

    begun = time.perf_counter()
    summary = sweep.run(now)
    took = time.perf_counter() - begun
    assert not summary.failed, summary.failed
    done = summary.counts["terms_closed"]
    assert done == expected * (DUE["ended"] + DUE["overdue"]), summary.counts
    assert bool(summary.counts["reminders_queued"]) == bool(expected), summary.counts
    return took


def report(what: str, spent: dict[str, list[float]]) -> float:
    """Print the medians and their ratio, and give it."""
    small, large = statistics.median(spent["small"]), statistics.median(spent["large"])
    ratio = large / small
    print(
        f"sweep, {what}: {large:.2f} s with {LARGE} open, {small:.2f} s with {SMALL}, ratio {ratio:.2f}"
        f" (allowed {ALLOWED}; {ROUNDS} rounds)",
        flush=True,
    )
    return ratio


@contextmanager
def recording(statements: dict[str, Any]) -> Iterator[None]:
    """Keep each statement on the tables with one set of its parameters."""
    from django.db import connection

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")) and not many:
            statements.setdefault(shape_of(sql), (sql, params))
        return execute(sql, params, many, context)

    connection.ensure_connection()
    with connection.execute_wrapper(keep):
        yield


def shape_of(sql: str) -> str:
    """The statement whatever the number of its parameters: lists of them are one."""
    import re

    shorter = re.sub(r"%s(, %s)+", "%s …", sql)
    return re.sub(r"(\(%s …\), )+\(%s …\)", "(%s …)", re.sub(r"(WHEN .*? THEN \S+ )+", "WHEN … ", shorter))


def whole_table_reads(statements: dict[str, Any]) -> list[str]:
    """The plans that read a large table from its beginning to its end; indexes on deadlines are printed."""
    plans = [(sql, explain(sql, params)) for sql, params in statements.values()]
    if keep := os.environ.get("PLANS"):
        Path(keep).write_text("".join(f"{sql[:2000]}\n{plan[:4000]}\n\n" for sql, plan in plans))
    bad = []
    for sql, plan in plans:
        if any(f"Seq Scan on {table}" in plan for table in WATCHED):
            bad.append(f"{sql[:600]}\n{plan}")
        found = (line.strip() for line in plan.splitlines() if "deadline_" in line and "Index" in line)
        if line := next(found, ""):
            print("  plan:", line[:100])
    return bad


def explain(sql: str, params: Any) -> str:
    """The plan of a statement; it is not carried out."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


if __name__ == "__main__":
    main()
