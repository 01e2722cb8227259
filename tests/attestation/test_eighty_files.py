"""Eighty bad or odd files: what is said of each, word for word, in Kazakh, Russian and English."""

from __future__ import annotations

import json
import os

import pytest

from tests.attestation.intake_cast import make_centers
from tests.data import make_eighty
from tests.shares import share

pytestmark = pytest.mark.django_db
FILES = dict(make_eighty.files())


def test_there_are_eighty_of_them_and_each_is_answered() -> None:
    if os.environ.get("WRITE_EIGHTY"):
        make_centers()
        make_eighty.main()
    assert len(FILES) >= 80
    assert list(json.loads(make_eighty.GOLDEN.read_text(encoding="utf-8"))) == list(FILES)


def test_each_file_is_answered_word_for_word() -> None:
    make_centers()
    wanted = json.loads(make_eighty.GOLDEN.read_text(encoding="utf-8"))
    found = {name: make_eighty.said_of(make()) for name, make in share(FILES.items(), 4)}
    assert {name: said for name, said in found.items() if said != wanted[name]} == {}
