"""Ready: confirm. What a brake held back, since when, what letting it go will do; one click for many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import access, clock
from attestation.admin.addresses import is_plain_key
from attestation.admin.base import OFFICE_AND_COMMISSION, ScopedAdmin, subject_of, visible
from attestation.admin.panels import Panel
from attestation.admin.proof import ask_again
from attestation.by import By
from attestation.cases.confirmations import confirm_ready
from attestation.cites import cite_labels
from attestation.deadlines.safeguards import HARMFUL_CONSEQUENCES, HARMFUL_TO_CLOSE, Code
from attestation.labels import CATEGORIES, CONSEQUENCES, Label
from attestation.law.reasons import Verdict
from attestation.law.vocabulary import Category
from attestation.law.vocabulary import Consequence as ConsequenceKind
from attestation.models import Attestation, Deadline, Decision, JournalEntry, ReadyEffect, User
from attestation.models.ledger import of_every_kind

PAGE = 50
BRAKES: dict[str, Label] = {
    Code.GAP: gettext_lazy("the last sweep was more than 36 hours before"),
    Code.CLOCK: gettext_lazy("the clock had jumped"),
    Code.CALENDAR: gettext_lazy("the calendar of a year is not confirmed"),
    Code.OUTAGE: gettext_lazy("an outage fell into the term and is not settled"),
}
CLOSES: dict[str, Label] = of_every_kind(
    "CLOSES",
    {
        Deadline.Kind.APPEAL: gettext_lazy("The appeal term closes: from then on an appeal is late."),
        Deadline.Kind.GRACE: gettext_lazy("The time for recording appeals filed in time closes."),
        Deadline.Kind.CATEGORY: gettext_lazy("The category “%(category)s” ends, its term is over."),
        Deadline.Kind.SCORING: gettext_lazy("The term of the assessment is closed as missed."),
        Deadline.Kind.REATTESTATION: gettext_lazy("The term of the re-attestation is closed as missed."),
        Deadline.Kind.RULING: gettext_lazy("The term for the ruling is closed as missed."),
    },
)


def safeguard_words(code: str) -> Label:
    """A brake in plain words; an unknown one by its code, so that nothing is hidden."""
    return BRAKES.get(code, code)


@dataclass(frozen=True)
class Line:
    """One effect as the page shows it; `will` are the sentences on what confirming does."""

    effect: ReadyEffect
    title: str
    person: str
    center: str
    case_no: str
    url: str
    since: datetime
    held_by: list[str]
    will: list[str]
    cites: list[str]
    harmful: bool
    own: bool


def effects_in_sight(user: User) -> QuerySet[ReadyEffect]:
    """What waits, the oldest first, with everything that a line asks for."""
    return (
        visible(user, ReadyEffect.objects.waiting())
        .select_related(
            "attestation__employee",
            "attestation__center",
            "deadline__employee__center",
            "deadline__term",
        )
        .order_by("ready_at", "pk")
    )


def lines_of(effects: Iterable[ReadyEffect], user: User) -> list[Line]:
    """The lines; the decisions behind them are read by one query."""
    effects = list(effects)
    keys = [effect.attestation_id for effect in effects if effect.act == ReadyEffect.Effect.FINALISE]
    current = Decision.objects.current().filter(attestation__in=keys) if keys else ()
    decisions = {decision.attestation_id: decision for decision in current}
    return [line_of(effect, decisions.get(effect.attestation_id or 0), user) for effect in effects]


def line_of(effect: ReadyEffect, decision: Decision | None, user: User) -> Line:
    """One effect with what it will do."""
    case, deadline = effect.attestation, effect.deadline
    about = case or deadline
    employee = about.employee if about else None
    closing = effect.act == ReadyEffect.Effect.CLOSE_DEADLINE and deadline is not None
    if closing:
        assert deadline is not None  # said by the line above
        will, cites, harmful = closing_words(deadline)
    else:
        will, cites, harmful = final_words(decision)
    return Line(
        effect=effect,
        title=str(deadline.get_kind_display() if closing and deadline else effect.get_act_display()),
        person=employee.full_name if employee else "",
        center=str(case.center if case else employee.center if employee else ""),
        case_no=case.case_no if case else "",
        url=page_of(case, deadline),
        since=effect.ready_at,
        held_by=[str(safeguard_words(code)) for code in effect.brakes],
        will=will,
        cites=cite_labels(cites),
        harmful=harmful,
        own=access.is_own(user, employee),
    )


def page_of(case: Attestation | None, deadline: Deadline | None) -> str:
    """The page of the case, or of the deadline where there is no case."""
    if case is not None:
        return reverse("admin:attestation_attestation_change", args=(case.pk,))
    return reverse("admin:attestation_deadline_change", args=(deadline.pk,)) if deadline else ""


def closing_words(deadline: Deadline) -> tuple[list[str], list[str], bool]:
    """¶21, ¶7: which deadline closes, and what can't be done afterwards."""
    category = deadline.term.category if deadline.term else ""
    shown = str(CATEGORIES[Category(category)]) if category else ""
    due = _("Last day: %(day)s.") % {"day": formats.date_format(deadline.due_on, "DATE_FORMAT")}
    will = [str(CLOSES[deadline.kind]) % {"category": shown}, due]
    return will, [deadline.cite] if deadline.cite else [], deadline.kind in HARMFUL_TO_CLOSE


