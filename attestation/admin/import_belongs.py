"""What a file belongs to, as a form asks it: its cycle, its centre, the day it is read through."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from attestation.admin import fields, import_templates
from attestation.admin.actions import ActionForm
from attestation.admin.base import visible
from attestation.intake.engine import Belongs
from attestation.intake.spec import IntakeResource
from attestation.models import Center, Cycle


class BelongsForm(ActionForm):
    """What the kind of file needs beside the file; `obj` is the kind's resource."""

    cycle = fields.record(gettext_lazy("Cycle"), Cycle.objects.none())
    center = fields.record(gettext_lazy("Centre"), Center.objects.none(), required=False)
    read_through = fields.day(
        gettext_lazy("Read through"),
        help_text=gettext_lazy(
            "The last day whose data are in the file. A case is assessed once its window is read."
        ),
    )

    def resource(self) -> type[IntakeResource]:
        """The rows of the kind."""
        found: type[IntakeResource] = self.obj
        return found

    def prepare(self) -> None:
        resource = self.resource()
        self.narrow("cycle", visible(self.user, Cycle.objects.all()))
        self.narrow("center", visible(self.user, Center.objects.all()))
        for name, needed in (
            ("cycle", resource.needs_cycle or resource.takes_cycle),
            ("center", resource.takes_center),
            ("read_through", resource.needs_read_through),
        ):
            if not needed:
                del self.fields[name]
        if resource.takes_cycle:
            self.fields["cycle"].required = False

    def belongs(self) -> Belongs:
        """The answers, once the form is valid."""
        given = self.cleaned_data
        return {
            "cycle": given.get("cycle"),
            "center": given.get("center"),
            "read_through": given.get("read_through"),
        }


def initial(request: HttpRequest) -> dict[str, Any]:
    """What the link that led here already knows."""
    found: dict[str, Any] = {"sheet": request.GET.get("sheet", "")}
    cycle = import_templates.asked_cycle(request)
    return found | {"cycle": cycle.pk, "read_through": cycle.testing_ends} if cycle else found
