"""A back office of so many cases: the record of the tests of pages, and copies of its rows by SQL.

Twenty labour mobility centres with two hundred career centres, whatever the size. A cycle has a hundred;
of five cycles four are over, one is under way, with a case in every state. Work that waits for somebody grows
with the rest: held cases, letters to serve by hand, appeals, failures.
"""

from __future__ import annotations

from typing import Any

from benchmarks.copies import FIRST_KEY, clone, go_on_from_the_last, run

MOBILITY, CAREER_EACH = 20, 10
LAST_NAMES = ("Әбенова", "Оспанова", "Ким", "Сәрсенбаева", "Иванова", "Қасымова", "Жүнісова", "Төлегенова")
FIRST_NAMES = ("Айгүл", "Асель", "Іңкәр", "Мәдина", "Динара")
KEY = f"({FIRST_KEY} + n)"
CYCLE = f"({FIRST_KEY} + n / 100)"
UNDER_WAY = "(n / 2000) % 5 = 0"
PLACE = "n % 100"
# The places in a cycle under way, and what has become of their cases.
STATES = {
    "listed": 8,
    "not_admitted": 10,
    "admitted": 20,
    "absent": 22,
    "tested": 45,
    "held": 55,
    "scored": 58,
    "provisional": 80,
    "closed": 82,
}
STATUS = (
    "CASE WHEN NOT (" + UNDER_WAY + ") THEN 'final' "
    ""
    + " ".join(f"WHEN {PLACE} < {end} THEN '{state}'" for state, end in STATES.items())
    + " ELSE 'final' END"
)
TESTED = f"(NOT ({UNDER_WAY}) OR {PLACE} >= 22)"
DECIDED = f"(NOT ({UNDER_WAY}) OR {PLACE} >= 58 AND {PLACE} <> 80 AND {PLACE} <> 81)"
PROVISIONAL = f"({UNDER_WAY} AND {PLACE} BETWEEN 58 AND 79)"
# Later the later the case.
MOMENT = "(now() - interval '1 day' - ((n * 7919) % 1000) * interval '1 hour')"


A_LIST = 100


def every(number: int) -> str:
    """One case in so many."""
    return f"(n * 31) % {number} = 7"


