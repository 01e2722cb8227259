"""The page “Question health”: a cycle's tests, question by question. It speaks of no person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from appeals import question_health as rules
from appeals.models import FaultyQuestion
from appeals.question_health import Flag
from appeals.services.question_health import QuestionLine, Test, health_of
from attestation import access
from attestation.admin.base import visible
from attestation.labels import Label
from attestation.models import Cycle, Result

FLAGS: dict[Flag, Label] = {
    Flag.KEY: gettext_lazy("the key looks wrong"),
    Flag.HARDER_KK: gettext_lazy("harder in Kazakh"),
    Flag.HARDER_RU: gettext_lazy("harder in Russian"),
}
# What the columns may be sorted by: the title, and the key; what has no figure comes last.
Key = Callable[[QuestionLine], Any]
SORTS: dict[str, tuple[Label, Key]] = {
    "question": (gettext_lazy("question"), lambda line: 0),
    "wrong": (gettext_lazy("answered wrongly"), lambda line: -line.health.share_wrong),
    "discrimination": (
        gettext_lazy("discrimination"),
        lambda line: 2.0 if line.health.discrimination is None else line.health.discrimination,
    ),
    "difference": (
        gettext_lazy("Kazakh less Russian"),
        lambda line: 0.0 if line.health.difference is None else -abs(line.health.difference),
    ),
    "appeals": (gettext_lazy("appeals: upheld, rejected"), lambda line: -line.appeals),
}


@dataclass(frozen=True)
class Shown:
    """One question in words and figures; `mark_url` leads the chair to the act."""

    question: int
    flags: list[str]
    differs: bool
    faulty: bool
    wrong: str
    discrimination: str
    difference: str
    appeals: str
    mark_url: str


def health_view(request: HttpRequest, context: dict[str, Any], may_mark: bool) -> HttpResponse:
    """The tests of one cycle; one of them is open."""
    cycles = list(visible(request.user, Cycle.objects.order_by("-testing_ends", "code")))
    cycle = next((one for one in cycles if str(one.pk) == request.GET.get("cycle")), None)
    # The latest of which there is something to say.
    taken = Result.objects.filter(attestation__cycle=OuterRef("pk"), voided_at=None).exclude(test_variant="")
    latest = visible(request.user, Cycle.objects.filter(Exists(taken)).order_by("-testing_ends", "code"))
    cycle = cycle or latest.first() or next(iter(cycles), None)
    found = health_of(cycle, access.actor_of(request)) if cycle is not None else None
    tests = sorted(found.tests, key=lambda test: (-test.marked, test.variant, test.total)) if found else []
    wanted = (request.GET.get("variant"), request.GET.get("total"))
    test = next((one for one in tests if (one.variant, str(one.total)) == wanted), next(iter(tests), None))
    sort = request.GET.get("sort", "")
    context |= {
        "title": _("Question health"),
        "cycles": cycles,
        "cycle": cycle,
        "tests": [(one, address(cycle, one), one is test) for one in tests],
        "test": test,
        "without_variant": found.without_variant if found else 0,
        "columns": [(title, address(cycle, test, name), name == sort) for name, (title, _k) in SORTS.items()],
        # Of a question that nobody is known to have answered there is nothing to say.
        "rows": [
            shown(line, cycle, test, may_mark)
            for line in ordered(test, sort)
            if line.health.takers or line.appeals
        ],
        "fewest": rules.FEWEST_TAKERS,
        "fewest_in_a_language": rules.FEWEST_IN_A_LANGUAGE,
    }
    return TemplateResponse(request, "admin/appeals/faulty/health.html", context)


def address(cycle: Cycle | None, test: Test | None, sort: str = "") -> str:
    """The page with this test open, in this order."""
    query = {"cycle": cycle.pk if cycle else "", "sort": sort}
    if test is not None:
        query |= {"variant": test.variant, "total": test.total}
    given = {name: value for name, value in query.items() if value}
    return f"{reverse('admin:appeals_faultyquestion_health')}?{urlencode(given)}"


def ordered(test: Test | None, sort: str) -> list[QuestionLine]:
    """As asked for; else what somebody should look at first."""
    lines = test.lines if test is not None else []
    if sort in SORTS:
        return sorted(lines, key=SORTS[sort][1])
    return sorted(lines, key=lambda line: not line.marked)


def shown(line: QuestionLine, cycle: Cycle | None, test: Test | None, may_mark: bool) -> Shown:
    """A line of the table."""
    health, mark_url = line.health, ""
    if may_mark and cycle is not None and test is not None and health.wrong:
        query = urlencode({"cycle": cycle.pk, "test_variant": test.variant, "question": health.question})
        mark_url = f"{reverse('admin:appeals_faultyquestion_add')}?{query}"
    appeals = _("%(upheld)s upheld, %(rejected)s rejected of %(appeals)s") % {
        "upheld": line.upheld,
        "rejected": line.rejected,
        "appeals": line.appeals,
    }
    return Shown(
        question=health.question,
        flags=[str(FLAGS[flag]) for flag in health.flags],
        differs=line.differs,
        faulty=line.faulty,
        wrong=f"{percent(health.share_wrong)} ({health.wrong}/{health.takers})" if health.takers else "–",
        discrimination=figure(health.discrimination),
        difference="–" if health.difference is None else points(health.difference),
        appeals=appeals if line.appeals else "–",
        mark_url=mark_url,
    )


def percent(share: float) -> str:
    """“62 %”."""
    return f"{round(share * 100)} %"


def figure(value: float | None) -> str:
    """Two decimals, by the language of the page; a dash where there are too few takers to say."""
    return "–" if value is None else number_format(round(value, 2) + 0.0, 2).replace("-", "−")


def points(difference: float) -> str:
    """“+21”: hundredths, with their sign."""
    return f"{round(difference * 100):+d}".replace("-", "−").replace("+0", "0")


def given(request: HttpRequest) -> dict[str, str]:
    """What a link to the form of `FaultyQuestion` knows."""
    known = {name: request.GET.get(name, "") for name in ("cycle", "test_variant", "question")}
    numbers = {name: known[name] for name in ("cycle", "question")}
    right = {name: n for name, n in numbers.items() if n.isascii() and n.isdigit() and len(n) < 10}
    length = FaultyQuestion._meta.get_field("test_variant").max_length or 0
    variant = known["test_variant"] if len(known["test_variant"]) <= length else ""
    return right | ({"test_variant": variant} if variant else {})
