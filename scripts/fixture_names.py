"""Made-up people for the demo: names drawn at random from common ones, so that nobody real is meant.

Three ways of writing a name are in use side by side in staff lists, and all three are here: Kazakh with
-ұлы/-қызы, Kazakh in Russian spelling with -ович/-овна, and Russian.
"""

import tomllib
from pathlib import Path
from random import Random
from typing import NamedTuple

_LISTS = Path(__file__).with_name("fixture_names.toml").read_text(encoding="utf-8")
NAMES: dict[str, list[str]] = {name: words.split() for name, words in tomllib.loads(_LISTS).items()}


class Person(NamedTuple):
    """A made-up person: the name as one staff list writes it."""

    last_name: str
    first_name: str
    patronymic: str
    male: bool
    language: str


def _surname(rng: Random, surnames: list[str], male: bool) -> str:
    return rng.choice(surnames) + ("" if male else "а")


def _kazakh(rng: Random, male: bool) -> Person:
    last = (
        rng.choice(NAMES["kk_plain_surnames"])
        if rng.random() < 0.25
        else _surname(rng, NAMES["kk_surnames"], male)
    )
    patronymic = "" if rng.random() < 0.06 else rng.choice(NAMES["kk_men"]) + ("ұлы" if male else "қызы")
    return Person(last, rng.choice(NAMES["kk_men"] if male else NAMES["kk_women"]), patronymic, male, "kk")


def _russian_spelt(rng: Random, male: bool) -> Person:
    last = _surname(rng, NAMES["ru_spelt_surnames"], male)
    patronymic = rng.choice(NAMES["ru_spelt_men"]) + ("ович" if male else "овна")
    language = "kk" if rng.random() < 0.6 else "ru"
    return Person(
        last,
        rng.choice(NAMES["ru_spelt_men"] if male else NAMES["ru_spelt_women"]),
        patronymic,
        male,
        language,
    )


def _russian(rng: Random, male: bool) -> Person:
    patronymic = rng.choice(NAMES["ru_patronymics"])
    if not male:
        patronymic = patronymic.removesuffix("ич") + "на"
    return Person(
        _surname(rng, NAMES["ru_surnames"], male),
        rng.choice(NAMES["ru_men"] if male else NAMES["ru_women"]),
        patronymic,
        male,
        "ru",
    )


def person(rng: Random, russian_share: float) -> Person:
    """One made-up person; two of three employees of such centres are women."""
    male = rng.random() < 0.34
    if rng.random() < russian_share:
        return _russian(rng, male)
    return _kazakh(rng, male) if rng.random() < 0.65 else _russian_spelt(rng, male)
