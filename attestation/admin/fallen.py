"""I-32: cases to be decided on anew: the list, and on a case's page what is marked and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import access
from attestation.admin.base import OFFICE_AND_COMMISSION
from attestation.admin.filters import Choices, ScopedChoices, region_by
from attestation.admin.panels import Panel
from attestation.admin.records import OfCase
from attestation.labels import Label
from attestation.models import Attestation, GroundMark, User

GROUNDS: dict[str, Label] = {
    "repeat": gettext_lazy("the duty that this re-attestation repeats"),
    "existing": gettext_lazy("the existing category"),
    "window": gettext_lazy("the window of rows 2 and 3"),
}
# Of a case that ended before the readings were revised: why they would not carry it.
REVISED: dict[str, Label] = {
    "parallel": gettext_lazy("listed while an earlier case of the person could still bring a decision"),
    "second_duty": gettext_lazy("a second open duty of re-attestation for the same position and purpose"),
    "other_position": gettext_lazy(
        "a re-attestation that repeats an attestation of another position or purpose"
    ),
    "held_category": gettext_lazy("an initial attestation of a specialist who held a category"),
    "not_first": gettext_lazy("an initial attestation that was not the person's first"),
    "window": gettext_lazy("ratings and violations were counted from another day"),
    "kept_end": gettext_lazy("the existing category was confirmed and got no new term"),
    "backwards": gettext_lazy("the term of its category ends before it begins"),
    "closed_published": gettext_lazy("closed without a decision although its result is published"),
    "conferred_elsewhere": gettext_lazy(
        "the term of a category began while the person was no career specialist"
    ),
    "ground": gettext_lazy("the decision that this re-attestation repeats was annulled"),
}


def ground_words(mark: GroundMark) -> list[str]:
    """Why a case is marked, in the reader's language."""
    words = REVISED if mark.cause == GroundMark.Cause.REVISED else GROUNDS
    return [str(words[code]) for code in mark.grounds]


@admin.register(GroundMark)
class GroundMarkAdmin(OfCase):
    """I-32: those on which nobody has decided; what was settled is told on the case's page."""

    seen_by = OFFICE_AND_COMMISSION
    list_filter = (
        region_by("attestation__center"),
        ("attestation__cycle", ScopedChoices),
        ("cause", Choices),
    )
    sortable_by = ("person", "marked_at")
    readonly_fields = ("case", "reasons")
    fields = ("case", "cause", "reasons", "marked_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroundMark]:
        unsettled: QuerySet[GroundMark] = super().get_queryset(request).filter(settled_at__isnull=True)
        return unsettled

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        columns = ("person", "case", "cause", "reasons", "marked_at")
        return (*columns, "settle") if access.may(request.user, "settle_ground") else columns

    @display(description=gettext_lazy("grounds"))
    def reasons(self, obj: GroundMark) -> str:
        return "; ".join(ground_words(obj))

    @display(description=gettext_lazy("What becomes of it"))
    def settle(self, obj: GroundMark) -> str:
        url = reverse("admin:attestation_attestation_act", args=(obj.attestation_id, "settle-ground"))
        return format_html('<a class="case-link" href="{}">{}</a>', url, _("Settle what becomes of the case"))


def ground_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """I-32: which of its grounds fell, or why it is to be decided on anew, and what became of the case."""
    rows = ground_rows(case.ground_marks.all())
    return {"rows": rows} if rows else None


def ground_rows(marks: Iterable[GroundMark]) -> list[tuple[GroundMark, list[str]]]:
    """I-32: each mark with its grounds in words, the first one first."""
    return [(row, ground_words(row)) for row in sorted(marks, key=lambda row: row.pk)]


GROUNDS_PANEL = Panel(
    "grounds",
    gettext_lazy("Grounds looked at again"),
    "admin/attestation/attestation/grounds.html",
    ground_content,
)
