"""What an import answers: as data and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.intake.messages import in_languages, message_of, note_of, sentence
from attestation.intake.spec import resource_of
from attestation.models import ImportJob, ImportRow

MOST_SHOWN = 50
MOST_OF_A_CODE = 100


def errors_of(job: ImportJob) -> Iterator[dict[str, Any]]:
    """Each error with the row, column and field where it stands, in the order of the file."""
    titles = resource_of(job.kind).titles()
    rows = job.rows.filter(kind=ImportRow.Kind.ERROR).order_by("row_no").values_list("row_no", "errors")
    for number, errors in rows.iterator(chunk_size=2000):
        for error in errors or ():
            yield {
                "row": number,
                **{name: error[name] for name in ("column", "field", "value", "code")},
                "message": message_of(error, titles),
            }


def file_lines(job: ImportJob) -> list[str]:
    """What is to be said of the file as a whole: how it was read, and what was not."""
    lines = [sentence("sheet_read", {"sheet": job.sheet})] if job.sheet else []
    lines += [message_of(note, {}) for note in job.notes]
    reasons = in_languages(lambda: _("Reasons")).values()
    for at, title in job.columns.get("ignored", ()):
        code = "reasons_ignored" if title in reasons else "column_ignored"
        lines.append(sentence(code, {"letter": at, "title": title}))
    return lines


def row_notes_of(job: ImportJob) -> Iterator[dict[str, Any]]:
    """Each remark on a row that is imported all the same, in the order of the file."""
    titles = resource_of(job.kind).titles()
    rows = job.rows.filter(notes__isnull=False).order_by("row_no").values_list("row_no", "notes")
    for number, notes in rows.iterator(chunk_size=2000):
        for note in notes or ():
            column, code = note["column"], note["code"]
            yield {"row": number, "column": column, "code": code, "message": note_of(note, titles)}


def notes_of(job: ImportJob) -> list[dict[str, Any]]:
    """The remarks on the file, then on its rows: the first hundred of a code, then how many rows have it."""
    of_file = [
        {"row": None, "column": None, "code": note["code"], "message": message_of(note, {})}
        for note in job.notes
    ]
    return of_file + _shortened(row_notes_of(job))


def _shortened(notes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    rows: dict[str, set[int]] = {}
    for note in notes:
        seen[note["code"]] += 1
        rows.setdefault(note["code"], set()).add(note["row"])
        if seen[note["code"]] <= MOST_OF_A_CODE:
            kept.append(note)
    for code in (code for code in seen if seen[code] > MOST_OF_A_CODE):
        count = {"rows": len(rows[code]), "shown": MOST_OF_A_CODE}
        message = _("Rows with this note: %(rows)s; the first %(shown)s are listed.") % count
        kept.append({"row": None, "column": None, "code": code, "message": message, "rows": count["rows"]})
    return kept


def as_data(job: ImportJob, *, dry_run: bool = False) -> dict[str, Any]:
    """The contract of the import commands; a dry run leaves no import to come back to."""
    return {
        "job": None if dry_run else job.pk,
        "new": job.rows_new,
        "changed": job.rows_changed,
        "same": job.rows_same,
        "skipped": job.rows_skipped,
        "errors": list(errors_of(job)),
        "notes": notes_of(job),
        "ignored": [{"column": at, "header": title} for at, title in job.columns.get("ignored", ())],
        "left_out": [],
        "sheet": job.sheet or None,
    }


def refusal_data(filename: str, code: str, message: str) -> dict[str, Any]:
    """The same for a file that was refused as a whole."""
    nowhere = {"row": None, "column": None, "field": None}
    return {
        "job": None,
        **dict.fromkeys(("new", "changed", "same", "skipped"), 0),
        "errors": [{**nowhere, "value": filename, "code": code, "message": message}],
        **{name: [] for name in ("notes", "ignored", "left_out")},
        "sheet": None,
    }


def as_text(job: ImportJob) -> str:
    """A few lines for a person at a terminal."""
    lines = [
        _(
            "%(file)s (import %(job)s): %(new)s new, %(changed)s changed, %(same)s same, "
            "%(errors)s with errors."
        )
        % {
            "file": job.filename,
            "job": job.pk,
            "new": job.rows_new,
            "changed": job.rows_changed,
            "same": job.rows_same,
            "errors": job.rows_error,
        },
        *file_lines(job),
    ]
    for note in islice(row_notes_of(job), MOST_SHOWN):
        lines.append(_("Row %(row)s: %(note)s") % {"row": note["row"], "note": note["message"]})
    for place, error in enumerate(errors_of(job)):
        if place == MOST_SHOWN:
            lines.append(_("… and more; --json lists all of them."))
            break
        address = f"{error['column'] or ''}{error['row']}"
        lines.append(_("Cell %(cell)s: %(message)s") % {"cell": address, "message": error["message"]})
    lines.append(_state_line(job))
    return "\n".join(str(line) for line in lines)


def _state_line(job: ImportJob) -> str:
    if job.state != ImportJob.State.CONFIRMED:
        return _("Nothing was imported.")
    if not job.rows_skipped:
        return _("The whole file was imported.")
    return ngettext(
        "Imported; %(count)s row was left out.", "Imported; %(count)s rows were left out.", job.rows_skipped
    ) % {"count": job.rows_skipped}
