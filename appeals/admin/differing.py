"""Rulings that differ on one question: what waits for the chair, and how it was settled."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from appeals.admin.sittings import COMMISSION_AND_OVERSIGHT
from appeals.models import DifferingRuling
from appeals.services.competence import require_competent
from appeals.services.differing import leave_as_ruled, rejected_still
from attestation import clock
from attestation.admin.actions import Action, ActionAdmin, offer
from attestation.admin.case_actions import ReasonForm
from attestation.admin.filters import Choices, ScopedChoices, waits_by
from attestation.admin.records import case_link
from attestation.by import By
from attestation.refusals import allows

WAITS = {"chair": (gettext_lazy("rulings that differ: for the chair"), lambda rows, now: rows.waiting())}


@admin.register(DifferingRuling)
class DifferingRulingAdmin(ActionAdmin):
    """Questions that were upheld for one appellant and rejected for another."""

    seen_by = COMMISSION_AND_OVERSIGHT
    list_display = ("number", "cycle", "variant", "state_shown", "noticed_at")
    list_display_links = ("number",)
    list_filter = (waits_by(WAITS), ("cycle", ScopedChoices), ("outcome", Choices))
    list_select_related = ("cycle__center", "settled_by")
    code_fields = ("test_variant", "cycle__code")
    readonly_fields = ("number", "cycle", "variant", "rejected", "ways", "state_shown")
    fields = (
        ("number", "variant", "cycle"),
        "noticed_at",
        "rejected",
        "ways",
        "state_shown",
        "reason",
        ("settled_by", "settled_at"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DifferingRuling]:
        return (
            super().get_queryset(request).select_related("item__appeal__attestation", "item__appeal__result")
        )

    @display(description=gettext_lazy("question"), ordering="question")
    def number(self, obj: DifferingRuling) -> str:
        return f"№ {obj.question}"

    @display(description=gettext_lazy("test variant"), ordering="test_variant")
    def variant(self, obj: DifferingRuling) -> str:
        return obj.test_variant

    @display(description=gettext_lazy("state"))
    def state_shown(self, obj: DifferingRuling) -> str:
        return obj.get_outcome_display() or _("waits for the chair")

    @display(description=gettext_lazy("rejected, with the question still counted as wrong"))
    def rejected(self, obj: DifferingRuling) -> str:
        cases = {item.appeal.attestation_id: item.appeal.attestation for item in rejected_still(obj.item)}
        return format_html_join(", ", "{}", ((case_link(case),) for case in cases.values())) or "–"

    @display(description=gettext_lazy("what can be done"))
    def ways(self, obj: DifferingRuling) -> str:
        total = obj.item.appeal.result.questions_total
        query = {"cycle": obj.cycle_id, "variant": obj.test_variant, "total": total}
        health = f"{reverse('admin:appeals_faultyquestion_health')}?{urlencode(query)}"
        links = format_html('<a href="{}">{}</a>', health, _("See the health of the question"))
        if obj.settled_at is not None:
            return links
        known = {"cycle": obj.cycle_id, "test_variant": obj.test_variant, "question": obj.question}
        mark = f"{reverse('admin:appeals_faultyquestion_add')}?{urlencode(known)}"
        return format_html('<a href="{}">{}</a> · {}', mark, _("Mark the question as faulty"), links)


def leave(matter: DifferingRuling, answers: dict[str, Any], by: By) -> str:
    leave_as_ruled(matter, reason=answers["reason"], by=by)
    return _("The rulings stay as they are; the reason is on record.")


LEAVE = Action(
    slug="leave",
    right="mark_faulty",
    title=gettext_lazy("Leave the rulings as they are"),
    explain=gettext_lazy(
        "The results of those who were rejected do not change. Write why their cases differ. To treat all "
        "takers alike, mark the question as faulty instead."
    ),
    icon="balance",
    form=ReasonForm,
    run=leave,
    offered=lambda matter: matter.settled_at is None,
    fits=lambda matter, user: allows(lambda: require_competent(matter.cycle, by=By(user, clock.now()))),
)
offer(DifferingRuling, LEAVE)
