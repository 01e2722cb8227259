"""`manage.py publish_results --cycle CODE`: the results on record are published, appeal terms begin (¶21)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import ngettext

from attestation.by import By
from attestation.cases.results import publish_results
from attestation.management.acting import ActingCommand, Report
from attestation.management.lookups import cycle_of
from attestation.models import Deadline, Result


class Command(ActingCommand):
    """¶21: again, there is nothing to do."""

    help = "Publish the results on record that are not published yet: their appeal terms begin (¶21)."

    def add_own_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--cycle", metavar="CODE", required=True, help="The cycle.")

    def act(self, *, by: By, **options: Any) -> Report:
        published = publish_results(cycle_of(options["cycle"], by.user), by=by)
        text = ngettext(
            "%(count)s result is published.", "%(count)s results are published.", len(published)
        ) % {"count": len(published)}
        return Report({"published": len(published), "results": _appeal_deadlines(published)}, text)


def _appeal_deadlines(published: list[Result]) -> list[dict[str, str]]:
    """¶21: whose appeal term begins, and its last second."""
    deadlines = (
        Deadline.objects.open()
        .filter(kind=Deadline.Kind.APPEAL, attestation__in=[result.attestation_id for result in published])
        .select_related("employee")
        .order_by("employee__iin")
    )
    return [
        {"iin": deadline.employee.iin, "appeal_due": deadline.due_at.isoformat()} for deadline in deadlines
    ]
