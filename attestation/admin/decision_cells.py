"""A decision in the cells of a list and of its file: the outcome in a word, the points, both categories."""

from __future__ import annotations

from decimal import Decimal

from django.utils.html import format_html
from django.utils.text import capfirst

from attestation.admin.base import two_lines
from attestation.admin.story import shown_points
from attestation.explain import shown_value
from attestation.labels import CATEGORIES, OUTCOME_WORDS
from attestation.law.reasons import cut_text
from attestation.law.vocabulary import Category, Outcome
from attestation.models import Decision

OUTCOME_COLOURS = {
    "conforms": "success",
    "does_not_conform": "danger",
    "declared": "success",
    "existing": "info",
    "lower": "danger",
}


def outcome_word(decision: Decision) -> str:
    """¶30: the decision in a word."""
    return str(OUTCOME_WORDS[Outcome(decision.outcome)])


def outcome_chip(decision: Decision) -> str:
    """The word, and the order's sentence where the pointer rests on it."""
    return format_html(
        '<span class="chip {}" title="{}">{}</span>',
        OUTCOME_COLOURS[decision.outcome],
        capfirst(decision.get_outcome_display()),
        capfirst(outcome_word(decision)),
    )


def percent_of(correct: int, total: int) -> str:
    """I-03: the percent of a test, cut after four decimals."""
    return f"{shown_value('', cut_text(correct * 100, total))}%"


def points_of(decision: Decision) -> str:
    """I-03, I-41: the App. 1-2 total, or the percent of the test where no assessment was due."""
    return shown_points(_total(decision)) or percent_of(decision.inputs["correct"], decision.inputs["total"])


def number_of(decision: Decision) -> Decimal:
    """`points_of` as a number, for a file."""
    numerator, _slash, denominator = (_total(decision) or "").partition("/")
    if not numerator:
        return Decimal(cut_text(decision.inputs["correct"] * 100, decision.inputs["total"]))
    return Decimal(cut_text(int(numerator), int(denominator or 1)))


def _total(decision: Decision) -> str | None:
    total: str | None = (decision.verdict.get("points") or {}).get("total")
    return total


def category_before(decision: Decision) -> str:
    """The category that the attestee had; empty where the purpose was no category."""
    existing = decision.inputs.get("existing")
    return str(CATEGORIES[Category(existing)]) if existing and decision.category else ""


def category_change(decision: Decision) -> str:
    """¶30.2: before → after; one name where nothing changes."""
    before, after = category_before(decision), decision.get_category_display()
    return two_lines(before, f"→ {after}") if before not in ("", after) else two_lines(after or "–", "")
