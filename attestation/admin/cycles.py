"""The cycle: opened by a form, worked through on a board of its steps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import access, clock
from attestation.admin import fields
from attestation.admin.actions import ActionForm
from attestation.admin.base import visible
from attestation.admin.case import STATUS_COLOURS, PageAdmin
from attestation.admin.exports import cycle_export
from attestation.admin.filters import ScopedChoices, region_by
from attestation.admin.import_templates import may_bring_in, template_url
from attestation.admin.next_step import next_step
from attestation.admin.story import shown_points
from attestation.by import By
from attestation.cases.cycles import open_cycle, require_code, require_stage
from attestation.intake.spec import kinds
from attestation.law.calendar import local_day
from attestation.law.vocabulary import CenterKind
from attestation.models import Attestation, Center, Cycle, Decision, JournalEntry, Result, Status, User
from attestation.refusals import Refused

ROWS_A_PAGE = 50
# What a new cycle proposes: a stage that begins on the Monday of the week four weeks ahead.
DAYS_AHEAD = 28
WORKING_WEEK = timedelta(days=4)
FRIDAY = 4
LAST_NUMBER = re.compile(r"(?P<stem>.*?)(?P<number>[0-9]{1,6})\Z")


class OpenCycleForm(ActionForm):
    """¶9: a cycle of a labour mobility centre."""

    center = fields.record(gettext_lazy("Labour mobility centre"), Center.objects.none())
    code = fields.text(
        gettext_lazy("Code"),
        max_length=40,
        help_text=gettext_lazy("Letters, digits, points and hyphens; it heads the number of every case."),
    )
    testing_starts = fields.day(gettext_lazy("Testing stage begins"))
    testing_ends = fields.day(
        gettext_lazy("Testing stage ends"),
        help_text=gettext_lazy("The last day on which tests are taken, inclusive."),
    )

    def prepare(self) -> None:
        centers = visible(self.user, Center.objects.filter(kind=CenterKind.LABOUR_MOBILITY))
        self.narrow("center", centers)
        if not self.is_bound:
            center = centers.filter(pk=self.user.center_id or 0).first()
            self.initial = {"center": center, **proposed(center, local_day(clock.now()))}

    def clean(self) -> dict[str, Any]:
        """Every error at once, each at its field; the service decides for itself."""
        data = super().clean() or {}
        code, starts, ends = (data.get(name) for name in ("code", "testing_starts", "testing_ends"))
        if code:
            self.check("code", partial(require_code, code))
        if starts and ends:
            self.check("testing_ends", partial(require_stage, starts, ends))
        return data

    def check(self, name: str, require: Callable[[], None]) -> None:
        """What the service would refuse is an error of the field."""
        try:
            require()
        except Refused as refusal:
            self.add_error(name, refusal.message)


def proposed(center: Center | None, today: date) -> dict[str, Any]:
    """A code after the centre's last one; a stage from the Monday in four weeks, as long as its last one."""
    last = Cycle.objects.filter(center=center).order_by("-opened_at", "-pk").first() if center else None
    starts = today + timedelta(days=DAYS_AHEAD - today.weekday())
    length = last.testing_ends - last.testing_starts if last else WORKING_WEEK
    return {"code": next_code(last, today), "testing_starts": starts, "testing_ends": starts + length}


def next_code(last: Cycle | None, today: date) -> str:
    """The first number after the last code that is free; without a code before, of the year."""
    stem, number = f"{today:%Y}-", 0
    if last and (found := LAST_NUMBER.match(last.code)):
        stem, number = found["stem"], int(found["number"])
    taken = set(Cycle.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for place in count(number + 1) if (code := f"{stem}{place}") not in taken)


def named_day(day: date) -> str:
    """The day; a Saturday or Sunday is named."""
    shown = formats.date_format(day, "DATE_FORMAT")
    return f"{shown} ({WEEKDAYS[day.weekday()].lower()})" if day.weekday() > FRIDAY else shown


@dataclass(frozen=True)
class Step:
    """One step of the board: its counts, and the address of the cases behind each."""

    title: str
    icon: str
    counts: list[tuple[str, int, str]]
    links: list[tuple[str, str]]
    exports: list[tuple[str, str]]


