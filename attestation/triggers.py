"""Database triggers: what the law forbids and no CHECK can reach, refused on both databases.

Each trigger is a condition in SQL over NEW and OLD; when it holds, the statement is refused with an
integrity error, raw SQL included. SQLite drops a table's triggers when a migration rebuilds the
table, so a migration that alters such a table ends with `install`; a test compares the database
with this list.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunPython

from attestation.models.cycles import LIVE
from attestation.models.rules import SETTING_FIELDS


@dataclass(frozen=True)
class Trigger:
    """`when` refuses the `event` on `table`; `when_sqlite` where the two databases differ.

    `needs` is a column (`table.column`) that it asks for and a later migration makes.
    """

    name: str
    table: str
    event: str
    when: str
    message: str
    when_sqlite: str = ""
    needs: str = ""

    def create_sql(self, vendor: str) -> list[str]:
        """The statements that make the trigger on `postgresql` or `sqlite`."""
        if vendor == "sqlite":
            condition = self.when_sqlite or self.when
            return [
                f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} FOR EACH ROW "
                f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
            ]
        row = "OLD" if self.event == "DELETE" else "NEW"
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {self.when} THEN RAISE EXCEPTION '{self.message}' USING ERRCODE = '23514'; END IF; "
            f"RETURN {row}; END $$",
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}()",
        ]

    def drop_sql(self, vendor: str) -> list[str]:
        """The statements that take the trigger away, whether or not it is there."""
        if vendor == "sqlite":
            return [f"DROP TRIGGER IF EXISTS {self.name}"]
        return [
            f"DROP TRIGGER IF EXISTS {self.name} ON {self.table}",
            f"DROP FUNCTION IF EXISTS {self.name}()",
        ]


def never_deleted(*tables: str) -> list[Trigger]:
    """A legal record is closed, superseded or made void, never deleted."""
    return [
        Trigger(f"{table}_no_delete", table, "DELETE", "1 = 1", f"{table} is never deleted")
        for table in tables
    ]


def whenever_written(name: str, table: str, when: str, message: str, needs: str = "") -> list[Trigger]:
    """The same condition on a new row and on a changed one."""
    return [
        Trigger(f"{name}_{event.lower()}", table, event, when, message, needs=needs)
        for event in ("INSERT", "UPDATE")
    ]


def frozen_but(table: str, columns: Iterable[str], *, once: Iterable[str], needs: str = "") -> Trigger:
    """A row whose `columns` never change; those in `once` may be set a single time."""
    changed = [f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns]
    changed += [f"(OLD.{c} IS NOT NULL AND OLD.{c} IS DISTINCT FROM NEW.{c})" for c in once]
    when = " OR ".join(changed)
    return Trigger(
        f"{table}_frozen",
        table,
        "UPDATE",
        when,
        f"{table} is superseded, never edited",
        when_sqlite=when.replace("IS DISTINCT FROM", "IS NOT"),
        needs=needs,
    )


_OVERLAP = (
    "NEW.suspended_at IS NULL AND NEW.ends_on >= NEW.starts_on AND EXISTS ("
    "SELECT 1 FROM attestation_categoryterm t WHERE t.employee_id = NEW.employee_id"
    " AND t.category = NEW.category AND t.id <> NEW.id AND t.suspended_at IS NULL"
    " AND t.ends_on >= t.starts_on AND t.starts_on <= NEW.ends_on AND NEW.starts_on <= t.ends_on)"
)
# On INSERT, SQLite gives NEW.id = -1 before the row exists, PostgreSQL draws it: both differ from t.id.
_PARENT_WRONG = (
    "NEW.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attestation_center p"
    " WHERE p.id = NEW.parent_id AND p.kind = 'labour_mobility')"
)
# Reminders and the escalation address decide nothing and stay changeable.
_PINNED_COLUMNS = ("title", "effective_from", *SETTING_FIELDS)
_PINNED_CHANGES = " OR ".join(f"OLD.{column} <> NEW.{column}" for column in _PINNED_COLUMNS)
_IS_PINNED = "EXISTS (SELECT 1 FROM attestation_attestation a WHERE a.rule_set_id = OLD.id)"
_PINNED = f"{_IS_PINNED} AND ({_PINNED_CHANGES})"
# I-31: of lists formed before this rule several may stand, and a case reopened beside a later one does too.
_LIVE = ", ".join(f"'{status}'" for status in LIVE)
_SECOND_LIST = (
    f"NEW.status IN ({_LIVE}) AND EXISTS (SELECT 1 FROM attestation_attestation a"  # noqa: S608 – our statuses
    f" WHERE a.employee_id = NEW.employee_id AND a.status IN ({_LIVE}))"
)
# I-25: for each person, position and purpose; `initial` and `position` are one purpose here.
_SECOND_DUTY = (
    "NEW.kind = 'reattest' AND NEW.state = 'open' AND EXISTS (SELECT 1 FROM attestation_consequence c"
    " JOIN attestation_attestation o ON o.id = c.attestation_id"
    " JOIN attestation_attestation a ON a.id = NEW.attestation_id"
    " WHERE c.kind = 'reattest' AND c.state = 'open' AND o.id <> a.id AND o.employee_id = a.employee_id"
    " AND o.position = a.position AND (o.purpose = 'category') = (a.purpose = 'category'))"
)
_PERIOD_OF_ANOTHER_POSITION = (
    "NEW.decision_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attestation_employee e"
    " WHERE e.id = NEW.employee_id AND e.position = 'career_specialist')"
)
_FINAL_ON_STALE_RESULT = (
    "NEW.state = 'final' AND NEW.superseded_at IS NULL AND NOT EXISTS (SELECT 1 FROM attestation_result r"
    " WHERE r.id = NEW.result_id AND r.attestation_id = NEW.attestation_id"
    " AND r.superseded_at IS NULL AND r.published_at IS NOT NULL)"
)
_SUPERSEDES_UNDER_FINAL = (
    "OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL AND EXISTS ("
    "SELECT 1 FROM attestation_decision d WHERE d.result_id = OLD.id"
    " AND d.state = 'final' AND d.superseded_at IS NULL)"
)
_WRONG_LIST = (
    "NEW.wrong_questions IS NOT NULL AND jsonb_array_length(NEW.wrong_questions)"
    " <> NEW.questions_total - NEW.correct_answers"
)
# A closed duty keeps its day and its moment for ever (F-D14); only reminders of it go on.
_CLOSED_COLUMNS = ("due_on", "closes_at", "days", "state", "closed_at", "closed_by", "counted_from", "kind")
_CLOSED_CHANGES = (
    "OLD.state <> 'open' AND ("
    + " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in _CLOSED_COLUMNS)
    + ")"
)
_CONTRADICTION = (
    "EXISTS (SELECT 1 FROM attestation_consequence c WHERE c.decision_id = NEW.decision_id"
    " AND c.kind <> NEW.kind"
    " AND c.kind IN ('confer_category', 'keep_category', 'lower_category')"
    " AND NEW.kind IN ('confer_category', 'keep_category', 'lower_category'))"
)
_STATUS_WITHOUT_DECISION = (
    "NEW.status = 'final' AND NOT EXISTS (SELECT 1 FROM attestation_decision d"
    " WHERE d.attestation_id = NEW.id AND d.state = 'final' AND d.superseded_at IS NULL)"
)

TRIGGERS: list[Trigger] = [
    *never_deleted(
        "attestation_attestation",
        "attestation_result",
        "attestation_decision",
        "attestation_consequence",
        "attestation_deadline",
        "attestation_categoryterm",
        "attestation_journalentry",
        "attestation_viewentry",
        "attestation_outage",
        "attestation_termchange",
        "attestation_proofofservice",
        "attestation_annulment",
        "attestation_correction",
        "attestation_correctionrequest",
        "attestation_groundmark",
        "attestation_accountrequest",
    ),
    Trigger(
        "attestation_journalentry_no_update",
        "attestation_journalentry",
        "UPDATE",
        "1 = 1",
        "the journal is append-only",
    ),
    Trigger(
        "attestation_viewentry_no_update",
        "attestation_viewentry",
        "UPDATE",
        "1 = 1",
        "the log of views is append-only",
    ),
    *whenever_written(
        "attestation_center_parent",
        "attestation_center",
        _PARENT_WRONG,
        "a career centre belongs to a labour mobility centre",
    ),
    *whenever_written(
        "attestation_term_overlap",
        "attestation_categoryterm",
        _OVERLAP,
        "overlapping terms of one category",
    ),
    Trigger(
        "attestation_ruleset_pinned",
        "attestation_ruleset",
        "UPDATE",
        _PINNED,
        "a rule set that cases are pinned to does not change",
    ),
    Trigger(
        "attestation_attestation_pin",
        "attestation_attestation",
        "UPDATE",
        "OLD.rule_set_id IS NOT NULL AND (NEW.rule_set_id IS NULL OR NEW.rule_set_id <> OLD.rule_set_id)",
        "an attestation keeps the rule set it was pinned to",
    ),
    Trigger(
        "attestation_attestation_final",
        "attestation_attestation",
        "UPDATE",
        _STATUS_WITHOUT_DECISION,
        "final without a final decision",
    ),
    Trigger(
        "attestation_result_wrong_list",
        "attestation_result",
        "INSERT",
        _WRONG_LIST,
        "the list of wrong questions has total minus correct numbers",
        when_sqlite=_WRONG_LIST.replace("jsonb_array_length", "json_array_length"),
    ),
    Trigger(
        "attestation_result_under_final",
        "attestation_result",
        "UPDATE",
        _SUPERSEDES_UNDER_FINAL,
        "a final decision stands on this result",
    ),
    Trigger(
        "attestation_result_void",
        "attestation_result",
        "UPDATE",
        "NEW.voided_at IS NOT NULL AND (NEW.superseded_at IS NULL OR NEW.published_at IS NOT NULL)",
        "a void result counts nowhere: it is superseded and was never published",
        needs="attestation_result.voided_at",
    ),
    frozen_but(
        "attestation_result",
        [
            "attestation_id",
            "questions_total",
            "correct_answers",
            "wrong_questions",
            "test_variant",
            "finished_at",
            "source",
            "reason",
            "supersedes_id",
            "recorded_at",
            "recorded_by_id",
            "test_language",
        ],
        once=["published_at", "superseded_at", "voided_at"],
        needs="attestation_result.voided_at",
    ),
    Trigger(
        "attestation_decision_stale",
        "attestation_decision",
        "INSERT",
        _FINAL_ON_STALE_RESULT,
        "a final decision stands on the current published result",
    ),
    frozen_but(
        "attestation_decision",
        [
            "attestation_id",
            "state",
            "outcome",
            "result_id",
            "assessment_id",
            "category",
            "category_until",
            "reattest_by",
            "dated",
            "inputs",
            "rule_settings",
            "verdict",
            "ready_on",
            "formed_at",
            "supersedes_id",
            "reason",
        ],
        once=["superseded_at"],
    ),
    Trigger(
        "attestation_attestation_one_at_a_time",
        "attestation_attestation",
        "INSERT",
        _SECOND_LIST,
        "another case of the employee can still bring a decision",
    ),
    Trigger(
        "attestation_consequence_one_duty",
        "attestation_consequence",
        "INSERT",
        _SECOND_DUTY,
        "the employee owes a re-attestation of this purpose in this position already",
    ),
    Trigger(
        "attestation_consequence_one_duty_again",
        "attestation_consequence",
        "UPDATE",
        f"OLD.state <> 'open' AND {_SECOND_DUTY}",
        "the employee owes a re-attestation of this purpose in this position already",
    ),
    Trigger(
        "attestation_categoryterm_specialist",
        "attestation_categoryterm",
        "INSERT",
        _PERIOD_OF_ANOTHER_POSITION,
        "a category is conferred on a career specialist only",
    ),
    Trigger(
        "attestation_deadline_closed",
        "attestation_deadline",
        "UPDATE",
        _CLOSED_CHANGES,
        "a closed deadline never changes",
        when_sqlite=_CLOSED_CHANGES.replace("IS DISTINCT FROM", "IS NOT"),
    ),
    frozen_but(
        "attestation_annulment",
        [
            "decision_id",
            "attestation_id",
            "body",
            "document_no",
            "document_date",
            "reason",
            "recorded_at",
            "recorded_by_id",
        ],
        once=[],
    ),
    frozen_but(
        "attestation_proofofservice",
        [
            "attestation_id",
            "result_id",
            "decision_id",
            "served_at",
            "how",
            "outcome",
            "note",
            "recorded_at",
            "recorded_by_id",
            "served_by_id",
        ],
        once=[],
    ),
    frozen_but(
        "attestation_correction",
        [
            "attestation_id",
            "kind",
            "result_id",
            "questions_total",
            "correct_answers",
            "wrong_questions",
            "test_variant",
            "finished_at",
            "external_id",
            "reason",
            "document",
            "proposed_by_id",
            "proposed_at",
        ],
        once=[],
    ),
    frozen_but(
        "attestation_groundmark",
        ["attestation_id", "earlier_id", "cause", "grounds", "marked_at"],
        once=["settled_at"],
    ),
    frozen_but(
        "attestation_correctionrequest",
        ["attestation_id", "asked_on", "text", "document", "recorded_by_id", "recorded_at"],
        once=["corrected_at"],
    ),
    Trigger(
        "attestation_correctionrequest_answered",
        "attestation_correctionrequest",
        "UPDATE",
        "OLD.answer <> '' AND (OLD.answer <> NEW.answer OR OLD.reason <> NEW.reason"
        " OR OLD.answered_by_id <> NEW.answered_by_id OR OLD.answered_at <> NEW.answered_at)",
        "an answer to a request for a correction never changes",
    ),
    frozen_but(
        "attestation_accountrequest",
        ["kind", "account_id", "payload", "was", "reason", "asked_by_id", "asked_at", "due_at"],
        once=[],
    ),
    Trigger(
        "attestation_accountrequest_settled",
        "attestation_accountrequest",
        "UPDATE",
        "OLD.state <> 'open'",
        "a request about an account that is settled never changes",
    ),
    Trigger(
        "attestation_correction_decided",
        "attestation_correction",
        "UPDATE",
        "OLD.state <> 'proposed'",
        "a correction that is confirmed or withdrawn never changes",
    ),
    Trigger(
        "attestation_consequence_contradiction",
        "attestation_consequence",
        "INSERT",
        _CONTRADICTION,
        "one decision does not both confer, keep or lower a category",
    ),
]

_JOURNAL_TRUNCATE = [
    "CREATE OR REPLACE FUNCTION attestation_journal_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = '23514'; END $$",
    "CREATE TRIGGER attestation_journal_no_truncate BEFORE TRUNCATE ON attestation_journalentry "
    "FOR EACH STATEMENT EXECUTE FUNCTION attestation_journal_no_truncate()",
]
_JOURNAL_TRUNCATE_DROP = [
    "DROP TRIGGER IF EXISTS attestation_journal_no_truncate ON attestation_journalentry",
    "DROP FUNCTION IF EXISTS attestation_journal_no_truncate()",
]


def remove(connection: BaseDatabaseWrapper, triggers: Iterable[Trigger] = TRIGGERS) -> None:
    """Take the triggers away; for migrations and for emptying a test database only."""
    statements = [sql for trigger in triggers for sql in trigger.drop_sql(connection.vendor)]
    if connection.vendor == "postgresql" and triggers is TRIGGERS:
        statements += _JOURNAL_TRUNCATE_DROP
    _run(connection, statements)


def install(connection: BaseDatabaseWrapper, triggers: Iterable[Trigger] = TRIGGERS) -> None:
    """Make the triggers anew, on whichever database this is.

    In the middle of a new database's migrations those on tables or columns to come are left out; the
    migration that makes them calls this again, and a test compares the database with the list.
    """
    remove(connection, triggers)
    there = set(connection.introspection.table_names())
    statements = [
        sql
        for trigger in triggers
        if trigger.table in there and _has_column(connection, there, trigger.needs)
        for sql in trigger.create_sql(connection.vendor)
    ]
    if connection.vendor == "postgresql" and triggers is TRIGGERS:
        statements += _JOURNAL_TRUNCATE
    _run(connection, statements)


def _has_column(connection: BaseDatabaseWrapper, there: set[str], needs: str) -> bool:
    """Whether the column (`table.column`; empty: none) is there; `there` are the tables."""
    table, _dot, column = needs.partition(".")
    if not table or table not in there:
        return not table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")  # noqa: S608  a name from our own list
        return column in {one[0] for one in cursor.description}


_NO_MODELS: Any = None


class Guards(RunPython):
    """A step of a migration that takes the triggers away or makes them.

    It asks for the connection alone: building the models of the moment for each such step was a third of what
    `migrate` cost.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Run it."""
        self.code(_NO_MODELS, schema_editor)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Run what undoes it."""
        if self.reverse_code is None:
            raise NotImplementedError("This step has no way back.")
        self.reverse_code(_NO_MODELS, schema_editor)


def set_aside(*tables: str) -> tuple[Guards, Guards]:
    """The first and the last step of a migration for which SQLite makes these tables anew.

    Our triggers go, and those of the sibling apps that read the tables: it renames no table that a trigger
    names. Then both come back.
    """
    aside: list[str] = []
    reading = " OR ".join(f"sql LIKE '%{table}%'" for table in tables)
    siblings = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name NOT LIKE 'attestation_%'"  # noqa: S608
        f" AND ({reading})"
    )

    def away(_apps: Any, schema_editor: Any) -> None:
        connection = schema_editor.connection
        remove(connection)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                found = cursor.execute(siblings).fetchall()
                aside[:] = [sql for _name, sql in found]
                for name, _sql in found:
                    cursor.execute(f'DROP TRIGGER "{name}"')

    def back(_apps: Any, schema_editor: Any) -> None:
        install(schema_editor.connection)
        with schema_editor.connection.cursor() as cursor:
            while aside:
                cursor.execute(aside.pop())

    return Guards(away, back), Guards(back, away)


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)
