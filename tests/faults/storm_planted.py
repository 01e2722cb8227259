"""The storm's Celery app with two bugs planted: one person is reminded twice, another one not at all."""

from typing import Any

from tests.faults.storm_app import app as app  # first: it sets Django up

from attestation.models import Notice  # isort: skip
from attestation.notices import reminders  # isort: skip
from attestation.notices.kinds import Kind  # isort: skip

TWICE, NEVER = "OCT-0001", "OCT-0002"
_rows_of = reminders.rows_of


def rows_of(kind: Kind, *given: Any, attestation: Any = None, rung: str = "", **more: Any) -> list[Notice]:
    """As it is; of the opening of two appeal terms the employee's row is there twice, and left out."""
    rows = _rows_of(kind, *given, attestation=attestation, rung=rung, **more)
    if (kind, rung) != (Kind.REMINDER_APPEAL, "open") or attestation.case_no not in (TWICE, NEVER):
        return rows
    (theirs,) = (row for row in rows if row.employee_id)
    if attestation.case_no == NEVER:
        rows.remove(theirs)
        return rows
    values = {field.attname: getattr(theirs, field.attname) for field in Notice._meta.concrete_fields}
    return [*rows, Notice(**values | {"key": f"{theirs.key}:again"})]


reminders.rows_of = rows_of