def seldom(number: int, size: int) -> str:
    """One case in so many, but as many as a list shows: what a page shows must not differ by the size."""
    return every(max(1, min(number, size // A_LIST)))


def fill(rows: dict[str, Any], size: int) -> None:
    """So many cases with everything that hangs on them, beside the record's own."""
    # The load alone goes without triggers and foreign keys.
    run("SET session_replication_role = replica")
    places(rows)
    cases(rows, size)
    results(rows, size)
    decisions(rows, size)
    deadlines(rows, size)
    letters(rows, size)
    papers(rows, size)
    imports(rows, size)
    appeals(rows, size)
    machinery(rows, size)
    run("SET session_replication_role = DEFAULT")
    go_on_from_the_last(*(type(row) for row in rows.values() if row._meta.pk.column == "id"))
    run("VACUUM ANALYZE")


def prototypes(record: Any) -> dict[str, Any]:
    """By the name of its model, the row that is copied: of the record's decided case where it has one."""
    from django.apps import apps

    case, found = record.office.case, {}
    for app in ("attestation", "scoring", "appeals"):
        for model in apps.get_app_config(app).get_models():
            rows = model._default_manager.order_by("pk")
            if any(field.name == "attestation" for field in model._meta.fields):
                rows = rows.filter(attestation=case) if rows.filter(attestation=case).exists() else rows
            if row := rows.first():
                found[model.__name__] = row
    found |= {
        "Attestation": case,
        "Employee": case.employee,
        "Cycle": case.cycle,
        "Center": record.office.region.center,
        "Career": record.office.region.career,
        "User": record.office.region.officer,
        "Officer": record.office.region.officer,
        "Sitting": record.shut,
        "AppealItem": record.office.item,
        "Final": record.final.decisions.get(superseded_at=None),
    }
    return found


def places(rows: dict[str, Any]) -> None:
    """The centres, and an officer in each; the first is the record's own."""
    clone(rows["Center"], MOBILITY, bin="(400000000000 + n)::text", where="n > 0")
    clone(
        rows["Career"],
        MOBILITY * CAREER_EACH,
        FIRST_KEY + MOBILITY,
        bin="(500000000000 + n)::text",
        parent_id=mobility(rows, f"n % {MOBILITY}"),
    )
    clone(rows["Officer"], MOBILITY, username="'officer-' || n", center_id=f"{FIRST_KEY} + n", where="n > 0")


def mobility(rows: dict[str, Any], number: str) -> str:
    """The key of the labour mobility centre with the number."""
    return f"(CASE WHEN ({number}) = 0 THEN {rows['Center'].pk} ELSE {FIRST_KEY} + ({number}) END)"


CAREER = f"({FIRST_KEY + MOBILITY} + (n / 100) % {MOBILITY} + {MOBILITY} * (n % {CAREER_EACH}))"


def cases(rows: dict[str, Any], size: int) -> None:
    """People, their cycles and their cases; courses and category periods of some."""
    people(rows, size)
    clone(
        rows["Cycle"],
        max(size // 100, 1),
        code="'G-' || n",
        center_id=mobility(rows, f"n % {MOBILITY}"),
        testing_starts=f"current_date - 3 - CASE WHEN (n / {MOBILITY}) % 5 = 0 THEN 0 ELSE 100 + n % 500 END",
        testing_ends=f"current_date + 2 - CASE WHEN (n / {MOBILITY}) % 5 = 0 THEN 0 ELSE 100 + n % 500 END",
    )
    case = {"employee_id": KEY, "center_id": CAREER, "case_no": "'G-' || n", "cycle_id": CYCLE}
    reason = (
        """CASE WHEN """
        + STATUS
        + """ = 'held' THEN '[{"code": "no_rating"}]'::jsonb ELSE p.status_reason END"""
    )
    clone(rows["Attestation"], size, **case, status=STATUS, status_reason=reason)
    clone(rows["CategoryTerm"], size, employee_id=KEY, where=every(3))
    clone(rows["Rating"], size, employee_id=KEY, external_id="'GR' || n")
    clone(rows["Violation"], size, employee_id=KEY, external_id="'GV' || n", where=every(10))
    clone(rows["ReadThrough"], 2400, center_id=f"{FIRST_KEY + MOBILITY} + n % {MOBILITY * CAREER_EACH}")


def people(rows: dict[str, Any], size: int) -> None:
    """One first name in five, and one last name in eight: both are common."""
    from attestation.names import search_key, sort_key

    names = [
        (f"{last}{chr(1072 + place % 32)}", first)
        for place in range(32)
        for last in LAST_NAMES
        for first in FIRST_NAMES
    ]

    def of_names(values: list[str]) -> str:
        listed = ", ".join(f"'{value}'" for value in values)
        return f"(ARRAY[{listed}])[1 + (n * 7) % {len(values)}]"

    clone(
        rows["Employee"],
        size,
        iin="(600000000000 + n)::text",
        center_id=CAREER,
        last_name=of_names([last for last, _first in names]),
        first_name=of_names([first for _last, first in names]),
        sort_key=of_names([sort_key(*name) for name in names]),
        search_key=of_names([search_key(*name) for name in names]),
    )


def results(rows: dict[str, Any], size: int) -> None:
    """A result of each who was tested, and of some one that was amended."""
    mine = {"attestation_id": KEY, "supersedes_id": "NULL"}
    clone(rows["Result"], size, **mine, superseded_at="NULL", where=TESTED)
    older = FIRST_KEY + size
    clone(rows["Result"], size, older, **mine, superseded_at=MOMENT, where=f"{TESTED} AND {every(20)}")
    scored = {"attestation_id": KEY, "result_id": KEY, "ruling_id": "NULL"}
    clone(rows["Assessment"], size, **scored, superseded_at="NULL", where=TESTED)
    clone(rows["Assessment"], size, older, **scored, superseded_at=MOMENT, where=f"{TESTED} AND {every(20)}")


def decisions(rows: dict[str, Any], size: int) -> None:
    """Final ones, provisional ones, superseded ones, and what follows."""
    from attestation.models import Decision

    formed = {"attestation_id": KEY, "result_id": KEY, "assessment_id": KEY, "supersedes_id": "NULL"}
    formed |= {"superseded_at": "NULL"}
    final, provisional = f"{DECIDED} AND NOT {PROVISIONAL}", Decision.objects.filter(state="provisional")[0]
    clone(rows["Final"], size, **formed, where=final)
    clone(provisional, size, **formed, where=PROVISIONAL)
    older = {**formed, "superseded_at": MOMENT}
    clone(rows["Final"], size, FIRST_KEY + size, **older, where=f"{DECIDED} AND {every(10)}")
    follows = {"decision_id": KEY, "attestation_id": KEY}
    done = {"state": "'done'", "done_at": MOMENT}
    open_ones = f"{final} AND {every(100)}"
    clone(rows["Consequence"], size, **follows, **done, where=f"{final} AND NOT {every(100)}")
    clone(rows["Consequence"], size, **follows, state="'open'", where=open_ones)


def deadlines(rows: dict[str, Any], size: int) -> None:
    """Of each case two that are over; of those under way one that runs, some of them over in time."""
    days = "(n % 40) - 3"
    whose = {"attestation_id": KEY, "employee_id": KEY, "replaces_id": "NULL", "follows_id": "NULL"}
    whose |= {"outage_id": "NULL", "decision_id": "NULL", "term_id": "NULL"}
    whose |= {"counted_from": MOMENT, "opened_at": MOMENT}
    shut = {"state": "'closed'", "closed_at": f"{MOMENT} + interval '3 days'", "remind_at": "NULL"}
    shut["closes_at"] = shut["closed_at"]
    for number in range(2):
        clone(rows["Deadline"], size, FIRST_KEY + number * size, key=f"'g{number}-' || n", **whose, **shut)
    runs = {"state": "'open'", "closed_at": "NULL", "due_on": f"current_date + {days}"}
    clone(
        rows["Deadline"],
        size,
        FIRST_KEY + 2 * size,
        key="'g2-' || n",
        kind="(ARRAY['appeal', 'ruling', 'scoring'])[1 + n % 3]",
        closes_at=f"(current_date + {days} + 1)::timestamp AT TIME ZONE 'Asia/Almaty'",
        **whose,
        **runs,
        where=UNDER_WAY,
    )
    clone(
        rows["TermChange"],
        size,
        deadline_id=f"{KEY} + 2 * {size}",
        where=f"{UNDER_WAY} AND {seldom(100, size // 5)}",
    )


def letters(rows: dict[str, Any], size: int) -> None:
    """To each employee two that went out, to one in fifty one that could not; notices to the officers."""
    letter = {"attestation_id": KEY, "employee_id": KEY, "user_id": "NULL", "address": "''"}
    letter |= {"deadline_id": "NULL", "created_at": MOMENT, "not_before": MOMENT}
    sent = {**letter, "state": "'sent'", "sent_at": MOMENT}
    for number in range(2):
        clone(rows["Notice"], size, FIRST_KEY + number * size, key=f"'g{number}-' || n", **sent)
    failed = {**letter, "state": "'failed'", "last_error": "'…'"}
    clone(rows["Notice"], size, FIRST_KEY + 2 * size, key="'g2-' || n", **failed, where=every(50))
    officer = f"CASE WHEN n % {MOBILITY} = 0 THEN {rows['Officer'].pk} ELSE {FIRST_KEY} + n % {MOBILITY} END"
    told = {**sent, "employee_id": "NULL", "user_id": officer}
    told["read_at"] = f"CASE WHEN {every(10)} THEN NULL::timestamptz ELSE {MOMENT} END"
    clone(rows["Notice"], size, FIRST_KEY + 3 * size, key="'g3-' || n", **told)


def papers(rows: dict[str, Any], size: int) -> None:
    """Proofs of service, annulments, corrections and what asks for them, cases to be decided on anew."""
    mine = {"attestation_id": KEY}
    clone(
        rows["ProofOfService"],
        size,
        **mine,
        result_id=KEY,
        decision_id="NULL",
        notice_id="NULL",
        where=f"{TESTED} AND {every(2)}",
    )
    clone(rows["Annulment"], size, **mine, decision_id=KEY, where=seldom(1000, size))
    clone(rows["Correction"], size, **mine, result_id=KEY, where=seldom(500, size))
    clone(rows["CorrectionRequest"], size, **mine, where=seldom(500, size))
    clone(rows["GroundMark"], size, **mine, where=seldom(1000, size))
    clone(rows["RatingRuling"], size, **mine, where=seldom(200, size))


def imports(rows: dict[str, Any], size: int) -> None:
    """A file for each cycle, with its hundred rows."""
    jobs = max(size // 100, 1)
    clone(rows["ImportJob"], jobs, actor_id=str(rows["Officer"].pk), cycle_id="NULL", created_at=MOMENT)
    row = {"kind": "'new'", "record": "NULL"}
    fields = {"job_id": f"{FIRST_KEY} + n / 100", "row_no": "n % 100 + 2"}
    if "ImportRow" in rows:
        clone(rows["ImportRow"], size, **fields, **row)


def appeals(rows: dict[str, Any], size: int) -> None:
    """One case in twenty: ruled on in closed sittings, of the tested and held ones not yet."""
    appealed = f"{TESTED} AND {every(20)}"
    over = f"{appealed} AND NOT ({UNDER_WAY})"
    filed = {"attestation_id": KEY, "result_id": KEY, "form_key": "NULL"}
    done = {"state": "'resolved'", "resolved_at": MOMENT}
    clone(rows["Appeal"], size, **filed, external_id="'GA' || n", **done, where=over)
    clone(rows["Appeal"], size, **filed, external_id="'GA' || n", where=f"{appealed} AND {UNDER_WAY}")
    item = {"appeal_id": KEY}
    ruled = {
        "ruling": "'reject'",
        "reason": "'…'",
        "ruled_at": MOMENT,
        "ruled_by_id": str(rows["Officer"].pk),
    }
    clone(rows["AppealItem"], size, **item, **ruled, where=over)
    clone(rows["AppealItem"], size, **item, where=f"{appealed} AND {UNDER_WAY}")
    sittings = max(size // 1000, A_LIST)
    clone(rows["Sitting"], sittings, number="1000 + n")
    line = {"sitting_id": f"{FIRST_KEY} + n % {sittings}", "item_id": KEY, "attestation_id": "NULL"}
    sealed = {"outcome": "'ruled'", "ruling": "'reject'", "reason": "'…'", "closed_at": MOMENT}
    sealed["closed_by_id"] = str(rows["Officer"].pk)
    clone(rows["AgendaItem"], size, **line, **sealed, where=over)
    clone(rows["Vote"], size, agenda_item_id=KEY, where=over)
    differing = {"item_id": KEY, "cycle_id": CYCLE}
    clone(rows["DifferingRuling"], size, **differing, where=f"{over} AND {seldom(200, size)}")
    clone(rows["FaultyQuestion"], size, cycle_id=CYCLE, where=seldom(1000, size))


def machinery(rows: dict[str, Any], size: int) -> None:
    """The journal, effects that wait, work that failed."""
    for number, act in enumerate(("record_read", "publish", "score", "decide", "finalise")):
        entry = {"seq": f"{FIRST_KEY} + 5 * n + {number}", "at": MOMENT, "act": f"'{act}'"}
        clone(rows["JournalEntry"], size, attestation_id=KEY, subject="''", **entry)
    effect = {"attestation_id": KEY, "deadline_id": "NULL", "key": "'g-' || n", "ready_at": MOMENT}
    clone(rows["ReadyEffect"], size, **effect, where=seldom(500, size))
    shut = {"state": "'confirmed'", "closed_at": MOMENT}
    clone(rows["ReadyEffect"], size, FIRST_KEY + size, **effect, **shut, where=every(50))
    failure = {"attestation_id": KEY, "subject": "'attestation:' || " + KEY}
    clone(rows["WorkFailure"], size, **failure, where=seldom(500, size))
    clone(rows["WorkFailure"], size, FIRST_KEY + size, **failure, solved_at=MOMENT, where=every(50))
