"""The catalogues: whole, with the same placeholders, each in its own language, in the order's words."""

import json
import re
from collections.abc import Iterator

import polib
import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from django.views.i18n import JavaScriptCatalog

from attestation import labels
from attestation.law.vocabulary import Category, CenterKind, Consequence, Outcome, Position, Purpose
from scripts.messages import CATALOGUES, LANGUAGES, Catalogue

KAZAKH_LETTERS = re.compile("[әғқңөұүһі]", re.IGNORECASE)
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
PLACEHOLDERS = re.compile(r"%%|%\(\w+\)[a-z]|%[sd]|\{\w*\}")
CODES = re.compile(r"\bI-\d\d\b|manage\.py")
# A Kazakh text of this length without one letter of its own is Russian or English.
LONG = 30
OURS = [catalogue for catalogue in CATALOGUES if catalogue.holds == "ours"]

# The table of terms: the same words on every page and in every letter.
TERMS = {
    CenterKind.LABOUR_MOBILITY: ("еңбек мобильділігі орталығы", "центр трудовой мобильности"),
    CenterKind.CAREER: ("мансап орталығы", "карьерный центр"),
    Position.DIRECTOR: ("директор", "директор"),
    Position.DEPUTY_DIRECTOR: ("директордың орынбасары", "заместитель директора"),
    Position.UNIT_HEAD: (
        "құрылымдық бөлімшенің басшысы",
        "руководитель структурного подразделения",
    ),
    Position.CENTER_SPECIALIST: (
        "еңбек мобильділігі орталығының маманы",
        "специалист центра трудовой мобильности",
    ),
    Position.CAREER_SPECIALIST: ("мансап орталығының маманы", "специалист карьерного центра"),
    Position.ASSISTANT: ("мансап орталығының ассистенті", "ассистент карьерного центра"),
    Category.NONE: ("санатсыз", "без категории"),
    Category.CONSULTANT: ("мансап консультанты", "карьерный консультант"),
    Category.CASE_MANAGER: ("кейс-менеджер", "кейс-менеджер"),
    Category.MENTOR: ("тәлімгер", "наставник"),
    Purpose.INITIAL: ("алғашқы аттестаттау", "первичная аттестация"),
    Purpose.CATEGORY: ("біліктілік санатына өтініш", "заявление на категорию"),
    Purpose.POSITION: (
        "атқаратын лауазымына сәйкестігін растау",
        "подтверждение соответствия занимаемой должности",
    ),
    Outcome.CONFORMS: ("атқаратын лауазымына сәйкес келеді", "соответствует занимаемой должности"),
    Outcome.DOES_NOT_CONFORM: (
        "атқаратын лауазымына сәйкес келмейді",
        "не соответствует занимаемой должности",
    ),
    Consequence.REATTEST: ("қайта аттестаттауға жатады", "подлежит повторной аттестации"),
    Consequence.DISMISSAL: ("жұмыстан шығаруға жатады", "подлежит увольнению"),
}


def name_of(catalogue: Catalogue) -> str:
    return f"{catalogue.language}-{catalogue.holds}"


def texts(entry: polib.POEntry) -> list[str]:
    """Every translated form of an entry."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def pairs(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Each English text with each of its translated forms."""
    for entry in catalogue.read():
        for text in texts(entry):
            yield entry.msgid, text


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=name_of)
def test_nothing_is_empty_fuzzy_or_left_over(catalogue: Catalogue) -> None:
    for entry in catalogue.read():
        assert not entry.obsolete, entry.msgid
        assert "fuzzy" not in entry.flags, entry.msgid
        assert all(texts(entry)), entry.msgid


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=name_of)
def test_placeholders_are_kept(catalogue: Catalogue) -> None:
    for entry in catalogue.read():
        expected = [sorted(PLACEHOLDERS.findall(text)) for text in (entry.msgid, entry.msgid_plural) if text]
        for text in texts(entry):
            assert sorted(PLACEHOLDERS.findall(text)) in expected, text


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=name_of)
def test_every_text_with_named_placeholders_can_be_filled_in(catalogue: Catalogue) -> None:
    """A lone per cent sign beside %(name)s breaks the page, not the check."""
    for entry in catalogue.read():
        names = dict.fromkeys(re.findall(r"%\((\w+)\)", entry.msgid + entry.msgid_plural), 1)
        if names:
            for text in texts(entry):
                assert text % names


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=name_of)
def test_blanks_at_the_ends_are_kept(catalogue: Catalogue) -> None:
    for english, text in pairs(catalogue):
        assert [text[:1].isspace(), text[-1:].isspace()] == [english[:1].isspace(), english[-1:].isspace()], (
            text
        )