def final_words(decision: Decision | None) -> tuple[list[str], list[str], bool]:
    """¶27, ¶28, ¶30: what becomes final, whom it lowers, whether it brings "subject to dismissal"."""
    if decision is None:
        return [_("The decision was formed afresh meanwhile; confirming takes this off the list.")], [], False
    verdict = Verdict.from_data(decision.verdict)
    will = [_("Becomes final: %(outcome)s.") % {"outcome": decision.get_outcome_display()}]
    for kind in verdict.consequences:
        if kind is ConsequenceKind.LOWER_CATEGORY and decision.inputs.get("existing"):
            before = CATEGORIES[Category(decision.inputs["existing"])]
            after = CATEGORIES[Category(decision.category)] if decision.category else _("no category")
            will.append(
                _("The category is lowered: %(before)s → %(after)s.") % {"before": before, "after": after}
            )
        else:
            will.append(f"{CONSEQUENCES[kind]}.".capitalize())
    return will, list(verdict.cites), bool(HARMFUL_CONSEQUENCES & set(verdict.consequences))


@dataclass(frozen=True)
class Answer:
    """What became of one effect that somebody confirmed."""

    line: Line
    done: bool
    sentence: str


def confirm(request: HttpRequest, chosen: list[ReadyEffect], now: datetime) -> list[Answer]:
    """Let the chosen effects go by the one service, and say of each what became of it."""
    # The words are taken down before: afterwards the decision behind them is another one.
    lines = lines_of(chosen, access.actor_of(request))
    answer = confirm_ready(chosen, by=By(access.actor_of(request), now))
    refused = {effect.pk: sentence for effect, sentence in answer.refused}
    found = ReadyEffect.objects.filter(pk__in=[effect.pk for effect in chosen])
    states = dict(found.values_list("pk", "state"))
    return [
        Answer(
            line,
            line.effect.pk not in refused and states.get(line.effect.pk) == ReadyEffect.State.CONFIRMED,
            refused.get(line.effect.pk, ""),
        )
        for line in lines
    ]


def chosen_by(request: HttpRequest) -> list[ReadyEffect]:
    """The ticked effects in sight; all of those that the page knew of where "all" was pressed."""
    waiting = effects_in_sight(access.actor_of(request))
    if "all" in request.POST:
        newest = request.POST.get("newest", "")
        return list(waiting.filter(pk__lte=int(newest))) if is_plain_key(newest) else []
    keys = [key for key in request.POST.getlist("effect") if is_plain_key(key)]
    return list(waiting.filter(pk__in=keys))


@admin.register(ReadyEffect)
class ReadyEffectAdmin(ScopedAdmin):
    """F-D2, F-D8: the list is a page of its own; a record can be read, also once it was let go."""

    seen_by = OFFICE_AND_COMMISSION
    readonly_fields = ("about", "held_by")
    fields = (("act", "state"), "about", "held_by", ("ready_at", "closed_at"), "closed_by")

    @display(description=gettext_lazy("about"))
    def about(self, obj: ReadyEffect) -> str:
        return obj.attestation.case_no if obj.attestation else str(obj.deadline or "–")

    @display(description=gettext_lazy("held by"))
    def held_by(self, obj: ReadyEffect) -> str:
        return "; ".join(str(safeguard_words(code)) for code in obj.brakes) or "–"

    def journal_of(self, obj: ReadyEffect) -> QuerySet[JournalEntry]:
        if obj.attestation is not None:
            return JournalEntry.objects.filter(attestation=obj.attestation)
        return JournalEntry.objects.filter(subject__in=(obj.key, subject_of(obj)))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """GET shows what waits; POST lets the ticked ones go and answers for each."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_confirm = access.may(request.user, "confirm_ready")
        answers: list[Answer] = []
        nothing_chosen = False
        if request.method == "POST":
            if not may_confirm:
                raise PermissionDenied
            if asked := ask_again(request):
                return asked
            chosen = chosen_by(request)
            nothing_chosen = not chosen
            answers = confirm(request, chosen, clock.now()) if chosen else []
        waiting = effects_in_sight(access.actor_of(request))
        page = Paginator(waiting, PAGE).get_page(request.GET.get("p"))
        newest = waiting.order_by("-pk").values_list("pk", flat=True).first() if page.paginator.count else 0
        context = {
            **self.admin_site.each_context(request),
            "title": _("Ready: confirm"),
            "opts": self.opts,
            "page": page,
            "lines": lines_of(page, access.actor_of(request)),
            "may_confirm": may_confirm,
            "newest": newest,
            "answers": answers,
            "done": sum(answer.done for answer in answers),
            "nothing_chosen": nothing_chosen,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/ready.html", context)


def panel_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """The line on the case's page."""
    rows = lines_of(effects_in_sight(user).filter(attestation=case), user)
    if not rows or access.role_of(user) not in OFFICE_AND_COMMISSION:
        return None
    return {"rows": rows, "may_confirm": access.may(user, "confirm_ready")}


READY_PANEL = Panel("ready", gettext_lazy("Ready: confirm"), "admin/ready_panel.html", panel_content)
