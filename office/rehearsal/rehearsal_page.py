"""The page of the rehearsal: GET shows the question, POST computes the answer as a list or as CSV."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from attestation import access, clock
from attestation.admin.files import csv_text, download_csv
from attestation.admin.written import ACT, HELD, NOTICE, Line
from attestation.law.calendar import ALMATY, local_day
from attestation.models import JobRun, User
from office.rehearsal import rehearsal
from office.rehearsal.rehearsal import Rehearsal
from office.sweep import clocks, sweep

DAYS = (7, 30, 90)
MOST_LINES = 1500
SORTS = {ACT: gettext_lazy("act"), HELD: gettext_lazy("held back"), NOTICE: gettext_lazy("notice")}


class RehearsalForm(forms.Form):
    """How far to look, and in which form to answer."""

    days = forms.TypedChoiceField(coerce=int, choices=[(days, days) for days in DAYS], initial=30)
    notices = forms.BooleanField(required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def view(request: HttpRequest) -> HttpResponse:
    """Computing takes some seconds and locks rows meanwhile: it is asked for, and never done by a link."""
    if not access.may(request.user, "rehearse"):
        raise PermissionDenied
    found, form = None, RehearsalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found = now_for(access.actor_of(request), form.cleaned_data["days"])
        if "csv" in request.POST:
            return download_csv(lines_csv(found.lines), f"rehearsal-{local_day(found.began)}.csv")
    shown = [line for line in found.lines if line.sort != NOTICE or with_notices(form)] if found else []
    context = {
        **admin.site.each_context(request),
        "title": _("Rehearsal"),
        "days_offered": DAYS,
        "days": form.cleaned_data.get("days", 30) if form.is_bound and form.is_valid() else 30,
        "with_notices": with_notices(form),
        "found": found,
        "groups": by_day(shown[:MOST_LINES]),
        "shown": len(shown[:MOST_LINES]),
        "left_out": max(len(shown) - MOST_LINES, 0),
        "harmful": sum(line.harmful for line in shown),
        "held": sum(line.sort == HELD for line in shown),
        "letters": sum(line.recipients for line in found.lines) if found else 0,
        "sorts": SORTS,
    }
    return TemplateResponse(request, "admin/rehearsal.html", context)


def with_notices(form: RehearsalForm) -> bool:
    """Whether the notices are listed as well; they are counted in any case."""
    return bool(form.is_bound and form.is_valid() and form.cleaned_data["notices"])


def now_for(user: User, days: int) -> Rehearsal:
    """From now on, with the safeguards on the clock that the next sweep would meet; the person's lines."""
    kept = JobRun.objects.filter(name=sweep.JOB).values_list("clock", flat=True).first()
    codes = clocks.safeguards(clocks.Reading.from_data(kept or {}), clocks.read())
    return rehearsal.rehearse(clock.now(), days=days, clock=codes).seen_by(user)


def by_day(lines: Iterable[Line]) -> list[tuple[date, list[Line]]]:
    """The lines under the days in Almaty on which they fall."""
    return [(day, list(rows)) for day, rows in groupby(lines, key=lambda line: local_day(line.at))]


def lines_csv(lines: Iterable[Line]) -> str:
    """One row a line, with a head in the reader's language; times as Almaty's clocks show them."""
    head = [_("when"), _("kind"), _("case"), _("what"), _("point"), _("harmful"), _("held by")]
    return csv_text([*head, _("recipients")], map(csv_row, lines))


def csv_row(line: Line) -> list[object]:
    """One line of the file, in the order of its head."""
    return [
        f"{line.at.astimezone(ALMATY):%d.%m.%Y %H:%M:%S}",
        SORTS[line.sort],
        line.case_no,
        line.what,
        ", ".join(line.cites_shown),
        _("yes") if line.harmful else "",
        line.held_in_words,
        line.recipients or "",
    ]
