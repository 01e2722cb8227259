"""What comes next once a file is imported: the act or the file that the cycle waits for."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation import access
from attestation.admin.actions import ActionAdmin, Button
from attestation.admin.cycle_actions import unpublished
from attestation.intake.spec import KINDS
from attestation.models import Cycle, ImportJob

# The act on the cycle, and the kind of file, that follow a kind of file.
NEXT_ACT = {"courses": "admit", "results": "publish"}
NEXT_FILE = {"attestees": "courses"}


def next_steps(site: AdminSite, request: HttpRequest, job: ImportJob) -> list[tuple[str, str]]:
    """What this person can do now, with its address; what it is about stands in its name."""
    if job.state != ImportJob.State.CONFIRMED:
        return []
    if job.cycle is None:
        if job.kind != "staff" or not access.may(request.user, "list_attestees"):
            return []
        return [(_("Put them on the list of a cycle"), reverse("admin:attestation_cycle_changelist"))]
    found = [
        (_act_title(job, str(button.action.title)), button.url)
        for button in _next_acts(site, request, job.kind, job.cycle)
    ]
    kind = KINDS.get(NEXT_FILE.get(job.kind, ""))
    if kind is not None and access.may(request.user, kind.right):
        address = reverse("admin:attestation_importjob_upload", args=(kind.name,))
        found.append((str(kind.link), f"{address}?cycle={job.cycle.pk}"))
    page = reverse("admin:attestation_cycle_change", args=(job.cycle.pk,))
    return [*found, (_("Cycle %(code)s") % {"code": job.cycle.code}, page)]


def publishing_of(site: AdminSite, request: HttpRequest, job: ImportJob) -> str:
    """The address of the act that publishes what the file brought in; "" where rows of it were left out."""
    job.refresh_from_db()
    if job.kind != "results" or job.state != ImportJob.State.CONFIRMED or job.rows_error or job.cycle is None:
        return ""
    return next((button.url for button in _next_acts(site, request, job.kind, job.cycle)), "")


def _next_acts(site: AdminSite, request: HttpRequest, kind: str, cycle: Cycle) -> list[Button]:
    """The buttons of the cycle that follow a kind of file: one, or none."""
    cycles: Any = site.get_model_admin(Cycle)
    assert isinstance(cycles, ActionAdmin)
    return [button for button in cycles.buttons(request, cycle) if button.action.slug == NEXT_ACT.get(kind)]


def _act_title(job: ImportJob, title: str) -> str:
    if job.kind != "results" or job.cycle is None:
        return title
    ready = unpublished(job.cycle).count()
    return ngettext("Publish %(count)s result", "Publish %(count)s results", ready) % {"count": ready}
