"""A cite as each language writes it: every form that the law knows."""

import pytest
from django.utils import translation
from django.utils.translation import gettext

from attestation.cites import cite_label, cite_labels, without_reading
from attestation.law.points import CITES, READINGS
from attestation.law.refusals import MESSAGES

WRITTEN = [
    ("¶21", "¶21", "21-тармақ", "п. 21"),
    ("¶17.3", "¶17.3", "17-тармақтың 3) тармақшасы", "подп. 3) п. 17"),
    ("¶28-1", "¶28-1", "28-1-тармақ", "п. 28-1"),
    ("App. 1-2", "App. 1-2", "1-2-қосымша", "приложение 1-2"),
    ("App. 1-2 row 2", "App. 1-2 row 2", "1-2-қосымшаның 2-жолы", "строка 2 приложения 1-2"),
    ("App. 1-2 footnote", "App. 1-2 footnote", "1-2-қосымшаның сілтемесі", "сноска приложения 1-2"),
]


@pytest.mark.parametrize("written", WRITTEN, ids=[row[0] for row in WRITTEN])
def test_a_cite_is_written_as_its_reader_writes_it(written: tuple[str, ...]) -> None:
    cite, *expected = written
    for language, label in zip(("en", "kk", "ru"), expected, strict=True):
        with translation.override(language):
            assert cite_label(cite) == label


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_every_cite_of_the_law_has_its_form(language: str) -> None:
    with translation.override(language):
        labels = cite_labels(CITES)
    assert not [label for label in labels if "¶" in label or "App." in label or "%" in label]
    assert len(set(labels)) == len(CITES)


def test_the_code_of_a_reading_is_not_for_readers() -> None:
    with translation.override("ru"):
        assert cite_labels([*READINGS, "¶21"]) == ["толкование", "п. 21"]


@pytest.mark.parametrize("language", ["en", "kk", "ru"])
@pytest.mark.parametrize("code", list(MESSAGES))
def test_a_refusal_by_a_reading_says_the_rule_alone(code: str, language: str) -> None:
    with translation.override(language):
        sentence = without_reading(gettext(MESSAGES[code]), "I-16")
    assert "%(cite)s" not in sentence