@admin.register(Cycle)
class CycleAdmin(PageAdmin):
    """¶9: one attestation round."""

    page_template = "admin/attestation/cycle/page.html"
    add_right = "open_cycle"
    list_display = ("code", "center", "testing_starts", "testing_ends", "stage_shown", "size")
    list_filter = (region_by("center"), ("center", ScopedChoices))
    list_select_related = ("center__region",)
    code_fields = ("code",)

    def get_queryset(self, request: HttpRequest) -> Any:
        cases = visible(request.user, Attestation.objects.filter(cycle=OuterRef("pk")))
        sizes = cases.order_by().values("cycle").annotate(size=Count("pk")).values("size")
        return super().get_queryset(request).annotate(attestees=Subquery(sizes))

    @display(description=gettext_lazy("stage"), label={"ahead": "", "now": "info", "over": "success"})
    def stage_shown(self, obj: Cycle) -> tuple[str, str]:
        return stage_of(obj, clock.now())

    @display(description=gettext_lazy("attestees"))
    def size(self, obj: Cycle) -> str:
        return str(obj.attestees or 0)  # type: ignore[attr-defined]  # annotated above

    def journal_of(self, obj: Cycle) -> Any:
        return JournalEntry.objects.filter(subject=obj.code)

    # --- open ------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.form_view(
            request,
            OpenCycleForm,
            self.open,
            title=_("Open a cycle"),
            button=_("Open the cycle"),
            explain=_(
                "The labour mobility centre forms the list of attestees (¶9) until the testing stage begins."
            ),
        )

    def open(self, data: dict[str, Any], by: By) -> tuple[str, str]:
        cycle = open_cycle(**data, by=by)
        said = _("Cycle %(code)s is open, its testing stage is %(starts)s – %(ends)s. Form the list.") % {
            "code": cycle.code,
            "starts": named_day(cycle.testing_starts),
            "ends": named_day(cycle.testing_ends),
        }
        return said, self.page_of(cycle)

    # --- the board -------------------------------------------------------------------------------

    def page_context(self, request: HttpRequest, obj: Cycle, now: datetime) -> dict[str, Any]:
        cases = visible(request.user, Attestation.objects.filter(cycle=obj))
        rows = cases.select_related("employee", "center").order_by("employee__sort_key", "pk")
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("p"))
        current = Decision.objects.current().filter(attestation__in=list(page.object_list))
        decisions = {decision.attestation_id: decision for decision in current}
        return {
            "title": _("Cycle %(code)s") % {"code": obj.code},
            "testing": f"{named_day(obj.testing_starts)} – {named_day(obj.testing_ends)}",
            "stage": stage_of(obj, now),
            "next": next_step(
                obj, cases, self.buttons(request, obj), access.actor_of(request), local_day(now)
            ),
            "steps": board(access.actor_of(request), obj, cases),
            "page": page,
            "rows": [report_row(case, decisions.get(case.pk)) for case in page.object_list],
            "cases_url": cases_url(obj),
        }


def stage_of(cycle: Cycle, now: datetime) -> tuple[str, str]:
    """Where the cycle stands by the calendar."""
    today = local_day(now)
    if today < cycle.testing_starts:
        return "ahead", _("in preparation")
    if today <= cycle.testing_ends:
        return "now", _("testing is under way")
    return "over", _("testing stage over")


def cases_url(cycle: Cycle, **more: str) -> str:
    """The list of the cycle's cases, narrowed."""
    query = urlencode({"cycle__id__exact": cycle.pk, **more})
    return f"{reverse('admin:attestation_attestation_changelist')}?{query}"


def board(user: User, cycle: Cycle, cases: Any) -> list[Step]:
    """¶8, ¶9, ¶14, ¶21, ¶28-1, ¶30: the steps of the cycle with their counts."""
    by_status = Counter(cases.values_list("status", flat=True))
    unpublished = Result.objects.current().filter(attestation__in=cases, published_at__isnull=True).count()
    appeals = cases.filter(open_appeals__gt=0).count()

    def of(*statuses: Status) -> list[tuple[str, int, str]]:
        return [(str(s.label), by_status[s.value], cases_url(cycle, status__exact=s.value)) for s in statuses]

    def step(name: str, title: str, icon: str, counts: list[tuple[str, int, str]]) -> Step:
        return Step(title, icon, counts, links_for(user, cycle, name), exports_for(user, cycle, name))

    tested = (_("results not published"), unpublished, cases_url(cycle, status__exact="tested"))
    decided = of(Status.PROVISIONAL, Status.FINAL, Status.CLOSED)
    return [
        step("list", _("List"), "list_alt", [(_("in all"), sum(by_status.values()), cases_url(cycle))]),
        step(
            "admission",
            _("Admission"),
            "how_to_reg",
            of(Status.LISTED, Status.ADMITTED, Status.NOT_ADMITTED),
        ),
        step("testing", _("Testing"), "quiz", [*of(Status.TESTED, Status.ABSENT), tested]),
        step(
            "appeals", _("Appeals"), "gavel", [(_("under appeal"), appeals, cases_url(cycle, appealed="yes"))]
        ),
        step("assessment", _("Assessment"), "fact_check", of(Status.HELD, Status.SCORED)),
        step("decisions", _("Decisions"), "verified", decided),
    ]


# I-30: once the testing stage begins, the list and admission stand.
BEFORE_TESTING = ("list", "admission")


def links_for(user: User, cycle: Cycle, step: str) -> list[tuple[str, str]]:
    """The imports of a step that this person may make."""
    if step in BEFORE_TESTING and cycle.testing_has_begun(local_day(clock.now())):
        return []
    found = []
    for kind in kinds():
        if kind.step == step and may_bring_in(user, kind, cycle):
            url = reverse("admin:attestation_importjob_upload", args=(kind.name,))
            query = urlencode({"cycle" if kind.resource.needs_cycle else "for": cycle.pk})
            found.append((str(kind.link), f"{url}?{query}"))
            found.append((_("Template: %(kind)s") % {"kind": kind.title}, template_url(kind.name, cycle)))
    return found


def exports_for(user: User, cycle: Cycle, step: str) -> list[tuple[str, str]]:
    """What is on record of a step as files, once it is over too: for whoever may bring such a file in."""
    found = [kind for kind in kinds() if kind.step == step and kind.resource.needs_cycle]
    return [cycle_export(kind, cycle) for kind in found if may_bring_in(user, kind, cycle)]


@dataclass(frozen=True)
class ReportRow:
    """One attestee of the cycle as the board shows it."""

    case: Attestation
    decision: Decision | None
    points: str
    colour: str


def report_row(case: Attestation, decision: Decision | None) -> ReportRow:
    """One line of the board."""
    points = (decision.verdict.get("points") or {}).get("total") if decision else None
    return ReportRow(case, decision, shown_points(points), STATUS_COLOURS[Status(case.status)])
