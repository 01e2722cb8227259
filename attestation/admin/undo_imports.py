"""The undoing of an import, as its page offers it, and what it left."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attestation import access, clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.by import By
from attestation.intake import undo
from attestation.intake.spec import KINDS
from attestation.models import ImportJob, User

MOST_SHOWN = 200


class UndoForm(ActionForm):
    """Why; whoever was written to reads it."""

    reason = fields.text(
        gettext_lazy("Reason"),
        help_text=gettext_lazy("It is kept in the journal and told to those who were written to."),
    )


def run(job: ImportJob, answers: dict[str, Any], by: By) -> str:
    done = undo.as_data(undo.undo(job, by=by, reason=answers["reason"]))
    count = done["undone"]
    said = ngettext("%(count)s row was undone.", "%(count)s rows were undone.", count) % {"count": count}
    left = len(done["left"])
    return f"{said} {_('Left and listed: %(left)s.') % {'left': left}}" if left else said


def is_offered(job: ImportJob) -> bool:
    """Whether this kind of import can be undone now, and was not yet."""
    last = undo.last_moment(job)
    in_time = job.state == ImportJob.State.CONFIRMED and last is not None and clock.now() <= last
    return in_time and job.kind in KINDS and KINDS[job.kind].resource.undoable


def may_undo(job: ImportJob, user: User) -> bool:
    """Whether it is this person's to undo: their own file, or any of them."""
    return job.kind in KINDS and access.may(user, KINDS[job.kind].right) and undo.is_own(job, user)


def left_by_undoing(job: ImportJob) -> dict[str, Any]:
    """What the undoing left: how many rows, and the first of them with when and by whom each was touched."""
    if job.undone is None:
        return {}
    rows = [
        {**left, "since": datetime.fromisoformat(left["since"]) if left["since"] else None}
        for left in undo.left_rows(job)
    ]
    # Whose rows are forgotten still has their number.
    count = len(rows) or job.rows_new + job.rows_changed - job.undone["undone"]
    return {"left_count": count, "rows_left": rows[:MOST_SHOWN], "left_more": len(rows[MOST_SHOWN:])}


offer(
    ImportJob,
    Action(
        slug="undo",
        right="import_staff",
        title=gettext_lazy("Undo this import"),
        explain=gettext_lazy(
            "What the file put on record is taken back row by row. What was touched since, or what anything "
            "rests on, stays and is listed with who and when."
        ),
        icon="undo",
        danger=True,
        form=UndoForm,
        run=run,
        offered=is_offered,
        fits=may_undo,
        order=200,
    ),
)
