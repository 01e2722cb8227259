"""Appeals and their questions: read, ruled on one by one, withdrawn (¶21, I-13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from appeals.admin import board
from appeals.admin.matter import matter_of
from appeals.admin.papers import PapersOfAppeal, papers_of
from appeals.models import Appeal, AppealItem, Membership
from appeals.services import withdrawal
from appeals.services.attachments import ACCEPTED, Paper, checked, limit_mb
from appeals.services.commission import members_in_office, seat_in
from appeals.services.deadlines import key_of_ruling
from appeals.services.earlier import earlier_rulings
from appeals.services.ruling import may_rule, rule_item
from attestation import access, clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, Button, offer
from attestation.admin.addresses import is_plain_key
from attestation.admin.case import PageAdmin
from attestation.admin.case_actions import ReasonForm
from attestation.admin.exports import ExportedList
from attestation.admin.filters import Choices, ScopedChoices, region_by
from attestation.admin.panels import Panel
from attestation.admin.records import case_link
from attestation.by import By
from attestation.deadlines.words import end_shown
from attestation.law.calendar import local_day
from attestation.models import Attestation, Deadline, Employee, JournalEntry, Role, User
from attestation.reason_words import reason_text
from attestation.refusals import Refused, allows

QUESTION = ("appeal__attestation__employee", "appeal__attestation__center", "appeal__result", "ruled_by")
STATE_COLOURS = {"open": "warning", "late": "danger", "withdrawn": "", "resolved": "success"}
RULING_COLOURS = {"uphold": "success", "reject": "danger", "": ""}


def appeals_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """Every appeal of the case with its questions and rulings."""
    rows = list(case.appeals.prefetch_related("items__ruled_by").order_by("filed_at", "pk"))
    return {"rows": [(row, STATE_COLOURS[row.state], items_of(row)) for row in rows]} if rows else None


@dataclass(frozen=True)
class Shown:
    """A question with the colour of its ruling, the acts that are possible now, and where it lies instead."""

    item: AppealItem
    colour: str
    acts: Sequence[Button] = ()
    agenda: str = ""
    agenda_url: str = ""


def items_of(appeal: Appeal) -> list[Shown]:
    """The questions, to be read."""
    return [Shown(item, RULING_COLOURS[item.ruling]) for item in appeal.items.all()]


def on_agenda(item: AppealItem) -> tuple[str, str]:
    """On which sitting's agenda the question stands, and the way there."""
    line = item.agenda_items.standing().select_related("sitting").first()
    if line is None:
        return "", ""
    words = _("on the agenda of sitting № %(number)s") % {"number": line.sitting.number}
    return words, reverse("admin:appeals_agendaitem_change", args=(line.pk,))


APPEALS_PANEL = Panel("appeals", gettext_lazy("Appeals"), "admin/appeals/panel.html", appeals_content)


class RuleForm(ActionForm):
    """I-13: uphold or reject, with a reason; of a sitting held elsewhere, who was there and who voted how."""

    ruling = fields.radio(
        gettext_lazy("Ruling"),
        [
            (AppealItem.Ruling.UPHOLD, gettext_lazy("Uphold: the question counts as answered correctly")),
            (AppealItem.Ruling.REJECT, gettext_lazy("Reject: the result stands")),
        ],
    )
    reason = fields.long_text(gettext_lazy("Reason"), max_length=4000)

    def prepare(self) -> None:
        self.earlier = earlier_rulings(self.obj)
        if self.user.role == Role.CHAIR:
            return
        choices = self.members()
        for name, label in (
            ("present", gettext_lazy("Present")),
            ("for", gettext_lazy("For upholding")),
            ("against", gettext_lazy("Against upholding")),
        ):
            self.fields[name] = forms.MultipleChoiceField(
                label=label, choices=choices, required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget()
            )

    def members(self) -> list[tuple[str, str]]:
        """The members in office whose sitting the secretary types in."""
        today = local_day(clock.now())
        center = self.obj.appeal.attestation.center
        seat = seat_in(self.user, [Membership.Seat.SECRETARY], center, today)
        if seat is None:
            return []
        members = members_in_office(seat.commission, today)
        return [(member.user.username, str(member)) for member in members]


def rule(item: AppealItem, answers: dict[str, Any], by: By) -> str:
    minutes = None
    if "present" in answers:
        minutes = {name: answers[name] for name in ("present", "for", "against")}
    ruled = rule_item(item, ruling=answers["ruling"], reason=answers["reason"], by=by, minutes=minutes)
    return _("Question %(question)s: %(ruling)s.") % {
        "question": ruled.question,
        "ruling": ruled.get_ruling_display(),
    }


