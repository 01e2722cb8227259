"""A question under appeal with what it is judged by; in a blind review nothing that leads to a person."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from appeals.admin.papers import papers_of
from appeals.models import AppealItem
from attestation import explain
from attestation.cases.waiting import ruling_codes
from attestation.law.calendar import ALMATY
from attestation.models import Attestation


def matter_of(item: AppealItem, *, blind: bool) -> dict[str, Any]:
    """The question with its argument, the papers and the facts of the result."""
    return {
        "appeal": item.appeal,
        "argument": item.argument,
        "ground": item.get_ground_display(),
        "facts": facts_of(item, blind=blind),
        "attachments": papers_of(item.appeal, blind=blind),
    }


def facts_of(item: AppealItem, *, blind: bool) -> list[tuple[str, str]]:
    """The result appealed against; in a blind review without the score and what it is counted from."""
    result = item.appeal.result
    facts = [
        (_("test variant"), result.test_variant or "–"),
        (_("filed at"), f"{item.appeal.filed_at.astimezone(ALMATY):%d.%m.%Y %H:%M}"),
    ]
    if blind:
        return facts
    facts.insert(0, (_("correct answers"), f"{result.correct_answers} / {result.questions_total}"))
    if result.wrong_questions is not None:
        facts.append((_("wrong questions"), ", ".join(map(str, result.wrong_questions))))
    return facts


def held_words(case: Attestation) -> list[str]:
    """I-04, I-05: why row 2 is held."""
    return [explain.held_text(code) for code in ruling_codes(case)]
