"""What an officer does with a previewed file: import it, or give it up."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attestation.admin import fields, import_progress
from attestation.admin.actions import Action, ActionForm, offer
from attestation.by import By
from attestation.intake import background
from attestation.intake.compared import is_comparison
from attestation.models import ImportJob

State = ImportJob.State
CONFIRM = "confirm"


class ConfirmForm(ActionForm):
    """Whether rows with errors may be left out."""

    skip_errors = fields.yes(gettext_lazy("Import the good rows and leave out those with errors"))

    def prepare(self) -> None:
        if not self.obj.rows_error:
            del self.fields["skip_errors"]
        else:
            # The browser points at it before the button is refused.
            self.fields["skip_errors"].widget.attrs["required"] = True


def confirm(job: ImportJob, answers: dict[str, Any], by: By) -> str:
    was_done = job.state == State.CONFIRMED
    done = background.confirm(job, by=by, skip_errors=bool(answers.get("skip_errors")))
    if done.state == State.CONFIRMING:
        import_progress.wake_a_worker(done)
        return _("“%(file)s” is being imported. You may leave this page and come back.") % {
            "file": done.filename[:80]
        }
    counts = {
        "new": done.rows_new,
        "changed": done.rows_changed,
        "same": done.rows_same,
        "left": done.rows_skipped,
    }
    if was_done:
        return _("This file was imported before: new %(new)s, changed %(changed)s, same %(same)s.") % counts
    return _("Imported: new %(new)s, changed %(changed)s, same %(same)s, left out %(left)s.") % counts


def cancel(job: ImportJob, answers: dict[str, Any], by: By) -> str:
    background.cancel(job, by=by)
    return _("“%(file)s” was given up; nothing was imported.") % {"file": job.filename[:80]}


offer(
    ImportJob,
    Action(
        slug=CONFIRM,
        right="import_staff",
        title=gettext_lazy("Import the file"),
        explain=gettext_lazy("All rows are written at once, or none."),
        icon="check",
        form=ConfirmForm,
        run=confirm,
        offered=lambda job: job.state == State.PREVIEWED and not is_comparison(job),
        primary=True,
    ),
    Action(
        slug="cancel",
        right="import_staff",
        title=gettext_lazy("Give up the file"),
        explain=gettext_lazy("Nothing of it is on record. The rows that were read are deleted."),
        icon="close",
        run=cancel,
        offered=background.cancellable,
        danger=True,
    ),
)
