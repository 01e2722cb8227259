"""Question health on made tests: the faulty are found, the sound are left alone, few takers say nothing."""

from __future__ import annotations

from math import exp
from random import Random

import pytest

from appeals.question_health import FEWEST_TAKERS, Flag, Health, Taker, examine
from tests.appeals import question_figures

TOTAL, TAKERS = 100, 500
WRONG_KEY, MISTRANSLATED = 17, 58


def made_test(
    seed: int, takers: int = TAKERS, *, kk_ability: float = 0.0, faults: bool = True
) -> list[Taker]:
    """Half kk, half ru takers of a test of the usual spread: a logistic model of ability and difficulty.

    Under a wrong key the answer of those who know counts as wrong, and one guess in four as right; the
    mistranslated question is a guess for kk takers alone. It is no harder than the usual one: what ru takers
    guess at too, nobody can tell from the answers.
    """
    chance = Random(seed)
    steep = [chance.uniform(0.6, 1.8) for _ in range(TOTAL)]
    hard = [chance.gauss(-0.8, 1.0) for _ in range(TOTAL)]
    hard[MISTRANSLATED - 1] = min(hard[MISTRANSLATED - 1], -0.3)
    found = []
    for number in range(takers):
        language = "kk" if number % 2 else "ru"
        ability = chance.gauss(kk_ability if language == "kk" else 0.0, 1.0)
        wrong = []
        for question in range(1, TOTAL + 1):
            knows = 1 / (1 + exp(-steep[question - 1] * (ability - hard[question - 1])))
            right = 0.2 + 0.8 * knows
            if faults and question == WRONG_KEY:
                right = 0.25 * (1 - knows)
            if faults and question == MISTRANSLATED and language == "kk":
                right = 0.25
            if chance.random() >= right:
                wrong.append(question)
        found.append(Taker(wrong, language))
    return found


def flagged(health: list[Health]) -> dict[int, tuple[Flag, ...]]:
    return {row.question: row.flags for row in health if row.flags}


@pytest.mark.parametrize("kk_ability", [0.0, -0.7])
@pytest.mark.parametrize("seed", range(20))
def test_both_faults_are_found_and_at_most_two_sound_questions_flagged(seed: int, kk_ability: float) -> None:
    """Also where one group knows more: a plain difference would flag sound questions by the dozen."""
    found = flagged(examine(TOTAL, made_test(seed, kk_ability=kk_ability)))
    assert Flag.KEY in found.pop(WRONG_KEY)
    assert Flag.HARDER_KK in found.pop(MISTRANSLATED)
    assert len(found) <= 2


def test_sound_tests_are_flagged_about_as_seldom_as_the_bound_says() -> None:
    """Twenty tests of a hundred sound questions: two kinds of flags, each in one test of twenty."""
    false = sum(len(flagged(examine(TOTAL, made_test(1000 + seed, faults=False)))) for seed in range(20))
    assert false <= 6


@pytest.mark.parametrize("seed", [3, 8])
def test_the_figures_equal_those_of_a_script_written_apart(seed: int) -> None:
    takers = made_test(seed, 220, kk_ability=-0.4)
    takers += [Taker(taker.wrong) for taker in made_test(seed + 50, 30)]
    rows = [(frozenset(taker.wrong), taker.language) for taker in takers]
    for row in examine(TOTAL, takers):
        assert row.share_wrong == pytest.approx(question_figures.share_wrong(rows, row.question))
        if 0 < row.wrong < row.takers:
            assert row.discrimination == pytest.approx(
                question_figures.item_rest(rows, TOTAL, row.question), abs=1e-9
            )
        assert row.difference == pytest.approx(
            question_figures.matched_difference(rows, row.question), abs=1e-9
        )


def test_a_question_harder_in_russian_says_so() -> None:
    turned = [Taker(taker.wrong, {"kk": "ru", "ru": "kk"}[taker.language]) for taker in made_test(5)]
    assert Flag.HARDER_RU in flagged(examine(TOTAL, turned))[MISTRANSLATED]


def test_too_few_takers_say_nothing() -> None:
    health = examine(TOTAL, made_test(1, FEWEST_TAKERS - 1))
    assert not flagged(health)
    assert {(row.discrimination, row.difference) for row in health} == {(None, None)}
    assert sum(row.wrong for row in health) > 0  # the shares are facts and stay


def test_too_few_of_one_language_leave_the_other_figures() -> None:
    takers = [Taker(taker.wrong, "ru" if n > 40 else "kk") for n, taker in enumerate(made_test(2))]
    row = examine(TOTAL, takers)[WRONG_KEY - 1]
    assert row.difference is None
    assert row.flags == (Flag.KEY,)


def test_a_key_under_which_the_able_do_worse_is_flagged_whatever_the_share() -> None:
    """Three of ten know the answer that the key calls wrong."""
    able = [Taker([1] if n % 10 < 3 else [2, 3, 4], "") for n in range(100)]
    first = examine(5, able)[0]
    assert (first.share_wrong, first.flags) == (0.3, (Flag.KEY,))


def test_what_nobody_answers_rightly_has_no_right_answer() -> None:
    takers = [Taker([1] if n % 3 else [1, 2], "") for n in range(FEWEST_TAKERS)]
    first, second, third = examine(3, takers)
    assert (first.flags, first.discrimination) == ((Flag.KEY,), None)
    assert (second.flags, second.discrimination) == ((), None)  # the rest never varies
    assert (third.wrong, third.share_wrong, third.flags) == (0, 0.0, ())


def test_nobody_at_all_is_no_error() -> None:
    assert [row.takers for row in examine(2, [])] == [0, 0]
