"""What comes next once a file is imported: the act or the file that the cycle waits for."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation import access
from attestation.admin.actions import ActionAdmin
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
    found = []
    cycles: Any = site.get_model_admin(Cycle)
    assert isinstance(cycles, ActionAdmin)
    for button in cycles.buttons(request, job.cycle):
        if button.action.slug == NEXT_ACT.get(job.kind):
            found.append((_act_title(job, str(button.action.title)), button.url))
    kind = KINDS.get(NEXT_FILE.get(job.kind, ""))
    if kind is not None and access.may(request.user, kind.right):
        address = reverse("admin:attestation_importjob_upload", args=(kind.name,))
        found.append((str(kind.link), f"{address}?cycle={job.cycle.pk}"))
    page = reverse("admin:attestation_cycle_change", args=(job.cycle.pk,))
    return [*found, (_("Cycle %(code)s") % {"code": job.cycle.code}, page)]


def _act_title(job: ImportJob, title: str) -> str:
    if job.kind != "results" or job.cycle is None:
        return title
    ready = unpublished(job.cycle).count()
    return ngettext("Publish %(count)s result", "Publish %(count)s results", ready) % {"count": ready}
