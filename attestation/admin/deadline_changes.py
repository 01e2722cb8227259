"""F-D14: deadlines that moved, and shorter ones that a named person accepts or declines."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, PlainPageAdmin, offer
from attestation.admin.base import STAFF_OFFICE
from attestation.admin.filters import Choices, region_by
from attestation.admin.records import case_link
from attestation.by import By
from attestation.deadlines.changes import accept_change, decline_change, require_acceptable, require_named
from attestation.models import Employee, JournalEntry, TermChange
from attestation.refusals import allows

PAGE = "admin/attestation/termchange/act.html"
COLOURS = {"applied": "success", "proposed": "warning", "declined": "", "obsolete": ""}


@admin.register(TermChange)
class TermChangeAdmin(PlainPageAdmin):
    """What moved a deadline, from which day to which, and who decided."""

    seen_by = STAFF_OFFICE
    list_display = ("deadline_kind", "case", "moved", "cause", "state_shown", "proposed_to", "made_at")
    list_filter = (("state", Choices), ("cause", Choices), region_by("deadline__employee__center"))
    list_select_related = ("deadline__attestation", "deadline__employee", "proposed_to")
    person_path = "deadline__employee__search_key"
    code_fields = ("deadline__attestation__case_no",)
    ordering = ("-made_at", "-pk")
    readonly_fields = ("deadline_kind", "case", "person", "moved", "counted")
    fields = (
        ("deadline_kind", "state"),
        ("case", "person"),
        ("moved", "counted"),
        ("cause", "calendar_version"),
        "reason",
        ("made_at", "proposed_to"),
        ("decided_at", "decided_by"),
    )

    def employee_of(self, obj: TermChange) -> Employee:
        return obj.deadline.employee

    @display(description=gettext_lazy("term"), ordering="deadline__kind")
    def deadline_kind(self, obj: TermChange) -> str:
        return str(obj.deadline.get_kind_display())

    @display(description=gettext_lazy("attestation"))
    def case(self, obj: TermChange) -> str:
        return case_link(obj.deadline.attestation)

    @display(description=gettext_lazy("employee"))
    def person(self, obj: TermChange) -> str:
        return obj.deadline.employee.full_name

    @display(description=gettext_lazy("last day"), ordering="due_on")
    def moved(self, obj: TermChange) -> str:
        return str(obj)

    @display(description=gettext_lazy("days counted"))
    def counted(self, obj: TermChange) -> str:
        return ", ".join(f"{day[8:]}.{day[5:7]}.{day[:4]}" for day in obj.days) or "–"

    @display(description=gettext_lazy("state"), ordering="state", label=COLOURS)
    def state_shown(self, obj: TermChange) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    def journal_of(self, obj: TermChange) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(subject=obj.deadline.key)


class DecideForm(ActionForm):
    """Why the shorter deadline is accepted or declined."""

    reason = fields.long_text(gettext_lazy("Reason"))


def accept(change: TermChange, answers: dict[str, Any], by: By) -> str:
    done = accept_change(change, reason=answers["reason"], by=by)
    return _("The term ends on %(day)s now; the people concerned are told.") % {
        "day": f"{done.due_on:%d.%m.%Y}"
    }


def decline(change: TermChange, answers: dict[str, Any], by: By) -> str:
    done = decline_change(change, reason=answers["reason"], by=by)
    return _("The term ends on %(day)s as before.") % {"day": f"{done.was_due_on:%d.%m.%Y}"}


def waits(change: TermChange) -> bool:
    """Whether the proposal waits for its decision."""
    return bool(change.state == TermChange.State.PROPOSED)


offer(
    TermChange,
    Action(
        slug="accept",
        right="decide_term_change",
        title=gettext_lazy("Accept the shorter term"),
        explain=gettext_lazy(
            "The term ends on the earlier day from now on. The people concerned are told; whoever counted on "
            "the later day loses it."
        ),
        icon="done",
        form=DecideForm,
        facts=PAGE,
        run=accept,
        binds=True,
        offered=lambda change: waits(change) and allows(require_acceptable, change, clock.now()),
        fits=lambda change, user: allows(require_named, change, user),
        order=10,
        primary=True,
    ),
    Action(
        slug="decline",
        right="decide_term_change",
        title=gettext_lazy("Leave the term as it is"),
        explain=gettext_lazy("The term keeps its last day, which the people concerned were told."),
        icon="block",
        form=DecideForm,
        facts=PAGE,
        run=decline,
        offered=waits,
        fits=lambda change, user: allows(require_named, change, user),
        order=20,
    ),
)
