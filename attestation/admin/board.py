"""The deadline board: what is overdue, due today, within a week, later, per centre; the next 90 days drawn.

A line names a case by its number. The centre's office reads the name beside it; the commission does not: it
rules blind. The number of queries does not grow with the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attestation import access, clock
from attestation.admin.addresses import cleaned_parameters
from attestation.admin.base import STAFF_OFFICE, visible
from attestation.admin.due_plot import plot_csv, plot_of
from attestation.admin.files import download_csv
from attestation.admin.ready import page_of, safeguard_words
from attestation.deadlines.overdue import NEAREST_FIRST, When, missed_and_undone, open_when, outstanding
from attestation.deadlines.words import Derivation, Derivations, shown
from attestation.labels import Label
from attestation.law.calendar import local_day
from attestation.models import CalendarYear, Center, Deadline, ReadyEffect, Region, User

PAGE = 25
MOST_CENTERS_CHOSEN_FROM = 500
MOST_CENTERS_SHOWN = 12
SOON_DAYS = 2
FILTERS = {"when", "center", "region", "kind"}

TABS: dict[When, tuple[Label, str, str]] = {
    When.OVERDUE: (gettext_lazy("overdue"), "alarm", "bad"),
    When.TODAY: (gettext_lazy("due today"), "today", "wait"),
    When.WEEK: (gettext_lazy("within a week"), "date_range", "plain"),
    When.LATER: (gettext_lazy("later"), "calendar_month", "plain"),
}


# --- filters ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """One drop-down above the board."""

    name: str
    title: str
    choices: list[tuple[str, str]]
    chosen: str


def filters_of(user: User, given: Mapping[str, str]) -> list[Filter]:
    """By region, centre and kind, where there is a choice; a value that is none of them counts as none."""
    centers = visible(user, Center.objects.all())[:MOST_CENTERS_CHOSEN_FROM]
    regions = Region.objects.all() if access.sees_everything(user) else Region.objects.none()
    wanted = [
        ("region", _("region"), [(str(row.pk), str(row)) for row in regions]),
        ("center", _("centre"), [(str(row.pk), str(row)) for row in centers]),
        ("kind", _("kind"), [(value, str(label)) for value, label in Deadline.Kind.choices]),
    ]
    return [
        Filter(name, title, choices, given[name] if given.get(name) in dict(choices) else "")
        for name, title, choices in wanted
        if len(choices) > 1
    ]


def sifted(rows: QuerySet[Deadline], chosen: Mapping[str, str]) -> QuerySet[Deadline]:
    """The rows that pass the filters."""
    paths = {"region": "employee__center__region", "center": "employee__center", "kind": "kind"}
    return rows.filter(**{paths[name]: value for name, value in chosen.items()})


# --- how many, where ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CenterLine:
    """A centre with how many of its deadlines fall where."""

    name: str
    url: str
    counts: list[tuple[int, str]]


Counts = dict[int, Counter[When]]


def counted(rows: QuerySet[Deadline], now: datetime) -> Counts:
    """By centre: how many deadlines are overdue, due today, within a week, later. Two queries."""
    found: Counts = {}
    parts = {when.value: Count("pk", filter=condition) for when, condition in open_when(now).items()}
    by_center: Any = rows.order_by().values("employee__center")
    for line in by_center.filter(state=Deadline.State.OPEN).annotate(**parts):
        found[line["employee__center"]] = Counter({when: line[when.value] for when in When})
    missed = missed_and_undone(rows).order_by().values("employee__center").annotate(number=Count("pk"))
    for line in missed:
        found.setdefault(line["employee__center"], Counter())[When.OVERDUE] += line["number"]
    return found


@dataclass(frozen=True)
class Tab:
    """One of the four groups with its number."""

    title: str
    count: int
    url: str
    icon: str
    tone: str
    chosen: bool


def tabs_of(totals: Counter[When], when: When, chosen: Mapping[str, str]) -> list[Tab]:
    """The four groups; the filters stay."""
    return [
        Tab(
            title=str(title),
            count=totals[key],
            url=f"?{urlencode({**chosen, 'when': key.value})}",
            icon=icon,
            tone=tone if totals[key] else "plain",
            chosen=key == when,
        )
        for key, (title, icon, tone) in TABS.items()
    ]


def centers_of(found: Counts, chosen: Mapping[str, str]) -> list[CenterLine]:
    """The centres with the most urgent deadlines first; empty where there is one centre only."""
    if len(found) < 2:
        return []
    ranked = sorted(found, key=lambda pk: [-found[pk][when] for when in When])[:MOST_CENTERS_SHOWN]
    names = Center.objects.in_bulk(ranked)
    lines = []
    for pk in ranked:
        counts = [(found[pk][when], address(chosen, when, pk)) for when in When]
        lines.append(CenterLine(str(names[pk]), address(chosen, None, pk), counts))
    return lines


def address(chosen: Mapping[str, str], when: When | None, center: int) -> str:
    """The board of one centre."""
    query = {**chosen, "center": str(center)}
    return f"?{urlencode({**query, 'when': when.value} if when else query)}"


# --- a line -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One deadline as the board shows it."""

    deadline: Deadline
    case: str
    url: str
    person: str
    center: str
    left: str
    tone: str
    provisional: str
    ready: str
    derivation: Derivation


def left_in_words(due_on: date, today: date) -> tuple[str, str]:
    """How many days there are left, and how urgent that is."""
    days = (due_on - today).days
    if days < 0:
        return ngettext("%(count)s day overdue", "%(count)s days overdue", -days) % {"count": -days}, "bad"
    if days == 0:
        return _("today, until 23:59:59"), "wait"
    if days == 1:
        return _("tomorrow"), "wait"
    words = ngettext("%(count)s day left", "%(count)s days left", days) % {"count": days}
    return words, "wait" if days <= SOON_DAYS else ""


