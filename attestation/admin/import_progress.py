"""A large file that a worker has: how far it is, what it was refused, and the wake-up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation import clock
from attestation.intake import background
from attestation.intake.messages import message_of
from attestation.models import ImportJob

State = ImportJob.State
REFRESH_EVERY_S = 3
WITHOUT_ROWS = (State.WAITING, State.READING, State.ASKED, State.REFUSED, State.CANCELLED)


def shown(job: ImportJob, now: datetime) -> dict[str, Any]:
    """What the page says of the worker: how far it is, or what it was refused; the way to upload again."""
    return {
        "progress": progress(job, now),
        "refresh_s": REFRESH_EVERY_S,
        "refusal": refusal_of(job),
        "rows_shown": job.state not in WITHOUT_ROWS,
        "again_url": again_url(job, job.sheet),
    }


def other_sheets(job: ImportJob) -> list[str]:
    """The sheets with rows that were not read."""
    return [note["params"]["sheet"] for note in job.notes if note["code"] == "other_sheet"]


def refusal_of(job: ImportJob) -> str:
    """Why the file was refused, or what kept a worker from importing it."""
    if job.refusal is None or job.state not in (State.REFUSED, State.ASKED, State.PREVIEWED):
        return ""
    return message_of(job.refusal, {})


def progress(job: ImportJob, now: datetime) -> dict[str, Any] | None:
    """How far a worker is with the file, in words; None where it is done."""
    if job.state not in background.UNDER_WAY:
        return None
    far = background.progress_of(job, now)
    if not far.rows:
        return {"state": job.state, "percent": None, "text": ""}
    counts = {"done": far.done, "rows": far.rows, "percent": far.percent}
    text = _("%(done)s of %(rows)s rows, %(percent)s%%") % counts
    return {"state": job.state, "percent": far.percent, "text": text, "left": left_words(far.left)}


def left_words(left: timedelta | None) -> str:
    """The time left, as a person would say it."""
    if left is None:
        return ""
    if left < timedelta(minutes=1):
        return _("less than a minute left")
    minutes = round(left / timedelta(minutes=1))
    return ngettext("about %(count)s minute left", "about %(count)s minutes left", minutes) % {
        "count": minutes
    }


def again_url(job: ImportJob, sheet: str) -> str:
    """Where the file is uploaded again, for the same cycle and this sheet."""
    known = {"cycle": job.cycle_id or "", "sheet": sheet}
    query = urlencode({name: value for name, value in known.items() if value})
    return reverse("admin:attestation_importjob_upload", args=(job.kind,)) + (f"?{query}" if query else "")


def wake_a_worker(job: ImportJob) -> None:
    """Have a large file taken up at once. Where nothing is scheduled, the page does the work itself."""
    if job.state in background.UNDER_WAY:
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    if settings.REDIS_URL:
        current_app.send_task("office.tasks.imports")
    else:
        background.run_due(now=clock.now())
