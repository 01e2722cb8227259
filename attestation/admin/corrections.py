"""Corrections after the final decision, as an officer reads them (I-33, I-34)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation.admin.base import OFFICE_AND_COMMISSION
from attestation.admin.filters import Choices, region_by
from attestation.admin.panels import Panel
from attestation.admin.records import OfCase
from attestation.models import (
    Attestation,
    Correction,
    User,
)

CORRECTION_COLOURS = {"proposed": "warning", "confirmed": "success", "withdrawn": "info"}


@admin.register(Correction)
class CorrectionAdmin(OfCase):
    """I-33, I-34: what was found wrong after a final decision, by whom it was proposed and confirmed."""

    seen_by = OFFICE_AND_COMMISSION
    list_display = ("person", "case", "kind", "state_shown", "proposed_at", "decided_at")
    list_filter = (region_by("attestation__center"), ("kind", Choices), ("state", Choices))
    code_fields = ("attestation__case_no", "document", "external_id")
    ordering = ("-proposed_at", "-pk")
    readonly_fields = ("case", "state_words", "wrong")
    fields = (
        ("case", "kind", "state_words"),
        "result",
        ("correct_answers", "questions_total", "wrong"),
        ("test_variant", "finished_at"),
        "external_id",
        "reason",
        "document",
        ("proposed_by", "proposed_at"),
        ("decided_by", "decided_at"),
    )

    @display(description=gettext_lazy("state"), label=CORRECTION_COLOURS)
    def state_shown(self, obj: Correction) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    @display(description=gettext_lazy("state"))
    def state_words(self, obj: Correction) -> str:
        return obj.get_state_display()

    @display(description=gettext_lazy("wrong questions"))
    def wrong(self, obj: Correction) -> str:
        return ", ".join(map(str, obj.wrong_questions or ())) or "–"


def corrections_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """I-33, I-34: each correction of the case, the latest first."""
    rows = [(row, CORRECTION_COLOURS[row.state]) for row in case.corrections.all()]
    return {"rows": rows} if rows else None


CORRECTIONS_PANEL = Panel(
    "corrections",
    gettext_lazy("Corrections after the final decision"),
    "admin/attestation/correction/of_case.html",
    corrections_content,
)
