"""Staff lists in clear are not kept for ever: after UNDO_DAYS the rows of an import go, its digest stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from attestation.models import Employee, ImportJob, ImportRow
from attestation.people import forget_void_staff

JOBS_A_RUN = 20


def forget_rows(now: datetime) -> int:
    """Delete what is staged of imports that can no longer be undone, or were never carried out.

    Of an undone import the numbers stay, but not whom its list named, nor whom it had put on record and who
    is void without a category. Returns how many imports it was.
    """
    day = now - timedelta(days=settings.UNDO_DAYS)
    with_rows = ImportJob.objects.filter(
        Q(Exists(ImportRow.objects.filter(job=OuterRef("pk")))) | Q(columns__has_key="samples"),
        created_at__lt=day,
    )
    over = with_rows.exclude(confirmed_at__gte=day).order_by("pk")
    done = 0
    for pk in list(over.values_list("pk", flat=True)[:JOBS_A_RUN]):
        done += _forget(pk)
    return done


@transaction.atomic
def _forget(pk: int) -> int:
    job = ImportJob.objects.select_for_update(of=("self",)).get(pk=pk)
    if job.kind == "staff" and job.undone:
        forget_void_staff(Employee._base_manager.filter(pk__in=job.rows.values("record")))
    job.rows.all().delete()
    if isinstance(job.columns, dict):
        job.columns.pop("samples", None)
        job.columns["left_out"] = [(row, what, "") for row, what, _text in job.columns.get("left_out", ())]
    if job.undone:
        job.undone["left"] = []
    job.save(update_fields=["columns", "undone"])
    return 1
