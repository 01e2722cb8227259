"""A cite as each language writes it: every form that the law knows."""

import pytest
from django.utils import translation

from attestation.cites import cite_label, cite_labels
from attestation.law.points import CITES, READINGS

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


def test_a_reading_keeps_its_code() -> None:
    with translation.override("ru"):
        assert cite_labels(READINGS) == list(READINGS)
