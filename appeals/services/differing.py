"""Rulings that differ on one question: put before the chair, who treats all takers alike or says why not.

Ours, not the order's. Marking the question faulty is the act that treats all alike (`faulty.mark_faulty`).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from appeals.models import AppealItem, DifferingRuling
from appeals.services.competence import require_competent
from appeals.services.earlier import same_question
from attestation import journal
from attestation.by import By
from attestation.lookup import published_result, published_results
from attestation.models import Cycle, Result, User
from attestation.notices import outbox
from attestation.refusals import Refused
from attestation.texts import required_text

Ruling, Outcome = AppealItem.Ruling, DifferingRuling.Outcome


def rejected_still(item: AppealItem) -> list[AppealItem]:
    """The rejections of the same question, this one among them, that the result of the appellant still
    shows: what was amended since, by a faulty question, is treated like the others already."""
    rejected = [item] if item.ruling == Ruling.REJECT else []
    others = same_question(item).filter(ruling=Ruling.REJECT)
    rejected += others.select_related("appeal__attestation").order_by("ruled_at", "pk")
    return [one for one in rejected if _still_wrong(one, published_result(one.appeal.attestation))]


def _still_wrong(item: AppealItem, result: Result | None) -> bool:
    return result is not None and (result.wrong_questions is None or item.question in result.wrong_questions)


def put_before_the_chair(*items: AppealItem, by: By) -> None:
    """After rulings took effect, one after the other: where the same question was upheld for one appellant
    and rejected for another, it waits for the chair, who is told with the secretary. The caller holds the
    locks of the cases and the items."""
    named = [item for item in items if item.appeal.result.test_variant]
    ruled = _ruled_before(named)
    cases = {item.appeal.attestation_id for those in (named, *ruled.values()) for item in those}
    results = published_results(cases) if named else {}
    for item in named:
        same = ruled.setdefault(_question_of(item), [])
        others = [one for one in same if one.appeal.attestation_id != item.appeal.attestation_id]
        same.append(item)
        upheld = any(one.ruling == Ruling.UPHOLD for one in (item, *others))
        rejected = [one for one in (item, *others) if one.ruling == Ruling.REJECT]
        if upheld and any(_still_wrong(one, results.get(one.appeal.attestation_id)) for one in rejected):
            _let_wait(item, by=by)


def _question_of(item: AppealItem) -> tuple[int, str, int]:
    return item.appeal.attestation.cycle_id, item.appeal.result.test_variant, item.question


def _ruled_before(items: Sequence[AppealItem]) -> dict[tuple[int, str, int], list[AppealItem]]:
    """The rulings on the same questions that were on record before these."""
    found: dict[tuple[int, str, int], list[AppealItem]] = {}
    if items:
        cycles, variants, questions = (set(those) for those in zip(*map(_question_of, items), strict=True))
        same = AppealItem.objects.exclude(ruling="").exclude(pk__in=[item.pk for item in items])
        same = same.filter(
            question__in=questions,
            appeal__attestation__cycle__in=cycles,
            appeal__result__test_variant__in=variants,
        )
        for item in same.select_related("appeal__attestation", "appeal__result"):
            found.setdefault(_question_of(item), []).append(item)
    return found


def _let_wait(item: AppealItem, *, by: By) -> None:
    """The question waits for the chair, once."""
    case, variant = item.appeal.attestation, item.appeal.result.test_variant
    matter, new = DifferingRuling.objects.get_or_create(
        cycle=case.cycle,
        test_variant=variant,
        question=item.question,
        settled_at=None,
        defaults={"item": item, "noticed_at": by.at},
    )
    if not new:
        return
    journal.record(
        "rulings_differ",
        by=By(None, by.at),
        subject=case.cycle.code,
        data={"differing": matter.pk, "variant": variant, "question": item.question},
    )
    outbox.queue(
        "rulings_differ",
        key=f"differing:{matter.pk}",
        now=by.at,
        attestation=case,
        context={"variant": variant, "question": item.question},
    )


@transaction.atomic
def leave_as_ruled(matter: DifferingRuling, *, reason: str, by: By) -> DifferingRuling:
    """The chair leaves the rulings as they are, with the reason why the cases differ. Raises Refused: not the
    chair of a competent commission, settled already, no reason."""
    matter = (
        DifferingRuling.objects.select_for_update(of=("self",))
        .select_related("cycle__center", "settled_by")
        .get(pk=matter.pk)
    )
    require_competent(matter.cycle, by=by)
    if matter.settled_at is not None:
        raise Refused(
            "settled_already",
            _("Question %(question)s, variant %(variant)s: %(who)s settled it already: %(outcome)s."),
            question=matter.question,
            variant=matter.test_variant,
            who=str(matter.settled_by),
            outcome=matter.get_outcome_display(),
        )
    reason = required_text(reason, _("Give the reason why the rulings stay as they are."))
    _settle(matter, Outcome.LEFT, reason, by=by)
    return matter


def settle_by_faulty(cycle: Cycle, test_variant: str, question: int, reason: str, *, by: By) -> None:
    """What waits on the question is settled with the ruling that it is faulty for everyone."""
    waiting = DifferingRuling.objects.waiting().select_for_update(of=("self",))
    for matter in waiting.filter(cycle=cycle, test_variant=test_variant, question=question):
        _settle(matter, Outcome.FAULTY, reason, by=by)


def _settle(matter: DifferingRuling, outcome: str, reason: str, *, by: By) -> None:
    assert isinstance(by.user, User)  # the caller has asked for the chair
    matter.outcome, matter.reason = Outcome(outcome), reason
    matter.settled_at, matter.settled_by = by.at, by.user
    matter.save(update_fields=["outcome", "reason", "settled_at", "settled_by"])
    journal.record(
        "settle_differing",
        by=by,
        subject=matter.cycle.code,
        data={"differing": matter.pk, "outcome": matter.outcome, "why": reason},
    )
