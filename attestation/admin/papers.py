"""Papers about a case: proofs of service, a decision's annulment, corrections after it (I-33, I-34)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from attestation import access
from attestation.admin import fields, story
from attestation.admin.actions import Action, ActionForm, offer
from attestation.admin.base import OFFICE_AND_COMMISSION, STAFF_OFFICE, visible
from attestation.admin.fallen import GROUNDS
from attestation.admin.filters import Choices, region_by
from attestation.admin.panels import Panel
from attestation.admin.records import OfCase
from attestation.by import By
from attestation.cases import proof_of_service
from attestation.cases.annulment import Document, annul_decision
from attestation.cases.grounds import may_rest_on
from attestation.cases.proof_of_service import Paper, Service
from attestation.law.calendar import ALMATY
from attestation.models import (
    Annulment,
    Attestation,
    Consequence,
    Deadline,
    Decision,
    Notice,
    ProofOfService,
    Result,
    Role,
    Status,
    User,
)
from attestation.notices import serve_letters
from attestation.notices.by_hand import is_to_serve
from attestation.notices.kinds import TITLES

SERVE = "prove_service"
OUTCOME_COLOURS = {"signed": "success", "refused": "warning", "sent": "info"}


def paper_title(paper: Result | Decision) -> str:
    """A result or a decision in words, with its day."""
    if isinstance(paper, Result):
        at = paper.published_at or paper.recorded_at
        words = _("test result %(result)s, published on %(day)s")
        return words % {"result": str(paper), "day": _day(at)}
    if paper.dated is not None:
        words = _("final decision of %(day)s: %(outcome)s")
        return words % {
            "day": formats.date_format(paper.dated, "DATE_FORMAT"),
            "outcome": paper.get_outcome_display(),
        }
    words = _("provisional decision formed on %(day)s: %(outcome)s")
    return words % {"day": _day(paper.formed_at), "outcome": paper.get_outcome_display()}


def _day(moment: datetime) -> str:
    return str(formats.date_format(moment.astimezone(ALMATY), "DATE_FORMAT"))


def letter_title(notice: Notice) -> str:
    """A letter that failed, in words."""
    words = str(TITLES.get(notice.kind, notice.kind))
    return _("%(letter)s, queued on %(day)s") % {"letter": words, "day": _day(notice.created_at)}


# --- proof of service -----------------------------------------------------------------------------------


class ServiceForm(ActionForm):
    """When, how, by whom, signed or refused."""

    served_at = fields.moment(gettext_lazy("Served at"), seconds=False)
    how = fields.radio(gettext_lazy("How"), ProofOfService.How.choices)
    outcome = fields.radio(gettext_lazy("Signature"), ProofOfService.Outcome.choices)
    served_by = fields.record(
        gettext_lazy("Served by"),
        User.objects.none(),
        required=False,
        help_text=gettext_lazy("Empty where the post brought it; say so in the note."),
    )
    note = fields.long_text(
        gettext_lazy("Note"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy("Needed for a refusal: how it was refused and who was present."),
    )

    def prepare(self) -> None:
        colleagues = visible(self.user, User.objects.all()).filter(role__in=(Role.HR, Role.ADMINISTRATOR))
        served_by = User.objects.filter(
            Q(pk__in=colleagues.values("pk")) | Q(pk=self.user.pk), is_active=True
        )
        self.narrow("served_by", served_by.order_by("last_name", "username"))
        self.fields["served_by"].initial = self.user.pk


class ProveForm(ServiceForm):
    """The same with the paper, and the letter that was served in its stead, if there is one."""

    paper = fields.choice(gettext_lazy("Paper"), ())
    letter = fields.choice(gettext_lazy("In place of a letter that could not be sent"), (), required=False)
    field_order = ("paper", "letter", "served_at", "how", "outcome", "served_by", "note")

    def prepare(self) -> None:
        super().prepare()
        papers = proof_of_service.papers_of(self.obj)
        self.papers = {paper.key: paper.of for paper in papers}
        self.letters = {str(notice.pk): notice for notice in proof_of_service.to_serve_by_hand(self.obj)}
        self.choose_from("paper", ((paper.key, self._title(paper)) for paper in papers))
        titles = ((key, letter_title(notice)) for key, notice in self.letters.items())
        self.choose_from("letter", [("", "–"), *titles])
        lacking = proof_of_service.lacking(papers)
        if lacking:
            self.fields["paper"].initial = lacking[0].key
        if not self.letters:
            del self.fields["letter"]

    def _title(self, paper: Paper) -> str:
        title = paper_title(paper.of)
        return _("%(paper)s (not served yet)") % {"paper": title} if paper.lacks_proof else title


def service_of(answers: dict[str, Any]) -> Service:
    """What the form says of the service."""
    return Service(
        answers["served_at"], answers["how"], answers["outcome"], answers["served_by"], answers["note"]
    )


def prove(case: Attestation, answers: dict[str, Any], by: By) -> str:
    model, _colon, key = answers["paper"].partition(":")
    kind: type[Result] | type[Decision] = Result if model == "result" else Decision
    letter = answers.get("letter")
    proof_of_service.prove_service(
        case,
        kind.objects.get(pk=key),
        service_of(answers),
        notice=Notice.objects.get(pk=letter) if letter else None,
        by=by,
    )
    return _("The service is on record.")


def serve_letter(notice: Notice, answers: dict[str, Any], by: By) -> str:
    paper = proof_of_service.paper_of_notice(notice)
    assert paper is not None  # the act is offered for such letters alone
    assert notice.attestation is not None  # a paper is of a case
    proof_of_service.prove_service(notice.attestation, paper, service_of(answers), notice=notice, by=by)
    return _("The service is on record.")


def to_serve(notice: Notice) -> bool:
    """Whether a letter failed that tells of a result or a decision nobody has served in its stead."""
    return serve_letters.is_on_paper(notice) and is_to_serve(notice)


offer(
    Attestation,
    Action(
        slug="prove-service",
        right=SERVE,
        title=gettext_lazy("Record proof of service"),
        explain=gettext_lazy(
            "That the employee was handed, or sent, a published result or a decision. A paper can have "
            "several proofs: a refusal first, then a letter."
        ),
        icon="how_to_reg",
        form=ProveForm,
        run=prove,
        offered=lambda case: bool(proof_of_service.lacking(proof_of_service.papers_of(case))),
        order=70,
    ),
)
offer(
    Notice,
    Action(
        slug="served",
        right=SERVE,
        title=gettext_lazy("Served by hand"),
        explain=gettext_lazy(
            "The e-mail could not be sent. Put on record how the employee was served the paper it told of; "
            "the task then ends."
        ),
        icon="how_to_reg",
        primary=True,
        form=ServiceForm,
        run=serve_letter,
        offered=to_serve,
        order=5,
    ),
)


@admin.register(ProofOfService)
class ProofAdmin(OfCase):
    """Proofs of service, each as it was recorded."""

    seen_by = STAFF_OFFICE
    list_display = ("person", "case", "paper", "served_at", "how", "outcome_shown")
    list_filter = (region_by("attestation__center"), ("how", Choices), ("outcome", Choices))
    list_select_related = ("attestation__employee", "result", "decision")
    ordering = ("-served_at", "-pk")
    readonly_fields = ("case", "paper")
    fields = (
        ("case", "paper"),
        ("served_at", "how"),
        ("outcome", "served_by"),
        "note",
        ("recorded_at", "recorded_by"),
    )

    @display(description=gettext_lazy("paper"))
    def paper(self, obj: ProofOfService) -> str:
        found = obj.result or obj.decision
        return paper_title(found) if found is not None else "–"

    @display(description=gettext_lazy("signature"), label=OUTCOME_COLOURS)
    def outcome_shown(self, obj: ProofOfService) -> tuple[str, str]:
        return obj.outcome, obj.get_outcome_display()


def service_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """F-D20: the papers of the case, how each was served, and which still are to be."""
    if access.role_of(user) not in STAFF_OFFICE:
        return None
    rows = [
        (paper, paper_title(paper.of), [(proof, OUTCOME_COLOURS[proof.outcome]) for proof in paper.proofs])
        for paper in proof_of_service.papers_of(case)
        if paper.in_force or paper.proofs
    ]
    return {"rows": rows} if rows else None


SERVICE_PANEL = Panel(
    "service",
    gettext_lazy("Proof of service"),
    "admin/attestation/proofofservice/of_case.html",
    service_content,
)


# --- annulment ------------------------------------------------------------------------------------------


class AnnulForm(ActionForm):
    """By whose document, and what it says."""

    body = fields.radio(gettext_lazy("Annulled by"), Annulment.Body.choices)
    document_no = fields.text(gettext_lazy("Number of the document"), max_length=120)
    document_date = fields.day(gettext_lazy("Date of the document"))
    reason = fields.long_text(gettext_lazy("What it says"), max_length=4000)

    def prepare(self) -> None:
        """What will end, for the page."""
        case: Attestation = self.obj
        decision = Decision.objects.current().filter(attestation=case).first()
        self.card = story.decision_card(decision) if decision else None
        self.consequences = (
            list(case.consequences.filter(decision=decision).order_by("pk")) if decision else []
        )
        self.deadlines = list(Deadline.objects.open().filter(attestation=case).order_by("closes_at"))
        self.begun = list(decision.terms_begun.filter(suspended_at__isnull=True)) if decision else []
        self.cut_short = list(decision.terms_ended.all()) if decision else []
        self.unsent = case.notices.filter(state=Notice.State.QUEUED).count()
        self.resting = (
            [
                (
                    found,
                    [GROUNDS[code] for code in codes],
                    found.consequences.filter(state=Consequence.State.OPEN).order_by("pk"),
                )
                for found, codes in may_rest_on(case, decision)
            ]
            if decision
            else []
        )


def annul(case: Attestation, answers: dict[str, Any], by: By) -> str:
    document = Document(answers["body"], answers["document_no"], answers["document_date"], answers["reason"])
    annul_decision(case, document, by=by)
    return _("The decision is annulled; case %(case)s is closed without a decision.") % {"case": case.case_no}


offer(
    Attestation,
    Action(
        slug="annul",
        right="annul_decision",
        title=gettext_lazy("Annul the decision"),
        explain=gettext_lazy(
            "A court or a higher body has annulled the final decision. This can't be undone: the case is "
            "closed without a decision, and what the decision had cut short runs on."
        ),
        icon="gavel",
        danger=True,
        form=AnnulForm,
        run=annul,
        binds=True,
        offered=lambda case: case.status == Status.FINAL,
        order=95,
        facts="admin/attestation/annulment/act.html",
    ),
)


@admin.register(Annulment)
class AnnulmentAdmin(OfCase):
    """Decisions annulled by a court or a higher body."""

    seen_by = OFFICE_AND_COMMISSION
    list_display = ("person", "case", "body_shown", "document_no", "document_date", "recorded_at")
    list_filter = (region_by("attestation__center"), ("body", Choices))
    code_fields = ("attestation__case_no", "document_no")
    ordering = ("-recorded_at", "-pk")
    readonly_fields = ("case", "decision_shown")
    fields = (
        ("case", "decision_shown"),
        ("body", "document_no", "document_date"),
        "reason",
        ("recorded_at", "recorded_by"),
    )

    @display(description=gettext_lazy("annulled by"))
    def body_shown(self, obj: Annulment) -> str:
        return obj.get_body_display()

    @display(description=gettext_lazy("annulled decision"))
    def decision_shown(self, obj: Annulment) -> str:
        return paper_title(obj.decision)


def annulment_content(case: Attestation, user: User, now: datetime) -> dict[str, Any] | None:
    """The annulment of the case's decision, beside the decision as it was."""
    annulments = (getattr(decision, "annulment", None) for decision in case.decisions.all())
    found = next(filter(None, annulments), None)
    if found is None:
        return None
    return {"annulment": found, "title": paper_title(found.decision)}


ANNULMENT_PANEL = Panel(
    "annulment",
    gettext_lazy("Annulment"),
    "admin/attestation/annulment/of_case.html",
    annulment_content,
)


# --- corrections ----------------------------------------------------------------------------------------
