"""Outages: recorded, ended, settled; which terms they cut into, old day → new day, before saving (F-D2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.decorators import display

from attestation import access, clock
from attestation.admin import fields
from attestation.admin.acts import Act, ActForm, offer
from attestation.admin.addresses import is_plain_key
from attestation.admin.base import OFFICE_AND_COMMISSION, subject_of, visible
from attestation.admin.case import PageAdmin
from attestation.labels import Label
from attestation.models import Deadline, JournalEntry, Outage, Status, TermChange
from attestation.services.outage_terms import CutTerm, cut_terms, digest
from attestation.services.outages import end_outage, record_outage, settle_outage

COLOURS = {"on": "danger", "waits": "warning", "settled": "success"}
STATES: dict[str, Label] = {
    "on": pgettext_lazy("outage", "still on"),
    "waits": pgettext_lazy("outage", "over, to be settled"),
    "settled": pgettext_lazy("outage", "settled"),
}


def state_of(outage: Outage) -> str:
    """Still on, waiting for somebody, or settled."""
    if outage.settled_at is not None:
        return "settled"
    return "on" if outage.ended_at is None else "waits"


# --- the terms an outage cut into ---------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One term as the pages show it; `why_not` says why nothing can be made good."""

    cut: CutTerm
    checked: bool
    own: bool

    @property
    def key(self) -> int:
        return self.cut.deadline.pk

    @property
    def case_url(self) -> str:
        return reverse("admin:attestation_attestation_change", args=(self.cut.deadline.attestation_id,))

    @property
    def why_not(self) -> Label:
        deadline, case = self.cut.deadline, self.cut.deadline.attestation
        if self.cut.counted is not None:
            return ""
        if case is not None and case.status == Status.CLOSED:
            return _("The case is closed.")
        if not self.cut.touched:
            return _("No day that counts was touched.")
        if deadline.kind == Deadline.Kind.GRACE:
            return _("The grace is over; an appeal filed in time still counts when it is recorded (I-14).")
        return _("The term is closed, and a closed one never changes.")


def lines_of(cuts: Iterable[CutTerm], user: Any, checked: set[int] | None = None) -> list[Line]:
    """The lines with their ticks: as proposed, or as the person had set them."""
    return [
        Line(
            cut,
            cut.proposed if checked is None else cut.deadline.pk in checked,
            access.is_own(user, cut.deadline.employee),
        )
        for cut in cuts
    ]


def in_sight(user: Any, cuts: list[CutTerm]) -> list[CutTerm]:
    """The lines whose case the person may see."""
    if access.sees_everything(user):
        return cuts
    keys = [cut.deadline.pk for cut in cuts]
    seen = set(visible(user, Deadline.objects.filter(pk__in=keys)).values_list("pk", flat=True))
    return [cut for cut in cuts if cut.deadline.pk in seen]


# --- the pages ----------------------------------------------------------------------------------------


class RecordForm(ActForm):
    """F-D2: when, what, and by which document it is known."""

    began_at = fields.moment(gettext_lazy("Began at"))
    ended_at = fields.moment(
        gettext_lazy("Ended at"), required=False, help_text=gettext_lazy("Empty while it is still on.")
    )
    reason = fields.long_text(gettext_lazy("What happened"), max_length=4000)
    document = fields.text(gettext_lazy("Document"), required=False, max_length=200)


