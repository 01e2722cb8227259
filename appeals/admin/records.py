"""Appeals and their questions: read, ruled on one by one, withdrawn (¶21, I-13)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from appeals.admin import board
from appeals.admin.papers import PapersOfAppeal, papers_of
from appeals.models import Appeal, AppealItem, Membership
from appeals.services import withdrawal
from appeals.services.commission import members_in_office, seat_in
from appeals.services.ruling import rule_item
from attestation import access, clock
from attestation.admin import fields
from attestation.admin.actions import Action, ActionAdmin, ActionForm, offer
from attestation.admin.case import PageAdmin
from attestation.admin.case_actions import ReasonForm
from attestation.admin.filters import Choices, ScopedChoices, region_by
from attestation.admin.panels import Panel
from attestation.admin.records import case_link
from attestation.by import By
from attestation.law.calendar import local_day
from attestation.models import Attestation, Employee, JournalEntry, Role, User

STATE_COLOURS = {"open": "warning", "late": "danger", "withdrawn": "", "resolved": "success"}
RULING_COLOURS = {"uphold": "success", "reject": "danger", "": ""}


def appeals_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """Every appeal of the case with its questions and rulings."""
    rows = list(case.appeals.prefetch_related("items__ruled_by").order_by("filed_at", "pk"))
    blind = bool(rows) and board.hides_names_from(user, local_day(now))
    # Beside a name the questions of an open appeal are not shown to those who rule on them blind.
    return (
        {
            "rows": [
                (
                    row,
                    STATE_COLOURS[row.state],
                    [] if blind and row.state == Appeal.State.OPEN else items_of(row),
                )
                for row in rows
            ]
        }
        if rows
        else None
    )


def items_of(appeal: Appeal) -> list[tuple[AppealItem, str]]:
    """The questions with the colours of their rulings."""
    return [(item, RULING_COLOURS[item.ruling]) for item in appeal.items.all()]


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
        "An upheld question counts as answered correctly; a result never falls by an appeal (I-13). With the "
        "last ruling the result, the score and the decision follow (I-12)."
    ),
    icon="gavel",
    form=RuleForm,
    run=rule,
    offered=lambda item: not item.is_closed and item.appeal.state == Appeal.State.OPEN,
    primary=True,
    template="admin/appeals/ruling.html",
)


def withdraw_item(item: AppealItem, answers: dict[str, Any], by: By) -> str:
    withdrawal.withdraw_item(item, reason=answers["reason"], by=by)
    return _("Question %(question)s is withdrawn.") % {"question": item.question}


WITHDRAW_ITEM = Action(
    slug="withdraw",
    right="withdraw_appeal",
    title=gettext_lazy("Withdraw the question"),
    explain=gettext_lazy(
        "The employee no longer disputes this question; it stays on record. With the last open question the "
        "appeal is closed (I-12)."
    ),
    icon="undo",
    danger=True,
    form=ReasonForm,
    run=withdraw_item,
    offered=lambda item: not item.is_closed and item.appeal.state == Appeal.State.OPEN,
)
offer(AppealItem, RULE, WITHDRAW_ITEM)


@admin.register(Appeal)
class AppealAdmin(PapersOfAppeal, PageAdmin):
    """¶21: the appeals, those under review first on the commission's home."""

    page_template = "admin/appeals/page.html"
    list_display = ("external_id", "person", "case", "filed_at", "closes_at", "state_shown", "ruled")
    list_filter = (
        region_by("attestation__center"),
        ("state", Choices),
        ("attestation__cycle", ScopedChoices),
    )
    list_select_related = ("attestation__employee",)
    person_path = "attestation__employee__search_key"
    code_fields = ("external_id", "attestation__case_no")
    ordering = ("-filed_at", "pk")

    def employee_of(self, obj: Appeal) -> Employee:
        return obj.attestation.employee

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appeal]:
        rows: QuerySet[Appeal] = super().get_queryset(request)
        blind = board.hides_names_from(access.actor_of(request), local_day(clock.now()))
        return rows.select_related("attestation__employee", "attestation__cycle").annotate(
            blind=Value(blind),
            questions=Count("items", distinct=True),
            rulings=Count("items", filter=~Q(items__ruling=""), distinct=True),
        )

    @display(description=gettext_lazy("appellant"), ordering="attestation__employee__sort_key")
    def person(self, obj: Appeal) -> str:
        return "–" if self.is_blind(obj) else obj.attestation.employee.full_name

    def is_blind(self, obj: Appeal) -> bool:
        """A blind review names nobody whose appeal is open."""
        return obj.blind and obj.state == Appeal.State.OPEN  # type: ignore[attr-defined]  # annotated above

    @display(description=gettext_lazy("attestation"))
    def case(self, obj: Appeal) -> str:
        return case_link(obj.attestation)

    @display(description=gettext_lazy("state"), ordering="state", label=STATE_COLOURS)
    def state_shown(self, obj: Appeal) -> tuple[str, str]:
        return obj.state, obj.get_state_display()

    @display(description=gettext_lazy("ruled on"))
    def ruled(self, obj: Appeal) -> str:
        return f"{obj.rulings}/{obj.questions}"  # type: ignore[attr-defined]  # annotated above

    def journal_of(self, obj: Appeal) -> QuerySet[JournalEntry]:
        return JournalEntry.objects.filter(attestation=obj.attestation)

    def page_context(self, request: HttpRequest, obj: Appeal, now: datetime) -> dict[str, Any]:
        may_rule = self.allowed(request, RULE, obj) and obj.state == Appeal.State.OPEN
        return {
            "title": _("Appeal %(appeal)s") % {"appeal": obj.external_id},
            "blind": self.is_blind(obj),
            "state_colour": STATE_COLOURS[obj.state],
            "items": items_of(obj),
            "result": obj.result,
            "may_rule": may_rule,
            "may_withdraw": self.allowed(request, WITHDRAW_ITEM, obj) and obj.state == Appeal.State.OPEN,
            "papers": papers_of(obj),
            "last_second": obj.closes_at - timedelta(seconds=1),
            "case_url": reverse("admin:attestation_attestation_change", args=(obj.attestation_id,)),
        }


