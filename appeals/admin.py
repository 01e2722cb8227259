"""Appeals in the admin: filed on the case's page, ruled on question by question (¶21)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultiple

from appeals import services
from appeals.models import Appeal, AppealItem, Commission, Membership
from attestation import clock
from attestation.admin import fields
from attestation.admin.acts import Act, ActForm, ActingAdmin, offer
from attestation.admin.base import ScopedAdmin, ScopedInline, visible
from attestation.admin.case import PageAdmin
from attestation.admin.case_acts import ReasonForm
from attestation.admin.filters import Choices, ScopedChoices, region_by
from attestation.admin.panels import Panel, add_panel
from attestation.admin.records import case_link
from attestation.law.calendar import ALMATY, local_day
from attestation.law.terms import CenterKind
from attestation.models import Attestation, Center, Employee, JournalEntry, Role, User
from attestation.services import published_result

FIRST_ROWS = 3
MOST_ROWS = 100
STATE_COLOURS = {"open": "warning", "late": "danger", "withdrawn": "", "resolved": "success"}
RULING_COLOURS = {"uphold": "success", "reject": "danger", "": ""}


# --- filing --------------------------------------------------------------------------------------------


class FilingForm(ActForm):
    """¶21: when it was filed, how it came, and an explanation for each question."""

    filed_at = fields.moment(
        gettext_lazy("Filed at"),
        help_text=gettext_lazy(
            "When the employee filed it, in Almaty time; this decides whether it is in time."
        ),
    )
    receipt_note = fields.text(
        gettext_lazy("How it was received"),
        required=False,
        max_length=255,
        help_text=gettext_lazy(
            "Needed where it was filed before it is recorded: by letter, in person, number."
        ),
    )
    external_id = fields.text(
        gettext_lazy("External id"),
        required=False,
        max_length=120,
        help_text=gettext_lazy("The number on the Platform, if it has one."),
    )
    rows = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST_ROWS, initial=FIRST_ROWS)

    def prepare(self) -> None:
        if not self.is_bound:
            self.initial["filed_at"] = clock.now().astimezone(ALMATY)
        for place in range(self.row_count()):
            self.fields[f"question_{place}"] = fields.whole(gettext_lazy("Question"), required=False)
            self.fields[f"argument_{place}"] = fields.long_text(
                gettext_lazy("Argument"), required=False, rows=3, max_length=10_000
            )

    def row_count(self) -> int:
        """How many rows the browser sent; a number that is none counts as the first three."""
        text = str(self.data.get("rows", "")) if self.is_bound else ""
        count = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else FIRST_ROWS
        return min(max(count, 1), MOST_ROWS)

    def pairs(self) -> list[tuple[Any, Any]]:
        """The rows for the template."""
        return [(self[f"question_{n}"], self[f"argument_{n}"]) for n in range(self.row_count())]

    def head(self) -> list[Any]:
        """The fields above the rows."""
        return [self[name] for name in ("filed_at", "receipt_note", "external_id")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        items: list[tuple[int, str]] = []
        for place in range(self.row_count()):
            question, argument = data.get(f"question_{place}"), data.get(f"argument_{place}", "")
            if question is None and not argument:
                continue
            if question is None and f"question_{place}" not in self.errors:
                self.add_error(f"question_{place}", ValidationError(_("Which question? Give its number.")))
            elif question is not None:
                items.append((question, argument or ""))
        data["items"] = items
        return data


def file_appeal(case: Attestation, answers: dict[str, Any], actor: Any, now: datetime) -> str:
    appeal = services.file_appeal(
        case,
        filed_at=answers["filed_at"],
        items=answers["items"],
        receipt_note=answers["receipt_note"],
        external_id=answers["external_id"],
        actor=actor,
        now=now,
    )
    if appeal.state == Appeal.State.LATE:
        term = services.appeal_term(case)
        assert term is not None  # an appeal is measured by a term
        return str(services.late_sentence(appeal.filed_at, term))
    return _("Appeal %(appeal)s is on record.") % {"appeal": appeal.external_id}


offer(
    Attestation,
    Act(
        slug="file-appeal",
        right="file_appeal",
        title=gettext_lazy("Record an appeal"),
        explain=gettext_lazy(
            "An appeal is filed within two working days after the result was published, with a full "
            "explanation for each question (¶21). One that came late stays on record as late (I-14)."
        ),
        icon="gavel",
        form=FilingForm,
        run=file_appeal,
        offered=lambda case: published_result(case) is not None,
        order=20,
        template="admin/appeals/filing.html",
    ),
)


# --- the case's page ---------------------------------------------------------------------------------


def appeals_content(case: Attestation, user: Any, now: datetime) -> dict[str, Any] | None:
    """Every appeal of the case with its questions and rulings."""
    rows = list(case.appeals.prefetch_related("items__ruled_by").order_by("filed_at", "pk"))
    return {"rows": [(row, STATE_COLOURS[row.state], items_of(row)) for row in rows]} if rows else None


def items_of(appeal: Appeal) -> list[tuple[AppealItem, str]]:
    """The questions with the colours of their rulings."""
    return [(item, RULING_COLOURS[item.ruling]) for item in appeal.items.all()]


add_panel(Panel("appeals", gettext_lazy("Appeals"), "admin/appeals/panel.html", appeals_content, 40))


# --- appeals -------------------------------------------------------------------------------------------


@admin.register(Appeal)
class AppealAdmin(PageAdmin):
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
        rows = super().get_queryset(request).select_related("attestation__employee", "attestation__cycle")
        return rows.annotate(
            questions=Count("items", distinct=True),
            rulings=Count("items", filter=~Q(items__ruling=""), distinct=True),
        )

    @display(description=gettext_lazy("appellant"), ordering="attestation__employee__sort_key")
    def person(self, obj: Appeal) -> str:
        return obj.attestation.employee.full_name

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
            "state_colour": STATE_COLOURS[obj.state],
            "items": items_of(obj),
            "result": obj.result,
            "may_rule": may_rule,
            "last_second": obj.closes_at - timedelta(seconds=1),
            "case_url": reverse("admin:attestation_attestation_change", args=(obj.attestation_id,)),
        }


def withdraw(appeal: Appeal, answers: dict[str, Any], actor: Any, now: datetime) -> str:
    services.withdraw(appeal, reason=answers["reason"], actor=actor, now=now)
    return _("Appeal %(appeal)s is withdrawn.") % {"appeal": appeal.external_id}


offer(
    Appeal,
    Act(
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


# --- rulings -------------------------------------------------------------------------------------------


class RuleForm(ActForm):
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
                label=label, choices=choices, required=False, widget=UnfoldAdminCheckboxSelectMultiple()
            )

    def members(self) -> list[tuple[str, str]]:
        """The members in office whose sitting the secretary types in."""
        today = local_day(clock.now())
        center = self.obj.appeal.attestation.center
        seat = services.seat_in(self.user, [Membership.Seat.SECRETARY], center, today)
        if seat is None:
            return []
        members = services.members_in_office(seat.commission, today)
        return [(member.user.username, str(member)) for member in members]


def rule(item: AppealItem, answers: dict[str, Any], actor: Any, now: datetime) -> str:
    minutes = None
    if "present" in answers:
        minutes = {name: answers[name] for name in ("present", "for", "against")}
    ruled = services.rule_item(
        item, ruling=answers["ruling"], reason=answers["reason"], actor=actor, now=now, minutes=minutes
    )
    return _("Question %(question)s: %(ruling)s.") % {
        "question": ruled.question,
        "ruling": ruled.get_ruling_display(),
    }


RULE = Act(
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
    offered=lambda item: not item.ruling and item.appeal.state == Appeal.State.OPEN,
    primary=True,
    template="admin/appeals/ruling.html",
)
offer(AppealItem, RULE)


@admin.register(AppealItem)
class AppealItemAdmin(ActingAdmin):
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


# --- commissions ---------------------------------------------------------------------------------------


class MembershipInline(ScopedInline):
    """Who sits here."""

    model = Membership
    fields = readonly_fields = ("user", "seat", "appointed_on", "released_on", "order_no")
    verbose_name_plural = gettext_lazy("Members")


@admin.register(Commission)
class CommissionAdmin(ScopedAdmin):
    """The central commission and those of the labour mobility centres."""

    list_display = ("name", "size")
    list_select_related = ("center",)
    fields = readonly_fields = ("center",)
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Commission]:
        in_office = Q(memberships__released_on__isnull=True)
        return (
            super()
            .get_queryset(request)
            .annotate(seats=Count("memberships", filter=in_office, distinct=True))
        )

    @display(description=gettext_lazy("commission"))
    def name(self, obj: Commission) -> str:
        return str(obj)

    @display(description=gettext_lazy("members"))
    def size(self, obj: Commission) -> str:
        return str(obj.seats)  # type: ignore[attr-defined]  # annotated above


class AppointForm(ActForm):
    """A seat from a day, by an order."""

    user_account = fields.record(gettext_lazy("Account"), User.objects.none())
    seat = fields.radio(gettext_lazy("Seat"), Membership.Seat.choices)
    center = fields.record(
        gettext_lazy("Labour mobility centre"),
        Center.objects.none(),
        required=False,
        help_text=gettext_lazy("Empty: the central commission."),
    )
    from_day = fields.day(gettext_lazy("From"))
    order_no = fields.text(gettext_lazy("Number of the order"), required=False, max_length=120)

    def prepare(self) -> None:
        seats = (Role.CHAIR, Role.SECRETARY, Role.MEMBER)
        users = User.objects.filter(is_active=True, role__in=seats).order_by("username")
        self.fields["user_account"].queryset = users  # type: ignore[attr-defined]  # a ModelChoiceField
        centers = visible(self.user, Center.objects.filter(kind=CenterKind.LABOUR_MOBILITY))
        self.fields["center"].queryset = centers  # type: ignore[attr-defined]


@admin.register(Membership)
class MembershipAdmin(ActingAdmin):
    """Seats from a day until a day."""

    add_act = "edit_accounts"
    list_display = ("user", "seat", "commission", "appointed_on", "released_on", "order_no")
    list_filter = (("seat", Choices),)
    list_select_related = ("user", "commission__center")
    fields = ("user", "commission", "seat", ("appointed_on", "released_on"), "order_no")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.form_view(
            request, AppointForm, self.appoint, title=_("Appoint to a commission"), button=_("Appoint")
        )

    def appoint(self, data: dict[str, Any], actor: Any, now: datetime) -> tuple[str, str]:
        member = services.appoint(
            data["user_account"],
            data["seat"],
            data["center"],
            data["from_day"],
            actor=actor,
            now=now,
            order_no=data["order_no"],
        )
        return _("Appointed: %(member)s.") % {"member": str(member)}, reverse(self.url_name("changelist"))
