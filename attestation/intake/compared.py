"""What a comparison found: rows the same, differing, only here, only there; as data and as text.

A row of the file that differs is staged as changed, one of which nothing is on record as new; what the file
says nothing of is kept with the import.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from attestation import access
from attestation.cites import cite_labels
from attestation.intake import report
from attestation.intake.frozen import thaw
from attestation.intake.spec import resource_of
from attestation.models import Decision, ImportJob, ImportRow

Kind = ImportRow.Kind


def is_comparison(job: ImportJob) -> bool:
    """Whether the file was only compared with the record."""
    return not resource_of(job.kind).writes


def rows_of(job: ImportJob, kind: str) -> QuerySet[ImportRow]:
    """The rows of one kind, in the order of the file."""
    return job.rows.filter(kind=kind).order_by("row_no")


def only_here(job: ImportJob, user: access.Anyone) -> QuerySet[Decision]:
    """Our decisions of which the file said nothing, as far as the reader sees them."""
    keys = job.options.get("summary", {}).get("only_here", ())
    found = access.scoped(user, Decision.objects.filter(pk__in=keys))
    related = ("attestation__employee", "attestation__cycle")
    return found.select_related(*related).order_by("attestation__employee__iin", "pk")


def as_data(job: ImportJob, user: access.Anyone) -> dict[str, Any]:
    """The contract of `compare_decisions`."""
    whole = report.as_data(job)
    return {
        "same": job.rows_same,
        "differs": list(_differing(job)),
        "only_here": [_here(decision) for decision in only_here(job, user)],
        "only_there": [_there(row) for row in rows_of(job, Kind.NEW).iterator(2000)],
        **{name: whole[name] for name in ("errors", "notes", "ignored", "left_out", "sheet")},
    }


def fields_of(job: ImportJob, row: ImportRow) -> list[tuple[str, Any, Any]]:
    """The fields in which a row differs, theirs and ours, in the order of the declaration."""
    theirs, ours = row.after or {}, row.before or {}
    names = [name for name in resource_of(job.kind).columns() if name in theirs]
    return [(name, thaw(theirs[name]), thaw(ours.get(name))) for name in names]


def _differing(job: ImportJob) -> Iterator[dict[str, Any]]:
    for row in rows_of(job, Kind.CHANGED).iterator(2000):
        said = row.derived or {}
        fields = [
            {"field": name, "theirs": _plain(theirs), "ours": _plain(ours), "cites": said["cites"]}
            for name, theirs, ours in fields_of(job, row)
        ]
        yield {"row": row.row_no, "iin": row.key, "state": said["state"], "fields": fields}


def _here(decision: Decision) -> dict[str, Any]:
    case = decision.attestation
    return {
        "iin": case.employee.iin,
        "purpose": case.purpose,
        "cycle": case.cycle.code,
        "decision": decision.outcome,
        "state": decision.state,
    }


def _there(row: ImportRow) -> dict[str, Any]:
    theirs = row.after or {}
    said = {name: theirs.get(name) for name in ("purpose", "cycle", "decision")}
    return {"row": row.row_no, "iin": row.key, **said, "state": (row.derived or {}).get("state")}


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def as_text(job: ImportJob, user: access.Anyone) -> str:
    """A few lines for a person at a terminal."""
    found = as_data(job, user)
    counts = {name: len(found[name]) for name in ("differs", "only_here", "only_there", "errors")}
    lines = [
        _(
            "%(file)s: %(same)s the same, %(differs)s differ, %(only_here)s only here, "
            "%(only_there)s only there, %(errors)s with errors."
        )
        % {"file": job.filename, "same": job.rows_same, **counts, "errors": job.rows_error},
        *report.file_lines(job),
        *report.left_out_lines(job),
    ]
    for row in found["differs"]:
        for field in row["fields"]:
            lines.append(
                _("Row %(row)s, %(iin)s, %(field)s: the Platform %(theirs)s, here %(ours)s (%(cites)s).")
                % {
                    **row,
                    **field,
                    "ours": field["ours"] or "–",
                    "cites": ", ".join(cite_labels(field["cites"])),
                }
            )
    lines += [_("Only here: %(iin)s, cycle %(cycle)s.") % row for row in found["only_here"]]
    lines += [_("Only there: row %(row)s, %(iin)s.") % row for row in found["only_there"]]
    return "\n".join([*lines, *report.error_lines(job)])
