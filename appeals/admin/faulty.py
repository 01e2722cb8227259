"""A faulty question: the form, the table of what would change, the confirmation, and the ruling on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from appeals.admin.question_health import given, health_view
from appeals.models import FaultyQuestion
from appeals.services.competence import require_competent
from appeals.services.faulty import (
    Change,
    changes_of,
    digest_of,
    faulty_dry_run,
    mark_faulty,
    nobody_concerned,
)
from attestation import access, clock
from attestation.admin import fields
from attestation.admin.action_pages import refusal_text
from attestation.admin.actions import ActionForm
from attestation.admin.base import visible
from attestation.admin.case import PageAdmin
from attestation.admin.drafts import taken
from attestation.admin.filters import ScopedChoices
from attestation.by import By
from attestation.cases.what_if import Standing
from attestation.explain import shown_value
from attestation.labels import CATEGORIES, OUTCOMES
from attestation.law.refusals import RuleRefusal
from attestation.law.vocabulary import Category, Outcome
from attestation.models import Cycle
from attestation.refusals import Refused

MOST_QUESTION = 100_000


class FaultyForm(ActionForm):
    """Which question, and why it is faulty; `seen` is the digest of the table on the screen."""

    cycle = fields.record(gettext_lazy("Cycle"), Cycle.objects.none())
    test_variant = fields.text(gettext_lazy("Test variant"), max_length=60)
    question = fields.whole(gettext_lazy("Question"), max_value=MOST_QUESTION)
    reason = fields.long_text(gettext_lazy("Reason: why the question is faulty"), max_length=4000)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def prepare(self) -> None:
        cycles = visible(self.user, Cycle.objects.order_by("-testing_ends", "code"))
        self.narrow("cycle", cycles)

    def shown(self) -> list[Any]:
        """The fields that a person fills in."""
        return [self[name] for name in ("cycle", "test_variant", "question", "reason")]


@dataclass(frozen=True)
class Line:
    """One attestee's row of the table, in words."""

    case: str
    address: str
    before: str
    after: str
    decision_before: str
    decision_after: str
    changed: bool
    under_appeal: bool


def standing_text(standing: Standing) -> str:
    """“Final: conforms to the existing category, 78 points, career consultant.”"""
    if not standing.outcome:
        return str(_("no decision yet"))
    parts = [str(OUTCOMES[Outcome(standing.outcome)])]
    if standing.points:
        parts.append(_("%(points)s points") % {"points": shown_value("", standing.points)})
    if standing.category:
        parts.append(str(CATEGORIES[Category(standing.category)]))
    text = ", ".join(parts)
    return _("final: %(decision)s") % {"decision": text} if standing.final else text


def lines_of(changes: Sequence[Change]) -> list[Line]:
    """The table, before the ruling and as it stays on record after it."""
    return [
        Line(
            case=change.case,
            address=reverse("admin:attestation_attestation_change", args=(change.attestation_id,)),
            before=f"{change.before}/{change.total}",
            after=f"{change.after}/{change.total}",
            decision_before=standing_text(change.decision_before),
            decision_after=standing_text(change.decision_after),
            changed=change.changes_decision,
            under_appeal=change.under_appeal,
        )
        for change in changes
    ]


def table_of(changes: Sequence[Change]) -> dict[str, Any]:
    """The table with its sums."""
    return {
        "lines": lines_of(changes),
        "count": len(changes),
        "changed": sum(change.changes_decision for change in changes),
        "reopened": sum(change.decision_before.final for change in changes),
        "under_appeal": sum(change.under_appeal for change in changes),
    }


@admin.register(FaultyQuestion)
class FaultyQuestionAdmin(PageAdmin):
    """Rulings on questions that were faulty themselves; made by the chair, never undone."""

    add_right = "mark_faulty"
    page_template = "admin/appeals/faulty/page.html"
    list_display = ("number", "cycle", "variant", "concerned", "ruled_by", "ruled_at")
    list_display_links = ("number",)
    list_filter = (("cycle", ScopedChoices),)
    list_select_related = ("cycle", "ruled_by")
    code_fields = ("test_variant", "cycle__code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[FaultyQuestion]:
        return super().get_queryset(request).select_related("cycle", "commission__center", "ruled_by")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("health/", wrap(self.health_view), name="appeals_faultyquestion_health"),
            *super().get_urls(),
        ]

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """Which questions look faulty."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.opts}
        return health_view(request, context, may_mark=self.has_add_permission(request))

    @display(description=gettext_lazy("question"), ordering="question")
    def number(self, obj: FaultyQuestion) -> str:
        return f"№ {obj.question}"

    @display(description=gettext_lazy("test variant"), ordering="test_variant")
    def variant(self, obj: FaultyQuestion) -> str:
        return obj.test_variant

    @display(description=gettext_lazy("attestees concerned"))
    def concerned(self, obj: FaultyQuestion) -> str:
        return str(len(obj.changes))

    def page_context(self, request: HttpRequest, obj: FaultyQuestion, now: datetime) -> dict[str, Any]:
        return {
            "title": _("Faulty question %(question)s, variant %(variant)s")
            % {"question": obj.question, "variant": obj.test_variant},
            "table": table_of(changes_of(obj)),
        }

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form; then the table and what it means; then the one act."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        now, table = clock.now(), None
        if request.method == "POST":
            form = FaultyForm(request.POST, obj=None, user=access.actor_of(request))
            if form.is_valid():
                try:
                    if "confirm" in request.POST:
                        return self.ruled(request, form, now)
                    table = self.dry_run(request, form, now)
                except (Refused, RuleRefusal) as refusal:
                    form.add_error(None, refusal_text(refusal))
        else:
            form = FaultyForm(initial=given(request), obj=None, user=access.actor_of(request))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Mark a question as faulty"),
            "opts": self.opts,
            "form": form,
            "table": table,
            "back": reverse(self.url_name("changelist")),
            "media": self.media + form.media,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/appeals/faulty/form.html", context, status=status)

    def dry_run(self, request: HttpRequest, form: FaultyForm, now: datetime) -> dict[str, Any]:
        """What would change; nothing is written."""
        data = form.cleaned_data
        require_competent(data["cycle"], by=By(access.actor_of(request), now))
        changes = faulty_dry_run(data["cycle"], data["test_variant"], data["question"], now=now)
        if not changes:
            raise nobody_concerned(data["cycle"], data["question"])
        return {**table_of(changes), "digest": digest_of(changes)}

    def ruled(self, request: HttpRequest, form: FaultyForm, now: datetime) -> HttpResponse:
        """The ruling; the table that was seen is the one that is carried out."""
        data = form.cleaned_data
        ruling = mark_faulty(
            data["cycle"],
            data["test_variant"],
            data["question"],
            reason=data["reason"],
            by=By(access.actor_of(request), now),
            seen=data["seen"] or "-",
        )
        count = len(ruling.changes)
        messages.success(
            request,
            ngettext("%(count)s result is amended.", "%(count)s results are amended.", count)
            % {"count": count},
        )
        return taken(request, HttpResponseRedirect(self.page_of(ruling)))
