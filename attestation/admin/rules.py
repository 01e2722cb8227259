"""Rule sets: the readings in force."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from attestation.admin.base import ScopedAdmin
from attestation.models import RuleSet


@admin.register(RuleSet)
class RuleSetAdmin(ScopedAdmin):
    """I-21: a changed reading is a new dated rule set; one that a case is pinned to can't be changed."""

    add_act = change_act = "edit_rule_sets"
    list_display = (
        "title",
        "effective_from",
        "managers_initial",
        "category_basis",
        "rating_gap",
        "no_rating",
    )
    fieldsets = (
        (None, {"fields": (("title", "effective_from"),)}),
        (
            gettext_lazy("Readings"),
            {
                "fields": (
                    ("managers_initial", "category_basis"),
                    ("rating_gap", "no_rating"),
                    "low_total",
                    ("scoring_rolls", "finalise_after"),
                )
            },
        ),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        pinned = isinstance(obj, RuleSet) and obj.attestations.exists()
        return not pinned and super().has_change_permission(request, obj)