class Desk:
    """What the lines of one page ask for, fetched once."""

    def __init__(self, rows: list[Deadline], user: User, now: datetime) -> None:
        self.rows, self.today = rows, local_day(now)
        self.names = access.role_of(user) in STAFF_OFFICE
        self.derivations = Derivations(rows, reasons=self.names)

    @cached_property
    def unconfirmed(self) -> set[int]:
        """The years that nobody has confirmed yet, of those that have a calendar."""
        years = CalendarYear.objects.filter(confirmed_at__isnull=True)
        return set(years.values_list("year", flat=True))

    def lines(self) -> list[Line]:
        return [self.line(row) for row in self.rows]

    def line(self, row: Deadline) -> Line:
        left, tone = left_in_words(row.due_on, self.today)
        person = row.employee.full_name if self.names else ""
        return Line(
            deadline=row,
            case=row.attestation.case_no if row.attestation else "",
            url=page_of(row.attestation, row),
            person=person,
            center=str(row.employee.center),
            left=left,
            tone=tone,
            provisional=self.why_provisional(row) if row.provisional else "",
            ready="; ".join(self.held_by(row)),
            derivation=self.derivations.of(row),
        )

    def why_provisional(self, row: Deadline) -> str:
        """Which year of those that the deadline was counted by is not confirmed."""
        years = [int(text.partition(":")[0]) for text in row.calendar_version.split()] or [row.due_on.year]
        named = [str(year) for year in years if year in self.unconfirmed] or [str(row.due_on.year)]
        return _("the days off of %(years)s are not confirmed yet") % {"years": ", ".join(named)}

    def held_by(self, row: Deadline) -> list[str]:
        """F-D7: what keeps the closing of the deadline, or the decision behind it, waiting for a person."""
        effects = [
            effect for effect in row.ready_effects.all() if effect.act == ReadyEffect.Effect.CLOSE_DEADLINE
        ]
        return list(dict.fromkeys(str(safeguard_words(code)) for effect in effects for code in effect.brakes))


def with_parts(keys: list[int]) -> list[Deadline]:
    """The deadlines with what a line shows of other tables, joined when it is known which they are."""
    waiting = Prefetch("ready_effects", queryset=ReadyEffect.objects.waiting())
    rows = Deadline.objects.select_related("employee__center", "attestation__cycle").prefetch_related(waiting)
    return list(rows.filter(pk__in=keys).order_by(*NEAREST_FIRST))


# --- the pages ----------------------------------------------------------------------------------------------


def understood(request: HttpRequest) -> tuple[dict[str, str], HttpResponse | None]:
    """The parameters of the address; with a way back where it had others (F-W10)."""
    kept, notes = cleaned_parameters(request.GET, FILTERS)
    for note in notes:
        messages.warning(request, note)
    if notes:
        return {}, HttpResponseRedirect(f"{request.path}?{kept.urlencode()}" if kept else request.path)
    return {name: str(kept[name]) for name in kept}, None


def board_view(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The board, for whoever the list's page let in."""
    now = clock.now()
    given, elsewhere = understood(request)
    if elsewhere is not None:
        return elsewhere
    filters = filters_of(access.actor_of(request), given)
    chosen = {one.name: one.chosen for one in filters if one.chosen}
    rows = sifted(visible(request.user, Deadline.objects.all()), chosen)
    found = counted(rows, now)
    totals: Counter[When] = sum(found.values(), Counter())
    when = chosen_tab(given.get("when", ""), totals)
    # The number is known from the tabs: a count of its own would be one more query.
    paginator = Paginator(outstanding(rows, when, now).values_list("pk", flat=True), PAGE)
    paginator.count = totals[when]
    page = paginator.get_page(given.get("p"))
    context |= {
        "title": _("Deadlines"),
        "tabs": tabs_of(totals, when, chosen),
        "tab": TABS[when][0],
        "when": when.value,
        "filters": filters,
        "filtered": bool(chosen),
        "page": page,
        "lines": Desk(with_parts(list(page.object_list)), access.actor_of(request), now).lines(),
        "query": urlencode({**chosen, "when": when.value}),
        "centers": centers_of(found, chosen),
        "center_count": len(found),
        "plot": plot_of(rows, now),
        "plot_csv_url": f"{reverse('admin:attestation_deadline_plot')}?{urlencode(chosen)}",
        "list_url": reverse("admin:attestation_deadline_changelist"),
        "ready_url": ready_url(access.actor_of(request)),
        "feed_url": reverse("admin:attestation_deadline_feed"),
        "week_until": shown(local_day(now) + timedelta(days=7)),
    }
    return TemplateResponse(request, "admin/attestation/deadline/board.html", context)


def ready_url(user: User) -> str:
    """Where what is held is let go, for those who may."""
    return reverse("admin:attestation_readyeffect_changelist") if access.may(user, "confirm_ready") else ""


def chosen_tab(wanted: str, totals: Counter[When]) -> When:
    """The group asked for; else the first with something in it."""
    if wanted in {when.value for when in When}:
        return When(wanted)
    return next((when for when in When if totals[when]), When.TODAY)


def plot_csv_view(request: HttpRequest) -> HttpResponse:
    """The table of the plot as a file, with the filters of the board."""
    given, elsewhere = understood(request)
    if elsewhere is not None:
        return elsewhere
    chosen = {one.name: one.chosen for one in filters_of(access.actor_of(request), given) if one.chosen}
    rows = sifted(visible(request.user, Deadline.objects.all()), chosen)
    return download_csv(plot_csv(rows, clock.now()), "deadlines-90-days.csv")
