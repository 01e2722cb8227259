"""Proof that the employee was served a result or a decision, by hand too where the e-mail failed (F-D20)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from attestation import access, journal, lookup
from attestation.by import By
from attestation.law.calendar import ALMATY
from attestation.models import Attestation, Decision, Notice, ProofOfService, Result, User
from attestation.notices.by_hand import to_serve
from attestation.notices.serve_letters import is_on_paper
from attestation.refusals import Refused
from attestation.texts import required_text

How, Outcome = ProofOfService.How, ProofOfService.Outcome
# In person somebody signs or refuses to; an e-mail can't be refused.
POSSIBLE: dict[str, frozenset[str]] = {
    How.IN_PERSON: frozenset({Outcome.SIGNED, Outcome.REFUSED}),
    How.EMAIL: frozenset({Outcome.SENT, Outcome.SIGNED}),
    How.LETTER: frozenset({Outcome.SENT, Outcome.SIGNED, Outcome.REFUSED}),
}


@dataclass(frozen=True)
class Paper:
    """A published result, or a decision: since when it exists, and the proofs that it was served."""

    of: Result | Decision
    since: datetime
    in_force: bool
    proofs: tuple[ProofOfService, ...]

    @property
    def key(self) -> str:
        """How a form names the paper: `result:5`, `decision:7`."""
        return f"{self.of._meta.model_name}:{self.of.pk}"

    @property
    def is_final(self) -> bool:
        """Whether it is a final decision."""
        return isinstance(self.of, Decision) and self.of.state == Decision.State.FINAL

    @property
    def lacks_proof(self) -> bool:
        """Whether it is still to be served: the result in force, and the final decision in force."""
        owed = self.in_force and (isinstance(self.of, Result) or self.is_final)
        return owed and not self.proofs


@dataclass(frozen=True)
class Service:
    """What is put on record about one service: when, how, by whom, signed or refused."""

    served_at: datetime
    how: str
    outcome: str
    served_by: User | None
    note: str = ""


def papers_of(attestation: Attestation) -> list[Paper]:
    """The published results and the decisions of a case, the latest first."""
    proofs = sorted(attestation.services.all(), key=lambda proof: (proof.served_at, proof.pk))
    papers: list[Paper] = []
    for decision in lookup.latest_first(attestation.decisions.all()):
        of = tuple(proof for proof in proofs if proof.decision_id == decision.pk)
        papers.append(Paper(decision, decision.formed_at, decision.superseded_at is None, of))
    for result in lookup.latest_first(attestation.results.all()):
        if result.published_at is None:
            continue
        of = tuple(proof for proof in proofs if proof.result_id == result.pk)
        papers.append(Paper(result, result.published_at, result.superseded_at is None, of))
    return papers


def paper_of_notice(notice: Notice) -> Result | Decision | None:
    """The result or the decision that a letter tells of; None where it tells of neither."""
    result, decision = notice.context.get("result"), notice.context.get("decision")
    if notice.attestation_id is None:
        return None
    if decision is not None:
        return Decision.objects.filter(pk=decision, attestation=notice.attestation_id).first()
    if result is not None:
        return Result.objects.filter(pk=result, attestation=notice.attestation_id).first()
    return None


def to_serve_by_hand(attestation: Attestation) -> list[Notice]:
    """F-D20, F-D21: letters to the employee that could not be sent and whose service nobody has recorded."""
    of_case = Notice.objects.filter(attestation=attestation, employee=attestation.employee_id)
    return [notice for notice in to_serve(of_case).order_by("pk") if is_on_paper(notice)]


@transaction.atomic
def prove_service(
    attestation: Attestation,
    paper: Result | Decision,
    service: Service,
    *,
    notice: Notice | None = None,
    by: By,
) -> ProofOfService:
    """Put on record that the employee was served a paper of the case, or refused to sign.

    `notice`: the failed letter that was served by hand; HR's task of it ends. Several proofs of one paper are
    possible; the very same one again is the one on record. Raises Refused: before the paper existed, in the
    future, one's own, a refusal without a note.
    """
    attestation = lookup.locked(attestation)
    access.require(by.user, "prove_service", attestation.center, attestation.employee)
    if access.is_own(service.served_by, attestation.employee):
        raise Refused("own_record", _("Nobody serves a paper on themselves. Name who served it."))
    since = _existed_since(attestation, paper)
    _check_moment(service.served_at, since, by.at)
    note = _checked_note(service)
    if notice is not None:
        notice = _failed_letter(attestation, paper, notice)
    what = {
        "attestation": attestation,
        "result": paper if isinstance(paper, Result) else None,
        "decision": paper if isinstance(paper, Decision) else None,
        "notice": notice,
        "served_at": service.served_at,
        "how": service.how,
        "outcome": service.outcome,
        "served_by": service.served_by,
        "note": note,
    }
    same = ProofOfService.objects.filter(**what).first()
    if same is not None:
        return same
    proof = ProofOfService.objects.create(**what, recorded_at=by.at, recorded_by=by.user)
    journal.record("prove_service", by=by, attestation=attestation, data=_as_recorded(proof))
    return proof


def _as_recorded(proof: ProofOfService) -> dict[str, Any]:
    paper = {"result": proof.result_id} if proof.result_id else {"decision": proof.decision_id}
    return {
        "proof": proof.pk,
        **paper,
        "notice": proof.notice_id,
        "served_at": proof.served_at,
        "how": proof.how,
        "outcome": proof.outcome,
        "served_by": proof.served_by_id,
    }


def _existed_since(attestation: Attestation, paper: Result | Decision) -> datetime:
    since = paper.published_at if isinstance(paper, Result) else paper.formed_at
    if paper.attestation_id != attestation.pk or since is None:
        raise Refused(
            "no_such_paper",
            _("Case %(case)s has no such published result and no such decision. Choose one of the case."),
            case=attestation.case_no,
        )
    return since


def _check_moment(served_at: datetime, since: datetime, now: datetime) -> None:
    if served_at > now:
        raise Refused(
            "served_in_the_future",
            _("The service of %(at)s is still to come. Record it once it has taken place."),
            at=_shown(served_at),
        )
    # A moment is typed in minutes: the minute in which the paper came about is not before it.
    if served_at < since.replace(second=0, microsecond=0):
        raise Refused(
            "served_before_paper",
            _("The paper exists since %(since)s; it can't have been served on %(at)s. Correct the moment."),
            since=_shown(since),
            at=_shown(served_at),
        )


def _checked_note(service: Service) -> str:
    if service.outcome not in POSSIBLE.get(service.how, frozenset()):
        raise Refused(
            "outcome_impossible",
            _(
                "In person a paper is received against signature or the signature is refused; an e-mail is "
                "sent or its receipt is signed. Choose what fits."
            ),
        )
    missing = _("Say in the note how the signature was refused and who was present.")
    if service.outcome == Outcome.REFUSED or service.note.strip():
        return required_text(service.note, missing)
    return ""


def _failed_letter(attestation: Attestation, paper: Result | Decision, notice: Notice) -> Notice:
    """The letter under its lock, once it is clear that it is one to be served, about this very paper."""
    notice = Notice.objects.select_for_update(of=("self",), no_key=True).get(pk=notice.pk)
    if notice.state != Notice.State.FAILED or notice.employee_id != attestation.employee_id:
        raise Refused(
            "nothing_to_serve",
            _("This letter does not wait to be served by hand (state “%(state)s”)."),
            state=notice.get_state_display(),
        )
    if paper_of_notice(notice) != paper:
        raise Refused(
            "another_paper",
            _("The letter tells of another paper of the case. Choose that one, or leave the letter out."),
        )
    return notice


def lacking(papers: Iterable[Paper]) -> list[Paper]:
    """The papers that nobody has been shown to have been served."""
    return [paper for paper in papers if paper.lacks_proof]


def _shown(moment: datetime) -> str:
    return f"{moment.astimezone(ALMATY):%d.%m.%Y %H:%M}"
