"""What every page says on top when the machinery needs somebody: one query for a page, none for strangers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attestation import access, clock
from attestation.admin.base import ADMINISTRATION
from attestation.models import JobRun, User
from office import tiles
from office.health import health
from office.sweep import sweep


@dataclass(frozen=True)
class Banner:
    """One line across the page; `url` leads to where something can be done about it."""

    tone: str
    icon: str
    text: str
    url: str = ""
    link: str = ""


def of(request: HttpRequest) -> list[Banner]:
    """The banners of the person at the screen; kept with the request, for a page may ask twice."""
    kept: list[Banner] | None = getattr(request, "banners", None)
    if kept is None:
        kept = _read(access.actor_of(request), clock.now())
        request.banners = kept  # type: ignore[attr-defined]  # kept for the rest of the request
    return kept


def _read(user: User, now: datetime) -> list[Banner]:
    run = JobRun.objects.filter(name=sweep.JOB).values_list("finished_at", flat=True).first()
    late = _late(user, run, now)
    # The number that the sidebar shows: this is on every page, and it is counted once.
    return late + _waiting(tiles.TO_CONFIRM.number(user, now)) if access.may(user, "confirm_ready") else late


def _late(user: User, finished_at: datetime | None, now: datetime) -> list[Banner]:
    """F-D6: the sweep is late, or has never run."""
    if not health.is_late(finished_at, now):
        return []
    text = _("Background work has not run yet: no term closes and no notice leaves by itself.")
    if finished_at is not None:
        since = formats.date_format(timezone.localtime(finished_at), "DATETIME_FORMAT")
        text = _("Background work delayed since %(since)s. Nothing is lost; it catches up.") % {
            "since": since
        }
    if access.role_of(user) in ADMINISTRATION:
        return [Banner("bad", "error", text, reverse("admin:health"), _("Health of the system"))]
    return [Banner("bad", "error", text)]


def _waiting(count: int) -> list[Banner]:
    """F-D2, F-D8: what a brake holds, for those who may let it go."""
    if not count:
        return []
    text = ngettext(
        "%(count)s effect waits for confirmation.", "%(count)s effects wait for confirmation.", count
    ) % {"count": count}
    url = reverse("admin:attestation_readyeffect_changelist")
    return [Banner("wait", "pan_tool", text, url, _("Look and confirm"))]