@admin.register(Outage)
class OutageAdmin(PageAdmin):
    """F-D2: times in which the system, or the Platform, could not be used."""

    seen_by = OFFICE_AND_COMMISSION
    add_act = "record_outage"
    page_template = "admin/attestation/outage/page.html"
    list_display = ("number", "began_at", "ended_at", "state_shown", "recorded_by")
    list_select_related = ("recorded_by",)
    ordering = ("-began_at", "-pk")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Outage]:
        return super().get_queryset(request).select_related("recorded_by", "settled_by")

    @display(description=gettext_lazy("outage"), ordering="pk")
    def number(self, obj: Outage) -> str:
        return str(obj)

    @display(description=gettext_lazy("state"), label=COLOURS)
    def state_shown(self, obj: Outage) -> tuple[str, str]:
        state = state_of(obj)
        return state, str(STATES[state])

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.form_view(
            request,
            RecordForm,
            self.record,
            title=_("Record an outage"),
            button=_("Record the outage"),
            explain=_(
                "A time in which the system, or the Platform, could not be used. Until it is settled, no "
                "appeal term that it cut into is closed by itself, and no decision that lowers a category or "
                "leads to dismissal becomes final on it."
            ),
        )

    def record(self, data: dict[str, Any], actor: Any, now: datetime) -> tuple[str, str]:
        outage = record_outage(**data, actor=actor, now=now)
        return _("The outage is on record. Settle the terms it cut into."), self.page_of(outage)

    def journal_of(self, obj: Outage) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(subject=subject_of(obj))

    def page_context(self, request: HttpRequest, obj: Outage, now: datetime) -> dict[str, Any]:
        state = state_of(obj)
        cuts = [] if obj.settled_at else in_sight(request.user, cut_terms(obj, now=now))
        changes = TermChange.objects.filter(outage=obj).select_related("deadline__attestation__employee")
        return {
            "title": _("Outage № %(number)s") % {"number": obj.pk},
            "state": (COLOURS[state], STATES[state]),
            "lines": lines_of(cuts, request.user),
            "changes": list(visible(request.user, changes).order_by("deadline__attestation__case_no", "pk")),
        }


# --- acts -----------------------------------------------------------------------------------------------


class EndForm(ActForm):
    """When it ended."""

    ended_at = fields.moment(gettext_lazy("Ended at"))


class SettleForm(ActForm):
    """F-D2: which of the terms are made good, and why; `seen` is what the screen showed."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = fields.long_text(
        gettext_lazy("Reason"),
        max_length=4000,
        help_text=gettext_lazy("With the document, if there is one; also where no term becomes longer."),
    )

    def prepare(self) -> None:
        self.cuts = cut_terms(self.obj, now=clock.now()) if self.obj.ended_at else []
        self.digest = digest(self.cuts)
        shown_again = self.is_bound and self.data.get("seen") == self.digest
        ticked = self.data.getlist("extend") if self.is_bound else []
        self.chosen = {int(key) for key in ticked if is_plain_key(key)}
        # Terms that have changed since are proposed afresh, not as they were ticked before.
        self.lines = lines_of(self.cuts, self.user, self.chosen if shown_again else None)

    def clean(self) -> dict[str, Any]:
        return {**(super().clean() or {}), "extend": self.chosen}


def end(outage: Outage, answers: dict[str, Any], actor: Any, now: datetime) -> str:
    end_outage(outage, ended_at=answers["ended_at"], actor=actor, now=now)
    return _("The end of the outage is on record. Settle the terms it cut into.")


def settle(outage: Outage, answers: dict[str, Any], actor: Any, now: datetime) -> str:
    done = settle_outage(
        outage,
        extend=answers["extend"],
        seen=answers["seen"],
        reason=answers["reason"],
        actor=actor,
        now=now,
    )
    count = len(done.moved) + len(done.reopened)
    if not count:
        return _("The outage is settled; no term became longer.")
    return ngettext(
        "The outage is settled: %(count)s term is longer or open again.",
        "The outage is settled: %(count)s terms are longer or open again.",
        count,
    ) % {"count": count}


offer(
    Outage,
    Act(
        slug="end",
        right="record_outage",
        title=gettext_lazy("Record the end of the outage"),
        icon="power",
        form=EndForm,
        run=end,
        offered=lambda outage: outage.ended_at is None,
        primary=True,
        order=10,
    ),
    Act(
        slug="settle",
        right="settle_outage",
        title=gettext_lazy("Settle the outage"),
        explain=gettext_lazy(
            "Each day of a term that the outage touched counts anew: after its last day, or after today "
            "where the term is over and filing has to become possible again. Nothing of it happens by itself."
        ),
        icon="event_repeat",
        form=SettleForm,
        run=settle,
        offered=lambda outage: outage.ended_at is not None and outage.settled_at is None,
        primary=True,
        order=20,
        template="admin/attestation/outage/settle.html",
    ),
)
