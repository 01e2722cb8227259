"""The words people see for the law's terms: the order's own, in the reader's language.

Source: the order's words in docs/glossary.md. Identifiers stay in `attestation.law.vocabulary`.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from attestation.law.vocabulary import Category, CenterKind, Consequence, Outcome, Position, Purpose

Label = str | Promise

POSITIONS: dict[StrEnum, Label] = {
    Position.DIRECTOR: _("director"),
    Position.DEPUTY_DIRECTOR: _("deputy director"),
    Position.UNIT_HEAD: _("head of a structural unit"),
    Position.CENTER_SPECIALIST: _("specialist of a labour mobility centre"),
    Position.CAREER_SPECIALIST: _("specialist of a career centre"),
    Position.ASSISTANT: _("assistant of a career centre"),
}
CATEGORIES: dict[StrEnum, Label] = {
    Category.NONE: _("no category"),
    Category.CONSULTANT: _("career consultant"),
    Category.CASE_MANAGER: _("case manager"),
    Category.MENTOR: _("mentor"),
}
PURPOSES: dict[StrEnum, Label] = {
    Purpose.INITIAL: _("initial attestation"),
    Purpose.CATEGORY: _("application for a category"),
    Purpose.POSITION: _("confirming conformity with the position held"),
}
CENTER_KINDS: dict[StrEnum, Label] = {
    CenterKind.LABOUR_MOBILITY: _("labour mobility centre"),
    CenterKind.CAREER: _("career centre"),
}
OUTCOMES: dict[StrEnum, Label] = {
    Outcome.CONFORMS: _("conforms to the position held"),
    Outcome.DOES_NOT_CONFORM: _("does not conform to the position held"),
    Outcome.DECLARED: _("conforms to the declared category"),
    Outcome.EXISTING: _("does not conform to the declared category, conforms to the existing one"),
    Outcome.LOWER: _("does not conform to the declared category, conforms to one below the declared level"),
    Outcome.HELD: pgettext_lazy("decision", "held: data or a ruling is missing"),
}
# ¶30 in a list, beside the categories: to what the attestee conforms.
OUTCOME_WORDS: dict[StrEnum, Label] = {
    Outcome.CONFORMS: pgettext_lazy("decision in a word", "conforms"),
    Outcome.DOES_NOT_CONFORM: pgettext_lazy("decision in a word", "does not conform"),
    Outcome.DECLARED: pgettext_lazy("decision in a word", "declared"),
    Outcome.EXISTING: pgettext_lazy("decision in a word", "existing"),
    Outcome.LOWER: pgettext_lazy("decision in a word", "lower"),
}
CONFORMS_TO_EXISTING = _("conforms to the existing category")
CONSEQUENCES: dict[StrEnum, Label] = {
    Consequence.CONFER_CATEGORY: _("the category is conferred"),
    Consequence.KEEP_CATEGORY: _("the existing category is kept"),
    Consequence.LOWER_CATEGORY: _("the category is lowered by one level"),
    Consequence.REATTEST: _("subject to re-attestation"),
    Consequence.DISMISSAL: _("subject to dismissal"),
    Consequence.NOT_ADMITTED_TO_ASSESSMENT: _("not admitted to the assessment of professional activity"),
}


def outcome_label(outcome: Outcome, *, confirms_existing: bool) -> Label:
    """¶30.2, I-15: the decision in words; `confirms_existing`: the category declared was the existing one."""
    if outcome is Outcome.EXISTING and confirms_existing:
        return CONFORMS_TO_EXISTING
    return OUTCOMES[outcome]


def choices(labels: dict[StrEnum, Label]) -> list[tuple[str, Label]]:
    """Pairs for a model field, in the order of docs/glossary.md."""
    return [(identifier.value, label) for identifier, label in labels.items()]