RULE = Action(
    slug="rule",
    right="rule_appeal",
    title=gettext_lazy("Rule on the question"),
    explain=gettext_lazy(
        "An upheld question counts as answered correctly; a result never falls by an appeal. With the "
        "last ruling the result, the score and the decision follow."
    ),
    icon="gavel",
    form=RuleForm,
    run=rule,
    offered=lambda item: not item.is_closed and item.appeal.state == Appeal.State.OPEN,
    fits=lambda item, user: may_rule(item, user, clock.now()),
    primary=True,
    facts="admin/appeals/ruling.html",
)


class WithdrawForm(ReasonForm):
    """I-12: why, and the applicant's paper with the day on which it was received."""

    paper = fields.upload(gettext_lazy("The applicant's paper"))
    received_on = fields.day(gettext_lazy("Paper received on"))

    def prepare(self) -> None:
        self.fields["paper"].widget.attrs["accept"] = ACCEPTED
        self.fields["paper"].help_text = _(
            "The statement by which the employee withdraws: pdf, jpg, png or docx, at most %(limit)s MB. It "
            "stays on record, and the employee is told of the withdrawal."
        ) % {"limit": limit_mb(clock.now())}

    def clean_paper(self) -> Paper:
        try:
            return checked([self.cleaned_data["paper"]], now=clock.now())[0]
        except Refused as refusal:
            raise ValidationError(refusal.message, code=refusal.code) from refusal


def wish_of(answers: dict[str, Any]) -> withdrawal.Wish:
    return withdrawal.Wish(answers["paper"], answers["received_on"])


def withdraw_item(item: AppealItem, answers: dict[str, Any], by: By) -> str:
    withdrawal.withdraw_item(item, reason=answers["reason"], wish=wish_of(answers), by=by)
    return _("Question %(question)s is withdrawn.") % {"question": item.question}


WITHDRAW_ITEM = Action(
    slug="withdraw",
    right="withdraw_appeal",
    title=gettext_lazy("Withdraw the question"),
    explain=gettext_lazy(
        "The employee no longer disputes this question; it stays on record and can be filed again while the "
        "appeal term runs. With the last open question the appeal is closed."
    ),
    icon="undo",
    danger=True,
    form=WithdrawForm,
    run=withdraw_item,
    offered=lambda item: (
        not item.is_closed
        and item.appeal.state == Appeal.State.OPEN
        and allows(withdrawal.require_uncounted, item)
    ),
)
offer(AppealItem, RULE, WITHDRAW_ITEM)


@admin.register(Appeal)
class AppealAdmin(PapersOfAppeal, ExportedList, PageAdmin):
    """¶21: the appeals, those under review first on the commission's home."""

    page_template = "admin/appeals/page.html"
    # The appeals themselves go out from the page of their cycle.
    file_kind, row_path = "rulings", "appeal"
    list_display = ("external_id", "person", "case", "filed_at", "closes", "state_shown", "ruled")
    list_filter = (
        region_by("attestation__center"),
        ("state", Choices),
        ("attestation__cycle", ScopedChoices),
    )
    list_select_related = ("attestation__employee",)
    person_path = "attestation__employee__search_key"
    code_fields = ("external_id", "attestation__case_no")
    ordering = ("-filed_at", "-pk")

    def employee_of(self, obj: Appeal) -> Employee:
        return obj.attestation.employee

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        rows: QuerySet[Appeal] = super().get_queryset(request)
        return rows.select_related("attestation__employee", "attestation__cycle").prefetch_related("items")

    @display(description=gettext_lazy("appellant"), ordering="attestation__employee__sort_key")
    def person(self, obj: Appeal) -> str:
        return obj.attestation.employee.full_name

    @display(description=gettext_lazy("attestation"))
    def case(self, obj: Appeal) -> str:
        return case_link(obj.attestation)

    @display(description=gettext_lazy("term ended or ends"), ordering="closes_at")
    def closes(self, obj: Appeal) -> str:
        return end_shown(obj.closes_at)

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_COLOURS)
    def state_shown(self, obj: Appeal) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    @display(description=gettext_lazy("ruled on"))
    def ruled(self, obj: Appeal) -> str:
        items = obj.items.all()
        return f"{sum(bool(item.ruling) for item in items)}/{len(items)}"

    def journal_of(self, obj: Appeal) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(attestation=obj.attestation)

    def page_context(self, request: HttpRequest, obj: Appeal, now: datetime) -> dict[str, Any]:
        questions = AppealItemAdmin(AppealItem, self.admin_site)
        return {
            "title": _("Appeal %(appeal)s") % {"appeal": obj.external_id},
            "state_colour": STATE_COLOURS[obj.state],
            "items": [
                Shown(row.item, row.colour, questions.buttons(request, row.item), *on_agenda(row.item))
                for row in items_of(obj)
            ],
            "result": obj.result,
            "received": reason_text(obj.receipt_note),
            "papers": papers_of(obj),
            "term_ends": end_shown(obj.closes_at),
            "case_url": reverse("admin:attestation_attestation_change", args=(obj.attestation_id,)),
        }


