"""One matter of a sitting: read, voted on, closed, dissented from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from appeals import rules
from appeals.admin import board, endings
from appeals.admin.agenda_actions import COUNT, REOPEN, SEAL, VOTE
from appeals.admin.matter import held_words, matter_of
from appeals.admin.sitting_actions import sitting_title
from appeals.admin.sittings import COMMISSION_AND_OVERSIGHT, must_read_names
from appeals.models import AgendaItem, CommissionRules, Sitting, Vote
from appeals.services.earlier import of_line
from appeals.services.lines import row_ratings
from appeals.services.recusals import facts_of, recused_users
from appeals.services.voting import choices_for
from attestation import access, clock
from attestation.admin.actions import Action, ActionForm
from attestation.admin.case import PageAdmin
from attestation.law.calendar import local_day
from attestation.models import Employee

HELP = {
    "uphold": gettext_lazy("The question counts as answered correctly."),
    "reject": gettext_lazy("The result stands as it is."),
    "ten": gettext_lazy("Row 2 gives 10 points."),
    "zero": gettext_lazy("Row 2 gives no points."),
    "abstain": gettext_lazy("Counts for the quorum, not for the ruling."),
}
ICONS = {
    "uphold": "thumb_up",
    "ten": "thumb_up",
    "reject": "thumb_down",
    "zero": "thumb_down",
    "abstain": "do_not_disturb_on",
}


@admin.register(AgendaItem)
class AgendaItemAdmin(PageAdmin):
    """A line of an agenda, read in its sitting."""

    seen_by = COMMISSION_AND_OVERSIGHT
    page_template = "admin/appeals/sitting/item.html"
    list_display = ("matter_shown", "sitting", "outcome_shown", "closed_at")
    list_select_related = ("sitting__commission__center",)
    ordering = ("-pk",)

    def employee_of(self, obj: AgendaItem) -> Employee:
        return obj.case.employee

    def get_queryset(self, request: HttpRequest) -> QuerySet[AgendaItem]:
        rows = super().get_queryset(request)
        return rows.select_related(
            "sitting__commission__center",
            "item__appeal__attestation__employee__center",
            "item__appeal__result",
            "attestation__employee__center",
            "closed_by",
        )

    @display(description=gettext_lazy("matter"))
    def matter_shown(self, obj: AgendaItem) -> str:
        return f"{obj.position}. {board.title_of(obj.item)}"

    @display(description=gettext_lazy("outcome"))
    def outcome_shown(self, obj: AgendaItem) -> str:
        return board.state_of(obj, obj.sitting)[0]

    def names_first(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """The names come before the questions, so that a recusal does."""
        obj = self.get_object(request, object_id) if object_id else None
        if obj is None or obj.outcome or not self.has_view_permission(request, obj):
            return None
        lines, reader = board.agenda_of(access.actor_of(request), obj.sitting, local_day(clock.now()))
        if not must_read_names(request, obj.sitting, lines, reader):
            return None
        messages.info(request, _("Read the names of this agenda first: the questions come after them."))
        request.session[f"names-next-{obj.sitting_id}"] = request.get_full_path()
        return HttpResponseRedirect(
            reverse("admin:appeals_sitting_change", args=(obj.sitting_id,)) + "#names"
        )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return self.names_first(request, object_id) or super().changeform_view(
            request, object_id, *args, **kwargs
        )

    def action_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        return self.names_first(request, object_id) or super().action_view(request, object_id, slug)

    def page_of(self, obj: AgendaItem) -> str:
        return reverse("admin:appeals_agendaitem_change", args=(obj.pk,))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The journal stands on the page of the sitting, as far as the reader may see it."""
        return HttpResponseRedirect(reverse("admin:appeals_agendaitem_change", args=(object_id,)))

    def page_context(self, request: HttpRequest, obj: AgendaItem, now: datetime) -> dict[str, Any]:
        day = local_day(now)
        sitting = obj.sitting
        lines, reader = board.agenda_of(access.actor_of(request), sitting, day)
        recused, blind = reader.recused(obj), board.unnamed(reader.user, lines)
        named, recusals = obj.pk not in blind, endings.recusals_of([obj], sitting).get(obj.pk, [])
        return {
            "title": board.title_of(obj.item),
            "line": board.shown(obj, sitting, reader, blind),
            "sitting_title": sitting_title(sitting) + (f" · {sitting.commission}" if named else ""),
            "sitting_url": reverse("admin:appeals_sitting_change", args=(sitting.pk,)),
            "blind": not named,
            "person": obj.case.employee if named else None,
            "iin": obj.case.employee.iin if named else "",
            "person_center": obj.case.center if named else None,
            "case_url": reverse("admin:attestation_attestation_change", args=(obj.case.pk,)) if named else "",
            "recused": recused,
            "earlier_rulings": of_line(obj) if reader.leads and not recused else [],
            "recusals": recusals,
            # The vote has a ballot of its own.
            "buttons": [] if recused else self.buttons(request, obj, without=VOTE.slug),
            **neighbours(obj, lines),
            **self.matter(obj, blind=not named),
            **self.ballot(obj, lines, reader, recused),
            **self.ending(obj, reader),
            **quorum_of(obj, reader, {recusal.user_id for recusal in recusals}, now),
        }

    def perform(
        self, request: HttpRequest, action: Action, obj: AgendaItem, form: ActionForm
    ) -> HttpResponse | None:
        """After a vote the next open matter comes by itself, after the last one the agenda; after a count
        that leads to a ruling, the page for its reason, and the agenda once that is sealed."""
        answer = super().perform(request, action, obj, form)
        if answer is None or action not in (VOTE, COUNT, SEAL):
            return answer
        obj = self.get_queryset(request).get(pk=obj.pk)
        if action is VOTE:
            return HttpResponseRedirect(board.next_to_vote(obj.sitting, self.reader(request, obj), after=obj))
        if SEAL.offered(obj):
            return HttpResponseRedirect(reverse(self.url_name("act"), args=(obj.pk, SEAL.slug)))
        return HttpResponseRedirect(board.agenda_url(obj.sitting))

    def action_page(
        self, request: HttpRequest, act: Action, obj: AgendaItem, form: ActionForm
    ) -> HttpResponse:
        response, reader = super().action_page(request, act, obj, form), self.reader(request, obj)
        response.context_data |= {  # type: ignore[attr-defined]  # a TemplateResponse
            "heading": f"{obj.position}. {board.title_of(obj.item)}",
            "question": self.matter(obj, blind=True),
            **(self.ending(obj, reader) if act in (SEAL, REOPEN) else {}),
            **quorum_of(obj, reader, recused_users(obj), clock.now()),
        }
        return response

    def reader(self, request: HttpRequest, obj: AgendaItem) -> board.Reader:
        """Who reads the matter."""
        return board.reader_of(access.actor_of(request), obj.sitting, local_day(clock.now()))

    def matter(self, obj: AgendaItem, *, blind: bool) -> dict[str, Any]:
        """The question with its argument and the result's facts; or why row 2 is held, and the ratings."""
        if obj.item is not None:
            return matter_of(obj.item, blind=blind)
        return {
            "appeal": None,
            "argument": "\n".join(held_words(obj.case)),
            "facts": [],
            "ratings": row_ratings(obj.case),
            "attachments": [],
        }

    def ballot(
        self, obj: AgendaItem, lines: list[AgendaItem], reader: board.Reader, recused: str
    ) -> dict[str, Any]:
        """The three buttons, or why there are none."""
        mine = reader.cast.get(obj.pk)
        if obj.outcome or recused:
            return {"may_vote": False, "receipt": mine.receipt if mine else ""}
        asked = [line for line in lines if board.is_asked(line, reader)]
        return {
            "progress": (
                _("%(done)s of %(all)s voted")
                % {"done": sum(line.pk in reader.cast for line in asked), "all": len(asked)}
            ),
            "may_vote": reader.votes and reader.present and board.is_voted_on(obj),
            "receipt": mine.receipt if mine else "",
            "no_vote": no_vote(obj, reader),
            "my_choice": mine.get_choice_display() if mine else "",
            "vote_url": reverse("admin:appeals_agendaitem_act", args=(obj.pk, VOTE.slug)),
            "choices": [
                {
                    "value": value,
                    "label": Vote.Choice(value).label,
                    "help": HELP[value],
                    "icon": ICONS[value],
                    "tone": board.CHOICE_TONES[value],
                    "chosen": mine is not None and value == mine.choice,
                }
                for value in choices_for(obj)
            ],
        }

    def ending(self, obj: AgendaItem, reader: board.Reader) -> dict[str, Any]:
        """How it was closed, or counted, as far as this reader is told."""
        told = bool(obj.outcome) or (obj.counted_at is not None and reader.leads)
        # How a sealed one was ruled the commission alone reads until the sitting is closed.
        sealed = obj.outcome == AgendaItem.Outcome.RULED and board.is_open(obj)
        if not told or (sealed and not reader.reads_votes):
            return {}
        names, dissents = endings.members_by_username(obj.sitting), endings.dissents_of([obj])
        return {"outcome": endings.ending_of(obj, reader, names, dissents.get(obj.pk, ()))}


