"""The ladder of reminders in the reader's words: shown, typed, refused; the stored form stays."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from attestation.admin.rung_words import line_of, parse, words_of
from attestation.models import Role, RuleSet
from attestation.models.rules import default_ladders
from attestation.notices import ladder
from attestation.refusals import Refused
from tests.attestation.admin_cast import client_of, text_of, url
from tests.factories import UserFactory

STORED = ["open", "90-days", "12-hours", "last-morning"]
LANGUAGES = ("en", "ru", "kk")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "at the opening, 90 days before, 12 hours before, morning of the last day"),
        ("ru", "при открытии, за 90 дней, за 12 часов, утро последнего дня"),
        ("kk", "ашылғанда, 90 күн бұрын, 12 сағат бұрын, соңғы күннің таңы"),
    ],
)
def test_a_ladder_is_shown_in_the_readers_language(language: str, words: str) -> None:
    with override(language):
        assert line_of(STORED) == words
        assert words_of("21-weeks") == "21-weeks"


def test_what_one_language_shows_is_understood_in_every_other() -> None:
    numbers = [f"{count}-{unit}" for count in (1, 2, 5, 11, 21, 22, 999) for unit in ("days", "hours")]
    ladders = [STORED, *default_ladders().values(), *([rung] for rung in numbers)]
    for shown in LANGUAGES:
        for reader in LANGUAGES:
            for rungs in ladders:
                with override(shown):
                    line = line_of(rungs)
                with override(reader):
                    assert parse(line) == rungs


@pytest.mark.parametrize(
    ("typed", "rungs"),
    [
        ("", []),
        (" , ; ", []),
        ("open, 90-days, 12-hours, last-morning", STORED),
        ("Open 90-days\n12-hours;last-morning", STORED),
        ("При открытии; 90 дней, за 12 час., утром последнего дня", STORED),
        ("Ашылған кезде, 90 күн, 12 сағат қалғанда, соңғы күні таңертең", STORED),
        ("1 день,2 дня, 3\u00a0дн.", ["1-days", "2-days", "3-days"]),
    ],
)
def test_words_and_identifiers_are_understood(typed: str, rungs: list[str]) -> None:
    assert parse(typed) == rungs


@pytest.mark.parametrize(
    "typed", ["0 дней", "90", "1000 дней", "завтра", "при открытии 90 дней", "90 недель"]
)
def test_anything_else_is_refused_in_the_readers_language(typed: str) -> None:
    with override("ru"), pytest.raises(Refused) as refused:
        parse(f"за 7 дней, {typed}")
    assert refused.value.code == "unknown_rung"
    with override("ru"):
        assert f"«{typed}»" in refused.value.message
        assert "при открытии, за 90 дней, за 12 часов, утро последнего дня" in refused.value.message


def test_one_that_stands_twice_is_named_as_it_is_shown() -> None:
    with override("kk"), pytest.raises(Refused) as refused:
        parse("90-days, 90 дней")
    with override("kk"):
        assert (refused.value.code, "90 күн бұрын" in refused.value.message) == ("rung_twice", True)


def test_too_many_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        parse(", ".join(f"{count} дней" for count in range(1, ladder.MOST_RUNGS + 2)))
    assert refused.value.code == "too_many_rungs"


@pytest.mark.django_db
def test_the_page_shows_the_words_and_stores_the_identifiers() -> None:
    client = client_of(UserFactory(role=Role.ADMINISTRATOR))
    rules = RuleSet.objects.get()
    page = url("attestation_ruleset_change", rules.pk)
    assert "at the opening, 12 hours before" in text_of(client.get(page))
    with override("kk"):
        typed = line_of(["open", "2-days"])
    form = client.get(page).context["adminform"].form
    as_shown = {name: form[name].value() for name in form.fields if form[name].value()}
    answer = client.post(page, {**as_shown, "ladder_ruling": typed, "ladder_appeal": "open,, 1-days"})
    assert answer.status_code == 302
    rules.refresh_from_db()
    assert rules.ladders["ruling"] == ["open", "2-days"]
    assert rules.ladders["appeal"] == ["open", "1-days"]
    assert rules.ladders["scoring"] == default_ladders()["scoring"]
