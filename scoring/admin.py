"""Assessment in the admin: Appendix 1-2 on the case's page, the ruling on a held row, what was read."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import access, clock, explain, lookup
from attestation.admin import fields
from attestation.admin.actions import Action, ActionForm, PlainPageAdmin, offer
from attestation.admin.base import OFFICE_AND_COMMISSION, ScopedAdmin
from attestation.admin.case import AttestationAdmin, PageAdmin
from attestation.admin.exports import ExportedList
from attestation.admin.filters import Choices, ScopedChoices, region_by
from attestation.admin.panels import Panel
from attestation.admin.records import OfCase
from attestation.admin.story import point_of
from attestation.by import By
from attestation.cases.waiting import ruling_codes, waits_for_ruling
from attestation.cites import cite_label
from attestation.law.calendar import ALMATY, local_day
from attestation.law.reasons import exact_text
from attestation.law.vocabulary import Purpose
from attestation.models import Attestation, Correction, Deadline, Decision, Role, Status, User
from attestation.reason_words import reason_text
from attestation.refusals import allows
from scoring import shown_evidence
from scoring.models import Assessment, HeldRow, Rating, RatingRuling, ReadThrough, Violation
from scoring.services import assessing, rulings
from scoring.services.voiding import day_of, final_cases, void_record

# --- acts ------------------------------------------------------------------------------------------


def score(case: Attestation, answers: dict[str, Any], by: By) -> str:
    assessment = assessing.score(case, by=by)
    if assessment.is_held:
        return _("Case %(case)s is assessed; a row is held.") % {"case": case.case_no}
    return _("Case %(case)s is assessed: %(points)s points.") % {
        "case": case.case_no,
        "points": explain.shown_value("", assessment.points_total),
    }


class RulingForm(ActionForm):
    """I-04, I-05: the higher or the lower points of row 2 by the case's parameters, with a reason."""

    points = fields.radio(gettext_lazy("Points for row 2"), [])
    reason = fields.long_text(gettext_lazy("Reason"), max_length=4000)

    def prepare(self) -> None:
        params = lookup.parameters_of(self.obj)
        points = (params.rating_points_high, params.rating_points_low)
        self.choose_from("points", [(str(n), _("%(points)s points") % {"points": n}) for n in points])
        self.ratings = shown_evidence.dated_ratings(self.obj)


def rule_rating(case: Attestation, answers: dict[str, Any], by: By) -> str:
    points = int(answers["points"])
    rulings.rule_rating(case, points=points, reason=answers["reason"], by=by)
    return _("Ruled: %(points)s points for row 2. The case is assessed anew.") % {"points": points}


def chairs(case: Attestation, user: User) -> bool:
    """Whether the person is in the chair of a commission competent for the case."""
    return access.sits(user, Role.CHAIR, case.center, local_day(clock.now()))


RULE_RATING = Action(
    slug="rule-rating",
    right="rule_rating",
    title=gettext_lazy("Rule on the held row 2"),
    explain=gettext_lazy(
        "For a rating between the two lines of row 2, or without any rating, the commission's chair "
        "rules. The ruling and its reason stay on record."
    ),
    icon="balance",
    form=RulingForm,
    run=rule_rating,
    offered=waits_for_ruling,
    fits=chairs,
    order=10,
    primary=True,
    facts="admin/scoring/rule_rating.html",
)
offer(HeldRow, RULE_RATING)
offer(
    Attestation,
    RULE_RATING,
    Action(
        slug="score",
        right="score",
        title=gettext_lazy("Assess now"),
        explain=gettext_lazy(
            "Appendix 1-2 is filled in from what is on record; the same facts again change nothing (¶28-1)."
        ),
        icon="fact_check",
        run=score,
        binds=True,
        offered=lambda case: (
            case.purpose == Purpose.CATEGORY
            and case.rule_set_id is not None
            and case.status in (Status.TESTED, Status.HELD)
            and allows(assessing.assessable, case)
        ),
        order=30,
    ),
)


@admin.action(description=gettext_lazy("Assess the selected cases"), permissions=["score"])
def score_selected(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Attestation]
) -> HttpResponse | None:
    """¶28-1: assess each selected case; the refused ones say why."""
    answer: HttpResponse | None = model_admin.perform_each(request, queryset, "score")
    return answer


AttestationAdmin.offer_bulk(score_selected)


# --- the case's page ---------------------------------------------------------------------------------


def assessment_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """Appendix 1-2 as it stands."""
    current = _assessments().filter(attestation=case, superseded_at__isnull=True).first()
    return None if current is None else _shown(case, current)


