"""Everybody's own notices behind the bell in the header: a line for each event of a cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext, ngettext

from attestation import access, clock
from attestation.admin.addresses import is_plain_key
from attestation.admin.base import visible
from attestation.models import Attestation, Cycle, Notice, User
from attestation.notices.inbox import (
    LIVE,
    Event,
    inbox,
    lines,
    mark_read,
    of_event,
    unread,
    unread_count,
)
from attestation.notices.kinds import TITLES, WITHOUT_CASE
from attestation.notices.letters import texts
from attestation.notices.reasons import reason_of

PER_PAGE = 20


def mine_view(request: HttpRequest) -> HttpResponse:
    """One's own notices by the line, or those of one line; looking at them marks nothing."""
    user, only_unread = access.actor_of(request), request.GET.get("unread") == "1"
    event = _event_of(request.GET)
    page = Paginator(_found(user, event, only_unread), PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **admin.site.each_context(request),
        "title": capfirst(str(TITLES[event.kind])) if event else gettext("My notices"),
        "event": event,
        "page": page,
        "lines": _letters(user, page) if event else _lines(user, page),
        "unread": unread_count(user),
        "only_unread": only_unread,
        "query": urlencode(_asked(event, only_unread)),
    }
    return TemplateResponse(request, "admin/attestation/notice/mine.html", context)


def read_view(request: HttpRequest) -> HttpResponse:
    """Mark one, those of a line, or all, as read; back to where the button was."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    key, event = request.POST.get("notice", ""), _event_of(request.POST)
    one = int(key) if is_plain_key(key) else None
    if one is not None or event is not None or key == "all":
        done = mark_read(access.actor_of(request), now=clock.now(), pk=one, event=event)
        if one is None:
            words = ngettext("%(count)s notice marked as read.", "%(count)s notices marked as read.", done)
            messages.success(request, words % {"count": done})
    # The line that is looked at, while one of its notices is marked; the whole line is marked from outside.
    shown = event if one is not None else None
    asked = urlencode(_asked(shown, request.POST.get("unread") == "1"))
    return HttpResponseRedirect(f"{reverse('admin:attestation_notice_mine')}?{asked}".rstrip("?"))


def _event_of(asked: QueryDict) -> Event | None:
    """The line that is asked for; None where none is, or there is no such line."""
    kind, cycle = asked.get("event", ""), asked.get("cycle", "")
    if kind not in TITLES or (cycle and not is_plain_key(cycle)):
        return None
    return Event(kind, int(cycle) if cycle else None)


def _asked(event: Event | None, only_unread: bool) -> dict[str, Any]:
    asked = {"event": event.kind, "cycle": event.cycle or ""} if event else {}
    return {**asked, "unread": "1"} if only_unread else asked


def _found(user: User, event: Event | None, only_unread: bool) -> QuerySet[Any, Any]:
    if event is None:
        return lines(user, only_unread=only_unread)
    rows = of_event(user, unread(user) if only_unread else inbox(user), event)
    return rows.select_related("attestation__cycle", "deadline__term").order_by("-created_at", "-pk")


@dataclass(frozen=True)
class Line:
    """An event of a cycle as its reader sees it; `only` is its notice where there is one alone."""

    event: Event
    title: str
    cycle: str
    count: int
    unread: int
    latest_at: datetime
    only: Letter | None


@dataclass(frozen=True)
class Letter:
    """A notice as its reader sees it."""

    notice: Notice
    subject: str
    body: str
    unread: bool
    over: bool
    reason: str
    case_url: str


def _lines(user: User, page: Iterable[Mapping[str, Any]]) -> list[Line]:
    rows = list(page)
    single = Notice.objects.filter(pk__in=[row["latest"] for row in rows if row["count"] == 1])
    alone = _letters(user, single.select_related("attestation__cycle", "deadline__term"))
    only = {letter.notice.pk: letter for letter in alone}
    codes = dict(Cycle.objects.filter(pk__in={row["cycle"] for row in rows}).values_list("pk", "code"))
    return [
        Line(
            Event(row["kind"], row["cycle"]),
            capfirst(str(TITLES.get(row["kind"], row["kind"]))),
            codes.get(row["cycle"], ""),
            row["count"],
            row["unread"],
            row["latest_at"],
            only.get(row["latest"]),
        )
        for row in rows
    ]


def _letters(user: User, page: Iterable[Notice]) -> list[Letter]:
    notices = list(page)
    cases = [notice.attestation for notice in notices if notice.attestation]
    known = Attestation.objects.filter(pk__in=[case.pk for case in cases])
    seen = set(visible(user, known).values_list("pk", flat=True))
    hidden = access.hidden_among(user, {case.employee_id for case in cases})
    return [_letter(notice, seen, hidden) for notice in notices]


def _letter(notice: Notice, seen: set[int], hidden: set[int]) -> Letter:
    """`seen`: the cases whose page the reader may open; `hidden`: the people on whom they rule blind."""
    blind = notice.attestation is not None and notice.attestation.employee_id in hidden
    subject, body = texts(notice, get_language() or "kk", bare=True, blind=blind)
    over = notice.state not in LIVE
    # The commission rules without the name of the appellant: no way from that reminder to the case.
    leads = notice.attestation_id in seen and notice.kind not in WITHOUT_CASE
    return Letter(
        notice,
        subject,
        body,
        notice.read_at is None and not over,
        over,
        reason_of(notice) if over else "",
        reverse("admin:attestation_attestation_change", args=(notice.attestation_id,)) if leads else "",
    )
