"""What an import answers: as data and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation.intake.answers import choices_of
from attestation.intake.messages import in_languages, message_of, note_of, sentence
from attestation.intake.parsing import layout_of
from attestation.intake.row_classes import LeftOut
from attestation.intake.spec import resource_of
from attestation.intake.staged import encode
from attestation.models import ImportJob, ImportRow

MOST_SHOWN = 50
MOST_OF_A_CODE = 100
MOST_CELLS = 10
# So many rows with the same wrong value, or with an empty cell, are named each; more of them are one cause.
MOST_ALIKE, MOST_EMPTY = 3, 10


@dataclass
class Cause:
    """What is wrong with the same value in many rows: how many they are, and the first cells."""

    rows: int = 0
    cells: list[str] = field(default_factory=list)
    told: bool = False
    suggestion: str = ""


def errors_of(job: ImportJob) -> Iterator[dict[str, Any]]:
    """Each error with the row, column and field where it stands, in the order of the file.

    One cause in many rows is one error at its first row: `row` is None, `rows` how many, `cells` the first.
    """
    titles = resource_of(job.kind).titles()
    causes = causes_of(job)
    for number, errors in _stored_errors(job):
        for error in errors:
            cause = causes.get(_key(error))
            if cause is not None and cause.told:
                continue
            found = {
                "row": number,
                **{name: error[name] for name in ("column", "field", "value", "code")},
                "message": message_of(error, titles),
            }
            if "close" in error["params"]:
                found["suggestion"] = error["params"]["close"]
            if cause is not None:
                cause.told = True
                found |= {"row": None, "rows": cause.rows, "cells": cause.cells}
            yield found


def causes_of(job: ImportJob) -> dict[str, Cause]:
    """What is one cause in many rows. A cell that is empty is its row's own matter, if not many are."""
    found: dict[str, Cause] = {}
    many: dict[str, int] = {}
    for number, errors in _stored_errors(job):
        for error in errors:
            key = _key(error)
            many[key] = _most_apart(error)
            _count(found.setdefault(key, Cause()), error, number)
    return {key: cause for key, cause in found.items() if cause.rows > many[key]}


def shared_errors(job: ImportJob) -> list[dict[str, Any]]:
    """The causes of many rows alone, but for words that an officer can explain."""
    resource = resource_of(job.kind)
    shared = [error for error in errors_of(job) if error["row"] is None]
    return [error for error in shared if not (_is_word(error) and choices_of(resource, error["field"]))]


def unknown_words(job: ImportJob) -> dict[tuple[str, str], Cause]:
    """The words that are no terms, by field and word: their rows, and what each may mean."""
    found: dict[tuple[str, str], Cause] = {}
    for number, errors in _stored_errors(job):
        for error in filter(_is_word, errors):
            cause = found.setdefault((error["field"], error["value"]), Cause())
            cause.suggestion = error["params"].get("close", "")
            _count(cause, error, number)
    return found


def _is_word(error: Mapping[str, Any]) -> bool:
    return error["code"] in ("not_known", "misspelt")


def _count(cause: Cause, error: Mapping[str, Any], number: int) -> None:
    cause.rows += 1
    if len(cause.cells) < MOST_CELLS:
        cause.cells.append(f"{error['column'] or ''}{number}")


def _most_apart(error: Mapping[str, Any]) -> int:
    """In how many rows an error is still each row's own."""
    if _is_word(error):
        return 1
    return MOST_ALIKE if error["value"] else MOST_EMPTY


def _key(error: Mapping[str, Any]) -> str:
    return encode([error["code"], error["field"], error["value"], error["params"]])


def _stored_errors(job: ImportJob) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    rows = job.rows.filter(kind=ImportRow.Kind.ERROR).order_by("row_no").values_list("row_no", "errors")
    for number, errors in rows.iterator(chunk_size=2000):
        yield number, sorted(errors or (), key=_by_column)


def _by_column(error: Mapping[str, Any]) -> tuple[int, str]:
    """Errors in the order of columns; those of the whole row last."""
    column = error["column"] or "~"
    return len(column), column