def decided_content(decision: Decision, user: User, now: datetime) -> dict[str, Any] | None:
    """Appendix 1-2 as the decision was formed from it."""
    if decision.assessment_id is None:
        return None
    return _shown(decision.attestation, _assessments().get(pk=decision.assessment_id))


def _assessments() -> QuerySet[Assessment]:
    return Assessment.objects.select_related("ruling__ruled_by", "result")


def _shown(case: Attestation, current: Assessment) -> dict[str, Any]:
    """An assessment with its window, the records behind it, and who ruled."""
    mean = None
    if current.rating_sum is not None and current.rating_count:
        mean = explain.shown_value("", exact_text(Fraction(current.rating_sum) / current.rating_count))
    return {
        "row": current,
        "mean": mean,
        "test": explain.shown_value("", _cut(current.points_test)),
        "total": explain.shown_value("", _cut(current.points_total)) if current.points_total else "",
        "held": [explain.held_text(code) for code in current.held],
        "points": {
            number: point_of(f"App. 1-2 row {number}", case.cycle.testing_ends) for number in (1, 2, 3)
        },
        "cites": {number: cite_label(f"App. 1-2 row {number}") for number in (1, 2, 3)},
        "footnote": point_of("App. 1-2 footnote", case.cycle.testing_ends),
        "window": list(shown_evidence.window_reasons(case, current)),
        "ratings": shown_evidence.ratings_of(case, current),
        "violations": shown_evidence.violations_of(case, current),
    }


def _cut(stored: str) -> str:
    """A stored fraction such as 396/5, or a decimal, cut after four decimals (I-03)."""
    return exact_text(Fraction(stored))


TITLE = gettext_lazy("Assessment of professional activity (Appendix 1-2)")
TEMPLATE = "admin/scoring/assessment.html"
ASSESSMENT_PANEL = Panel("assessment", TITLE, TEMPLATE, assessment_content)
DECIDED_PANEL = Panel("assessment", TITLE, TEMPLATE, decided_content)


# --- records -------------------------------------------------------------------------------------------


@admin.register(Assessment)
class AssessmentAdmin(OfCase):
    """¶28-1: Appendix 1-2, as it was filled in and superseded."""

    list_display = (
        "person",
        "case",
        "points_test",
        "points_rating",
        "points_violations",
        "points_total",
        "held_shown",
        "formed_at",
        "superseded_at",
    )
    list_filter = (region_by("attestation__center"), ("attestation__cycle", ScopedChoices))
    readonly_fields = ("case", "held_shown")
    fields = (
        "case",
        ("window_from", "window_to"),
        ("rating_sum", "rating_count", "ratings_read"),
        "violations",
        ("points_test", "points_rating", "points_violations", "points_total"),
        "held_shown",
        ("due_on", "formed_at", "superseded_at"),
    )

    @display(description=gettext_lazy("held because"))
    def held_shown(self, obj: Assessment) -> str:
        return "; ".join(explain.held_text(code) for code in obj.held) or "–"


def score_words(rating: Rating) -> str:
    """A score without the zeros that the column keeps."""
    return explain.shown_value("", f"{rating.score.normalize():f}")


class GroundForm(ActionForm):
    """I-34: why the record is wrong, and what shows it; the record and who counts it stand above."""

    reason = fields.long_text(gettext_lazy("Reason"), max_length=4000)
    document = fields.text(
        gettext_lazy("Document"),
        max_length=200,
        help_text=gettext_lazy("What shows the error: name, number and day."),
    )

    def prepare(self) -> None:
        self.what = score_words(self.obj) if isinstance(self.obj, Rating) else self.obj.description
        self.day = day_of(self.obj)
        self.cases = Attestation.objects.filter(pk__in=final_cases(self.obj)).order_by("pk")


def void(record: Rating | Violation, answers: dict[str, Any], by: By) -> str:
    kind = Correction.Kind.RATING if isinstance(record, Rating) else Correction.Kind.VIOLATION
    done = void_record(
        kind,
        record.external_id,
        reason=answers["reason"],
        document=answers["document"],
        by=by,
    )
    if isinstance(done, Correction):
        return _(
            "A final decision counts the record, so that it is voided is proposed in case %(case)s. Nothing "
            "changes until a second person confirms it there."
        ) % {"case": done.attestation.case_no}
    return _("The record is voided and counts no more.")


for model in (Rating, Violation):
    offer(
        model,
        Action(
            slug="void",
            right="void_record",
            title=gettext_lazy("Void the record"),
            explain=gettext_lazy(
                "A record that was entered wrongly stays on record and counts no more. Provisional decisions "
                "are formed afresh; where a final decision counts it, a second person has to confirm."
            ),
            icon="block",
            danger=True,
            form=GroundForm,
            run=void,
            binds=True,
            offered=lambda record: not hasattr(record, "voiding"),
            facts="admin/scoring/void.html",
        ),
    )