def no_vote(obj: AgendaItem, reader: board.Reader) -> str:
    """Why the reader has no ballot."""
    if obj.sitting.state == Sitting.State.PLANNED:
        return _("Voting begins when the secretary opens the sitting.")
    if obj.counted_at is not None:
        return _("The votes are counted. The secretary writes the reason for the outcome and seals it.")
    if reader.votes and not reader.present:
        return _("You are not marked as present. Ask the secretary to mark you, then vote.")
    return _("The votes are hidden from everyone until they are counted.")


def neighbours(obj: AgendaItem, lines: list[AgendaItem]) -> dict[str, str]:
    """The lines before and after."""
    keys = [line.pk for line in lines]
    place = keys.index(obj.pk)
    around = {
        "previous_url": keys[place - 1] if place else None,
        "next_url": next(iter(keys[place + 1 :]), None),
    }
    return {
        name: reverse("admin:appeals_agendaitem_change", args=(key,)) if key else ""
        for name, key in around.items()
    }


@dataclass(frozen=True)
class QuorumShown:
    """The quorum of one matter in words."""

    reached: bool
    sentence: str


def quorum_of(line: AgendaItem, reader: board.Reader, recused: set[int], now: datetime) -> dict[str, Any]:
    """Present and not recused, of those in office and not recused; who voted is counted, how is not."""
    if not board.is_voted_on(line):
        return {}
    rule = CommissionRules.objects.in_force_on(local_day(now)).quorum
    voters = facts_of(reader.composition, recused)
    quorum, cast = rules.quorum(voters, rule), line.votes.count()
    return {
        "quorum": QuorumShown(
            quorum.reached,
            _("Present and not recused: %(present)s of %(of)s; %(needed)s are needed.")
            % {"present": quorum.present, "of": quorum.of, "needed": quorum.needed},
        ),
        "voted": _("Votes cast: %(cast)s of %(present)s. Which way, nobody sees before they are counted.")
        % {"cast": cast, "present": quorum.present},
    }