def withdraw(appeal: Appeal, answers: dict[str, Any], by: By) -> str:
    withdrawal.withdraw(appeal, reason=answers["reason"], by=by)
    return _("Appeal %(appeal)s is withdrawn.") % {"appeal": appeal.external_id}


offer(
    Appeal,
    Action(
        slug="withdraw",
        right="withdraw_appeal",
        title=gettext_lazy("Withdraw the appeal"),
        explain=gettext_lazy("The employee no longer disputes the result; the appeal stays on record."),
        icon="undo",
        danger=True,
        form=ReasonForm,
        run=withdraw,
        offered=lambda appeal: appeal.state == Appeal.State.OPEN,
    ),
)


@admin.register(AppealItem)
class AppealItemAdmin(ActionAdmin):
    """One question; it is read on its appeal's page and ruled on here."""

    list_display = ("appeal", "question", "person", "ruling_shown", "ruled_at")
    list_filter = (region_by("appeal__attestation__center"), ("ruling", Choices))
    list_select_related = ("appeal__attestation__employee",)
    person_path = "appeal__attestation__employee__search_key"
    code_fields = ("appeal__external_id",)

    def employee_of(self, obj: AppealItem) -> Employee:
        return obj.appeal.attestation.employee

    def get_queryset(self, request: HttpRequest) -> QuerySet[AppealItem]:
        rows = super().get_queryset(request)
        return rows.select_related("appeal__attestation__employee", "appeal__attestation__center", "ruled_by")

    @display(description=gettext_lazy("appellant"))
    def person(self, obj: AppealItem) -> str:
        return obj.appeal.attestation.employee.full_name

    @display(description=gettext_lazy("ruling"), label=RULING_COLOURS)
    def ruling_shown(self, obj: AppealItem) -> tuple[str, str]:
        return obj.ruling, obj.get_ruling_display() if obj.ruling else "–"

    def page_of(self, obj: AppealItem) -> str:
        return reverse("admin:appeals_appeal_change", args=(obj.appeal_id,))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """The question's place is the page of its appeal."""
        obj = self.get_object(request, object_id)
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return HttpResponseRedirect(self.page_of(obj))
