"""How commissions sit: dated settings of ours, not the order's, shown as such."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display

from appeals.models import CommissionRules
from attestation import access, clock
from attestation.admin.base import RecordForm, ScopedAdmin
from attestation.law.calendar import local_day

OURS = gettext_lazy(
    "Ours, not the order's: order No. 271 names an appeal and its two working days (¶21) and says nothing "
    "of sittings, quorum, votes, recusal or the time for a ruling. A changed setting is a new row from a "
    "later day."
)


class RulesForm(RecordForm):
    """A row holds from a day to come: what a sitting was measured by never changes behind it."""

    class Meta:
        model = CommissionRules
        fields = (
            "effective_from",
            "quorum",
            "blind_review",
            "ruling_days",
            "recusal_months",
            "attachment_max_mb",
        )

    def clean_effective_from(self) -> Any:
        day = self.cleaned_data["effective_from"]
        today = local_day(clock.now())
        if day <= today:
            raise ValidationError(
                _("The settings of days gone by stay as they were. Choose a day after %(today)s.")
                % {"today": f"{today:%d.%m.%Y}"}
            )
        return day


@admin.register(CommissionRules)
class CommissionRulesAdmin(ScopedAdmin):
    """Read by whoever sits or oversees; a new row is the administrator's."""

    form = RulesForm
    add_right = change_right = "edit_rule_sets"
    list_display = ("in_force", "quorum", "blind", "ruling_days", "recusal_months", "attachment_max_mb")
    fieldsets = (
        (
            gettext_lazy("Settings of the commissions"),
            {
                "description": OURS,
                "fields": (
                    "effective_from",
                    "quorum",
                    "blind_review",
                    ("ruling_days", "recusal_months", "attachment_max_mb"),
                ),
            },
        ),
    )
    list_before_template = "admin/appeals/sitting/ours.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CommissionRules]:
        """They name no person and no centre's affairs: every role reads them."""
        rows: QuerySet[CommissionRules] = ModelAdmin.get_queryset(self, request)
        return rows if access.role_of(request.user) else rows.none()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        begun = isinstance(obj, CommissionRules) and obj.effective_from <= local_day(clock.now())
        return not begun and super().has_change_permission(request, obj)

    @display(description=gettext_lazy("in force from"), ordering="effective_from")
    def in_force(self, obj: CommissionRules) -> str:
        return f"{obj.effective_from:%d.%m.%Y}"

    @display(description=gettext_lazy("blind review"), boolean=True)
    def blind(self, obj: CommissionRules) -> bool:
        return obj.blind_review
