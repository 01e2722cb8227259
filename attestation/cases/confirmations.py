"""What waits as "ready: confirm": looked through at each sweep, and let go by a person, one or many."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.utils.translation import gettext_lazy as _

from attestation import access, explain, lookup
from attestation.by import By
from attestation.cases import finality, testing_stage
from attestation.deadlines import holding
from attestation.deadlines.safeguards import Safeguards, is_harmful, read_safeguards
from attestation.law.reasons import Verdict
from attestation.law.refusals import RuleRefusal
from attestation.models import Attestation, Deadline, Decision, ReadyEffect, Status
from attestation.patience import patiently
from attestation.refusals import Refused
from attestation.sent import SentAlready
from attestation.work import batches, needs_attention

log = logging.getLogger(__name__)

Effect, State = ReadyEffect.Effect, ReadyEffect.State
DEADLINES = (Deadline.Kind.APPEAL, Deadline.Kind.GRACE)


# --- at each sweep ----------------------------------------------------------------------------------------


def review_ready(*, now: datetime, safeguards: Safeguards | None = None) -> int:
    """Take off the list what is not due any more, and let go what only a calendar or an outage held.

    Read in batches, a few queries for 200 of them, so that a long list costs the sweep little. What a brake
    on the clock held waits for a person; while such a brake is on, nothing is let go by itself.
    """
    safeguards = safeguards or read_safeguards()
    changed = 0
    for keys in batches(ReadyEffect.objects.waiting()):
        found = list(
            ReadyEffect.objects.waiting().filter(pk__in=keys).select_related("attestation", "deadline")
        )
        cases = _Cases.of(found)
        for effect in found:
            if not _is_due(effect, cases, now):
                changed += holding.settle(effect, State.VOID, by=By(None, now))
            elif not effect.sticky and not safeguards.clock:
                changed += _let_go(effect, cases, safeguards, now)
    return changed


def _let_go(effect: ReadyEffect, cases: _Cases, safeguards: Safeguards, now: datetime) -> bool:
    """Off the list where no brake is on any more: the step after this one finds it due."""
    if effect.deadline is not None:
        codes = safeguards.on_closing(effect.deadline)
    else:
        codes = safeguards.on_finalising(cases.deadlines(effect), harmful=cases.is_harmful(effect))
    names = [str(code) for code in codes]
    if not names:
        return holding.settle(effect, State.LIFTED, by=By(None, now))
    if names != effect.brakes:
        ReadyEffect.objects.waiting().filter(pk=effect.pk).update(brakes=names)
    return False


@dataclass
class _Cases:
    """The running deadlines and the decisions of the cases behind a batch of effects."""

    last_deadline: dict[int, dict[str, Deadline]]
    decision: dict[int, Decision]

    @classmethod
    def of(cls, effects: Iterable[ReadyEffect]) -> _Cases:
        keys = [effect.attestation_id for effect in effects if effect.act == Effect.FINALISE]
        last: dict[int, dict[str, Deadline]] = defaultdict(dict)
        deadlines = Deadline.objects.filter(attestation__in=keys, kind__in=DEADLINES)
        for deadline in deadlines.exclude(state=Deadline.State.VOID).order_by("closes_at"):
            assert deadline.attestation_id is not None  # selected by it
            last[deadline.attestation_id][deadline.kind] = deadline
        current = Decision.objects.current().filter(attestation__in=keys)
        return cls(last, {decision.attestation_id: decision for decision in current})

    def deadlines(self, effect: ReadyEffect) -> list[Deadline]:
        """I-12: of each kind the deadline that ends last."""
        return list(self.last_deadline.get(effect.attestation_id or 0, {}).values())

    def is_harmful(self, effect: ReadyEffect) -> bool:
        """Whether the decision lowers or dismisses."""
        return is_harmful(Verdict.from_data(self.decision[effect.attestation_id or 0].verdict))


def _is_due(effect: ReadyEffect, cases: _Cases, now: datetime) -> bool:
    """Whether the moment of the effect has come by this clock, and nobody has done it otherwise."""
    if effect.deadline is not None:
        return effect.deadline.state == Deadline.State.OPEN and effect.deadline.is_over(now)
    case = effect.attestation
    if case is None or case.status != Status.PROVISIONAL or case.open_appeals:
        return False
    decision, deadlines = cases.decision.get(case.pk), cases.deadlines(effect)
    return (
        decision is not None
        and effect.key == holding.finalising_key(decision.pk)
        and len(deadlines) == len(DEADLINES)
        and all(deadline.is_over(now) for deadline in deadlines)
    )


# --- by a person ------------------------------------------------------------------------------------------


@dataclass
class Confirmed:
    """What `confirm_ready` did: deadlines closed, decisions made final, what it left."""

    closed: int = 0
    finalised: int = 0
    refused: list[tuple[ReadyEffect, str]] = field(default_factory=list)

    @property
    def done(self) -> int:
        """How many effects were let go."""
        return self.closed + self.finalised


NOT_DUE = _("%(case)s: this is not due any more; it was taken off the list and nothing else was done.")
ALREADY = _("%(case)s: this was let go or taken off the list before.")
FAILED = _("%(case)s: this failed and stands under “needs attention”. Ask the administrator to look at it.")


def confirm_ready(effects: Iterable[ReadyEffect] | None, *, by: By) -> Confirmed:
    """F-D8, F-D2: let the given effects go, or all that the person sees: whatever brake is on.

    Each in a transaction of its own, by the code the sweep runs, in the sweep's order: deadlines first, then
    of one person's decisions the earlier. A refusal leaves its effect waiting and the others go on.
    """
    access.require(by.user, "confirm_ready")
    seen = access.scoped(by.user, ReadyEffect.objects.waiting())
    if effects is not None:
        seen = seen.filter(pk__in=[effect.pk for effect in effects])
    answer = Confirmed()
    # "close_term" comes before "finalise" by its name too; said here so that a renamed act shows.
    for act, order in ((Effect.CLOSE_DEADLINE, "deadline__closes_at"), (Effect.FINALISE, _TESTING_ENDS)):
        keys = seen.filter(act=act).order_by(order, "attestation", "pk").values_list("pk", flat=True)
        for pk in list(keys):
            _confirm(pk, answer, by=by)
    return answer


_TESTING_ENDS = "attestation__cycle__testing_ends"


def _confirm(pk: int, answer: Confirmed, *, by: By) -> None:
    effect = ReadyEffect.objects.select_related("attestation", "deadline").get(pk=pk)
    try:
        sentence = patiently(partial(_confirm_one, pk, by), f"effect {pk}")
    except (Refused, RuleRefusal) as refusal:
        sentence = refusal.message if isinstance(refusal, Refused) else explain.refusal_text(refusal)
    except SentAlready:
        raise
    except Exception as error:  # whatever it is, the others must go on (F-D18)
        log.exception("effect %s: confirming failed", pk)
        needs_attention(ReadyEffect, pk, holding.CONFIRM, error, now=by.at)
        sentence = str(FAILED) % {"case": name_of(effect)}
    if sentence:
        answer.refused.append((effect, sentence))
    elif effect.act == Effect.CLOSE_DEADLINE:
        answer.closed += 1
    else:
        answer.finalised += 1


def _confirm_one(pk: int, by: By) -> str:
    """Let one effect go; gives nothing, or why there was nothing to let go. May raise Refused."""
    effect = ReadyEffect.objects.get(pk=pk)
    # The case or the deadline is locked before the effect, as the sweep does.
    deadline, case = _locked(effect)
    effect = ReadyEffect.objects.select_for_update(of=("self",)).select_related("attestation").get(pk=pk)
    name = {"case": name_of(effect)}
    if effect.state != State.WAITING:
        return str(ALREADY) % name
    about = case or (deadline.attestation if deadline else None)
    employee = about.employee if about else deadline.employee if deadline else None
    center = about.center if about else employee.center if employee else None
    access.require(by.user, "confirm_ready", center, employee)
    effect.attestation, effect.deadline = about, deadline
    if not _is_due(effect, _Cases.of([effect]), by.at):
        holding.settle(effect, State.VOID, by=by)
        return str(NOT_DUE) % name
    if deadline is not None:
        holding.settle(effect, State.CONFIRMED, by=by)
        testing_stage.close_over(deadline, closed_by="confirm_ready", by=by)
    elif case is not None:
        # Takes the effect off the list itself, as it does when a person makes the decision final.
        finality.finalise(case, by=by)
    return ""


def _locked(effect: ReadyEffect) -> tuple[Deadline | None, Attestation | None]:
    if effect.deadline_id is None:
        assert effect.attestation is not None  # a decision is a case's
        return None, lookup.locked(effect.attestation)
    deadlines = Deadline.objects.select_for_update(of=("self",), no_key=True)
    return (
        deadlines.select_related("attestation__center", "attestation__employee", "employee__center").get(
            pk=effect.deadline_id
        ),
        None,
    )


def name_of(effect: ReadyEffect) -> str:
    """The case, or the person's deadline, that an effect is about, for a sentence."""
    if effect.attestation is not None:
        return effect.attestation.case_no
    return str(effect.deadline) if effect.deadline is not None else effect.key
