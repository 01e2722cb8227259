"""Rule sets: the readings in force, and the ladders of reminders."""

from __future__ import annotations

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from attestation.admin.base import ScopedAdmin
from attestation.admin.filters import waits_by
from attestation.admin.ladders import EXPLAIN, LINES, RuleSetForm
from attestation.law.calendar import local_day
from attestation.law.settings import BEFORE
from attestation.models import RuleSet
from attestation.models.rules import SETTING_FIELDS


def unchosen(rule_sets: QuerySet[RuleSet], now: datetime) -> QuerySet[RuleSet]:
    """I-06, I-15: put on record before there was a choice, and not in force yet."""
    return rule_sets.filter(effective_from__gt=local_day(now), **BEFORE)


WAITS = {"choice": (gettext_lazy("rule sets to come: choose the readings"), unchosen)}


@admin.register(RuleSet)
class RuleSetAdmin(ScopedAdmin):
    """I-21: a changed reading is a new dated rule set; of a pinned one the reminders alone can be changed."""

    form = RuleSetForm
    add_right = change_right = "edit_rule_sets"
    list_display = (
        "title",
        "effective_from",
        "managers_initial",
        "category_basis",
        "rating_gap",
        "no_rating",
    )
    list_filter = (waits_by(WAITS),)
    fieldsets = (
        (None, {"fields": (("title", "effective_from"),)}),
        (
            gettext_lazy("Readings"),
            {
                "fields": (
                    ("managers_initial", "category_basis"),
                    ("rating_gap", "no_rating"),
                    ("low_total", "kept_term"),
                    "window",
                    ("scoring_rolls", "finalise_after"),
                )
            },
        ),
        (gettext_lazy("Reminders"), {"fields": (*LINES, "escalation_address"), "description": EXPLAIN}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: RuleSet | None = None) -> tuple[str, ...]:
        """No decision depends on reminders; the readings of a pinned rule set stay (a trigger holds that)."""
        pinned = obj is not None and obj.attestations.exists()
        return ("title", "effective_from", *SETTING_FIELDS) if pinned else ()