@pytest.mark.parametrize("catalogue", OURS, ids=name_of)
def test_sentences_end_and_quotations_are_written_as_in_print(catalogue: Catalogue) -> None:
    for english, text in pairs(catalogue):
        if english.endswith((".", "?")):
            assert text.endswith((".", "?", "!")), text
        assert not re.search("[“”\"]|'", text), text


@pytest.mark.parametrize("catalogue", OURS, ids=name_of)
def test_points_of_the_order_are_cited_as_the_language_cites_them(catalogue: Catalogue) -> None:
    assert not [text for _, text in pairs(catalogue) if "¶" in text]


@pytest.mark.parametrize("catalogue", OURS, ids=name_of)
def test_officers_read_no_codes_and_no_commands(catalogue: Catalogue) -> None:
    """The code of a reading stands only where a rule set chooses it, and in docs and data."""
    for entry in catalogue.read():
        if {place for place, _line in entry.occurrences} != {"attestation/models/rules.py"}:
            for text in (entry.msgid, entry.msgid_plural, *texts(entry)):
                assert not CODES.search(text), text


# One English word for two things that Russian or Kazakh calls differently: two contexts, or one and none.
TWO_THINGS = [
    ("name", "person", None),
    ("provisional", "decision", "term"),
    ("withdrawn", "appeal", "question"),
    ("Read through", "register", None),
    ("confirmed", "calendar", None),
    ("done", "replay", None),
    ("new", "rows", None),
    ("changed", "rows", None),
]


@pytest.mark.parametrize(("word", "one", "other"), TWO_THINGS, ids=[row[0] for row in TWO_THINGS])
def test_one_english_word_for_two_things_is_two_words(word: str, one: str, other: str | None) -> None:
    def said(context: str | None) -> set[str]:
        found = [entry for catalogue in OURS for entry in catalogue.read()]
        return {entry.msgstr for entry in found if (entry.msgid, entry.msgctxt) == (word, context)}

    assert said(one)
    assert said(other)
    assert said(one) != said(other)


def test_kazakh_is_kazakh() -> None:
    for catalogue in CATALOGUES:
        if catalogue.language == "kk":
            for _, text in pairs(catalogue):
                if len(CYRILLIC.findall(text)) >= LONG:
                    assert KAZAKH_LETTERS.search(text), text


def test_russian_is_russian() -> None:
    for catalogue in CATALOGUES:
        if catalogue.language == "ru":
            for english, text in pairs(catalogue):
                assert not KAZAKH_LETTERS.search(text), text
                if len(re.findall("[A-Za-z]", PLACEHOLDERS.sub("", english))) > len("SHA-256"):
                    assert CYRILLIC.search(text), text


@pytest.mark.parametrize(("place", "language"), [(0, "kk"), (1, "ru")])
def test_labels_are_the_words_of_the_order(place: int, language: str) -> None:
    shown = {
        **labels.CENTER_KINDS,
        **labels.POSITIONS,
        **labels.CATEGORIES,
        **labels.PURPOSES,
        **labels.OUTCOMES,
        **labels.CONSEQUENCES,
    }
    with translation.override(language):
        for term, words in TERMS.items():
            assert str(shown[term]) == words[place]


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    english = ("%(count)s result is published.", "%(count)s results are published.")
    expected = {
        "kk": {"Жарияланған нәтижелер: %(count)s."},
        "ru": {
            "Опубликован %(count)s результат.",
            "Опубликовано %(count)s результата.",
            "Опубликовано %(count)s результатов.",
        },
    }
    with translation.override(language):
        assert {translation.ngettext(*english, number) for number in (1, 2, 5, 11, 21)} == expected[language]


def test_the_date_picker_speaks_kazakh() -> None:
    with translation.override("kk"):
        script = JavaScriptCatalog.as_view(packages=["django.contrib.admin"])(RequestFactory().get("/"))
    assert isinstance(script, HttpResponse)
    assert json.dumps("Бүгін") in script.content.decode()
