"""Outages: recorded, ended, settled; which deadlines they cut into, old → new day, before saving (F-D2)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_safe
from unfold.decorators import display

from attestation import access, clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.addresses import is_plain_key
from attestation.admin.base import OFFICE_AND_COMMISSION
from attestation.admin.case import PageAdmin
from attestation.admin.files import download_csv
from attestation.admin.outage_lines import (
    MOST_LINES,
    case_no_of,
    changes_csv,
    changes_of,
    deadlines_csv,
    in_sight,
    lines_of,
    totals_of,
)
from attestation.by import By
from attestation.deadlines.outage_deadlines import cut_deadlines, digest
from attestation.deadlines.outages import end_outage, record_outage, settle_outage
from attestation.labels import Label
from attestation.models import Outage

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


# --- the pages ----------------------------------------------------------------------------------------


class RecordForm(ActionForm):
    """F-D2: when, what, and by which document it is known."""

    began_at = fields.moment(gettext_lazy("Began at"), seconds=False)
    ended_at = fields.moment(
        gettext_lazy("Ended at"),
        seconds=False,
        required=False,
        help_text=gettext_lazy("Empty while it is still on."),
    )
    reason = fields.long_text(gettext_lazy("What happened"), max_length=4000)
    document = fields.text(gettext_lazy("Document"), required=False, max_length=200)


@admin.register(Outage)
class OutageAdmin(PageAdmin):
    """F-D2: times in which the system, or the Platform, could not be used."""

    seen_by = OFFICE_AND_COMMISSION
    add_right = "record_outage"
    page_template = "admin/attestation/outage/page.html"
    list_display = ("number", "began_at", "ended_at", "state_shown", "recorded_by")
    list_select_related = ("recorded_by", "settled_by")
    ordering = ("-began_at", "-pk")
    sortable_by = ()

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

    def record(self, data: dict[str, Any], by: By) -> tuple[str, str]:
        outage = record_outage(**data, by=by)
        return _("The outage is on record. Settle the terms it cut into."), self.page_of(outage)

    def page_context(self, request: HttpRequest, obj: Outage, now: datetime) -> dict[str, Any]:
        state = state_of(obj)
        cuts = [] if obj.settled_at else in_sight(access.actor_of(request), cut_deadlines(obj, now=now))
        changes = changes_of(obj, access.actor_of(request))
        count = changes.count() if obj.settled_at else len(cuts)
        return {
            "title": _("Outage № %(number)s") % {"number": obj.pk},
            "state": (COLOURS[state], STATES[state]),
            "lines": lines_of(cuts[:MOST_LINES], access.actor_of(request)),
            "totals": totals_of(cuts) if len(cuts) > MOST_LINES else [],
            "changes": list(changes[:MOST_LINES]),
            "count": count,
            "more": max(0, count - MOST_LINES),
            "csv_url": reverse(self.url_name("terms"), args=(obj.pk,)) if count else "",
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.deadlines_csv_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_terms"
        return [path("<int:object_id>/terms.csv", view, name=name), *super().get_urls()]

    def deadlines_csv_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """All the deadlines of the page as a file, also where the page shows the first of them alone."""
        obj = self.get_object(request, str(object_id))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        if obj is None:
            raise Http404
        if obj.settled_at:
            content = changes_csv(changes_of(obj, access.actor_of(request)))
        else:
            cuts = in_sight(access.actor_of(request), cut_deadlines(obj, now=clock.now()))
            content = deadlines_csv(lines_of(cuts, access.actor_of(request)))
        return download_csv(content, f"outage-{obj.pk}-terms.csv")


# --- acts -----------------------------------------------------------------------------------------------


class EndForm(ActionForm):
    """When it ended."""

    ended_at = fields.moment(gettext_lazy("Ended at"), seconds=False)


class SettleForm(ActionForm):
    """F-D2: which of the deadlines are made good, and why; `seen` is what the screen showed.

    Up to `MOST_LINES` deadline by deadline; more of them by region and kind, single cases left out by number.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    left_out = fields.long_text(
        gettext_lazy("Cases left as they are"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy("Numbers of cases, separated by commas or blanks."),
    )
    reason = fields.long_text(
        gettext_lazy("Reason"),
        max_length=4000,
        help_text=gettext_lazy("With the document, if there is one; also where no term becomes longer."),
    )

    def prepare(self) -> None:
        self.cuts = cut_deadlines(self.obj, now=clock.now()) if self.obj.ended_at else []
        self.digest = digest(self.cuts)
        shown_again = self.is_bound and self.data.get("seen") == self.digest
        # Deadlines that have changed since are proposed afresh, not as they were ticked before.
        ticked = set(self.ticks()) if shown_again else None
        self.chosen = {int(key) for key in self.ticks() if is_plain_key(key)}
        self.lines = lines_of(self.cuts[:MOST_LINES], self.user, self.chosen if shown_again else None)
        self.totals = totals_of(self.cuts, ticked) if len(self.cuts) > MOST_LINES else []
        if not self.totals:
            del self.fields["left_out"]

    def ticks(self) -> list[str]:
        """The boxes that were ticked."""
        return self.data.getlist("extend") if isinstance(self.data, QueryDict) else []

    def clean_left_out(self) -> set[str]:
        """Numbers of cases on the list, one that is not there is an error: it would be made good."""
        wanted = {word for word in re.split(r"[\s,;]+", self.cleaned_data["left_out"]) if word}
        unknown = sorted(wanted - {case_no_of(cut) for cut in self.cuts})
        if unknown:
            raise ValidationError(
                _("None of the terms above is of case “%(case)s”. Correct the number."),
                params={"case": unknown[0]},
            )
        return wanted

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.totals:
            left, ticked = data.get("left_out", set()), set(self.ticks())
            cases = {cut.deadline.pk: case_no_of(cut) for cut in self.cuts}
            keys = {key for total in self.totals if total.key in ticked for key in total.deadlines}
            return {**data, "extend": {key for key in keys if cases[key] not in left}}
        return {**data, "extend": self.chosen}


def end(outage: Outage, answers: dict[str, Any], by: By) -> str:
    end_outage(outage, ended_at=answers["ended_at"], by=by)
    return _("The end of the outage is on record. Settle the terms it cut into.")


def settle(outage: Outage, answers: dict[str, Any], by: By) -> str:
    done = settle_outage(
        outage,
        extend=answers["extend"],
        seen=answers["seen"],
        reason=answers["reason"],
        by=by,
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
    Action(
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
    Action(
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
