"""A sitting of a commission: planned, agenda, attendance, names before the questions, closing, minutes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import display

from appeals.admin import board, queue
from appeals.admin.attendance import attendance_of
from appeals.admin.minutes import minutes_of
from appeals.admin.sitting_actions import PlanForm, RecusalForm, plan_sitting, restamped, sitting_title
from appeals.models import AgendaItem, CommissionRules, Membership, Sitting
from appeals.sitting_lifecycle import AgendaEvent, SittingEvent
from attestation import access, clock
from attestation.admin.actions import Action, ActionForm
from attestation.admin.case import PageAdmin
from attestation.admin.filters import Choices, ScopedChoices
from attestation.admin.journal_lines import lines as journal_lines
from attestation.law.calendar import local_day
from attestation.models import JournalEntry, Role

COMMISSION_AND_OVERSIGHT = frozenset(
    {Role.SECRETARY, Role.CHAIR, Role.MEMBER, Role.ADMINISTRATOR, Role.AUDITOR}
)
Seat = Membership.Seat

# Of these the journal's subject is the sitting in words of the day; the key is in the data.
SITTING_ACTS = [event.value for event in (*SittingEvent, *AgendaEvent)] + ["plan_sitting"]
LINE_ACTS = ["vote", "recuse", "record_dissent"]
VOTE_ACTS = ["vote", "record_dissent"]


def names_read(request: HttpRequest, sitting: Sitting, lines: list[AgendaItem]) -> bool:
    """Whether the person at the screen has seen the names of this very agenda."""
    return request.session.get(f"names-{sitting.pk}") == board.names_key(lines)


def must_read_names(request: HttpRequest, sitting: Sitting, lines: list[AgendaItem], reader: Any) -> bool:
    """Whoever votes sees the names first, so that a recusal comes before the questions."""
    waits = any(not line.outcome for line in lines)
    return waits and bool(reader.votes) and not names_read(request, sitting, lines)


def number_of(lines: QuerySet[AgendaItem]) -> Coalesce:
    """How many of a sitting: joined, every line of every sitting would be read for the few that are shown."""
    counted = lines.order_by().values("sitting").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


@admin.register(Sitting)
class SittingAdmin(PageAdmin):
    """The sittings of the commissions in sight, and the queue that feeds them."""

    seen_by = COMMISSION_AND_OVERSIGHT
    add_right = "keep_sitting"
    page_template = "admin/appeals/sitting/page.html"
    list_display = ("name", "commission", "starts_at", "where", "state_shown", "matters")
    list_filter = (("state", Choices), ("commission", ScopedChoices))
    list_select_related = ("commission__center",)
    ordering = ("-starts_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sitting]:
        rows: QuerySet[Sitting] = super().get_queryset(request)
        lines = AgendaItem.objects.filter(sitting=OuterRef("pk"))
        return rows.select_related("commission__center", "opened_by", "closed_by").annotate(
            size=number_of(lines), done=number_of(lines.exclude(outcome=""))
        )

    @display(description=gettext_lazy("sitting"), ordering="number")
    def name(self, obj: Sitting) -> str:
        return f"№ {obj.number}"

    @display(description=gettext_lazy("place"))
    def where(self, obj: Sitting) -> str:
        return _("online") if obj.online else obj.place

    @display(description=gettext_lazy("state"), ordering="state", label=board.SITTING_COLOURS)
    def state_shown(self, obj: Sitting) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    @display(description=gettext_lazy("closed on the agenda"))
    def matters(self, obj: Sitting) -> str:
        return f"{obj.done}/{obj.size}"  # type: ignore[attr-defined]  # annotated above

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("queue/", wrap(self.queue_view), name="appeals_sitting_queue"),
            path("<int:sitting_id>/minutes/", wrap(self.minutes_view), name="appeals_sitting_minutes"),
            path(
                "<int:sitting_id>/names/", wrap(require_POST(self.names_view)), name="appeals_sitting_names"
            ),
            *super().get_urls(),
        ]

    # --- pages -----------------------------------------------------------------------------------

    def queue_view(self, request: HttpRequest) -> HttpResponse:
        """What waits for the commission."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request)
        may_plan = self.has_add_permission(request)
        return queue.queue_view(request, {**context, "may_plan": may_plan})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.form_view(
            request, PlanForm, plan_sitting, title=_("Plan a sitting"), button=_("Plan the sitting")
        )

    def page_context(self, request: HttpRequest, obj: Sitting, now: datetime) -> dict[str, Any]:
        day = local_day(now)
        rules = CommissionRules.objects.in_force_on(day)
        lines, reader = board.agenda_of(access.actor_of(request), obj, day)
        blind = board.unnamed(reader.user, lines)
        agenda = [board.shown(line, obj, reader, blind) for line in lines]
        people, ask_names = (
            attendance_of(obj, reader.composition),
            must_read_names(request, obj, lines, reader),
        )
        return {
            "title": sitting_title(obj),
            "state_colour": board.SITTING_COLOURS[obj.state],
            "queue_url": reverse("admin:appeals_sitting_queue"),
            # The name of a regional commission is that of the appellants' centre.
            "commission": "" if blind else obj.commission,
            "agenda": agenda,
            "done": sum(bool(line.outcome) for line in lines),
            "attendance": people,
            "present": sum(one.tone == "good" for one in people),
            "in_office": len(people),
            "rules_line": rules_line(rules),
            "rules_url": reverse("admin:appeals_commissionrules_changelist"),
            "hint": hint_of(obj, reader, lines, people),
            "seat_votes": reader.votes,
            "waiting_for_me": sum(line.asks for line in agenda),
            "ask_names": ask_names,
            "names": board.names_of(obj, lines, reader) if reader.votes else [],
            "names_key": board.names_key(lines),
            "names_url": reverse("admin:appeals_sitting_names", args=(obj.pk,)),
            # A recusal is reached from the names, one by one.
            "buttons": self.buttons(request, obj, without="recuse"),
            "minutes_url": minutes_url(obj) if obj.opened_at else "",
            "journal": [] if ask_names else journal_lines(self.journal_for(obj, lines, reader)),
        }

    def action_page(self, request: HttpRequest, act: Action, obj: Sitting, form: ActionForm) -> HttpResponse:
        if isinstance(form, RecusalForm):
            form.initial["person"] = request.GET.get("person", "")[:20]
        elif "seen_version" in form.fields and form.is_bound:
            # Shown again with the refusal it carries the present version: sent once more, it is meant.
            form.data = restamped(form.data, obj)
        return super().action_page(request, act, obj, form)

    def journal_of(self, obj: Sitting, lines: Iterable[AgendaItem] | None = None) -> QuerySet[JournalEntry]:
        keys = [line.pk for line in (obj.agenda.all() if lines is None else lines)]
        of_line = Q(act__in=LINE_ACTS, data__agenda_item__in=keys)
        return JournalEntry.objects.filter(Q(act__in=SITTING_ACTS, data__sitting=obj.pk) | of_line)

    def journal_for(
        self, obj: Sitting, lines: list[AgendaItem], reader: board.Reader
    ) -> QuerySet[JournalEntry]:
        """F-R8: without the votes and the dissents of the matters from which the reader is recused."""
        kept_from = [line.pk for line in lines if reader.recused(line)]
        hidden = Q(act__in=VOTE_ACTS, data__agenda_item__in=kept_from)
        entries = self.journal_of(obj, lines)
        return entries.exclude(hidden) if kept_from else entries

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The journal stands on the page itself, as far as the reader may see it."""
        return HttpResponseRedirect(reverse("admin:appeals_sitting_change", args=(object_id,)))

    def names_view(self, request: HttpRequest, sitting_id: int) -> HttpResponse:
        """The person has read the names; which ones goes along, so that new names are asked about again."""
        obj = self.get_object(request, str(sitting_id))
        if obj is None or not self.has_view_permission(request, obj):
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(sitting_id))
        if request.POST.get("seen") != board.names_key(board.lines_of(obj)):
            messages.warning(request, _("Somebody came onto the agenda meanwhile: read the names again."))
            return HttpResponseRedirect(self.page_of(obj))
        request.session[f"names-{obj.pk}"] = request.POST["seen"]
        reader = board.reader_of(access.actor_of(request), obj, local_day(clock.now()))
        # Back to the question, or the form with its kept text, that was asked for before.
        wanted = request.session.pop(f"names-next-{obj.pk}", "")
        return HttpResponseRedirect(wanted or board.next_to_vote(obj, reader))

    def minutes_view(self, request: HttpRequest, sitting_id: int) -> HttpResponse:
        """The sitting from its opening to its end, to be read or printed."""
        obj = self.get_object(request, str(sitting_id))
        if obj is None or not self.has_view_permission(request, obj) or not obj.opened_at:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(sitting_id))
        day = local_day(clock.now())
        lines, reader = board.agenda_of(access.actor_of(request), obj, day)
        if must_read_names(request, obj, lines, reader):
            return HttpResponseRedirect(self.page_of(obj))
        context = {
            **self.admin_site.each_context(request),
            **minutes_of(obj, lines, reader, day),
            "title": _("Minutes № %(number)s") % {"number": obj.number},
            "opts": self.opts,
            "object": obj,
            "sitting_title": sitting_title(obj),
            "sitting_url": self.page_of(obj),
            "state_colour": board.SITTING_COLOURS[obj.state],
        }
        return TemplateResponse(request, "admin/appeals/sitting/minutes.html", context)


def minutes_url(sitting: Sitting) -> str:
    """Where the minutes are read."""
    return reverse("admin:appeals_sitting_minutes", args=(sitting.pk,))


def rules_line(rules: CommissionRules) -> str:
    """The settings in force, in a sentence."""
    return _("Quorum: %(quorum)s; abstaining counts for it. On a tie the chair's own vote decides.") % {
        "quorum": rules.get_quorum_display()
    }


def hint_of(
    sitting: Sitting, reader: board.Reader, lines: list[AgendaItem], people: list[board.Person]
) -> str:
    """The next step of whoever reads."""
    seat, left = reader.seat, sum(not line.outcome for line in lines)
    if seat == Seat.SECRETARY and sitting.state == Sitting.State.PLANNED and not lines:
        return _("Put the matters on the agenda, then open the sitting.")
    if seat == Seat.SECRETARY and sitting.state == Sitting.State.OPEN:
        if not any(one.tone == "good" for one in people):
            return _("Mark who is present: only those who are can vote.")
        steps = _("Count each matter once the votes are cast, write its reason and seal it.")
        return f"{steps} {_('The chair then closes the sitting.')}" if left else ""
    if reader.votes and sitting.state == Sitting.State.OPEN and not reader.present:
        return _("You are not marked as present. Ask the secretary to mark you, then vote.")
    if reader.leads and reader.votes and sitting.state == Sitting.State.OPEN:
        counted = next((line for line in lines if not line.outcome and line.counted_at), None)
        if counted is not None:
            return _(
                "Item %(item)s is counted and has no reason yet: the secretary writes it and seals the item. "
                "Then you can close the sitting."
            ) % {"item": counted.position}
    if reader.leads and reader.votes and sitting.state == Sitting.State.OPEN and not left:
        return _("Every matter is sealed or closed: the sitting can be closed, and the rulings take effect.")
    return ""
