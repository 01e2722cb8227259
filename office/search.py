"""The one search box: people, cases, centres in sight. F-W10: asked by POST alone, an IIN stays nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from attestation.admin.addresses import LONGEST_VALUE, iin_in
from attestation.admin.base import visible
from attestation.admin.counted import keys_found_first
from attestation.models import Attestation, Center, Employee
from attestation.names import as_folded, as_numbers, as_spelled, fits

MOST_PEOPLE, MOST_OTHERS = 10, 5
M = TypeVar("M", bound=Model)
SHORTEST = 2


@dataclass(frozen=True)
class Answer:
    """One line: what was found, what it is known by, where it leads."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """The answers of one kind."""

    title: str
    answers: list[Answer]


@require_http_methods(["GET", "HEAD", "POST"])
def view(request: HttpRequest) -> HttpResponse:
    """A page with the box and, by POST, what it found; with `typed` the answers alone, for the script."""
    query = request.POST.get("q", "").replace("\x00", "").strip()[:LONGEST_VALUE]
    groups = found(request, query)
    context = {"groups": groups, "query": query, "too_short": len(query) < SHORTEST}
    if "typed" in request.POST:
        return TemplateResponse(request, "admin/search_answers.html", context)
    answers = [answer for group in groups for answer in group.answers]
    if iin_in(query) and len(answers) == 1:
        return HttpResponseRedirect(answers[0].url)
    shared = admin.site.each_context(request)
    return TemplateResponse(request, "admin/search.html", {**shared, "title": _("Search"), **context})


def found(request: HttpRequest, query: str) -> list[Group]:
    """What the account may see of it, group by group; nothing for less than two signs."""
    if len(query) < SHORTEST:
        return []
    groups = (
        Group(_("Employees"), list(people(request, query))),
        Group(_("Attestations"), list(cases(request, query))),
        Group(_("Centres"), list(centers(request, query))),
    )
    return [group for group in groups if group.answers]


def in_sight(request: HttpRequest, model: type[Model]) -> QuerySet[Any]:
    """The rows that the account's own list of them shows; none where it has no such list."""
    rows = visible(request.user, model._default_manager.all())
    return rows if admin.site.get_model_admin(model).has_view_permission(request) else rows.none()


def people(request: HttpRequest, query: str) -> Iterator[Answer]:
    """By the whole IIN, or by name: first who is spelled as typed."""
    rows = in_sight(request, Employee).select_related("center")
    for person in first_of_people(rows, query):
        known_by = (person.get_position_display(), str(person.center), f"…\u2060{person.iin[-4:]}")
        yield answer(person, person.full_name, known_by)


def first_of_people(rows: QuerySet[Employee], query: str) -> list[Employee]:
    if iin := iin_in(query):
        return list(rows.filter(iin=iin))
    order = ("sort_key", "pk")
    exact = list(bounded(rows.filter(search_key__has_words=as_spelled(query)), *order)[:MOST_PEOPLE])
    left = MOST_PEOPLE - len(exact)
    if not left:
        return exact
    rows = rows.filter(search_key__has_words=as_folded(query)).exclude(pk__in=[one.pk for one in exact])
    return exact + list(bounded(rows, *order)[:left])


def cases(request: HttpRequest, query: str) -> Iterator[Answer]:
    """By the beginning of the number: whom it is about is shown to whoever may open it."""
    if iin_in(query):
        return
    begins = Q()
    for number in as_numbers(query):
        begins |= Q(case_no__startswith=number)
    rows = in_sight(request, Attestation).select_related("employee", "center")
    exact = list(rows.filter(case_no__in=as_numbers(query))[:MOST_OTHERS])
    longer = bounded(rows.filter(begins).exclude(pk__in=[case.pk for case in exact]), "case_no")
    for case in [*exact, *longer[: MOST_OTHERS - len(exact)]]:
        known_by = (case.employee.full_name, str(case.center), case.get_status_display())
        yield answer(case, case.case_no, known_by)


def bounded(rows: QuerySet[M], *order: str) -> QuerySet[M]:
    """The rows in that order; of a great many, those that are found first: more has to be typed anyway."""
    return rows.filter(pk__in=keys_found_first(rows)).order_by(*order)


def centers(request: HttpRequest, query: str) -> Iterator[Answer]:
    """By the whole BIN or by name. There are few: their names are folded here."""
    rows = in_sight(request, Center).select_related("region")
    if number := iin_in(query):
        rows = rows.filter(bin=number)
    else:
        names = rows.order_by().values_list("pk", "name_kk", "name_ru")
        rows = rows.filter(pk__in=[pk for pk, *both in names if any(fits(query, name) for name in both)])
    for center in rows[:MOST_OTHERS]:
        yield answer(center, str(center), (center.get_kind_display(), str(center.region)))


def answer(row: Model, title: str, known_by: Iterable[str]) -> Answer:
    page = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return Answer(title, " · ".join(filter(None, known_by)), reverse(page, args=(row.pk,)))