@admin.register(HeldRow)
class HeldRowAdmin(PageAdmin):
    """I-04, I-05: a held row 2 before the chair, by its ratings and their days alone: the review is blind."""

    seen_by = frozenset({Role.CHAIR})
    page_template = "admin/scoring/held_row.html"

    def employee_of(self, obj: HeldRow) -> Any:
        return obj.employee

    def get_queryset(self, request: HttpRequest) -> QuerySet[HeldRow]:
        rows: QuerySet[HeldRow] = super().get_queryset(request)
        return rows.select_related("employee", "center", "cycle")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """What waits stands in the commission's queue; the home page leads there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:index"))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The journal names the case."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.url_of(object_id))

    def url_of(self, object_id: str) -> str:
        return reverse(self.url_name("change"), args=(object_id,))

    def page_of(self, obj: HeldRow) -> str:
        """Ruled on, the row is no longer held."""
        held = HeldRow.objects.filter(pk=obj.pk).exists()
        return self.url_of(str(obj.pk)) if held else reverse("admin:index")

    def page_context(self, request: HttpRequest, obj: HeldRow, now: datetime) -> dict[str, Any]:
        live = Deadline.objects.exclude(state=Deadline.State.VOID)
        deadline = live.filter(attestation=obj, kind=Deadline.Kind.SCORING).order_by("-pk").first()
        return {
            "held": [explain.held_text(code) for code in ruling_codes(obj)],
            "ratings": shown_evidence.dated_ratings(obj),
            "due_on": deadline.due_on if deadline is not None else None,
            "overdue": deadline is not None and deadline.closes_at <= now,
        }


class OfEmployee(ExportedList, PlainPageAdmin):
    """Rows about a person, read from the Platform's exports."""

    seen_by = OFFICE_AND_COMMISSION
    list_select_related: Any = ("employee", "voiding")
    person_path = "employee__search_key"
    code_fields = ("external_id",)
    readonly_fields: tuple[str, ...] = ("voided",)

    def employee_of(self, obj: Any) -> Any:
        return obj.employee

    @display(description=gettext_lazy("voided"))
    def voided(self, obj: Rating | Violation) -> str:
        if not hasattr(obj, "voiding"):
            return "–"
        voiding = obj.voiding
        day = formats.date_format(voiding.voided_at.astimezone(ALMATY), "DATE_FORMAT")
        return f"{day}, {voiding.voided_by}: {reason_text(voiding.reason)} ({voiding.document})"

    @display(description=gettext_lazy("employee"), ordering="employee__sort_key")
    def person(self, obj: Any) -> str:
        return str(obj.employee.full_name)


@admin.register(Rating)
class RatingAdmin(OfEmployee):
    """App. 1-2 row 2."""

    file_kind = "ratings"
    list_display = ("person", "score_shown", "rated_on", "external_id", "voided")
    list_filter = (region_by("employee__center"), ("employee__center", ScopedChoices))
    readonly_fields = ("voided", "score_shown")
    fields = ("employee", ("rated_on", "score_shown"), "external_id", "voided")

    @display(description=gettext_lazy("score"), ordering="score")
    def score_shown(self, obj: Rating) -> str:
        return score_words(obj)


@admin.register(Violation)
class ViolationAdmin(OfEmployee):
    """App. 1-2 row 3."""

    file_kind = "violations"
    list_display = ("person", "recorded_on", "description", "external_id", "voided")
    list_filter = (region_by("employee__center"), ("employee__center", ScopedChoices))
    fields = ("employee", "recorded_on", "description", "external_id", "voided")


@admin.register(ReadThrough)
class ReadThroughAdmin(ScopedAdmin):
    """I-27: through which day ratings and violations are read."""

    list_display = ("center", "kind", "through", "recorded_at", "recorded_by")
    list_filter = (region_by("center"), ("center", ScopedChoices), ("kind", Choices))
    list_select_related = ("center", "recorded_by")
    fields = ("center", ("kind", "through"), ("recorded_at", "recorded_by"))


@admin.register(RatingRuling)
class RatingRulingAdmin(OfCase):
    """I-04, I-05: the chair's rulings on row 2."""

    list_display = ("person", "case", "points", "reason", "ruled_by", "ruled_at")
    list_select_related = ("attestation__employee", "ruled_by")
    list_filter = (region_by("attestation__center"),)
    fields = ("case", "points", "reason", ("ruled_by", "ruled_at"))