def withdraw(appeal: Appeal, answers: dict[str, Any], by: By) -> str:
    withdrawal.withdraw(appeal, reason=answers["reason"], wish=wish_of(answers), by=by)
    return _("Appeal %(appeal)s is withdrawn.") % {"appeal": appeal.external_id}


offer(
    Appeal,
    Action(
        slug="withdraw",
        right="withdraw_appeal",
        title=gettext_lazy("Withdraw the appeal"),
        explain=gettext_lazy(
            "The employee no longer disputes the result; the appeal stays on record, and its questions can "
            "be filed again while the appeal term runs."
        ),
        icon="undo",
        danger=True,
        form=WithdrawForm,
        run=withdraw,
        offered=lambda appeal: appeal.state == Appeal.State.OPEN and allows(withdrawal.require_whole, appeal),
    ),
)


@admin.register(AppealItem)
class AppealItemAdmin(PageAdmin):
    """One question; it is read on its appeal's page, in a blind review on its own, and ruled on here."""

    page_template = "admin/appeals/question.html"
    list_display = ("appeal", "question", "person", "ruling_shown", "ruled_at")
    list_filter = (region_by("appeal__attestation__center"), ("ruling", Choices))
    list_select_related = ("appeal__attestation__employee",)
    ordering = ("-pk",)
    person_path = "appeal__attestation__employee__search_key"
    code_fields = ("appeal__external_id",)

    def employee_of(self, obj: AppealItem) -> Employee:
        return obj.appeal.attestation.employee

    def get_queryset(self, request: HttpRequest) -> QuerySet[AppealItem]:
        rows = super().get_queryset(request)
        return rows.select_related(*QUESTION)

    @display(description=gettext_lazy("appellant"))
    def person(self, obj: AppealItem) -> str:
        return obj.appeal.attestation.employee.full_name

    @display(description=gettext_lazy("ruling"), label=RULING_COLOURS)
    def ruling_shown(self, obj: AppealItem) -> tuple[str, str]:
        return obj.ruling, obj.get_ruling_display() if obj.ruling else "–"

    def page_of(self, obj: AppealItem) -> str:
        # Hidden until the ruling, and shown after it: the address of the question leads to either page.
        return reverse("admin:appeals_appealitem_change", args=(obj.pk,))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Also a question whose appellant is hidden from the reader: its page names nobody."""
        found = super().get_object(request, object_id, from_field)
        if found is not None or not is_plain_key(object_id):
            return found
        rows = access.in_sight(request.user, AppealItem.objects.filter(pk=object_id))
        return rows.select_related(*QUESTION).first()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The question's place is the page of its appeal, except in a blind review."""
        obj = self.get_object(request, object_id) if object_id else None
        if obj is not None and not access.hides_identity_from(request.user, obj.appeal.attestation):
            return HttpResponseRedirect(reverse("admin:appeals_appeal_change", args=(obj.appeal_id,)))
        return super().changeform_view(request, object_id, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The journal of the case names it: in a blind review there is none."""
        obj = self.get_object(request, object_id)
        if obj is not None and access.hides_identity_from(request.user, obj.appeal.attestation):
            return HttpResponseRedirect(reverse("admin:appeals_appealitem_change", args=(object_id,)))
        return super().history_view(request, object_id, extra_context)

    def page_context(self, request: HttpRequest, obj: AppealItem, now: datetime) -> dict[str, Any]:
        agenda, agenda_url = on_agenda(obj)
        deadline = Deadline.objects.open().filter(key=key_of_ruling(obj.appeal_id)).first()
        return {
            "title": board.title_of(obj),
            "agenda": agenda,
            "agenda_url": agenda_url,
            "due_on": deadline.due_on if deadline is not None else None,
            **matter_of(obj, blind=True),
        }
