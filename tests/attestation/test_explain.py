"""Every code of the law has its sentence, with the words and figures people know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import product

import pytest
from django.utils import translation

from attestation import explain
from attestation.cites import cite_label
from attestation.deadlines.words import point_of
from attestation.labels import CATEGORIES
from attestation.law.admission import CourseFact, Hours, admit
from attestation.law.calendar import ALMATY
from attestation.law.finality import final_on_step
from attestation.law.parameters import Parameter, parameters_on
from attestation.law.points import CITES, READINGS
from attestation.law.reasons import Step
from attestation.law.refusals import MESSAGES, RuleRefusal
from attestation.law.vocabulary import LADDER, Category, Position, Purpose
from attestation.reason_words import REASONS, coded, reason_text
from scoring.criteria import window
from tests.law.build import DAY, PARAMS, Evidence, amended, category_decision, decision, facts

LANGUAGES = ["kk", "ru", "en"]


def every_step() -> Iterator[Step]:
    """Steps of every code that the rules can give."""
    for existing, correct, repeat, rating, low, basis in product(
        LADDER,
        (0, 70, 80, 100),
        (False, True),
        ("1", "3.95", None, "5"),
        ("below_existing", "existing"),
        ("total", "test"),
    ):
        for violations, ruling, open_row in (
            (0, None, "commission"),
            (None, 10, "commission"),
            (2, 0, "ten"),
        ):
            verdict = decision(
                facts(correct=correct, existing=existing, declared="mentor", repeat=repeat),
                Evidence(rating, violations, ruling),
                rating_gap=open_row,
                no_rating=open_row,
                low_total=low,
                category_basis=basis,
            )
            yield from verdict.steps
    for position, correct, repeat in product(Position, (0, 100), (False, True)):
        yield from decision(facts(position, "initial", correct, repeat=repeat)).steps
    yield from decision(facts(), Evidence(ratings_read=False)).steps
    alone = Parameter("threshold_manager", 80, "percent", "¶17.3", DAY)
    yield from decision(facts("director", "position"), params=parameters_on(DAY, amended(alone))).steps
    bound = {"points": "74", "category_basis": "total"}
    yield Step("declared_bound", "¶30.2", bound, "<", "85", "is_existing", ("I-02", "I-03"))
    yield window(date(2026, 2, 6), None).step()
    yield final_on_step(date(2026, 2, 10))
    yield final_on_step(date(2026, 2, 10), [date(2026, 2, 12)])
    for plan, courses in ((None, []), (Hours(2, 1), []), (Hours(2, 2), [])):
        yield from admit(Purpose.INITIAL, None, plan, courses, PARAMS).steps
    for course in (
        None,
        CourseFact(Category.MENTOR),
        CourseFact(Category.MENTOR, 2, 1),
        CourseFact(Category.MENTOR, 2, 2),
    ):
        yield from admit(Purpose.CATEGORY, Category.MENTOR, None, [course] if course else [], PARAMS).steps


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.daily(3)
def test_every_step_has_a_sentence_without_leftovers(language: str) -> None:
    seen = set()
    with translation.override(language):
        for step in every_step():
            sentence = explain.sentence(step, DAY)
            assert sentence
            assert "%(" not in sentence
            assert not re.search(r"\b(case_manager|unit_head|not_reached|\d{4}-\d\d-\d\d)\b", sentence)
            seen.add(
                f"{step.code}:{step.result}" if f"{step.code}:{step.result}" in explain.STEPS else step.code
            )
    assert set(explain.STEPS) - seen == set()


def test_sentence_can_be_recomputed_by_hand() -> None:
    verdict = category_decision("none", "consultant", 65, 80)
    with translation.override("en"):
        said = {step.code: explain.sentence(step, DAY) for step in verdict.steps}
    assert said["test_threshold"] == "Test: 65 of 80 correct = 81.25%. The threshold of 70% is reached."
    assert said["row_test"] == "Row 1, testing: 65 of 80 = 81.25%; 80 points at most: 65."
    assert said["row_rating"] == "Row 2, rating: mean 4.6 (> 4): 10 points."
    assert said["row_violations"] == "Row 3, violations and errors: 0; 10 points."
    assert said["total"] == "Total: 65 + 10 + 10 = 85."
    assert said["declared_bound"] == "85 points, at least 85: conforms to the declared category."


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_and_dates_are_written_as_in_the_language(language: str) -> None:
    verdict = category_decision("none", "consultant", 65, 80)
    with translation.override(language):
        test, until = explain.sentence(verdict.steps[0], DAY), explain.sentence(verdict.steps[-1], DAY)
    assert ("81.25" if language == "en" else "81,25") in test
    if language != "en":
        assert "10.02.2029" in until


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cite", [*CITES, *READINGS])
def test_every_point_and_reading_has_its_text(language: str, cite: str) -> None:
    with translation.override(language):
        assert explain.point_text(cite, DAY)


def test_cites_of_all_steps_have_a_text() -> None:
    for step in every_step():
        for cite in (step.cite, *step.readings):
            assert cite in CITES or cite in READINGS


def test_unknown_cite_is_no_law() -> None:
    with pytest.raises(KeyError):
        explain.point_text("¶99", DAY)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(MESSAGES))
def test_every_refusal_has_a_sentence_without_leftovers(language: str, code: str) -> None:
    names = set(re.findall(r"%\((\w+)\)s", MESSAGES[code])) - {"cite"}
    refusal = RuleRefusal(code, "¶7", **dict.fromkeys(names, "7"))
    with translation.override(language):
        text = explain.refusal_text(refusal)
        assert "%(" not in text
        assert cite_label("¶7") in text or "%(cite)s" not in MESSAGES[code]


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusal_speaks_in_words_and_local_time(language: str) -> None:
    declared = RuleRefusal("declared_below_existing", "I-18", declared="case_manager", existing="mentor")
    filed = datetime(2026, 2, 9, 18, 30, tzinfo=ALMATY).isoformat()
    note = RuleRefusal("filed_note_missing", "I-14", filed_at=filed)
    with translation.override(language):
        assert str(CATEGORIES[Category.CASE_MANAGER]) in explain.refusal_text(declared)
        assert "case_manager" not in explain.refusal_text(declared)
        assert filed not in explain.refusal_text(note)
        if language != "en":
            assert "09.02.2026 18:30" in explain.refusal_text(note)


@pytest.mark.parametrize("language", LANGUAGES)
def test_held_rows_have_a_text(language: str) -> None:
    with translation.override(language):
        for code in ("rating_gap", "no_rating", "ratings_not_read", "violations_not_read"):
            assert explain.held_text(code)


# What stood in the records before reasons were codes.
OLD_REASONS = {
    "grounds_changed": "ratings, violations or the ruling changed",
    "appeal_recorded_late": "timely appeal recorded after the final decision",
    "result_corrected": "clerical error corrected after the final decision",
    "record_voided": "record voided after the final decision",
    "existing_above_declared": (
        "The existing category is above the declared one since the list was formed (I-18)."
    ),
    "appeal_upheld": "Appeal A-7 upheld, questions 3, 12.",
    "faulty_question": "Question 4 of the variant “B” is faulty: two keys",
}
VALUES: dict[str, dict[str, str | int]] = {
    "appeal_upheld": {"appeal": "A-7", "questions": "3, 12"},
    "imported_file": {"name": "appeals.xlsx"},
    "faulty_question": {"question": 4, "variant": "B", "reason": "two keys"},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", list(OLD_REASONS))
def test_i_14_a_reason_is_said_in_the_readers_language_whenever_it_was_stored(
    language: str, code: str
) -> None:
    stored = coded(code, **VALUES.get(code, {}))
    english = OLD_REASONS[code].replace(" (I-18)", "")
    with translation.override("en"):
        assert reason_text(stored) == english
    with translation.override(language):
        said = reason_text(stored)
        assert reason_text(OLD_REASONS[code]) == said
    assert language == "en" or said != english
    with translation.override("en"):
        assert reason_text(said) == english


@pytest.mark.parametrize("language", LANGUAGES)
def test_i_14_every_code_has_its_words_and_a_persons_words_stay(language: str) -> None:
    with translation.override(language):
        for code in REASONS:
            assert code not in reason_text(coded(code, **VALUES.get(code, {})))
        for words in ("80 typed as 60", "grounds", "", "record_voided yesterday"):
            assert reason_text(words) == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cite", list(READINGS))
def test_no_page_shows_the_identifier_of_a_setting(language: str, cite: str) -> None:
    with translation.override(language):
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", point_of(cite, DAY))