def file_lines(job: ImportJob) -> list[str]:
    """What is to be said of the file as a whole: how it was read, and what was not."""
    lines = [sentence("sheet_read", {"sheet": job.sheet})] if job.sheet else []
    lines += [message_of(note, {}) for note in job.notes]
    lines += [note["message"] for note in guessed_of(job)]
    reasons = in_languages(lambda: _("Reasons")).values()
    for at, title in job.columns.get("ignored", ()):
        code = "reasons_ignored" if title in reasons else "column_ignored"
        lines.append(sentence(code, {"letter": at, "title": title}))
    return lines


def left_out_lines(job: ImportJob) -> list[str]:
    """Each row that is nobody's, up to MOST_SHOWN of them."""
    return [sentence(what, {"row": row, "text": text}) for row, what, text in left_out_of(job)[:MOST_SHOWN]]


def left_out_of(job: ImportJob) -> list[LeftOut]:
    """The rows that are nobody's: totals, numberings, notes."""
    return [LeftOut(*row) for row in job.columns.get("left_out", ())]


def guessed_of(job: ImportJob) -> list[dict[str, Any]]:
    """The headers that were read as what people use them for, as notes."""
    titles, layout = resource_of(job.kind).titles(), layout_of(job)
    found = []
    for place in job.columns.get("guessed", ()):
        named, name = layout.named(place), layout.field_at(place)
        title = titles.get(name) or ", ".join(titles[part] for part in layout.parts)
        said = {"letter": named["column"], "title": named["header"], "field": title}
        message = sentence("header_guessed", said)
        found.append({"row": None, "column": named["column"], "code": "header_guessed", "message": message})
    return found


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
    return of_file + guessed_of(job) + _shortened(row_notes_of(job))


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
        "left_out": [{"row": row, "what": what} for row, what, _text in left_out_of(job)],
        "sheet": job.sheet or None,
    }


def refusal_data(filename: str, errors: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The same for a file that was refused as a whole; of each error the code, the message and what else."""
    nowhere = {"row": None, "column": None, "field": None, "value": filename}
    return {
        "job": None,
        **dict.fromkeys(("new", "changed", "same", "skipped"), 0),
        "errors": [{**nowhere, **error} for error in errors],
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
        *left_out_lines(job),
    ]
    for note in islice(row_notes_of(job), MOST_SHOWN):
        lines.append(_("Row %(row)s: %(note)s") % {"row": note["row"], "note": note["message"]})
    lines += [*error_lines(job), _state_line(job)]
    return "\n".join(str(line) for line in lines)


def error_lines(job: ImportJob) -> list[str]:
    """The errors, up to MOST_SHOWN of them, and that there are more."""
    lines = [_error_line(error) for error in islice(errors_of(job), MOST_SHOWN + 1)]
    if len(lines) > MOST_SHOWN:
        lines[MOST_SHOWN] = _("… and more; --json lists all of them.")
    return lines


def _error_line(error: Mapping[str, Any]) -> str:
    if error["row"] is None:
        values = {"rows": error["rows"], "cells": cells_shown(error), "message": error["message"]}
        said = ngettext(
            "%(rows)s row (%(cells)s): %(message)s",
            "%(rows)s rows (%(cells)s): %(message)s",
            error["rows"],
        )
        return said % values
    values = {"cell": f"{error['column'] or ''}{error['row']}", "message": error["message"]}
    return _("Cell %(cell)s: %(message)s") % values


def cells_shown(error: Mapping[str, Any]) -> str:
    """The first cells of a cause, and whether there are more."""
    return ", ".join(error["cells"]) + (" …" if error["rows"] > len(error["cells"]) else "")


def _state_line(job: ImportJob) -> str:
    if job.state != ImportJob.State.CONFIRMED:
        return _("Nothing was imported.")
    if not job.rows_skipped:
        return _("The whole file was imported.")
    return ngettext(
        "Imported; %(count)s row was left out.", "Imported; %(count)s rows were left out.", job.rows_skipped
    ) % {"count": job.rows_skipped}
