"""The words a cell may hold for the law's terms: the identifier, or the label in any of the three languages.

Source: the order's words in docs/glossary.md. The labels that people see come from the translations; what a
file may say must not change with them.
"""

from __future__ import annotations

from django.utils.translation import get_language

from attestation.law.vocabulary import Category, CenterKind, Outcome, Position, Purpose

Vocabulary = dict[str, tuple[str, ...]]

POSITIONS: Vocabulary = {
    Position.DIRECTOR: ("директор", "директор", "director"),
    Position.DEPUTY_DIRECTOR: ("директордың орынбасары", "заместитель директора", "deputy director"),
    Position.UNIT_HEAD: (
        "құрылымдық бөлімшенің басшысы",
        "руководитель структурного подразделения",
        "head of a structural unit",
    ),
    Position.CENTER_SPECIALIST: (
        "еңбек мобильділігі орталығының маманы",
        "специалист центра трудовой мобильности",
        "specialist of a labour mobility centre",
    ),
    Position.CAREER_SPECIALIST: (
        "мансап орталығының маманы",
        "специалист карьерного центра",
        "specialist of a career centre",
    ),
    Position.ASSISTANT: (
        "мансап орталығының ассистенті",
        "ассистент карьерного центра",
        "assistant of a career centre",
    ),
}
CATEGORIES: Vocabulary = {
    Category.NONE: ("санатсыз", "без категории", "no category"),
    Category.CONSULTANT: ("мансап консультанты", "карьерный консультант", "career consultant"),
    Category.CASE_MANAGER: ("кейс-менеджер", "кейс-менеджер", "case manager"),
    Category.MENTOR: ("тәлімгер", "наставник", "mentor"),
}
PURPOSES: Vocabulary = {
    Purpose.INITIAL: ("алғашқы аттестаттау", "первичная аттестация", "initial attestation"),
    Purpose.CATEGORY: ("біліктілік санатына өтініш", "заявление на категорию", "application for a category"),
    Purpose.POSITION: (
        "атқаратын лауазымына сәйкестігін растау",
        "подтверждение соответствия занимаемой должности",
        "confirming conformity with the position held",
    ),
}
OUTCOMES: Vocabulary = {
    Outcome.CONFORMS: (
        "атқаратын лауазымына сәйкес келеді",
        "соответствует занимаемой должности",
        "conforms to the position held",
    ),
    Outcome.DOES_NOT_CONFORM: (
        "атқаратын лауазымына сәйкес келмейді",
        "не соответствует занимаемой должности",
        "does not conform to the position held",
    ),
    Outcome.DECLARED: (
        "мәлімделген біліктілік санатына сәйкес келеді",
        "соответствует заявленной квалификационной категории",
        "conforms to the declared category",
    ),
    # I-15: conformity alone where the existing category was the one declared.
    Outcome.EXISTING: (
        "мәлімделген біліктілік санатына сәйкес келмейді – қолданыстағы біліктілік санатына сәйкес келеді",
        "қолданыстағы біліктілік санатына сәйкес келеді",
        "соответствует действующей квалификационной категории",
        "conforms to the existing category",
        "не соответствует заявленной квалификационной категории – соответствует действующей "
        "квалификационной категории",
        "does not conform to the declared category, conforms to the existing one",
    ),
    Outcome.LOWER: (
        "мәлімделген біліктілік санатына сәйкес келмейді – мәлімделген деңгейден төмен біліктілік санатына "
        "сәйкес келеді",
        "не соответствует заявленной квалификационной категории – соответствует квалификационной категории "
        "ниже заявленного уровня",
        "does not conform to the declared category, conforms to one below the declared level",
    ),
}
CENTER_KINDS: Vocabulary = {
    CenterKind.LABOUR_MOBILITY: (
        "еңбек мобильділігі орталығы",
        "центр трудовой мобильности",
        "labour mobility centre",
    ),
    CenterKind.CAREER: ("мансап орталығы", "карьерный центр", "career centre"),
}
LANGUAGES: Vocabulary = {
    "kk": ("қазақша", "қазақ", "қазақ тілі", "қаз", "каз", "казахский", "kazakh"),
    "ru": ("орысша", "орыс", "орыс тілі", "рус", "русский", "russian"),
}


# Whose terms a field holds; other apps add their own.
OF_FIELD: dict[str, Vocabulary] = {
    "position": POSITIONS,
    **dict.fromkeys(("category", "declared", "course_category"), CATEGORIES),
    "purpose": PURPOSES,
    "decision": OUTCOMES,
    "kind": CENTER_KINDS,
    **dict.fromkeys(("language", "test_language"), LANGUAGES),
}


def label(vocabulary: Vocabulary, value: str) -> str:
    """The word that an export writes for an identifier, in the language active now."""
    words = vocabulary.get(value)
    if not words:
        return value
    language = (get_language() or "kk")[:2]
    return {"kk": words[0], "ru": words[-2]}.get(language, words[-1])
